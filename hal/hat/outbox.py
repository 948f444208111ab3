"""Commands on their way to the HAT: numbered, a window at a time, in order, sent until answered.

Pure. The HAT carries out seq n only after n-1, so those behind a lost one are sent in vain until it
gets through; only the first one's tries count. Rules: board/PROTOCOL.md, order and retries. Owned
by session.py, which makes frames of what `due` returns. Tests: tests/hal/hat/test_session.py.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from hal.hat.codec import Type

WINDOW: Final = 8
WAITING_MAX: Final = 256
RETRY_S: Final = 0.2
TRIES: Final = 8


@dataclass(slots=True)
class Command:
    """A command on its way or waiting. port 0: the board. what: in words, for faults."""

    kind: Type
    payload: bytes
    port: int
    what: str
    seq: int = 0
    sent_at: float = 0.0
    tries: int = 0


class Outbox:
    """What was commanded and is not answered yet."""

    def __init__(self) -> None:
        self._next_seq = 1
        self._window: list[Command] = []
        self._waiting: deque[Command] = deque()

    def __len__(self) -> int:
        return len(self._window) + len(self._waiting)

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= WAITING_MAX

    def unheard(self, now: float) -> Command | None:
        """The first command, once its last try has gone unanswered too."""
        for command in self._window[:1]:
            if command.tries >= TRIES and now - command.sent_at >= RETRY_S:
                return command
        return None

    def put(self, command: Command) -> None:
        """Queue it; ask `is_full` before."""
        self._waiting.append(command)

    def due(self, now: float) -> list[Command]:
        """What to send now: new ones the window has room for, unanswered ones again."""
        while self._waiting and self._has_room():
            command = self._waiting.popleft()
            command.seq = self._next_seq
            self._next_seq = (self._next_seq + 1) & 0xFF
            self._window.append(command)
        found = [c for c in self._window if not c.tries or now - c.sent_at >= RETRY_S]
        for command in found:
            command.tries += 1
            command.sent_at = now
        return found

    def answered(self, seq: int) -> Command | None:
        """The command of that number, done with; None for an answer that came twice."""
        for command in self._window:
            if command.seq == seq:
                self._window.remove(command)
                if self._window and self._window[0].tries:
                    self._window[0].tries = 1  # its turn has come only now
                return command
        return None

    def restart(self) -> list[Command]:
        """Number from 1 again (a new conversation); returns what was never answered."""
        left = [*self._window, *self._waiting]
        self._window.clear()
        self._waiting.clear()
        self._next_seq = 1
        return left

    def _has_room(self) -> bool:
        """All seqs under way stay within one window of each other."""
        return not self._window or (self._next_seq - self._window[0].seq) & 0xFF < WINDOW
