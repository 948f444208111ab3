"""Callbacks for the control API (firmware.api.face.CallbackSide), and their memory on the medium.

Shell: reads firmware.route.callback_task, passes orders on, and writes what it must not forget as
soon as something changes: a caller who was promised a call gets it after a restart as well.

Tests: tests/firmware/api/test_callbacks.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from firmware.api.callback_schema import CallbackOrder
from firmware.api.errors import conflict, not_found
from firmware.api.schema import Callback
from firmware.ivr import callback as core
from firmware.live import moment
from firmware.memory import Memory
from firmware.route.callback_task import CallingBack, CannotCallBack, NoSuchCallback
from firmware.trouble import Trouble, Troubles

CODE: Final = "callbacks.unwritable"


class CallbackSide:
    """All callbacks for pages and programs."""

    def __init__(self, callbacks: CallingBack, memory: Memory, troubles: Troubles) -> None:
        self._callbacks, self._memory, self._troubles = callbacks, memory, troubles
        self._is_changed = asyncio.Event()
        callbacks.on_change = self._is_changed.set

    def now(self) -> list[Callback]:
        """Every one that is not over, the first place first; then those never reached."""
        at, now = datetime.now(UTC), asyncio.get_running_loop().time()
        return [self._shown(one, place, at, now) for one, place in self._callbacks.in_line()]

    def add(self, order: CallbackOrder) -> Callback:
        """Have a number called back."""
        try:
            one = self._callbacks.add(order.number, order.queue, order.name, order.who)
        except CannotCallBack as error:
            raise conflict(str(error)) from error
        return next(shown for shown in self.now() if shown.number == one.number)

    def cancel(self, number: str, who: str) -> None:
        """Call nobody back at this number."""
        try:
            self._callbacks.cancel(number, who)
        except NoSuchCallback as error:
            raise not_found(f"callback to {number[:40]!r}", _numbers(self._callbacks)) from error
        except CannotCallBack as error:
            raise conflict(str(error)) from error

    def _shown(
        self, one: core.Callback, position: int | None, at: datetime, now: float
    ) -> Callback:
        rests = one.state is core.State.RESTING
        expiry = self._callbacks.book.expiry(one)
        return Callback(
            number=one.number,
            name=one.name,
            queue=one.queue,
            state=one.state.value,
            words=_WORDS[one.state](one),
            position=position,
            asked_at=moment(at, now, one.asked_at),
            held_since=moment(at, now, one.held_since),
            tries=one.tries,
            next_try_at=moment(at, now, one.next_at) if rests else None,
            expires_at=moment(at, now, expiry),
            by=one.by,
        )

    # -- memory --------------------------------------------------------------------------------

    def restore(self) -> None:
        """Take up what was kept before the box was restarted; blocks."""
        self._callbacks.restore(self._memory.load().get("callbacks"))

    async def run(self) -> None:
        """Write each change, for ever; what is not written yet when cancelled."""
        try:
            while True:
                await self._is_changed.wait()
                self._is_changed.clear()
                await asyncio.to_thread(self._save, self._callbacks.as_json())
        finally:
            if self._is_changed.is_set():
                self._save(self._callbacks.as_json())

    def _save(self, kept: list[dict[str, object]]) -> None:
        try:
            self._memory.save({"callbacks": kept})
        except OSError as error:
            self._troubles.report(
                Trouble(
                    CODE,
                    "callbacks cannot be saved",
                    str(error.strerror),
                    "make room on the box's storage; callers are called back, but not those who "
                    "are kept when the core is restarted",
                    "warning",
                )
            )
        else:
            self._troubles.clear(CODE)


def _numbers(callbacks: CallingBack) -> str:
    return ", ".join(list(callbacks.book.open)[:10]) or "none is kept"


_WORDS: Final[dict[core.State, Callable[[core.Callback], str]]] = {
    core.State.KEPT: lambda one: "waits for their turn",
    core.State.DIALLING: lambda one: "is being called",
    core.State.ASKED: lambda one: "has answered, and is asked to press 1",
    core.State.QUEUED: lambda one: "was reached, and waits on the line",
    core.State.RESTING: lambda one: f"was not reached ({one.why}), is tried again",
    core.State.DONE: lambda one: "talked with an agent",
    core.State.GIVEN_UP: lambda one: f"was never reached ({one.why or 'in time'})",
}
