"""What the pump process tells its parent: one JSON object a line on its standard output.

Pure. `status` names the message, the other keys are its fields. Tests:
tests/hal/tdm/test_messages.py. Written by pump_task.py, read by tdm_task.py.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Connected:
    """The source is open and octets flow."""

    source: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """No stream: what is wrong, why, and what a person can do about it."""

    what: str
    why: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class FrameFound:
    """Frame alignment, at first or again. moved_octets: not 0 after a slip."""

    skipped_octets: int
    moved_octets: int = 0


@dataclass(frozen=True, slots=True)
class FrameLost:
    """Frame alignment is gone: idle code goes to the switch until it is found."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Counters since the process began. in: towards the switch; out: towards the lines."""

    blocks_in: int = 0
    blocks_out: int = 0
    dropped_in: int = 0
    """Blocks the switch was too slow to take."""
    dropped_out: int = 0
    """Blocks the source was too slow to take."""
    filled: int = 0
    """Blocks with idle code in place of what could not be aligned."""
    slips: int = 0
    losses: int = 0
    xruns: int = 0
    """ALSA: capture overruns and playback underruns."""
    worst_block_us: int = 0
    """Longest time from octets read to blocks handed on."""


Status = Connected | Trouble | FrameFound | FrameLost | Stats

_KINDS: Final[dict[str, type[Status]]] = {
    "connected": Connected,
    "trouble": Trouble,
    "frame_found": FrameFound,
    "frame_lost": FrameLost,
    "stats": Stats,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


class StatusError(ValueError):
    """A line that is not a status."""


def encode(status: Status) -> bytes:
    """The status as one line."""
    return json.dumps({"status": _NAMES[type(status)], **asdict(status)}).encode() + b"\n"


def parse(line: bytes) -> Status:
    """The status in a line; `StatusError` says what is wrong with it."""
    try:
        value: Any = json.loads(line)
    except ValueError:
        raise StatusError(f"pump status {line[:80]!r}: expected JSON") from None
    if not isinstance(value, dict) or value.get("status") not in _KINDS:
        raise StatusError(f"pump status {line[:80]!r}: expected a status of {', '.join(_KINDS)}")
    kind = _KINDS[value.pop("status")]
    try:
        return kind(**value)
    except TypeError as error:
        raise StatusError(f"pump status {line[:80]!r}: {error}") from None
