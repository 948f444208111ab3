"""What lines do in each country: tones, ring cadence, caller identity, clearing.

Tones and ring cadences: ITU-T E.180 Supplement 2 (Operational Bulletin No. 781, 2003), in the form
in which the Debian package libtonezone2.0 carries them; the tests compare every row with that
library. `425/480,0/480` is 425 Hz for 480 ms, silence for 480 ms; `350+440` two frequencies at
once; `400*33` 400 Hz modulated with 33 Hz.

Caller identity: ETSI EN 300 659-1 (V.23 after the first ring, or before it behind a line reversal
as in BT SIN 227; DTMF before it, annex B), Telcordia GR-30-CORE (Bell 202 after the first ring).
Where a country's operators differ, several are tried at once. Clearing: BT SIN 351 (an open loop
of at least 90 ms), Telcordia GR-506-CORE (600 ms and more), ETSI ES 201 970 clause 14 (nothing
but tones and, if subscribed, a reversal).

Leaves out: line impedance and levels (the HAT sets them by country). Pure.
Tests: tests/hal/lines/test_countries.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hal.lines.tones import Tone, ToneKind


class CallerIdWay(Enum):
    """How a caller's number comes."""

    V23_AFTER_RING = "V.23 after the first ring"
    V23_AFTER_REVERSAL = "V.23 after a line reversal, before the first ring"
    BELL202_AFTER_RING = "Bell 202 after the first ring"
    DTMF_BEFORE_RING = "DTMF before the first ring"


@dataclass(frozen=True, slots=True)
class Country:
    """One row. Times in ms."""

    code: str
    """ISO 3166-1 alpha-2."""
    name: str
    ring_ms: tuple[int, ...]
    """On, off, on, off ..."""
    dial: str
    busy: str
    congestion: str
    ringback: str
    caller_id: tuple[CallerIdWay, ...]
    guard_ms: int = 1000
    """From hanging up until the line may be taken again: the exchange must have let go."""
    loop_drop_ms: int = 250
    """Loop current gone for so long is a hang-up."""
    reverses_on_answer: bool = False
    """The exchange reverses the line when a called party answers, and back when it hangs up."""
    reversal_clears: bool = True
    """A reversal in an incoming call means that the caller hung up: it has no other meaning in
    the middle of a call."""
    flash_ms: int = 100
    """Timed break recall: 50 to 130 ms in Europe (ETSI ES 201 970), 300 to 1000 in America."""

    @property
    def ring_gap_ms(self) -> int:
        """The longest pause while it rings."""
        return max(self.ring_ms[1::2])

    def tones(self) -> tuple[Tone, ...]:
        """All call-progress tones, ready to watch for."""
        return (
            parse_tone(ToneKind.DIAL, self.dial),
            parse_tone(ToneKind.BUSY, self.busy),
            parse_tone(ToneKind.CONGESTION, self.congestion),
            parse_tone(ToneKind.RINGBACK, self.ringback),
        )


_STEP: Final = re.compile(r"(\d+)(?:\+(\d+)|\*(\d+))?(?:@)?(?:/(\d+))?")


def parse_tone(kind: ToneKind, text: str) -> Tone:
    """A tone from its written form; `ValueError` names the part that is wrong."""
    hz: tuple[int, ...] = ()
    modulation = 0
    cadence: list[int] = []
    for step in text.split(","):
        if (match := _STEP.fullmatch(step)) is None:
            raise ValueError(f"tone {text!r}: {step!r} is not of the form 425/500 or 350+440/500")
        first, second, sideband, ms = (int(part) if part else 0 for part in match.groups())
        if first and not hz:
            hz = tuple(sorted((first, second))) if second else (first,)
            modulation = sideband
        if ms:
            cadence.append(ms)
    return Tone(kind, hz, tuple(cadence), modulation)


_AFTER: Final = (CallerIdWay.V23_AFTER_RING,)
_BEFORE: Final = (CallerIdWay.V23_AFTER_REVERSAL, CallerIdWay.V23_AFTER_RING)
_BELL: Final = (CallerIdWay.BELL202_AFTER_RING,)
_DTMF: Final = (CallerIdWay.DTMF_BEFORE_RING, CallerIdWay.V23_AFTER_RING)
_BOTH_FSK: Final = (CallerIdWay.V23_AFTER_RING, CallerIdWay.BELL202_AFTER_RING)
_DTMF_OR_BELL: Final = (CallerIdWay.DTMF_BEFORE_RING, *_BOTH_FSK)
_DOUBLE: Final = (400, 200, 400, 2000)
_E425: Final = "425"

