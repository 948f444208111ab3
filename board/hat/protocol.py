"""Numbers of the HAT protocol, as board/PROTOCOL.md lists them: message types, codes, timing.

Pure constants. The box's side has the same in hal/hat/codec.py; tests/hal/hat/test_codec.py
holds both and the document together.
"""

from micropython import const

PROTOCOL = const(1)

# box -> HAT
HELLO = const(0x01)
HEARTBEAT = const(0x02)
ACK = const(0x03)
HOOK = const(0x10)
MONITOR = const(0x11)
FLASH = const(0x12)
CONFIGURE = const(0x13)
LIFELINE = const(0x14)
LED = const(0x15)
# HAT -> box
HAT_HELLO = const(0x81)
HAT_HEARTBEAT = const(0x82)
HAT_ACK = const(0x83)
REFUSED = const(0x84)
RING_STARTED = const(0x90)
RING_ENDED = const(0x91)
POLARITY = const(0x92)
PORT_STATUS = const(0x93)
FAULT = const(0x94)
HOST_SILENT = const(0x95)

# FAULT codes of the board itself; 1 to 3 are fxo.py's
FAULT_DROPPED = const(16)  # events were thrown away because the queue was full
FAULT_CHIP = const(17)  # a port that answered at power-up does not any more

# PORT_STATUS flags
OFF_HOOK = const(0x01)
MONITORING = const(0x02)
REVERSED = const(0x04)

HEARTBEAT_MS = const(1000)
RETRY_MS = const(200)
HOST_SILENT_MS = const(10000)
WINDOW = const(8)
