"""To which stay in a queue something belongs that was said about a call: an answer, a disposition.

On a connection of store.py; only reads. It takes over the stay's line and intervals (`*_slot`,
quarters of an hour), so that it counts where its call counts; without a stay, the moment's.

Tests: tests/firmware/records/test_service_books.py, test_disposition_books.py.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, literal, select

from firmware.records.kpi import Result
from firmware.records.messages import EventRow
from firmware.records.schema import slot, stays


def place(connection: Connection, event: EventRow, *, is_agents: bool = False) -> dict[str, Any]:
    """The columns that say where: the last stay in the event's queue that was answered, or
    (`is_agents`) that the event's agent answered."""
    queue, agent = text(event, "queue"), text(event, "agent")
    stay = connection.execute(
        select(stays.c.line, stays.c.offered_slot, stays.c.decided_slot)
        .where(
            stays.c.call == event.call,
            stays.c.queue == queue,
            stays.c.agent == agent if is_agents else literal(True),
            stays.c.result == Result.ANSWERED.value,
        )
        .order_by(stays.c.number.desc())
        .limit(1)
    ).first()
    usual = slot(event.at)
    return {
        "queue": queue,
        "agent": agent,
        "line": stay.line if stay is not None else None,
        "offered_slot": stay.offered_slot if stay is not None else usual,
        "decided_slot": (stay.decided_slot if stay is not None else None) or usual,
    }


def text(event: EventRow, name: str) -> str:
    """A datum of an event, empty if it has none."""
    return str(event.data.get(name) or "")
