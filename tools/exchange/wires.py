"""What is said on the lines socket: the electrical state of a line, the hook of the box.

Pure. JSON lines, UTF-8. To the line board, on connect once per port and on every change:
`{"port":1,"battery_v":48.0,"reversed":false,"ring_hz":0.0,"ring_vrms":0.0,"loop_ma":25.0,
"parallel":false}`. From it: `{"hello":true,"ports":[1,..]}` first, then the complete state of a
port on every change (`BoxSide`), and `{"lifeline":true|false}`.
Shell: lines_task.py. Tests: tests/tools/exchange/test_wires.py.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from tools.exchange.errors import BadRequest
from tools.exchange.frames import SLOTS


@dataclass(frozen=True, slots=True)
class Electrical:
    """One pair of wires as the board can measure it."""

    port: int
    battery_v: float
    """0: unplugged or cut."""
    reversed: bool
    ring_hz: float
    """Above 0 while a ring burst is on."""
    ring_vrms: float
    loop_ma: float
    """Flows if the box is off hook; 0: the far end has opened the loop."""
    parallel: bool
    """Another telephone is off hook."""

    def __bytes__(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class BoxSide:
    """What the board does to one line."""

    port: int
    off_hook: bool = False
    onhook_listen: bool = False
    pcm_on: bool = False
    slot: int = 0
    """Timeslot of the port's audio; 0: the port's own number."""
    rx_gain_db: float = 0.0
    tx_gain_db: float = 0.0
    acim: int = 0
    """Impedance selected in the line interface; kept for `status`."""


@dataclass(frozen=True, slots=True)
class BoardHello:
    """The board came up."""

    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lifeline:
    """The relay that puts line 1 on the lifeline telephone."""

    is_connected: bool


def parse(line: bytes) -> BoxSide | BoardHello | Lifeline:
    """Read one line from the board; `BadRequest` says what is wrong with it."""
    try:
        value = json.loads(line)
    except ValueError:
        raise BadRequest(f"lines socket: {line[:80]!r} is not JSON") from None
    if not isinstance(value, dict):
        raise BadRequest(f"lines socket: {line[:80]!r}: expected an object")
    if "hello" in value:
        ports = value.get("ports", [])
        if not isinstance(ports, list) or not all(isinstance(port, int) for port in ports):
            raise BadRequest(f"lines socket: ports {ports!r}: expected a list of numbers")
        return BoardHello(tuple(ports))
    if "lifeline" in value:
        return Lifeline(bool(value["lifeline"]))
    return _box_side(value)


def _box_side(value: dict[str, Any]) -> BoxSide:
    side = BoxSide(
        _number(value, "port", 0, 1, 99),
        bool(value.get("off_hook", False)),
        bool(value.get("onhook_listen", False)),
        bool(value.get("pcm_on", False)),
        _number(value, "slot", 0, 0, SLOTS - 1),
        _gain(value, "rx_gain_db"),
        _gain(value, "tx_gain_db"),
        _number(value, "acim", 0, 0, 255),
    )
    return side


def _number(value: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    given = value.get(name, default)
    if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
        raise BadRequest(f"lines socket: {name} {given!r}: expected {low} to {high}")
    return given


def _gain(value: dict[str, Any], name: str) -> float:
    given = value.get(name, 0.0)
    if not isinstance(given, int | float) or not -60 <= given <= 30:
        raise BadRequest(f"lines socket: {name} {given!r}: expected -60 to 30 dB")
    return float(given)
