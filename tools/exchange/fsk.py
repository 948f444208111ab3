"""Caller ID by FSK: the message and its modulation.

Pure. Message: multiple data message format, ETSI EN 300 659-3 clause 5 (the same octets as
Telcordia GR-30-CORE with SR-TSV-002476): type 0x80, parameters, two's complement checksum.
Modulation: 1200 bit/s, asynchronous, LSB first, after 300 bits of channel seizure and 180 bits
of mark (EN 300 659-1 clause 6, GR-30-CORE clause 2.4). ITU-T V.23 puts mark at 1300 Hz and
space at 2100 Hz, Bell 202 at 1200 and 2200 Hz.
Left out: single data message format, type II (call waiting). Sent while ringing; the alerting
signals for transmission before ringing (DT-AS, RP-AS) are not made.
Tests: tests/tools/exchange/test_fsk.py, which decode it with spandsp and minimodem.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Final

import numpy as np

from tools.exchange.errors import BadRequest
from tools.exchange.g711 import RATE_HZ, Samples, peak_of

BAUD: Final = 1200
SEIZURE_BITS: Final = 300
MARK_BITS: Final = 180
TRAILING_MARK_BITS: Final = 10
LEVEL_DBM0: Final = -13.5
"""EN 300 659-1 clause 6.1: -14.5 to -12.5 dBV at the exchange."""
CALL_SETUP: Final = 0x80
MAX_NUMBER: Final = 20
MAX_NAME: Final = 50
"""Longest number and name of EN 300 659-3 clauses 5.4.2 and 5.4.8."""


class Modem(Enum):
    """(mark, space) in Hz."""

    V23 = (1300, 2100)
    BELL202 = (1200, 2200)


class Parameter(IntEnum):
    """EN 300 659-3 clause 5.4."""

    DATE_AND_TIME = 0x01
    CALLING_NUMBER = 0x02
    NUMBER_ABSENT = 0x04
    CALLING_NAME = 0x07
    NAME_ABSENT = 0x08


@dataclass(frozen=True, slots=True)
class Identity:
    """What the exchange tells about the caller. Absent: `P` withheld, `O` not available."""

    number: str
    name: str
    absent: str = ""


def message(who: Identity, at: datetime) -> bytes:
    """The call set-up message with its checksum."""
    stamp = at.strftime("%m%d%H%M").encode("ascii")
    parameters = [(Parameter.DATE_AND_TIME, stamp)]
    if who.absent or not who.number:
        reason = (who.absent or "O").encode("ascii")
        parameters += [(Parameter.NUMBER_ABSENT, reason), (Parameter.NAME_ABSENT, reason)]
    else:
        parameters.append((Parameter.CALLING_NUMBER, _text("number", who.number, MAX_NUMBER)))
        if who.name:
            parameters.append((Parameter.CALLING_NAME, _text("name", who.name, MAX_NAME)))
    body = b"".join(bytes([kind, len(value)]) + value for kind, value in parameters)
    whole = bytes([CALL_SETUP, len(body)]) + body
    return whole + bytes([-sum(whole) & 0xFF])


def _text(what: str, value: str, limit: int) -> bytes:
    octets = value.encode("latin-1", "replace")
    if len(octets) > limit:
        raise BadRequest(f"caller {what} {value!r}: expected at most {limit} characters")
    return octets


def modulate(octets: bytes, modem: Modem, level_dbm0: float = LEVEL_DBM0) -> Samples:
    """The whole transmission: seizure, mark, octets, a little mark at the end."""
    bits = np.concatenate(
        [
            np.tile([0, 1], SEIZURE_BITS // 2),
            np.ones(MARK_BITS, np.int64),
            *(_framed(octet) for octet in octets),
            np.ones(TRAILING_MARK_BITS, np.int64),
        ]
    )
    mark, space = modem.value
    # phase is the integral of frequency: exact at the bit edges, straight between them, so a
    # bit edge between two samples (6.67 samples a bit) falls where it should
    edge_s = np.arange(bits.size + 1) / BAUD
    phase = np.concatenate([[0.0], np.cumsum(np.where(bits == 1, mark, space) / BAUD)])
    time_s = np.arange(int(bits.size * RATE_HZ / BAUD)) / RATE_HZ
    wave = np.sin(2 * np.pi * np.interp(time_s, edge_s, phase))
    return np.asarray(peak_of(level_dbm0) * wave, np.float32)


def _framed(octet: int) -> list[int]:
    """Start bit, eight data bits LSB first, stop bit."""
    return [0, *((octet >> i) & 1 for i in range(8)), 1]
