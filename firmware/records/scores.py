"""What callers answered when they were asked how it was: CSAT (1 to 5) and NPS (0 to 10).

Pure. A `Scores` is what a number of answers come to; every figure is a property of it, and adding
two gives the scores of both, so that half-hours, queues, agents and lines come to the whole. None
means "n/a": without an answer nothing is 0 %.

Leaves out: asking (firmware.ivr.survey) and reading the records (opinions.py).
Tests: tests/firmware/records/test_scores.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SATISFIED_FROM: Final = 4
"""Of 5: answers 4 and 5."""
CSAT_BEST: Final = 5
PROMOTES_FROM: Final = 9
"""Of 10: answers 9 and 10."""
DETRACTS_TO: Final = 6
"""Of 10: answers 0 to 6."""
CSAT: Final = "csat"
NPS: Final = "nps"


@dataclass(frozen=True, slots=True)
class Scores:
    """How often each answer was given, on each of the two scales."""

    csat_by_score: Mapping[int, int] = field(default_factory=Counter)
    nps_by_score: Mapping[int, int] = field(default_factory=Counter)

    def __add__(self, other: Scores) -> Scores:
        return Scores(
            Counter(self.csat_by_score) + Counter(other.csat_by_score),
            Counter(self.nps_by_score) + Counter(other.nps_by_score),
        )

    @property
    def csat_answers(self) -> int:
        return sum(self.csat_by_score.values())

    @property
    def satisfied(self) -> int:
        """Answers 4 and 5."""
        return sum(n for score, n in self.csat_by_score.items() if score >= SATISFIED_FROM)

    @property
    def csat(self) -> float | None:
        """Share of answers 4 and 5."""
        return self.satisfied / self.csat_answers if self.csat_answers else None

    @property
    def csat_mean(self) -> float | None:
        """1 to 5."""
        if not self.csat_answers:
            return None
        return sum(score * n for score, n in self.csat_by_score.items()) / self.csat_answers

    @property
    def nps_answers(self) -> int:
        return sum(self.nps_by_score.values())

    @property
    def promoters(self) -> int:
        """Answers 9 and 10."""
        return sum(n for score, n in self.nps_by_score.items() if score >= PROMOTES_FROM)

    @property
    def detractors(self) -> int:
        """Answers 0 to 6."""
        return sum(n for score, n in self.nps_by_score.items() if score <= DETRACTS_TO)

    @property
    def nps(self) -> float | None:
        """-100 to 100: per cent of promoters minus per cent of detractors."""
        if not self.nps_answers:
            return None
        return 100 * (self.promoters - self.detractors) / self.nps_answers


def of_answers(scale: str, score: int, count: int) -> Scores:
    """`count` equal answers."""
    counted = Counter({score: count})
    return Scores(csat_by_score=counted) if scale == CSAT else Scores(nps_by_score=counted)
