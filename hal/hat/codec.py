"""HAT messages to payload octets and back: the box's side of board/PROTOCOL.md, protocol 1.

Pure. Frames (COBS, CRC) are board.hat.wire's business, order and retries are session.py's. All
numbers little-endian. A payload longer than this version knows is accepted (PROTOCOL.md, version
rules); a shorter one raises `BadPayload`. Tests: tests/hal/hat/test_codec.py.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from hal.hat.messages import (
    Fault,
    Hello,
    Loop,
    PolarityReversed,
    PortChanged,
    PortStatus,
    RingEnded,
    RingStarted,
)

PROTOCOL: Final = 1


class Type(IntEnum):
    """Frame types of PROTOCOL.md."""

    HELLO = 0x01
    HEARTBEAT = 0x02
    ACK = 0x03
    HOOK = 0x10
    MONITOR = 0x11
    FLASH = 0x12
    CONFIGURE = 0x13
    LIFELINE = 0x14
    LED = 0x15
    HAT_HELLO = 0x81
    HAT_HEARTBEAT = 0x82
    HAT_ACK = 0x83
    REFUSED = 0x84
    RING_STARTED = 0x90
    RING_ENDED = 0x91
    POLARITY = 0x92
    PORT_STATUS = 0x93
    FAULT = 0x94
    HOST_SILENT = 0x95


LOOPS: Final = (Loop.ABSENT, Loop.IDLE, Loop.IN_USE, Loop.SEIZED, Loop.DROPPED)
"""Loop states by their number on the wire."""
LEDS: Final = ("status", *(f"line{port}" for port in range(1, 9)))
PATTERNS: Final = ("off", "on", "slow", "fast")
RESETS: Final = {1: "power-up", 3: "watchdog"}
"""`machine` reset causes of MicroPython's rp2 port, in words."""

_HELLO: Final = struct.Struct("<BIII")
_HAT_HELLO: Final = struct.Struct("<BIIIIBB")
_HEARTBEAT: Final = struct.Struct("<II")
_STAMP: Final = struct.Struct("<II")
_STATUS: Final = struct.Struct("<BBhHB")
_CONFIGURE: Final = struct.Struct("<B2sBhh")
_OFF_HOOK: Final = 0x01


class BadPayload(Exception):
    """A frame with a good CRC whose content is not what its type promises."""

    def __init__(self, kind: int, payload: bytes, expected: str) -> None:
        super().__init__(f"HAT frame 0x{kind:02x} with {payload.hex()}: expected {expected}")
        self.kind, self.payload, self.expected = kind, payload, expected


@dataclass(frozen=True, slots=True)
class HatHello:
    """HAT_HELLO as it comes: what the HAT is, and where the numbering of this session starts."""

    hello: Hello
    session: int
    boot: int
    """Random number of this start of the HAT; another one means it was reset."""
    first_event: int


@dataclass(frozen=True, slots=True)
class HatHeartbeat:
    """HAT_HEARTBEAT. session: the conversation the HAT thinks it is in, 0 for none."""

    uptime_ms: int
    session: int


@dataclass(frozen=True, slots=True)
class HostSilent:
    """The HAT heard nothing from the box for silent_ms and let go of all lines."""

    silent_ms: int


Event = RingStarted | RingEnded | PolarityReversed | PortChanged | Fault | HostSilent


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event with its number and the HAT's uptime when it happened."""

    number: int
    at_ms: int
    event: Event


# --- box -> HAT


def hello(session: int, boot: int, last_event: int, protocol: int = PROTOCOL) -> bytes:
    """HELLO: boot and last_event say which events the box already has."""
    return _HELLO.pack(protocol, session, boot, last_event)


def hook(port: int, off: bool) -> bytes:
    return bytes((port, off))


def monitor(port: int, on: bool) -> bytes:
    return bytes((port, on))


def flash(port: int, ms: int) -> bytes:
    return struct.pack("<BH", port, ms)


def configure(port: int, country: str, slot: int, rx_gain_db: float, tx_gain_db: float) -> bytes:
    rx, tx = round(rx_gain_db * 10), round(tx_gain_db * 10)
    return _CONFIGURE.pack(port, country.encode("ascii"), slot, rx, tx)


def lifeline(is_connected: bool) -> bytes:
    return bytes((is_connected,))


def led(name: str, pattern: str) -> bytes:
    return bytes((LEDS.index(name), PATTERNS.index(pattern)))


# --- HAT -> box


def parse_hello(payload: bytes) -> HatHello:
    """HAT_HELLO; its layout is the same in every protocol version."""
    try:
        protocol, session, boot, first, uptime_ms, fitted, reset = _HAT_HELLO.unpack_from(payload)
        serial, at = _text(payload, _HAT_HELLO.size)
        build, _ = _text(payload, at)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise BadPayload(
            Type.HAT_HELLO, payload, f"{_HAT_HELLO.size} octets and two texts"
        ) from None
    ports = tuple(port for port in range(1, 9) if fitted >> (port - 1) & 1)
    cause = RESETS.get(reset, f"cause {reset}")
    return HatHello(Hello(protocol, build, serial, ports, uptime_ms, cause), session, boot, first)


def _text(payload: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + payload[at]
    if end > len(payload):
        raise IndexError(end)
    return payload[at + 1 : end].decode("utf-8"), end


def parse_heartbeat(payload: bytes) -> HatHeartbeat:
    if len(payload) < _HEARTBEAT.size:
        raise BadPayload(Type.HAT_HEARTBEAT, payload, f"{_HEARTBEAT.size} octets")
    return HatHeartbeat(*_HEARTBEAT.unpack_from(payload))


def parse_event(kind: Type, payload: bytes) -> Numbered:
    """Any of the numbered events."""
    try:
        number, at_ms = _STAMP.unpack_from(payload)
        event = _event(kind, payload[_STAMP.size :])
    except (struct.error, IndexError):
        raise BadPayload(kind, payload, "number, time and the fields of PROTOCOL.md") from None
    return Numbered(number, at_ms, event)


def _event(kind: Type, body: bytes) -> Event:
    match kind:
        case Type.RING_STARTED:
            port, centihertz = struct.unpack_from("<BH", body)
            return RingStarted(port, centihertz / 100)
        case Type.RING_ENDED:
            port, on_ms = struct.unpack_from("<BI", body)
            return RingEnded(port, on_ms)
        case Type.POLARITY:
            return PolarityReversed(body[0], bool(body[1]))
        case Type.PORT_STATUS:
            return PortChanged(_status(body))
        case Type.FAULT:
            return Fault(body[0], f"{body[2:].decode('utf-8', 'replace')} (code {body[1]})")
        case Type.HOST_SILENT:
            return HostSilent(struct.unpack_from("<I", body)[0])
        case _:
            raise BadPayload(kind, body, "a numbered event (0x90 to 0x95)")


def _status(body: bytes) -> PortStatus:
    port, loop, decivolts, decimilliamps, flags = _STATUS.unpack_from(body)
    return PortStatus(
        port=port,
        loop=LOOPS[loop],
        volts=decivolts / 10,
        milliamps=decimilliamps / 10,
        is_off_hook=bool(flags & _OFF_HOOK),
    )
