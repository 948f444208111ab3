"""Rows of added-up stays, added up further: what a report's groupings are made of.

Pure. A row is: result, cause, count, in time, short, transferred, wait, longest wait, talk, hold,
wrap-up. The SQL that makes rows is in reports.py, the sums of whole days in day_sums.py.

Tests: tests/firmware/records/test_reports.py, test_day_sums.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from firmware.records.kpi import Result, Tally

LEFT: Final = Result.LEFT.value


@dataclass(slots=True)
class Sum:
    """Adds up rows; much faster than adding tallies."""

    by_result: dict[str, list[Any]] = field(default_factory=dict)
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, row: Sequence[Any]) -> None:
        """`row`: result, cause, count, in time, short, transferred, wait, longest wait, talk,
        hold, wrap-up."""
        result = row[0]
        if (sums := self.by_result.get(result)) is None:
            self.by_result[result] = list(row[2:])
        else:
            sums[0] += row[2]
            sums[1] += row[3]
            sums[2] += row[4]
            sums[3] += row[5]
            sums[4] += row[6]
            sums[5] = max(sums[5], row[7])
            sums[6] += row[8]
            sums[7] += row[9]
            sums[8] += row[10]
        if result == LEFT:
            self.causes[row[1]] += row[2]

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The same rows again, the causes of leaving apart: the first has their other sums."""
        for result, sums in self.by_result.items():
            if result != LEFT:
                yield (result, "", *sums)
                continue
            for n, (cause, count) in enumerate(sorted(self.causes.items())):
                yield (result, cause, count, *(sums[1:] if n == 0 else [0] * 8))

    @property
    def tally(self) -> Tally:
        none = [0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0]
        answered = self.by_result.get(Result.ANSWERED.value, none)
        abandoned = self.by_result.get(Result.ABANDONED.value, none)
        left = self.by_result.get(Result.LEFT.value, none)
        waiting = self.by_result.get(Result.WAITING.value, none)
        every = (answered, abandoned, left, waiting)
        return Tally(
            offered=sum(x[0] for x in every),
            answered=answered[0],
            abandoned=abandoned[0],
            left=left[0],
            waiting=waiting[0],
            answered_in_time=answered[1],
            abandoned_in_time=abandoned[1],
            abandoned_short=abandoned[2],
            transferred=answered[3],
            answered_wait_s=answered[4],
            abandoned_wait_s=abandoned[4],
            wait_s=sum(x[4] for x in every),
            longest_wait_s=max(x[5] for x in every),
            talk_s=answered[6],
            hold_s=answered[7],
            wrap_up_s=answered[8],
            causes=self.causes,
        )
