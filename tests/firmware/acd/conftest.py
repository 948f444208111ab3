"""An office at work, for tests of the queue core: fed with events, asked what came of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from firmware.acd import invariants
from firmware.acd.messages import (
    AgentChanged,
    CallEnded,
    Command,
    Configured,
    Event,
    Leave,
    LoggedIn,
    Offer,
    OfferAnswered,
    Offered,
    Reachable,
    Tick,
    Withdraw,
)
from firmware.acd.queue import Acd
from firmware.config.schema import Queue
from firmware.records.messages import CallId

NAMES = {"201": "Anna", "202": "Ben", "203": "Cleo", "204": "Dan"}
C = TypeVar("C", bound=Command)


class Floor:
    """A core with its clock; every event is followed by a check of the invariants."""

    def __init__(self, *queues: Queue, **skills: dict[str, int]) -> None:
        self.acd = Acd()
        self.now = 0.0
        self.said: list[Command] = []
        """Commands of the last event."""
        self.skills = {name.removeprefix("a"): levels for name, levels in skills.items()}
        self.configure(*queues)

    def configure(self, *queues: Queue) -> None:
        self.feed(Configured(queues, NAMES, skills=self.skills))

    def feed(self, event: Event, at: float | None = None) -> list[Command]:
        self.now = self.now if at is None else at
        self.said = self.acd.advance(event, self.now)
        assert invariants.broken(self.acd) == []
        return self.said

    def at_work(self, *agents: str, at: float | None = None) -> None:
        for agent in agents:
            self.feed(Reachable(agent, True), at)
            self.feed(LoggedIn(agent))

    def joins(
        self, call: str, queue: str = "sales", at: float | None = None, **more: object
    ) -> None:
        self.feed(Offered(CallId(call), queue, **more), at)  # type: ignore[arg-type]  # by name

    def answers(self, call: str, agent: str, at: float | None = None) -> None:
        self.feed(OfferAnswered(CallId(call), agent), at)

    def ends(self, call: str, at: float | None = None) -> None:
        self.feed(CallEnded(CallId(call)), at)

    def tick(self, at: float) -> None:
        """Time passes, with a tick at each deadline."""
        said: list[Command] = []
        while (due := self.acd.next_deadline()) is not None and due <= at:
            said += self.feed(Tick(), max(due, self.now))
        self.feed(Tick(), at)
        self.said = said + self.said

    def only(self, kind: type[C]) -> list[C]:
        return [c for c in self.said if isinstance(c, kind)]

    @property
    def rung(self) -> list[str]:
        """Whose phones began to ring at the last event."""
        return [offer.agent for offer in self.only(Offer)]

    @property
    def stopped(self) -> list[str]:
        return [withdraw.agent for withdraw in self.only(Withdraw)]

    @property
    def left(self) -> list[str]:
        return [leave.reason.value for leave in self.only(Leave)]

    @property
    def changed(self) -> list[tuple[str, str]]:
        return [(change.agent, change.state) for change in self.only(AgentChanged)]

    def shown(self, agent: str) -> str:
        return self.acd.agents[agent].shown


@pytest.fixture
def floor() -> Callable[..., Floor]:
    return Floor
