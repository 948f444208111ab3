"""Planning: people needed next week, how good last week's forecast was, and what one agent more or
fewer would have changed.

The box's adviser works it out from the records, in some seconds; what it refuses is shown in its
own words. Tests: tests/web/reports/test_planning.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from gettext import gettext as _

from flask import render_template

from firmware.api.advice_schema import (
    Advice,
    AdviceRequest,
    HalfHourAdvice,
    QueueAdvice,
    QueueOutcome,
    ReplayRequest,
)
from firmware.config.schema import Office
from web.face import CoreAway, Refused
from web.page import today
from web.parts import parts

SHADES = 5
"""Of the plan's cells, by how many people."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A half-hour of the plan. `shade`: 0 to SHADES."""

    half_hour: HalfHourAdvice | None
    shade: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A queue's week as a table of half-hours by days."""

    queue: QueueAdvice
    days: Sequence[date]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    most: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of last week, with one agent fewer, as it was, and with one more."""

    label: str
    means: str
    values: Sequence[float | int | None]
    unit: str
    """As the template of figures shows it."""
    is_more_better: bool


def page(office: Office, asked: str) -> str:
    """Next week's staff, and last week again, of the queue that is asked for or the first."""
    queues = {q.id: q.name for q in office.queues}
    queue = asked if asked in queues else next(iter(queues), "")
    first = today().date() - timedelta(days=today().weekday() + 7)
    advice, plan, compared, why = None, None, list[Compared](), list[str]()
    try:
        advice = parts().core.advise(AdviceRequest(queue=queue or None))
        plan = plan_of(advice)
    except (Refused, CoreAway) as error:
        why.append(_sentence(error))
    try:
        compared = _replayed(queue, first) if queue else []
    except (Refused, CoreAway) as error:
        why.append(_sentence(error))
    return render_template(
        "reports/planning.html",
        queues=queues,
        queue=queue,
        advice=advice,
        plan=plan,
        compared=compared,
        first=first,
        last=first + timedelta(days=6),
        why=list(dict.fromkeys(why)),
    )


def plan_of(advice: Advice) -> Plan | None:
    """The first queue's week; only times at which somebody is expected. None: no queue."""
    if not advice.queues:
        return None
    queue = advice.queues[0]
    days = [advice.monday + timedelta(days=n) for n in range(7)]
    known = {(row.day, row.time): row for row in queue.half_hours}
    times = sorted({row.time for row in queue.half_hours if row.calls})
    most = max((row.staff or 0 for row in queue.half_hours), default=0)
    rows = [(time, [_cell(known.get((day, time)), most) for day in days]) for time in times]
    return Plan(queue, days, rows, most)


def _cell(half_hour: HalfHourAdvice | None, most: int) -> Cell:
    staff = (half_hour.staff if half_hour is not None else None) or 0
    return Cell(half_hour, -(-SHADES * staff // most) if most else 0)


def _replayed(queue: str, first: date) -> list[Compared]:
    """Last week through the real queue, three times."""
    last = first + timedelta(days=6)
    core = parts().core
    fewer = core.replay(ReplayRequest(first=first, last=last, queue=queue, agents=-1))
    more = core.replay(ReplayRequest(first=first, last=last, queue=queue, agents=1))
    runs = (fewer.after, fewer.before, more.after)
    outcomes = [next((q for q in run.queues if q.queue == queue), run.total) for run in runs]
    return compare(outcomes)


def compare(outcomes: Sequence[QueueOutcome]) -> list[Compared]:
    """What would have been other."""
    return [
        Compared(_("Answered"), _("joined to an agent"), [o.answered for o in outcomes], "count",
                 True),
        Compared(_("Gave up"), _("hung up while waiting"), [o.abandoned for o in outcomes],
                 "count", False),
        Compared(_("Left otherwise"), _("time-out, queue full or empty, key, callback"),
                 [o.left for o in outcomes], "count", False),
        Compared(_("Service level SL-F3"), _("answered in T / (answered + gave up)"),
                 [o.service_level for o in outcomes], "share", True),
        Compared(_("Mean time to answer"), _("wait of the answered / answered"),
                 [o.mean_answer_s for o in outcomes], "s", False),
        Compared(_("Longest wait"), _("of all offered"), [o.longest_wait_s for o in outcomes],
                 "s", False),
    ]  # fmt: skip


def _sentence(error: Refused | CoreAway) -> str:
    if isinstance(error, CoreAway):
        return _("The telephone system does not answer at the moment: try again in a minute.")
    text = error.refusal.error
    return text[:1].upper() + text[1:]
