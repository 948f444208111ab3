"""What the office and the technician say about one line.

Pure. Made by whoever assembles the box from its configuration; None means "as in the country's
row". Tests: with the supervisor, tests/hal/lines/test_lines_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hal.lines.countries import CallerIdWay, Country, country
from hal.lines.tones import LearnedTone, Tone


class AnswerBy(Enum):
    """How an outgoing call is known to be answered when the line does not reverse."""

    POLARITY = "polarity"  # only a reversal counts
    TONE_END = "tone_end"  # ringback stops, or a voice is heard
    IMMEDIATELY = "immediately"  # as soon as the digits are out


@dataclass(frozen=True, slots=True)
class LineConfig:
    """One line. `number` is the port printed beside the socket, 1 to 8, and its timeslot."""

    number: int
    country: str = "ZA"
    name: str = ""
    rx_gain_db: float = 0.0
    tx_gain_db: float = 0.0
    answer_by: AnswerBy = AnswerBy.TONE_END
    caller_id: tuple[CallerIdWay, ...] | None = None
    """Empty: not subscribed, so calls are offered at the first ring."""
    listen_always: bool = False
    """Listen for caller ID with no ring and no reversal before it."""
    reversal_clears: bool | None = None
    loop_drop_ms: int | None = None
    """As learned on this line."""
    guard_ms: int | None = None
    learned: tuple[LearnedTone, ...] = ()
    learn_s: float = 6.0
    """How long to go on listening for a hang-up tone after a hang-up known otherwise, while none
    is learned; 0: never."""
    dial_without_tone: bool = True
    """Dial although no dial tone was heard for `dial_tone_s`."""
    dial_tone_s: float = 3.0
    identify_s: float = 7.0
    """Offer a call this long after the first ring, caller ID or not."""
    answer_s: float = 20.0
    """After dialling with neither a tone nor a reversal: taken as answered."""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 8:
            raise ValueError(f"line {self.number}: expected 1 to 8")
        country(self.country)

    @property
    def row(self) -> Country:
        return country(self.country)

    @property
    def ways(self) -> tuple[CallerIdWay, ...]:
        """How caller ID may come."""
        return self.row.caller_id if self.caller_id is None else self.caller_id

    @property
    def drop_s(self) -> float:
        ms = self.row.loop_drop_ms if self.loop_drop_ms is None else self.loop_drop_ms
        return ms / 1000

    @property
    def guard_s(self) -> float:
        return (self.row.guard_ms if self.guard_ms is None else self.guard_ms) / 1000

    @property
    def does_reversal_clear(self) -> bool:
        own = self.reversal_clears
        return self.row.reversal_clears if own is None else own

    @property
    def does_reverse_on_answer(self) -> bool:
        return self.row.reverses_on_answer or self.answer_by is AnswerBy.POLARITY

    def tones(self) -> tuple[Tone, ...]:
        """What to watch for: learned tones first, they are this line's own."""
        certain = tuple(item.tone() for item in self.learned if item.seen >= 2)
        return certain + self.row.tones()