_ROWS: Final = (
    Country("ZA", "South Africa", _DOUBLE, "400*33", "400/500,0/500", "400/250,0/250",
            "400*33/400,0/200,400*33/400,0/2000", _BOTH_FSK),
    Country("GB", "United Kingdom", _DOUBLE, "350+440", "400/375,0/375",
            "400/400,0/350,400/225,0/525", "400+450/400,0/200,400+450/400,0/2000", _BEFORE,
            loop_drop_ms=90),
    Country("US", "United States", (2000, 4000), "350+440", "480+620/500,0/500",
            "480+620/250,0/250", "440+480/2000,0/4000", _BELL, flash_ms=500),
    Country("DE", "Germany", (1000, 4000), _E425, "425/480,0/480", "425/240,0/240",
            "425/1000,0/4000", _AFTER),
    Country("FR", "France", (1500, 3500), "440", "440/500,0/500", "440/250,0/250",
            "440/1500,0/3500", _AFTER, flash_ms=270),
    Country("NL", "Netherlands", (1000, 4000), _E425, "425/500,0/500", "425/250,0/250",
            "425/1000,0/4000", _DTMF),
    Country("IT", "Italy", (1000, 4000), "425/200,0/200,425/600,0/1000", "425/500,0/500",
            "425/200,0/200", "425/1000,0/4000", _AFTER),
    Country("ES", "Spain", (1500, 3000), _E425, "425/200,0/200",
            "425/200,0/200,425/200,0/200,425/200,0/600", "425/1500,0/3000", _AFTER),
    Country("SE", "Sweden", (1000, 5000), _E425, "425/250,0/250", "425/250,0/750",
            "425/1000,0/5000", _DTMF),
    Country("DK", "Denmark", (1000, 4000), _E425, "425/500,0/500", "425/200,0/200",
            "425/1000,0/4000", _DTMF),
    Country("BR", "Brazil", (1000, 4000), _E425, "425/250,0/250",
            "425/250,0/250,425/750,0/250", "425/1000,0/4000", _DTMF, reverses_on_answer=True,
            flash_ms=300),
    Country("IN", "India", _DOUBLE, "400*25", "400/750,0/750", "400/250,0/250",
            "400*25/400,0/200,400*25/400,0/2000", _DTMF_OR_BELL, reverses_on_answer=True),
    Country("AU", "Australia", _DOUBLE, "415+440", "425/375,0/375",
            "425/375,0/375,425@/375,0/375", "413+438/400,0/200,413+438/400,0/2000", _BELL),
    Country("NZ", "New Zealand", _DOUBLE, "400", "400/500,0/500", "400/250,0/250",
            "400+450/400,0/200,400+450/400,0/2000", _BELL, flash_ms=500),
    Country("CH", "Switzerland", (1000, 4000), _E425, "425/500,0/500", "425/200,0/200",
            "425/1000,0/4000", _AFTER),
    Country("AT", "Austria", (1000, 5000), "420", "420/400,0/400", "420/200,0/200",
            "420/1000,0/5000", _AFTER),
    Country("BE", "Belgium", (1000, 3000), _E425, "425/500,0/500", "425/167,0/167",
            "425/1000,0/3000", _AFTER),
    Country("PL", "Poland", (1000, 4000), _E425, "425/500,0/500", "425/500,0/500",
            "425/1000,0/4000", _AFTER),
    Country("GR", "Greece", (1000, 4000), "425/200,0/300,425/700,0/800", "425/300,0/300",
            "425/200,0/200", "425/1000,0/4000", _AFTER),
    Country("PT", "Portugal", (1000, 5000), _E425, "425/500,0/500", "425/200,0/200",
            "425/1000,0/5000", _AFTER),
)  # fmt: skip
COUNTRIES: Final[Mapping[str, Country]] = {row.code: row for row in _ROWS}


def country(code: str) -> Country:
    """The row of a country; `ValueError` lists those there are."""
    try:
        return COUNTRIES[code]
    except KeyError:
        known = ", ".join(sorted(COUNTRIES))
        raise ValueError(f"country {code!r}: expected one of {known}") from None
