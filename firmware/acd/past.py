"""A stretch of the past as the replay wants it: callers, agents' hours, phones, lines.

Pure: data. Made from the records by recall.py, or by hand. Replay: replay.py. Tests:
tests/firmware/acd/test_replay.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from firmware.acd.messages import Left
from firmware.records.messages import CallId

PRIME: Final = 7919
"""Steps of it walk through a list in another order than the calls came."""


class Standing(Enum):
    """Whether an agent could be rung, as far as the queue had no part in it."""

    OUT = "out"
    READY = "ready"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"
    BUSY = "busy"  # on a call that was not the queue's


@dataclass(frozen=True, slots=True)
class Arrival:
    """A caller who comes to a queue. Times in seconds, `at` since the stretch began."""

    call: CallId
    at: float
    queue: str
    talk_s: float
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    patience_s: float = math.inf
    leaves_as: Left | None = None
    """What they do when their patience ends; None: hang up."""
    number: str = ""
    line: int | None = None
    """Which it came by, if it is known."""
    priority: int = 0
    """Callers of a higher one go before all others of the queue."""
    owner: str = ""
    """Extension of whom the caller belongs to."""
    skills: Mapping[str, int] = field(default_factory=dict)
    """Demanded beside those of the queue."""
    is_on_line: bool = False
    """Holds one of the lines that are counted."""
    before_s: float = 0.0
    """How long they held the line before they came to the queue."""
    after_s: float = 0.0
    """How long they held it after the queue's part was over."""


@dataclass(frozen=True, slots=True)
class Move:
    """An agent comes, goes, pauses, or their phone changes."""

    at: float
    agent: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class LineUse:
    """A call that holds a line and comes to no queue: to outside, or only to a menu."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class PickUp:
    """How an offer went: after how long it was taken, or else given up by the phone."""

    after_s: float
    is_taken: bool = True


@dataclass(frozen=True, slots=True)
class Past:
    """What a replay starts from."""

    seconds: float
    """Length of the stretch."""
    arrivals: tuple[Arrival, ...]
    moves: tuple[Move, ...]
    pick_ups: tuple[PickUp, ...] = (PickUp(3.0),)
    line_uses: tuple[LineUse, ...] = ()
    patience_s: float | None = None
    """Mean, as learned; None: nobody gave up."""
