"""An office with stand-in carriers, for calls led through it and handed on in it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.call.story import Story
from firmware.call.tape_task import Tapes
from firmware.config.schema import (
    Destination,
    Extension,
    Line,
    Menu,
    Office,
    Prompt,
    Queue,
)
from firmware.records.messages import CallRow, EventRow
from firmware.route.attend_task import Attendant
from firmware.route.desk import Desk
from hal.leg import Answered, Cause, Direction, HangupBy, Kind, Party, Released, State

OFFICE = Office(
    lines=tuple(
        Line(number=n, name=f"Line {n}", destination=Destination(to="menu", id="main"))
        for n in (1, 2)
    ),
    extensions=tuple(
        Extension(number=n, name=name, secret=f"secret-{n}")
        for n, name in (("201", "Anna"), ("202", "Ben"), ("203", "Carla"), ("204", "Dan"))
    ),
    menus=(
        Menu(
            id="main",
            name="Main",
            greeting="hello",
            options={"1": Destination(to="queue", id="sales")},
        ),
    ),
    queues=(
        Queue(id="sales", name="Sales", members=("201",), wrap_up_s=10, number="600"),
        Queue(id="help", name="Help", members=("204",), number="601"),
    ),
    prompts=(Prompt(id="hello", name="Hello", texts={"en": "Hello"}),),
)
BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
DEAD = Released(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "no answer to anything")


class Shelf:
    """Where recordings would go."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []

    def open(self, recording_id: str, call_id: str, started_at: str, meta: Any, read: Any) -> None:
        assert datetime.fromisoformat(started_at).tzinfo is not None
        self.opened.append(call_id)

    def close(self, recording_id: str, meta: Any) -> None:
        self.closed.append(recording_id)


class Timer:
    """A timer of `Loop`."""

    def __init__(self, step: Any) -> None:
        self.step, self.is_set = step, True

    def cancel(self) -> None:
        self.is_set = False


class Loop:
    """A clock that stands still until told, and timers that are due then."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, step: Any, *given: Any) -> Timer:
        return self.call_at(self.now + seconds, step, *given)

    def call_at(self, at: float, step: Any, *given: Any) -> Timer:
        timer = Timer(lambda: step(*given))
        self.timers.append((at, timer))
        return timer

    def call_soon(self, step: Any, *given: Any) -> Timer:
        return self.call_at(self.now, step, *given)

    def pass_by(self, seconds: float) -> None:
        """Let time pass; what is due happens in order."""
        until = self.now + seconds
        while due := [(at, t) for at, t in self.timers if t.is_set and at <= until]:
            at, timer = min(due, key=lambda entry: entry[0])
            timer.is_set = False
            self.now = max(self.now, at)
            timer.step()
        self.now = until
        self.timers = [(at, t) for at, t in self.timers if t.is_set]


class Branch:
    """The office's attendant with stand-in carriers, and what came of its calls."""

    def __init__(self, switch: Any, make_leg: Any) -> None:
        self.switch, self.make_leg = switch, self._make
        self._making, self._made = make_leg, list[Any]()
        self.rows: list[CallRow] = []
        self.events: list[EventRow] = []
        self.rung: list[Any] = []
        self.free = [1, 2]
        self.shelf = Shelf()
        self.loop = Loop()
        audio = Audio(switch)
        audio.shelf.stock({("hello", "en"): b"h"})
        audio.shelf.music = self.music = switch.load(b"music")
        story = Story(self.events.append)
        tapes = Tapes(switch, self.shelf, story)
        loop: Any = self.loop
        self.desk = Desk(OFFICE, audio, tapes, story, self, self, loop, self.rows.append)
        self.attendant = Attendant(self.desk)
        self.queues = self.attendant.queues
        for agent in ("201", "204"):
            self.queues.reachable(agent, True)
        self.queues.log_in("201")

    def _make(self, *given: Any, **more: Any) -> Any:
        leg = self._making(*given, **more)
        self._made.append(leg)
        return leg

    def dial(self, to: Any, *given: Any, like: Any = None, is_auto_answer: bool = False) -> Any:
        """As both carriers: (extension, caller) or (line, digits, caller)."""
        is_line = isinstance(to, int)
        called, caller = (given[0], given[1]) if is_line else (to, given[0])
        kind = Kind.LINE if is_line else Kind.PHONE
        leg = self.make_leg(kind, Direction.OUTGOING, caller=caller, called=Party(called))
        self.rung.append(leg)
        return leg

    def free_lines(self) -> list[int]:
        return self.free

    @property
    def last(self) -> Any:
        """The leg that was rung last."""
        return self.rung[-1]

    def ring(self, caller: Party) -> Any:
        """A caller on line 1, in the menu."""
        leg = self.make_leg(Kind.LINE, Direction.INCOMING, caller=caller)
        self.attendant.line_offered(leg, 1)
        return leg

    def phone(self, extension: str, number: str, replaces: Any = None) -> Any:
        """A phone dials."""
        leg = self.make_leg(
            Kind.PHONE,
            Direction.INCOMING,
            caller=Party(extension),
            called=Party(number),
            replaces=replaces,
        )
        self.attendant.phone_offered(leg)
        return leg

    def talk(self, extension: str, number: str) -> tuple[Any, Any]:
        """A phone dials and is answered."""
        phone = self.phone(extension, number)
        other = self.last
        other.far(Answered())
        return phone, other

    def hear(self, *legs: Any) -> bool:
        """These, and nobody else among all, hear each other."""
        pairs = {(a.port, b.port) for a in legs for b in legs if a is not b}
        there = {pair for pair in self.switch.hears if pair[0] in {x.port for x in legs}}
        return there == pairs

    def has_music(self, leg: Any) -> bool:
        return bool(self.switch.plays.get(leg.port) == self.music)

    def agent(self, extension: str = "201") -> str:
        return str(self.queues.core.agents[extension].shown)

    def kinds(self) -> list[str]:
        return [e.kind for e in self.events]

    def texts(self) -> str:
        return "\n".join(e.text for e in self.events)

    def is_empty(self) -> bool:
        """Nothing is left of any call."""
        assert self.attendant.visits == {}
        assert (self.switch.hears, self.switch.taps) == (set(), set())
        gone = [leg.state is State.RELEASED for leg in self._made]  # and their ports closed
        assert all(gone)
        assert len(self.shelf.opened) == len(self.shelf.closed)
        assert self.queues.core.joined == {}
        assert self.queues.core.waiting == {}
        assert self.desk.audio.waiting == 0
        return True


@pytest.fixture
async def branch(switch: Any, make_leg: Any) -> Branch:
    asyncio.get_running_loop()  # as in service
    return Branch(switch, make_leg)
