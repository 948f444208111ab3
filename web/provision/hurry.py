"""A gunicorn worker for strangers: nobody holds a thread for long, nobody holds many.

gunicorn's threads wait for ever for a client that connects and says nothing, or half a line; two
dozen of those and no phone gets its file. Here each address has a few threads at once, and what is
not done in time is cut off. Tests: tests/web/provision/test_hurry.py.
"""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from threading import Lock, Timer
from typing import Any, Final

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

PATIENCE_S: Final = 10.0
"""A phone's slow processor needs two or three seconds for the handshake."""
MOST_PER_SOURCE: Final = 8
"""A phone asks for one file after the other; a router may stand for a few phones."""


class Turns:
    """How many threads each address has."""

    def __init__(self, most: int = MOST_PER_SOURCE) -> None:
        self._most, self._lock = most, Lock()
        self._held: Counter[str] = Counter()

    def take(self, source: str) -> bool:
        """False if that address has its share."""
        with self._lock:
            if self._held[source] >= self._most:
                return False
            self._held[source] += 1
            return True

    def give_back(self, source: str) -> None:
        """One is done; an address without any is forgotten."""
        with self._lock:
            self._held[source] -= 1
            if self._held[source] <= 0:
                del self._held[source]

    def __len__(self) -> int:
        return len(self._held)


class HurriedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with threads, in a hurry."""

    turns = Turns()

    def handle(self, conn: Any) -> Any:
        """Serve one request; False has the connection closed."""
        source = str(conn.client[0])
        if not self.turns.take(source):
            _close(conn, conn.sock.close)
            return False
        timer = Timer(PATIENCE_S, _cut, (conn,))
        timer.daemon = True
        timer.start()
        try:
            result = super().handle(conn)
            if result is False:
                _close(conn, lambda: close_graceful(conn.sock))
            return result
        finally:
            timer.cancel()
            self.turns.give_back(source)


def _close(conn: Any, close: Callable[[], object]) -> None:
    """Close in this thread: gunicorn's main thread would wait for the peer's goodbye, and nobody
    be served meanwhile."""
    with contextlib.suppress(OSError):
        close()
    conn.close = lambda graceful=False: None


def _cut(conn: Any) -> None:
    """Wake the thread that waits for the peer. Not by SSLSocket's own method: that is the
    other thread's."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(conn.sock, socket.SHUT_RDWR)
