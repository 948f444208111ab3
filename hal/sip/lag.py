"""How late the box is with messages, and which it refuses meanwhile.

A caller does not mind a second. But phones send a message again after 0.5, 1.5 and 3.5 s (RFC 3261
clause 17.1.1.2, T1 = 0.5 s), and a box that is late by more than the second of these is given three
times the work. From then on new calls are refused with 503 and Retry-After (clause 21.5.4), at a
fiftieth of what a call costs, while those in progress go on: some refused instead of everybody
late. Pure: who reads the socket says how old a message is. Left out: analog lines, of which there
are never more than the box can serve.

Used by transport_task.py and agent.py. Tests: tests/hal/sip/test_lag.py.
"""

from __future__ import annotations

from typing import Final

LATE_S: Final = 2.0
"""Phones have repeated themselves twice, and most have not given up."""
SETTLED_S: Final = 0.5
"""For so long every message must have been late: a process that stood still for a moment reads
late messages too, and is soon done with them."""
ENOUGH: Final = 20
"""So many readings must have been late: with fewer, calls are not what there is too much of."""
KEPT_S: Final = 1.0
"""How long a reading counts: on a quiet socket nothing says that it is over."""
ABSURD_S: Final = 60.0
"""Later than that is a clock that was set: a message does not wait so long for its reader."""


class Lag:
    """How old messages were when they were read."""

    def __init__(self) -> None:
        self._late_since: float | None = None
        self._read_at, self._count = 0.0, 0

    def note(self, lag_s: float, now: float) -> None:
        """A message was read that came so long ago."""
        is_late = LATE_S <= lag_s < ABSURD_S
        if not is_late:
            self._late_since = None
        elif self._late_since is None or now - self._read_at >= KEPT_S:
            self._late_since, self._count = now, 0
        self._count += 1
        self._read_at = now

    def is_late(self, now: float) -> bool:
        """New calls would be too much."""
        if self._late_since is None or self._count < ENOUGH or now - self._read_at >= KEPT_S:
            return False
        return now - self._late_since >= SETTLED_S
