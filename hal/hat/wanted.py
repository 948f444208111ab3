"""What is wanted of the HAT for as long as it runs: said once, and again to a HAT that was reset.

The latest wish of each kind and port counts; each is a `Command`, ready to be queued, made here
with its values checked. Pure. Left out: saying it (session.py), what does not last (a flash is
lost with the conversation). Tests: tests/hal/hat/test_wanted.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from hal.hat import codec
from hal.hat.codec import Type
from hal.hat.outbox import Command

_ORDER: Final = (Type.CONFIGURE, Type.LIFELINE, Type.LED, Type.MONITOR, Type.HOOK)
"""A port is configured before its hook moves."""


class Wanted:
    """Every wish gives the command that says it."""

    def __init__(self) -> None:
        self._commands: dict[tuple[Type, int], Command] = {}
        self.lifeline(False)

    def hook(self, port: int, off: bool) -> Command:
        word = "off hook" if off else "on hook"
        command = Command(Type.HOOK, codec.hook(port, off), _port(port), word)
        if off:
            # Off hook ends listening on hook in the chip: do not ask for both again.
            self._commands.pop((Type.MONITOR, port), None)
        return self._keep(command, port)

    def onhook_listen(self, port: int, on: bool) -> Command:
        word = "listen on hook" if on else "stop listening on hook"
        command = Command(Type.MONITOR, codec.monitor(port, on), _port(port), word)
        return self._keep(command, port)

    def configure(
        self, port: int, country: str, slot: int, rx_gain_db: float, tx_gain_db: float
    ) -> Command:
        if len(country) != 2 or not country.isascii():
            raise ValueError(f"country {country!r}: expected two letters (ISO 3166)")
        if not 1 <= slot <= 31:
            raise ValueError(f"slot {slot}: expected 1 to 31")
        payload = codec.configure(port, country.upper(), slot, rx_gain_db, tx_gain_db)
        command = Command(Type.CONFIGURE, payload, _port(port), f"configure {country}")
        return self._keep(command, port)

    def lifeline(self, is_connected: bool) -> Command:
        word = "lifeline on" if is_connected else "lifeline off"
        return self._keep(Command(Type.LIFELINE, codec.lifeline(is_connected), 0, word), 0)

    def led(self, name: str, pattern: str) -> Command:
        if name not in codec.LEDS or pattern not in codec.PATTERNS:
            raise ValueError(
                f"LED {name!r} {pattern!r}: expected one of {codec.LEDS} and {codec.PATTERNS}"
            )
        command = Command(Type.LED, codec.led(name, pattern), 0, f"LED {name} {pattern}")
        return self._keep(command, codec.LEDS.index(name))

    def forget_hooks(self) -> None:
        """The lines are on hook now: to take one again would begin a call that nobody made."""
        hooks = [key for key, command in self._commands.items() if _is_off_hook(command)]
        for key in hooks:
            del self._commands[key]

    def commands(self, ports: Collection[int]) -> list[Command]:
        """All of it, in the order to say it, for a board with these ports."""
        return [
            replace(command)
            for kind in _ORDER
            for (wanted, _), command in sorted(self._commands.items())
            if wanted is kind and (not command.port or command.port in ports)
        ]

    def _keep(self, command: Command, index: int) -> Command:
        self._commands[(command.kind, index)] = command
        return replace(command)  # the one that is sent gets a number and tries of its own


def flash(port: int, ms: int) -> Command:
    """Nothing that lasts: said to a HAT that listens now, or lost."""
    return Command(Type.FLASH, codec.flash(port, ms), _port(port), f"flash of {ms} ms")


def _is_off_hook(command: Command) -> bool:
    return command.kind is Type.HOOK and bool(command.payload[1])


def _port(port: int) -> int:
    if not 1 <= port <= 8:
        raise ValueError(f"port {port}: expected 1 to 8")
    return port
