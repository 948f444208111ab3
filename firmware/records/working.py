"""How long each agent was in which state, cut at the bounds of a period.

On a connection of store.py; only reads. Tests: tests/firmware/records/test_reports.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, literal, select

from firmware.records.schema import agent_times


def states_of(
    connection: Connection,
    since: datetime,
    until: datetime,
    now: datetime | None,
    only: str = "",
) -> dict[str, dict[str, float]]:
    """Each agent's seconds in each state within the period: of the intervals inside it as sums,
    of the one or two over its bounds what is inside."""
    since, until = (
        since.astimezone(UTC),
        until.astimezone(UTC),
    )  # of one zone Python subtracts clocks
    times = agent_times.c
    whose = times.agent == only if only else literal(True)
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    inside = and_(times.from_at >= since, times.until_at > since, times.until_at <= until)
    for agent, state, seconds in connection.execute(
        select(times.agent, times.state, func.sum(times.seconds))
        .where(inside, whose)
        .group_by(times.agent, times.state)
    ):
        found[agent][state] += seconds
    for agent in [only] if only else _everybody(connection):
        for time in {row.seq: row for row in _at_bounds(connection, agent, since, until)}.values():
            ends = time.until_at or min(now or until, until)
            if time.from_at < since or ends > until or time.until_at is None:
                within = min(ends, until) - max(time.from_at, since)
                found[agent][time.state] += max(0.0, within.total_seconds())
    return {agent: dict(states) for agent, states in found.items()}


def _everybody(connection: Connection) -> Iterator[str]:
    """Every agent who ever had a state, each by one step in the index."""
    agent: str | None = ""
    while agent is not None:
        question = select(func.min(agent_times.c.agent)).where(agent_times.c.agent > agent)
        if (agent := connection.execute(question).scalar()) is not None:
            yield agent


def _at_bounds(
    connection: Connection, agent: str, since: datetime, until: datetime
) -> Iterator[Any]:
    """The agent's intervals at both bounds: the last that began before, as each ends where the
    next begins."""
    times = agent_times.c
    for bound in (since, until):
        question = select(agent_times).where(times.agent == agent, times.from_at < bound)
        latest = question.order_by(times.from_at.desc(), times.seq.desc()).limit(1)
        yield from connection.execute(latest)
