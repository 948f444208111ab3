"""A call on an analog line, as a Leg (hal/leg.py).

Holding does nothing to the line: the call layer plays music. Declining an incoming call is
possible only by letting it ring on: an analog line has no other way.

Leaves out: everything the line does (supervisor.py). Tests: tests/hal/lines/test_lines_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hal import quality
from hal.leg import (
    Answered,
    Cause,
    Direction,
    HangupBy,
    Kind,
    LegCore,
    LegEvent,
    LegId,
    Move,
    Party,
    PortId,
    Progress,
    Quality,
    Released,
    State,
    UnexpectedMove,
    advance,
    next_leg_id,
)


class Wire(Protocol):
    """What a leg needs of its line."""

    number: int

    def answer(self, leg: LineLeg) -> None: ...
    def release(self, leg: LineLeg) -> None: ...
    def send_digits(self, leg: LineLeg, digits: str) -> None: ...
    def flash(self, leg: LineLeg) -> None: ...
    def level_dbm0(self) -> float: ...


@dataclass(slots=True, kw_only=True)
class LineLeg(LegCore):
    """See hal.leg.Leg."""

    wire: Wire
    _asked: Cause | None = None
    _quality: Quality | None = None

    @property
    def address(self) -> str:
        return f"line {self.wire.number}"

    def alert(self) -> None:
        """The caller hears the exchange's ringback already."""
        self._move(Move.ALERT)

    def answer(self) -> None:
        if self.direction is Direction.OUTGOING:  # the far end answers, not we
            raise UnexpectedMove(self.id, self._state, Move.ANSWER)
        if self._move(Move.ANSWER):
            self.wire.answer(self)

    def hold(self) -> None:
        self._move(Move.HOLD)

    def resume(self) -> None:
        self._move(Move.RESUME)

    def send_digits(self, digits: str) -> None:
        if self._state in (State.ANSWERED, State.HELD):
            self.wire.send_digits(self, digits)

    def flash(self) -> None:
        if self._state in (State.ANSWERED, State.HELD):
            self.wire.flash(self)

    def release(self, cause: Cause = Cause.NORMAL) -> None:
        advance(self._state, Move.RELEASE, self.id)
        if self._state is not State.RELEASED and self._asked is None:
            self._asked = cause
            self.wire.release(self)

    def quality(self) -> Quality | None:
        """Nothing is lost on a timeslot: the level is what can be told."""
        if self._state in (State.ANSWERED, State.HELD):
            self._quality = quality.of_timeslot(self.wire.level_dbm0())
        return self._quality

    # --- called by the line

    def offered(self) -> None:
        self._move(Move.OFFER)

    def called_out(self) -> None:
        self._move(Move.CALL)

    def progressed(self) -> None:
        if self._move(Move.PROGRESS):
            self._emit(Progress(early_media=True, is_answer_guessed=True))

    def was_answered(self) -> None:
        if self._move(Move.ANSWER):
            self._emit(Answered())

    def tell(self, event: LegEvent) -> None:
        """Pass an event on, unless the call is over."""
        if self._state is not State.RELEASED:
            self._emit(event)

    def ended(self, cause: Cause, by: HangupBy, why: str) -> None:
        """Over: exactly one Released. A cause we gave ourselves is the one that counts."""
        self.quality()
        if self._move(Move.RELEASE):
            is_ours = by is HangupBy.BOX and self._asked is not None
            self._emit(Released(self._asked if is_ours and self._asked else cause, by, why))


def make_leg(
    wire: Wire, direction: Direction, caller: Party, called: Party, port: PortId | None
) -> LineLeg:
    """A leg in state NEW."""
    return LineLeg(
        id=_leg_id(wire.number),
        kind=Kind.LINE,
        direction=direction,
        caller=caller,
        called=called,
        port=port,
        wire=wire,
    )


def _leg_id(number: int) -> LegId:
    return next_leg_id(f"line{number}")
