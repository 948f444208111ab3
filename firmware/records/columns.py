"""The columns of every table of a report: one list for pages, exports and the API.

Pure. A `Row` is what is known of a queue, a day, a half-hour, an agent, a line, or all; a `Column`
gives its figure, says what it means, and how the very calls behind it are found. A figure that a
row has no means for (the lines of a queue) is "n/a", like a share of nothing.

Tests: tests/firmware/records/test_columns.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from firmware.records.callers import AGAIN_DAYS, Callers
from firmware.records.dispositions import Noted
from firmware.records.figures import (
    AGENT_FIGURES,
    AgentFigure,
    Figure,
    Unit,
    Value,
    figures,
    needs_limits,
    resolution_means,
)
from firmware.records.kpi import DEFAULT, ServiceLevel, Tally
from firmware.records.line_use import LineUse
from firmware.records.messages import AnswersWanted, DispositionsWanted, Search, StaysWanted
from firmware.records.reports import AgentFigures, Limits
from firmware.records.scores import (
    CSAT,
    DETRACTS_TO,
    NPS,
    PROMOTES_FROM,
    SATISFIED_FROM,
    Scores,
)

CALLED_AGAIN: Final = "called_again"
OF_DISPOSITION: Final = "disposition_"
"""Begins the key of each disposition's own column."""
Opens = Callable[[StaysWanted, Limits | None], Search | None]
"""The calls behind a figure of a row; None: no one search finds just these."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one row of a table."""

    id: str
    wanted: StaysWanted | None = None
    """Everything of the row; None: no one period has it."""
    limits: Limits | None = None
    """Of its queues, if they are the same."""
    tally: Tally = field(default_factory=Tally)
    scores: Scores = field(default_factory=Scores)
    noted: Noted = field(default_factory=Noted)
    agent: AgentFigures | None = None
    use: LineUse | None = None
    callers: Callers | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One figure."""

    key: str
    label: str
    means: str
    unit: Unit
    of: Callable[[Row], Value]
    opens: Opens | None = None

    def calls(self, row: Row) -> Search | None:
        """The calls behind the figure of `row`."""
        if self.opens is None or row.wanted is None:
            return None
        return self.opens(row.wanted, row.limits)


# -- what callers answered -----------------------------------------------------------------------


def _answers(scale: str, least: int | None = None, most: int | None = None) -> Opens:
    return lambda wanted, _: Search(answers=AnswersWanted(wanted, scale, least, most))


SCORES: Final = (
    Column("csat_answers", "CSAT answers", "answered the question after the call with 1 to 5",
           Unit.COUNT, lambda r: r.scores.csat_answers, _answers(CSAT)),
    Column("csat", "CSAT", "answers 4 and 5 / answers from 1 to 5", Unit.SHARE,
           lambda r: r.scores.csat, _answers(CSAT, least=SATISFIED_FROM)),
    Column("csat_mean", "CSAT mean", "sum of the answers from 1 to 5 / their number", Unit.MARK,
           lambda r: r.scores.csat_mean, _answers(CSAT)),
    Column("nps_answers", "NPS answers", "answered the question after the call with 0 to 10",
           Unit.COUNT, lambda r: r.scores.nps_answers, _answers(NPS)),
    Column("promoters", "Promoters", "answered 9 or 10 of 10", Unit.COUNT,
           lambda r: r.scores.promoters, _answers(NPS, least=PROMOTES_FROM)),
    Column("detractors", "Detractors", "answered 0 to 6 of 10", Unit.COUNT,
           lambda r: r.scores.detractors, _answers(NPS, most=DETRACTS_TO)),
    Column("nps", "NPS", "per cent of promoters (9, 10) minus per cent of detractors (0 to 6), "
           "from -100 to 100", Unit.POINTS, lambda r: r.scores.nps, _answers(NPS)),
)  # fmt: skip


# -- what agents noted ---------------------------------------------------------------------------


def _noted(is_resolved: bool | None = None, is_counted: bool = False) -> Opens:
    return lambda wanted, _: Search(
        dispositions=DispositionsWanted(wanted, None, is_resolved, is_counted)
    )


def _noted_share(row: Row) -> float | None:
    return row.noted.calls / row.tally.answered if row.tally.answered else None


NOTED: Final = (
    Column("noted", "With a disposition", "answered calls for which the agent set how they ended",
           Unit.COUNT, lambda r: r.noted.calls, _noted()),
    Column("noted_share", "With a disposition, share", "with a disposition / answered", Unit.SHARE,
           _noted_share, _noted()),
    Column("resolved", "Resolved", "with a disposition that says that the matter is settled",
           Unit.COUNT, lambda r: r.noted.resolved, _noted(is_resolved=True)),
    Column("unresolved", "Not resolved", "with a disposition that says that it is not settled",
           Unit.COUNT, lambda r: r.noted.unresolved, _noted(is_resolved=False)),
    Column("resolution", "First-call resolution by disposition",
           "resolved / calls whose disposition says whether the matter is settled", Unit.SHARE,
           lambda r: r.noted.resolution, _noted(is_counted=True)),
)  # fmt: skip
"""Beside the resolution by number: that one asks the telephone, this one the agents."""


# -- what the lines did --------------------------------------------------------------------------


def _reached(wanted: StaysWanted, _: Limits | None) -> Search:
    return Search(since=wanted.since, until=wanted.until, line=wanted.line, direction="incoming")


def _served(wanted: StaysWanted, limits: Limits | None) -> Search:
    return replace(_reached(wanted, limits), is_served=True)


def _of_use(of: Callable[[LineUse], Value]) -> Callable[[Row], Value]:
    return lambda row: None if row.use is None else of(row.use)


LINE: Final = (
    Column("reached", "Reached", "callers who seized a line, whatever they did then", Unit.COUNT,
           _of_use(lambda u: u.reached), _reached),
    Column("served", "Served by the menu",
           "chose a key that is marked as what they had called for, and neither waited nor talked "
           "to anybody", Unit.COUNT, _of_use(lambda u: u.served), _served),
    Column("self_service", "Self-service", "served by the menu / reached", Unit.SHARE,
           _of_use(lambda u: u.self_service), _served),
)  # fmt: skip
BUSY: Final = (
    Column("busy_s", "All lines busy", "time in which every line was in use, measured",
           Unit.SECONDS, _of_use(lambda u: u.busy_s)),
    Column("lost", "Found no line", "an estimate: callers who met the busy tone are seen by "
           "nobody; Erlang B tells from how full the lines were how many there must have been",
           Unit.ESTIMATE, _of_use(lambda u: u.lost)),
    Column("lost_share", "Found no line, share", "an estimate: found no line / (reached + found no "
           "line)", Unit.SHARE, _of_use(lambda u: u.lost_share)),
)  # fmt: skip


# -- tables --------------------------------------------------------------------------------------


def _queue_column(one: Figure) -> Column:
    def opens(wanted: StaysWanted, limits: Limits | None) -> Search | None:
        if one.opens is None or (needs_limits(one) and limits is None):
            return None
        return Search(stays=one.opens(wanted, limits or Limits()))

    return Column(
        one.key, one.label, one.means, one.unit, lambda row: one.of(row.tally),
        opens if one.opens is not None else None,
    )  # fmt: skip


OF_ANSWERED: Final = ("talk_s", "hold_s", "wrap_up_s", "occupancy", "utilisation")
"""An agent's times on queue calls: made of those answered."""


