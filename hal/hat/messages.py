"""What the HAT says and is told, as typed messages. The bytes are in board/PROTOCOL.md.

Pure. `session.py` turns these into frames (board.hat.wire) and back; `link_task.py` carries the
bytes over the serial port. hal.lines uses only this module and the `Hat` protocol below.
Ports are 1..8, as printed beside the sockets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Loop(Enum):
    """What is on the two wires, measured by the DAA (Si3050 LVCS/LCS, VPOL bits)."""

    ABSENT = "absent"  # no battery: unplugged or line cut
    IDLE = "idle"  # battery, nobody off hook
    IN_USE = "in_use"  # battery drawn down: a telephone in parallel is off hook
    SEIZED = "seized"  # we are off hook and current flows
    DROPPED = "dropped"  # we are off hook and no current flows


@dataclass(frozen=True, slots=True)
class PortStatus:
    """One port as last measured."""

    port: int
    loop: Loop
    volts: float
    """Tip-ring voltage, V; negative when reversed."""
    milliamps: float
    """Loop current, mA; 0 on hook."""
    is_off_hook: bool


@dataclass(frozen=True, slots=True)
class Hello:
    """The HAT came up, or answered our hello. Everything about it that can differ."""

    protocol: int
    build: str
    serial: str
    ports: tuple[int, ...]
    uptime_ms: int
    reset_cause: str


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The link is in order after hello; port states follow as PortChanged."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The HAT is not usable. `why` and `what_to_do` are for people."""

    why: str
    what_to_do: str
    are_lines_on_hook: bool = False
    """The HAT put every line on hook: what went on there is over. Else it may come back so."""


@dataclass(frozen=True, slots=True)
class RingStarted:
    """A validated ring burst began. hz: measured ring frequency."""

    port: int
    hz: float


@dataclass(frozen=True, slots=True)
class RingEnded:
    """The burst ended after on_ms."""

    port: int
    on_ms: int


@dataclass(frozen=True, slots=True)
class PolarityReversed:
    """Tip and ring changed places. is_reversed: against the state at power-up."""

    port: int
    is_reversed: bool


@dataclass(frozen=True, slots=True)
class PortChanged:
    """The loop state changed (also sent once per port after hello)."""

    status: PortStatus


@dataclass(frozen=True, slots=True)
class Fault:
    """The HAT reports trouble with a port (port 0: the board)."""

    port: int
    what: str


HatEvent = LinkUp | LinkDown | RingStarted | RingEnded | PolarityReversed | PortChanged | Fault


class Hat(Protocol):
    """Commands to the line board. None blocks; a command that the HAT refuses or that is lost
    after all retries comes back as `Fault`. `listener` is called on the event loop, in order."""

    listener: Callable[[HatEvent], None] | None

    @property
    def is_up(self) -> bool: ...
    def statuses(self) -> dict[int, PortStatus]:
        """Last known status of each fitted port."""
        ...

    def hook(self, port: int, off: bool) -> None:
        """Take the line (off=True) or put it on hook."""
        ...

    def onhook_listen(self, port: int, on: bool) -> None:
        """On-hook line monitor: pass caller-ID audio while on hook (Si3050 ONHM)."""
        ...

    def flash(self, port: int, ms: int) -> None:
        """Timed break recall (hook flash), timed by the HAT."""
        ...

    def configure(
        self, port: int, country: str, slot: int, rx_gain_db: float, tx_gain_db: float
    ) -> None:
        """Impedance and levels for a country (ISO 3166 alpha-2), PCM slot, gains in dB."""
        ...

    def lifeline(self, is_connected: bool) -> None:
        """Relay that connects line 1 to the lifeline telephone."""
        ...

    def led(self, name: str, pattern: str) -> None:
        """`status` or `line1`..`line8`; pattern `off`, `on`, `slow`, `fast`."""
        ...
