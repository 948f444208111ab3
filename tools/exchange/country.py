"""A country's network: tones and ring cadence from libtonezone, the rest from a short table.

The tones come from Debian's libtonezone (the tone zones of DAHDI), not from the box's own table,
so that the two check each other. Its header is not packaged with it; the structure is declared
here (4296 octets). Ring frequency: ETSI ES 203 021 table, 25 Hz in Europe; 20 Hz in North
America. Which caller ID a network sends is set per country and can be overridden per call.
Tests: tests/tools/exchange/test_tones.py.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from tools.exchange.errors import NoToneTable
from tools.exchange.tones import Part, parse_cadence

LIBRARY: Final = "libtonezone.so.2"


class CallerId(Enum):
    """How the caller is told."""

    V23 = "v23"
    BELL202 = "bell202"
    DTMF = "dtmf"
    NONE = "none"


class ToneName(IntEnum):
    """Index into a zone's tones, as in tonezone.h (DAHDI_TONE_*)."""

    DIAL = 0
    BUSY = 1
    RINGBACK = 2
    CONGESTION = 3
    INFO = 7


class _Sound(ctypes.Structure):
    _fields_ = (("tone", ctypes.c_int), ("data", ctypes.c_char * 256))


class _Zone(ctypes.Structure):
    _fields_ = (
        ("zone", ctypes.c_int),
        ("country", ctypes.c_char * 10),
        ("description", ctypes.c_char * 40),
        ("ringcadence", ctypes.c_int * 16),
        ("tones", _Sound * 16),
        ("levels", ctypes.c_int * 4),
    )


@dataclass(frozen=True, slots=True)
class Habits:
    """What a network does that libtonezone does not know."""

    caller_id: CallerId = CallerId.V23
    ring_hz: float = 25.0
    ring_vrms: float = 75.0
    dtmf_start: str = "A"
    dtmf_end: str = "C"
    reverses_before_cid: bool = False
    """DTMF caller ID is announced by a polarity reversal (EN 300 659-1 annex A)."""
    number_length: int = 0
    """Digits after which a number is complete; 0: only a pause or # ends it."""
    flash_s: float = 0.3
    """A shorter break of the loop is a hook flash, a longer one clears the call."""


_NORTH_AMERICA: Final = Habits(
    CallerId.BELL202, ring_hz=20.0, ring_vrms=86.0, number_length=10, flash_s=1.1
)
_DTMF: Final = Habits(CallerId.DTMF, reverses_before_cid=True)
_HABITS: Final = {
    "US": _NORTH_AMERICA,
    "CA": _NORTH_AMERICA,
    "ZA": Habits(number_length=10),
    "FR": Habits(number_length=10),
    "GB": Habits(number_length=11),
    "SE": _DTMF,
    "NL": Habits(CallerId.DTMF, dtmf_start="D", reverses_before_cid=True),
    "DK": Habits(CallerId.DTMF, dtmf_end="#", reverses_before_cid=True),
    "BR": Habits(CallerId.DTMF),
    "IN": Habits(CallerId.DTMF, reverses_before_cid=True),
}
_ZONE_NAME: Final = {"GB": "uk", "CA": "us"}
"""Where the library's name is not the ISO 3166 code."""


@dataclass(frozen=True, slots=True)
class Country:
    """Everything the exchange needs to sound and ring like home."""

    code: str
    name: str
    ring_ms: tuple[int, ...]
    """On, off, on, off ..."""
    tones: dict[ToneName, tuple[Part, ...]]
    habits: Habits


def load(code: str) -> Country:
    """The network of an ISO 3166 country; `NoToneTable` when the library cannot tell."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise NoToneTable(
            f"{LIBRARY} cannot be loaded ({error}): install the package libtonezone2.0"
        ) from None
    find = library.tone_zone_find
    find.restype, find.argtypes = ctypes.POINTER(_Zone), [ctypes.c_char_p]
    code = code.upper()
    found = find(_ZONE_NAME.get(code, code.lower()).encode("ascii", "replace"))
    if not found:
        raise NoToneTable(f"country {code!r}: {LIBRARY} does not know it; try ZA, GB, US or DE")
    zone: _Zone = found.contents
    texts = {int(sound.tone): sound.data.decode() for sound in zone.tones if sound.data}
    return Country(
        code,
        zone.description.decode(),
        _pairs([ms for ms in zone.ringcadence if ms > 0]),
        {name: parse_cadence(texts.get(name) or texts[ToneName.BUSY]) for name in ToneName},
        _HABITS.get(code, Habits()),
    )


def _pairs(ring_ms: list[int]) -> tuple[int, ...]:
    """A cadence that ends with a burst gets the usual pause behind it."""
    return (*ring_ms, 4000) if len(ring_ms) % 2 else tuple(ring_ms)
