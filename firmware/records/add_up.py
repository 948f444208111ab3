"""Adding up a day that is over: the rows of day_sums.py, made from stays, calls and agents' times.

On a connection of store.py, within a transaction that writes. Every stay of the day is read once
for each interval rule and added to all its groupings. `sum_up` takes one day at a time, the newest
first, then the callers of a day (caller_days.py), the oldest first; what it has done is marked, so
that the next turn goes on from there, also after a restart.

Shell: firmware/figures_task.py.
Tests: tests/firmware/records/test_day_sums.py, test_sums_random.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from firmware.records import caller_days, corrections, day_sums
from firmware.records.callers import AGAIN_DAYS, incoming
from firmware.records.periods import half_hour_of
from firmware.records.reports import Asked, Limits, Rule, basis, rows
from firmware.records.schema import calls, stays
from firmware.records.stay_sums import Sum
from firmware.records.working import states_of

Grouping = dict[tuple[str, str], Sum]
"""By name and queue."""


def sum_up(
    connection: Connection,
    zone: str,
    limits: Mapping[str, Limits],
    now: datetime,
    again_days: int = AGAIN_DAYS,
) -> bool:
    """Add up one day that is over and has not been; False if all have."""
    day = day_sums.next_day(connection, basis(zone, limits, Rule.OFFERED), zone, now)
    if day is None:
        return caller_days.link_next(connection, zone, again_days, now)
    corrections.expect(connection, day, zone)  # from here on nobody else writes
    common = {
        "state": _states(connection, day, zone, now),
        "reached": _reached(connection, day, zone),
    }
    day_sums.store(
        connection,
        day,
        {
            basis(zone, limits, rule): common
            | _stays(connection, Asked(day, day, zone, limits, rule=rule, now=now))
            for rule in Rule
        },
    )
    return True


def _stays(connection: Connection, asked: Asked) -> dict[str, list[tuple[Any, ...]]]:
    """The sums of a day's stays, by each grouping."""
    at = stays.c.decided_slot if asked.rule is Rule.DECIDED else stays.c.offered_slot
    zone, clocks = ZoneInfo(asked.zone), dict[int, str]()
    kinds: dict[str, Grouping] = defaultdict(lambda: defaultdict(Sum))
    for row in rows(connection, asked, (at, stays.c.queue, stays.c.agent, stays.c.line)):
        slot, queue, agent, number = row[:4]
        if (clock := clocks.get(slot)) is None:
            clock = clocks[slot] = f"{half_hour_of(slot, zone):%H:%M}"
        line, sums = "" if number is None else f"{number}", row[4:]
        kinds["day"]["", queue].add(sums)
        kinds["half"][clock, queue].add(sums)
        kinds["agent"][agent, queue].add(sums)
        kinds["line"][line, queue].add(sums)
        kinds["line_half"][line, clock].add(sums)
        if agent:
            kinds["agent_half"][agent, clock].add(sums)
            kinds["agent_line"][agent, line].add(sums)
    return {
        kind: [(*key, *row) for key, some in grouping.items() for row in some.rows]
        for kind, grouping in kinds.items()
    }


def _states(connection: Connection, day: date, zone: str, now: datetime) -> list[tuple[Any, ...]]:
    """What the agents did, as rows."""
    asked = Asked(day, day, zone)
    return [
        (agent, state, "", "", 0, 0, 0, 0, seconds, 0.0, 0.0, 0.0, 0.0)
        for agent, some in states_of(connection, asked.since, asked.until, now).items()
        for state, seconds in some.items()
    ]


def _reached(connection: Connection, day: date, zone: str) -> list[tuple[Any, ...]]:
    """How many callers each line had, as rows."""
    asked = Asked(day, day, zone)
    question = (
        select(calls.c.line, func.count())
        .where(incoming(asked.since, asked.until, None))
        .group_by(calls.c.line)
    )
    return [
        ("" if line is None else f"{line}", "", "", "", count, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for line, count in connection.execute(question)
    ]
