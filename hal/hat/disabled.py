"""No HAT fitted: the whole `Hat` interface with nothing behind it, so that nobody has to ask.

Commands are answered with a `Fault` that says so; the link is never up. Tests:
tests/hal/hat/test_disabled.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hal.hat.conversation import State
from hal.hat.messages import Fault, HatEvent, LinkDown, PortStatus
from hal.hat.session import Counters, SessionSnapshot

DOWN = LinkDown("no line HAT is configured", "set hat.tty if analog lines are wanted")


class DisabledHat:
    """Implements `hal.hat.messages.Hat`."""

    def __init__(self) -> None:
        self.listener: Callable[[HatEvent], None] | None = None

    @property
    def is_up(self) -> bool:
        return False

    def statuses(self) -> dict[int, PortStatus]:
        return {}

    def hook(self, port: int, off: bool) -> None:
        self._refuse(port, "hook")

    def onhook_listen(self, port: int, on: bool) -> None:
        self._refuse(port, "listening on hook")

    def flash(self, port: int, ms: int) -> None:
        self._refuse(port, "flash")

    def configure(
        self, port: int, country: str, slot: int, rx_gain_db: float, tx_gain_db: float
    ) -> None:
        self._refuse(port, "configuration")

    def lifeline(self, is_connected: bool) -> None:
        """There is no relay: line 1 is wherever the wires are."""

    def led(self, name: str, pattern: str) -> None:
        """There are no LEDs."""

    def snapshot(self) -> SessionSnapshot:
        return SessionSnapshot(State.SEEKING, None, DOWN, (), 0, Counters())

    async def run(self) -> None:
        """Say once that there is no HAT, then nothing until cancelled."""
        if self.listener is not None:
            self.listener(DOWN)
        await asyncio.Event().wait()

    def _refuse(self, port: int, what: str) -> None:
        if self.listener is not None:
            self.listener(Fault(port, f"{what} not done: {DOWN.why}"))
