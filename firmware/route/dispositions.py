"""Which call an agent means who says how "the call" ended: the queue call they have, or had last.

Pure. Fed with every caller whom a queue brought to an agent; keeps the last few of each, so that
somebody who is slow, or meanwhile has the next caller, can still name the one before. What may be
said is the office's list (firmware.config.dispositions).

Leaves out: the story and the wrap-up (dispositions_task.py).
Tests: tests/firmware/route/test_dispositions.py.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from firmware.config.dispositions import Disposition, of_queue
from firmware.config.schema import Office
from firmware.records.messages import CallId

KEPT: Final = 6
"""Calls of each agent; as many as My desk lists."""
NONE: Final = 0
"""Takes back what was set."""


class NotNoted(Exception):
    """Root: what somebody said about a call is not kept."""


class NoQueueCall(NotNoted):
    """The agent had no such call."""

    def __init__(self, agent: str, call: str) -> None:
        self.agent, self.call = agent, call
        which = f"call {call}" if call else "a call of a queue"
        super().__init__(f"{agent} has not had {which} since the box started, or long ago")


class NoSuchDisposition(NotNoted):
    """The code is not on the list for this call."""

    def __init__(self, code: int, expected: tuple[Disposition, ...]) -> None:
        self.code, self.expected = code, expected
        fitting = ", ".join(f"{one.code} ({one.name})" for one in expected)
        self.words = f"one of {fitting}" if expected else "a list of them in the settings first"
        super().__init__(f"there is no disposition {code} for this call: expected {self.words}")


@dataclass(slots=True)
class Handled:
    """A call that a queue brought to an agent."""

    call: CallId
    queue: str
    set: Disposition | None = None


class HandledCalls:
    """The last few of each agent."""

    def __init__(self) -> None:
        self._by_agent: dict[str, deque[Handled]] = {}

    def answered(self, agent: str, call: CallId, queue: str) -> Handled:
        """An agent has this caller now; a call that comes back counts anew."""
        mine = self._by_agent.setdefault(agent, deque(maxlen=KEPT))
        before = next((one for one in mine if one.call == call), None)
        if before is not None:
            mine.remove(before)
        mine.append(Handled(call, queue))
        return mine[-1]

    def find(self, agent: str, call: str = "") -> Handled:
        """That call, or the last one. Raise `NoQueueCall`."""
        for one in reversed(self._by_agent.get(agent, ())):
            if call in ("", one.call):
                return one
        raise NoQueueCall(agent, call)

    def last(self, agent: str) -> Handled | None:
        """The call they have or had last; None: none yet."""
        mine = self._by_agent.get(agent)
        return mine[-1] if mine else None

    def keep_only(self, agents: frozenset[str]) -> None:
        """Forget who is not of the office any more."""
        for gone in self._by_agent.keys() - agents:
            del self._by_agent[gone]


def chosen(office: Office, queue: str, code: int) -> Disposition | None:
    """What a code says of a call of that queue; None: nothing any more. Raise
    `NoSuchDisposition`."""
    if code == NONE:
        return None
    fitting = of_queue(office, queue)
    for one in fitting:
        if one.code == code:
            return one
    raise NoSuchDisposition(code, fitting)
