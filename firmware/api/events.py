"""The story of the box as numbered events: the last 2000, for pages, console and tools.

Pure; used on the event loop only. The box adds each event once, gets its number, and hands the
numbered row to the records writer, so that the API and the database number alike. At start the
ring is filled from the records, so numbers go on where they ended. A reader that comes back asks
for what follows the last number it saw; what has left the ring is in the records.

Shell: `follow` in events_task.py. Tests: tests/firmware/api/test_events.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Final

from firmware.api.schema import Event
from firmware.records.messages import EventRow

KEEP: Final = 2000


class EventLog:
    """A ring of the newest events. `listeners` are called after each addition."""

    def __init__(self, keep: int = KEEP) -> None:
        self._ring: deque[EventRow] = deque(maxlen=keep)
        self.seq = 0
        """Number of the newest event; 0 before the first."""
        self.listeners: set[Callable[[], None]] = set()

    def fill(self, rows: Iterable[EventRow]) -> None:
        """Take over what an earlier run recorded (oldest first)."""
        for row in rows:
            self._keep(row)

    def add(self, row: EventRow) -> EventRow:
        """Give the event its number; the answer is for the records."""
        numbered = row.numbered(self.seq + 1)
        self._keep(numbered)
        for listener in tuple(self.listeners):
            listener()
        return numbered

    def after(self, seq: int, limit: int = KEEP) -> list[Event]:
        """Kept events above `seq`, oldest first."""
        newer = list(takewhile(lambda row: row.seq > seq, reversed(self._ring)))
        return [_shown(row) for row in newer[::-1][:limit]]

    def last(self, n: int) -> list[Event]:
        """The newest `n`, oldest first."""
        return [_shown(row) for row in list(self._ring)[-n:]] if n > 0 else []

    def _keep(self, row: EventRow) -> None:
        self._ring.append(row)
        self.seq = row.seq


def _shown(row: EventRow) -> Event:
    """As readers get it; made when asked for, since most of the time nobody looks."""
    return Event(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        text=row.text,
        call=row.call,
        leg=row.leg,
        data=row.data,
    )
