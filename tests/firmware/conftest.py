"""Stand-ins for what is below the call layer: legs that say what they are told to say, and a
switch that remembers who hears whom. Both only where the real part would need a telephone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from hal.leg import (
    Answered,
    Cause,
    Direction,
    HangupBy,
    Kind,
    LegCore,
    LegEvent,
    Move,
    Party,
    PortId,
    Released,
    State,
    TransferState,
    next_leg_id,
)


@dataclass(slots=True)
class StandInLeg(LegCore):
    """A leg whose far end is the test."""

    told: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    """How the transfers went that it asked for."""
    shown: Party | None = None
    """Whom it was told that it talks with."""

    @property
    def address(self) -> str:
        return str(self.id)

    def alert(self) -> None:
        self._move(Move.ALERT)

    def answer(self) -> None:
        self._move(Move.ANSWER)

    def hold(self) -> None:
        self._move(Move.HOLD)

    def resume(self) -> None:
        self._move(Move.RESUME)

    def send_digits(self, digits: str) -> None:
        self.told.append(f"digits {digits}")

    def flash(self) -> None:
        self.told.append("flash")

    def release(self, cause: Cause = Cause.NORMAL) -> None:
        self.told.append(f"release {cause.name}")
        if self._move(Move.RELEASE):
            self._emit(Released(cause, HangupBy.BOX))

    def report_transfer(self, state: TransferState, cause: Cause = Cause.NORMAL) -> None:
        is_failure = state is TransferState.FAILED
        self.reports.append(f"failed {cause.name}" if is_failure else state.value)

    def identify(self, other: Party) -> None:
        self.shown = other

    def far(self, event: LegEvent) -> None:
        """The far end does something."""
        if isinstance(event, Answered):
            self._move(Move.ANSWER)
        if isinstance(event, Released) and not self._move(Move.RELEASE):
            return
        self._emit(event)


class StandInSwitch:
    """Remembers who hears whom, what plays where, and which taps are open."""

    def __init__(self) -> None:
        self.hears: set[tuple[int, int]] = set()
        self.plays: dict[int, int] = {}
        self.sounds: dict[int, bytes] = {}
        self.taps: set[int] = set()
        self._loaded = 0

    def load(self, alaw: bytes) -> int:
        self._loaded += 1
        self.sounds[self._loaded] = alaw
        return self._loaded

    def unload(self, sound: int) -> None:
        del self.sounds[sound]

    def play(self, port: int, sound: int, loop: bool = False, gain_db: float = 0.0) -> None:
        self.plays[port] = sound

    def stop(self, port: int) -> None:
        self.plays.pop(port, None)

    def hear(self, listener: int, source: int, gain_db: float = 0.0) -> None:
        self.hears.add((listener, source))

    def unhear(self, listener: int, source: int) -> None:
        self.hears.discard((listener, source))

    def open_tap(self, port: int) -> int:
        self.taps.add(port)
        return port

    def close_tap(self, tap: int) -> None:
        self.taps.remove(tap)

    def read_tap(self, tap: int, limit: int) -> tuple[int, bytes]:
        return 0, b""


MakeLeg = Callable[..., StandInLeg]


@pytest.fixture
def switch() -> StandInSwitch:
    return StandInSwitch()


@pytest.fixture
def make_leg() -> MakeLeg:
    ports = iter(range(1, 1000))

    def make(kind: Kind, direction: Direction, **more: Any) -> StandInLeg:
        leg = StandInLeg(next_leg_id(kind.value), kind, direction, port=PortId(next(ports)), **more)
        leg._state = State.OFFERED if direction is Direction.INCOMING else State.CALLING
        return leg

    return make


@pytest.fixture
def alice() -> Party:
    return Party("0215557788", "Alice Example")
