"""Who calls, and if that is not known, why, in words for the person who answers.

ETSI EN 300 659-3 clause 5.3.4 and GR-30: a number may be absent because the caller withheld it
(`P`) or because the network does not have it (`O`). The switch reports whole messages with a good
checksum only; a carrier heard without one (the mark before a message: V.23 1300 Hz, Bell 202
1200 Hz, EN 300 659-1 clause 6) means that it was damaged.

Leaves out: receiving and decoding (the switch). Pure. Tests: tests/hal/lines/test_callerid.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hal.leg import Party
from hal.lines.countries import CallerIdWay
from hal.lines.tones import Segment
from hal.switch.face import CallerIdHeard, Detect

WITHHELD: Final = "withheld by caller"
UNAVAILABLE: Final = "number not available from the network"
DAMAGED: Final = "a caller ID signal came, but it was damaged (checksum or cut off)"
NOT_SUBSCRIBED: Final = "caller ID is not set up for this line"
GLARE: Final = "the line rang while being seized: no caller ID"
_ABSENT: Final = {"P": WITHHELD, "O": UNAVAILABLE}
_DETECT: Final = {
    CallerIdWay.V23_AFTER_RING: Detect.CALLER_ID_V23,
    CallerIdWay.V23_AFTER_REVERSAL: Detect.CALLER_ID_V23,
    CallerIdWay.BELL202_AFTER_RING: Detect.CALLER_ID_BELL202,
    CallerIdWay.DTMF_BEFORE_RING: Detect.CALLER_ID_DTMF,
}
_MARK_HZ: Final = (1150, 1350)
_MARK_MS: Final = 40


def receivers(ways: Sequence[CallerIdWay]) -> Detect:
    """The receivers to run while a caller's number may come."""
    what = Detect.TONES if ways else Detect.NONE
    for way in ways:
        what |= _DETECT[way]
    return what


def party(message: CallerIdHeard) -> Party:
    """The caller of a message."""
    why = "" if message.number else _ABSENT.get(message.number_absent, UNAVAILABLE)
    return Party(message.number, message.name, why)


def is_mark(segment: Segment) -> bool:
    """Whether a tone was the carrier in front of a message."""
    return (
        _MARK_HZ[0] <= segment.f1_hz <= _MARK_HZ[1] and not segment.f2_hz and segment.ms >= _MARK_MS
    )


def unknown(ways: Sequence[CallerIdWay], was_mark_heard: bool, waited: str) -> Party:
    """Nobody, with the reason. waited: "before ring 2"."""
    if not ways:
        return Party(why_unknown=NOT_SUBSCRIBED)
    if was_mark_heard:
        return Party(why_unknown=DAMAGED)
    return Party(why_unknown=f"no caller ID signal {waited}")
