"""Requests on the control socket, as typed messages, and the story told back.

Pure: JSON lines, UTF-8, one object each; `parse` refuses what cannot be, naming the value and
what was expected. The requests and their fields are described in `__main__`. Every answer line is
an event (`{"event": .., "line": .., "t": ..}`), an acknowledgement (`{"ok": true, ..}`) or
`{"error": ".."}`; a `tag` in the request comes back on all its answers.
Shell: control_task.py. Tests: tests/tools/exchange/test_sockets.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from tools.exchange.dtmf import DIGITS
from tools.exchange.errors import BadRequest

HANGUPS: Final = ("polarity", "loop", "busy", "none")
CALLER_IDS: Final = ("", "v23", "bell202", "dtmf", "none", "withheld")
MAX_LINE: Final = 99


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody calls the box. `line` 0: the first free one (hunt group)."""

    line: int = 0
    from_: str = ""
    name: str = ""
    cid: str = ""
    """Empty: as the country does it."""
    play: str = ""
    play_after_s: float = 0.0
    """After the last digit pressed, or after the answer when none is."""
    repeat: int | None = None
    """None: until somebody hangs up."""
    pause_s: float = 1.0
    press: str = ""
    press_after_s: float | None = None
    """After the answer. None: once something has been heard for 2.5 s."""
    talk_s: float | None = None
    """From the last press (or the answer) to the caller's hang-up. None: no limit."""
    hangup_by: str = "busy"
    erl_db: float | None = None
    noise_db: float | None = None
    give_up_after_s: float = 60.0
    record: str = ""


@dataclass(frozen=True, slots=True)
class CalledSide:
    """How numbers dialled by the box behave from now on. `line` 0: on every line."""

    line: int = 0
    answer_after_s: float = 2.0
    busy: bool = False
    no_answer: bool = False
    unobtainable: bool = False
    play: str = ""
    repeat: int | None = 1
    pause_s: float = 1.0
    hangup_after_s: float | None = None
    hangup_by: str = "busy"
    polarity_on_answer: bool = False
    record: str = ""


@dataclass(frozen=True, slots=True)
class Hangup:
    """The far party hangs up now."""

    line: int
    by: str = "busy"


@dataclass(frozen=True, slots=True)
class Say:
    """Play now on a call in progress."""

    line: int
    play: str
    repeat: int | None = 1
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Press:
    """The far party presses digits now."""

    line: int
    digits: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The wire breaks. `line` 0: all."""

    line: int


@dataclass(frozen=True, slots=True)
class Restore:
    """The wire is mended."""

    line: int


@dataclass(frozen=True, slots=True)
class Parallel:
    """Another telephone on the same pair goes off hook or on hook."""

    line: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class Slip:
    """The timeslot stream loses (negative) or gains (positive) octets, once."""

    octets: int


@dataclass(frozen=True, slots=True)
class NoiseLevel:
    """Noise on the line from now on."""

    line: int
    dbm0: float


@dataclass(frozen=True, slots=True)
class EchoLoss:
    """Echo return loss of the line's hybrid from now on."""

    line: int
    erl_db: float


@dataclass(frozen=True, slots=True)
class Status:
    """Tell the state of all lines."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Send every event of every line to this client as well."""


Request = (
    Ring
    | CalledSide
    | Hangup
    | Say
    | Press
    | Cut
    | Restore
    | Parallel
    | Slip
    | NoiseLevel
    | EchoLoss
    | Status
    | Watch
)
_KINDS: Final[Mapping[str, type[Request]]] = {
    "ring": Ring,
    "called_side": CalledSide,
    "hangup": Hangup,
    "say": Say,
    "press": Press,
    "cut": Cut,
    "restore": Restore,
    "parallel": Parallel,
    "slip": Slip,
    "noise": NoiseLevel,
    "echo": EchoLoss,
    "status": Status,
    "watch": Watch,
}
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "line": (0, MAX_LINE),
    "repeat": (1, 10_000),
    "octets": (-1024, 1024),
    "dbm0": (-99, 0),
    "noise_db": (-99, 0),
    "erl_db": (0, 60),
}
_SECONDS: Final = (0.0, 86_400.0)
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "by": HANGUPS[:3],
    "hangup_by": HANGUPS,
    "cid": CALLER_IDS,
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the story. t: seconds since the exchange started."""

    line: int
    t: float
    event: str
    details: Mapping[str, object]

    def __bytes__(self) -> bytes:
        return encode({"event": self.event, "line": self.line, "t": self.t, **self.details})


def encode(value: Mapping[str, object]) -> bytes:
    """One answer line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def read_object(line: bytes) -> dict[str, Any]:
    """The JSON object on a line; `BadRequest` when it is something else."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequest(f"{line[:80].decode(errors='replace')!r} is not JSON") from None
    if not isinstance(value, dict):
        raise BadRequest(f"{value!r}: expected an object such as {{'do': 'status'}}")
    return value


def parse(value: Mapping[str, Any]) -> Request:
    """The request in an object; `tag` is the shell's business, `at` the scenario's."""
    do = value.get("do")
    kind = _KINDS.get(do) if isinstance(do, str) else None
    if kind is None:
        raise BadRequest(f"do {do!r}: expected one of {', '.join(_KINDS)}")
    known = {field.name: field for field in fields(kind)}
    given: dict[str, Any] = {}
    for key, item in value.items():
        if key in ("do", "tag", "at"):
            continue
        name = "from_" if key == "from" else key
        if name not in known:
            names = ", ".join(sorted(known)).replace("from_", "from") or "nothing more"
            raise BadRequest(f"{do}: {key!r} is unknown; expected {names}")
        if item is not None:
            given[name] = _checked(str(do), name, str(known[name].type), item)
    missing = [n for n, f in known.items() if f.default is MISSING and n not in given]
    if missing:
        raise BadRequest(f"{do}: {', '.join(missing)} is missing")
    return kind(**given)


def _checked(do: str, name: str, kind: str, item: Any) -> Any:
    where = f"{do}: {name.rstrip('_')} {item!r}"
    if kind == "bool":
        if not isinstance(item, bool):
            raise BadRequest(f"{where}: expected true or false")
        return item
    if kind == "str":
        return _checked_text(where, name, item)
    low, high = _RANGES.get(name, _SECONDS)
    if isinstance(item, bool) or not isinstance(item, int | float) or not low <= item <= high:
        raise BadRequest(f"{where}: expected a number from {low:g} to {high:g}")
    if kind.startswith("int"):
        if item != int(item):
            raise BadRequest(f"{where}: expected a whole number")
        return int(item)
    return float(item)


def _checked_text(where: str, name: str, item: Any) -> str:
    if not isinstance(item, str):
        raise BadRequest(f"{where}: expected a text")
    if name in _CHOICES and item not in _CHOICES[name]:
        raise BadRequest(f"{where}: expected one of {', '.join(c for c in _CHOICES[name] if c)}")
    if name in ("digits", "press") and not set(item.upper()) <= DIGITS:
        raise BadRequest(f"{where}: expected digits 0-9, *, #, A-D")
    if name == "from_" and not set(item) <= set("+0123456789*#"):
        raise BadRequest(f"{where}: expected a telephone number of digits")
    return item
