"""Events on their way from the HAT: each told once and in order, though the wire repeats and loses.

Pure. The HAT sends an event until it is acknowledged, a window at a time; one that is ahead
(something before it was lost) is kept until the missing one has come again. Rules:
board/PROTOCOL.md, order and retries. Owned by session.py, which acknowledges. The other direction
is outbox.py. Tests: tests/hal/hat/test_inbox.py.
"""

from __future__ import annotations

from hal.hat.codec import Numbered
from hal.hat.outbox import WINDOW


class Inbox:
    """What came and whose turn has not come."""

    def __init__(self) -> None:
        self._next = 1
        self._ahead: dict[int, Numbered] = {}

    @property
    def last(self) -> int:
        """Number of the last event told, in 32 bits."""
        return (self._next - 1) & 0xFFFFFFFF

    def is_told(self, event: Numbered) -> bool:
        """Whether it came before: the acknowledgement was lost."""
        return event.number < self._next

    def put(self, event: Numbered) -> list[Numbered]:
        """Take it; what is to be told and acknowledged now, in order."""
        if self._next <= event.number < self._next + WINDOW:
            self._ahead[event.number] = event
        due = []
        while self._next in self._ahead:
            due.append(self._ahead.pop(self._next))
            self._next += 1
        return due

    def restart(self, first: int) -> None:
        """A new conversation: its first event has this number."""
        self._next = first
        self._ahead.clear()
