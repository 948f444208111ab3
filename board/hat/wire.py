"""HAT wire: the frame codec of the serial line between the box and the HAT.

Frame: COBS( type u8, seq u8, payload, CRC-16/X.25 little-endian ) 0x00. COBS as published by
Cheshire and Baker (IEEE/ACM Trans. Networking 7(2), 1999); CRC as in ITU-T X.25 clause 2.2.7.4
(reflected polynomial 0x8408, preset 0xFFFF, complemented, low octet first).

Pure and without imports, so that MicroPython and CPython run the very same file (MicroPython reads
the annotations and forgets them). It knows nothing
of message types: those are in board/PROTOCOL.md. Tests: tests/board/hat/test_wire.py; vectors:
tests/vectors/hat_wire/, run under both interpreters.
"""

MAX_PAYLOAD = 200
"""Octets; keeps a frame below one COBS block and the HAT's buffers small."""
MAX_ENCODED = MAX_PAYLOAD + 4 + 1
"""Longest COBS text before its 0x00, octets: one block, hence one octet more than the body."""

# CRC of the sixteen low nibbles: a 256-entry table would cost 2 kB of the RP2040's heap.
_NIBBLE = (
    0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
    0x8408, 0x9489, 0xA50A, 0xB58B, 0xC60C, 0xD68D, 0xE70E, 0xF78F,
)  # fmt: skip


def crc16(data: bytes) -> int:
    """CRC-16/X.25 of `data` (check value of b"123456789": 0x906E)."""
    crc = 0xFFFF
    for octet in data:
        crc = (crc >> 4) ^ _NIBBLE[(crc ^ octet) & 15]
        crc = (crc >> 4) ^ _NIBBLE[(crc ^ (octet >> 4)) & 15]
    return crc ^ 0xFFFF


def cobs_encode(data: bytes) -> bytes:
    """`data` without any zero octet; the closing 0x00 is not added."""
    out = bytearray(1)
    mark = 0  # where the code of the open block goes; -1: none open, the last one was full
    for octet in data:
        if mark < 0:
            mark = len(out)
            out.append(0)
        if octet:
            out.append(octet)
            if len(out) - mark == 255:
                out[mark] = 255
                mark = -1
        else:
            out[mark] = len(out) - mark
            mark = len(out)
            out.append(0)
    if mark >= 0:
        out[mark] = len(out) - mark
    return bytes(out)


def cobs_decode(text: bytes) -> bytes:
    """The octets behind `text` (no 0x00 in it); `ValueError` when it is not COBS."""
    out = bytearray()
    at = 0
    end = len(text)
    while at < end:
        code = text[at]
        if code == 0:
            raise ValueError("COBS text has a zero at octet %d" % at)
        if at + code > end:
            raise ValueError("COBS block of %d octets, %d left" % (code - 1, end - at - 1))
        out += text[at + 1 : at + code]
        at += code
        if code < 255 and at < end:
            out.append(0)
    return bytes(out)


def encode(kind: int, seq: int, payload: bytes = b"") -> bytes:
    """One whole frame, closing 0x00 included."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("payload of %d octets, expected at most %d" % (len(payload), MAX_PAYLOAD))
    body = bytes((kind, seq)) + bytes(payload)
    crc = crc16(body)
    return cobs_encode(body + bytes((crc & 255, crc >> 8))) + b"\x00"


def decode(text: bytes) -> tuple[int, int, bytes]:
    """(type, seq, payload) of one frame without its 0x00; `ValueError` says what is wrong."""
    body = cobs_decode(text)
    if len(body) < 4:
        raise ValueError("frame of %d octets, expected at least 4" % len(body))
    crc = crc16(body[:-2])
    if body[-2] != crc & 255 or body[-1] != crc >> 8:
        raise ValueError("CRC %02x%02x, expected %04x" % (body[-1], body[-2], crc))
    return body[0], body[1], body[2:-2]


class Decoder:
    """Finds frames in whatever the line delivers. Garbage is counted, never raised.

    `frames` good ones so far, `bad` spoilt ones, `skipped` octets of runs too long to be a frame,
    `fault` why the last bad one was refused.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_overlong = False
        self.frames = 0
        self.bad = 0
        self.skipped = 0
        self.fault = ""

    def feed(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Return the frames completed by `data` as (type, seq, payload)."""
        found: list[tuple[int, int, bytes]] = []
        start = 0
        while True:
            end = data.find(b"\x00", start)
            if end < 0:
                self._keep(data[start:])
                return found
            self._keep(data[start:end])
            start = end + 1
            self._close(found)

    def _keep(self, part: bytes) -> None:
        if self._is_overlong or len(self._buffer) + len(part) > MAX_ENCODED:
            self.skipped += len(self._buffer) + len(part)
            self._buffer = bytearray()
            self._is_overlong = True
        else:
            self._buffer += part

    def _close(self, found: list[tuple[int, int, bytes]]) -> None:
        if self._is_overlong:
            self._is_overlong = False
            self.bad += 1
            self.fault = "more than %d octets without a frame end" % MAX_ENCODED
            return
        text = bytes(self._buffer)
        self._buffer = bytearray()
        if not text:
            return  # 0x00 between frames: a sender may flush the line with one
        try:
            found.append(decode(text))
        except ValueError as error:
            self.bad += 1
            self.fault = str(error)
        else:
            self.frames += 1
