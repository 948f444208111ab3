"""Whose turn it is to be called back, and on which line.

Pure. A kept place is dialled in two cases:

- An agent will be free for it: more agents are free, or in their wrap-up, than callers and
  callbacks go before it. Ringing and confirming take about as long as a wrap-up: "nearly free" is
  an agent whose talking is over, because nobody knows when somebody who talks will end.
- It is the very first, and others wait behind it on the line: the next agent would go to one of
  them, and so on for ever in a busy hour. It is dialled while all agents talk, and has the next of
  them: what the first in line may expect.

No agent is held back while the number rings: who waits on the line is served meanwhile, and the
called-back caller then has the next agent, before everybody with a later place.

Left out: hours, and what is done about it: firmware.route.callback_task. Tests:
tests/firmware/ivr/test_callback_turn.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """A queue at a moment, seen from a kept place."""

    ahead: int
    """Who waits on the line with an earlier place and nobody rung for them, and callbacks that are
    being dialled or asked."""
    behind: int
    """Who waits on the line with a later one."""
    at_work: int
    """Agents logged in, not paused, with a phone that answers."""
    soon: int
    """Of these, free or in their wrap-up."""


def why_now(scene: Scene) -> str:
    """Why its turn has come, in words; empty: it has not."""
    if not scene.at_work:
        return ""
    if scene.ahead < scene.soon:
        return "an agent is free, or will be in a moment"
    if not scene.ahead and scene.behind:
        return "first in line, and others wait behind"
    return ""


def line_for(free: Collection[int], may_dial: Iterable[int], keep_free: int) -> int | None:
    """The line to dial on: the highest, as incoming calls come from the lowest. None while no line
    may be taken. `free`: all that are free now; `keep_free`: so many are left for callers."""
    if len(free) <= keep_free:
        return None
    return max((line for line in may_dial if line in free), default=None)