def _agent_column(one: AgentFigure) -> Column:
    same = _BY_KEY.get("answered" if one.key in OF_ANSWERED else one.key)
    return Column(
        one.key, one.label, one.means, one.unit,
        lambda row: None if row.agent is None else one.of(row.agent),
        same.opens if same is not None else None,
    )  # fmt: skip


_QUEUE: Final = (*map(_queue_column, figures()), *SCORES, *NOTED)
_BY_KEY: Final = {one.key: one for one in (*_QUEUE, *LINE, *BUSY)}
AGENT: Final = tuple(map(_agent_column, AGENT_FIGURES))
_EVERY: Final = {one.key: one for one in AGENT} | _BY_KEY
OCCUPANCY: Final = AGENT[-2:]
"""Of one agent, or of all together."""


def queue_columns(formula: ServiceLevel = DEFAULT) -> tuple[Column, ...]:
    """Of a queue: what happened in it, what its callers answered, and its agents noted."""
    return (*map(_queue_column, figures(formula)), *SCORES, *NOTED)


def time_columns(formula: ServiceLevel = DEFAULT) -> tuple[Column, ...]:
    """Of a day or a half-hour: the lines too."""
    return (*queue_columns(formula), *LINE, *BUSY)


def line_columns(formula: ServiceLevel = DEFAULT) -> tuple[Column, ...]:
    """Of one line; it has no busy seconds of its own."""
    return (*queue_columns(formula), *LINE)


def agent_columns() -> tuple[Column, ...]:
    """Of an agent."""
    return (*AGENT, *SCORES, *NOTED)


def all_columns(
    formula: ServiceLevel = DEFAULT, again_days: int = AGAIN_DAYS
) -> tuple[Column, ...]:
    """Of the row of everything."""
    return (*time_columns(formula), *OCCUPANCY, *resolution(again_days))


def resolution(again_days: int = AGAIN_DAYS) -> tuple[Column, Column]:
    """First-call resolution, and the callers without it. The further calls of these are found by
    again.py, not by a search."""
    return (
        Column(CALLED_AGAIN, "Called again", "callers with a further call from the same number "
               f"within {again_days} {'day' if again_days == 1 else 'days'}", Unit.COUNT,
               lambda r: None if r.callers is None else r.callers.known - r.callers.once),
        Column("first_call_resolution", "First-call resolution", resolution_means(again_days),
               Unit.SHARE, lambda r: None if r.callers is None else r.callers.resolution),
    )  # fmt: skip


def disposition(code: int, name: str = "") -> Column:
    """How often one disposition was set."""
    words = f"{code}, {name}" if name else f"{code}"
    return Column(
        f"{OF_DISPOSITION}{code}", name or f"Disposition {code}",
        f"answered calls for which the agent set disposition {words}", Unit.COUNT,
        lambda r: r.noted.by_code.get(code, 0),
        lambda wanted, _: Search(dispositions=DispositionsWanted(wanted, code)),
    )  # fmt: skip


def column(key: str) -> Column:
    """The column of that key; `disposition_3` is of disposition 3. Raise `KeyError`."""
    code = key.removeprefix(OF_DISPOSITION)
    if code != key and code.isascii() and code.isdigit() and len(code) < 3:
        return disposition(int(code))
    return _EVERY[key]


def keys_that_open() -> Sequence[str]:
    """Those behind which calls can be listed."""
    return [one.key for one in _EVERY.values() if one.opens is not None]
