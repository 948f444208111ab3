"""Callbacks of a queue: who waits may hang up, keep the place and be called back.

Pure. Part of firmware.config.schema.Queue. What is refused (a key that means two things, lines that
may not dial out): check_queues.py. Tests: tests/firmware/config/test_check_queues.py.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from firmware.config.callers import Pattern
from firmware.config.part import Identifier, Part


class CallbackRule(Part):
    """Off unless `is_offered`: nobody is offered one then, and supervisors can add none."""

    is_offered: bool = False
    key: Annotated[str, Field(pattern=r"^[0-9]$")] = "2"
    """Pressed while waiting, at any time."""
    offer_after_s: int = Field(60, ge=0, le=3600)
    """The offer is spoken once, after so long; 0: never (the welcome may tell of the key)."""
    may_key_number: bool = True
    """Callers may have another number called than the one they call from; who withholds theirs
    must."""
    numbers: Annotated[tuple[Pattern, ...], Field(max_length=100)] = ()
    """Only such numbers are called back, dialled as they are: a stranger chooses them, the office
    pays. None: any."""
    tries: int = Field(3, ge=1, le=10)
    rest_s: int = Field(300, ge=10, le=7200)
    """Between two tries."""
    expires_s: int = Field(4 * 3600, ge=300, le=7 * 86400)
    """Nobody is called back later than this after they asked."""
    ring_s: int = Field(45, ge=10, le=120)
    lines: Annotated[tuple[int, ...], Field(max_length=8)] = ()
    """Only these may dial; none: every line that may dial out."""
    keep_lines_free: int = Field(0, ge=0, le=7)
    """So many lines are left for callers: a callback waits until one more is free."""
    greeting: Identifier | None = None
    """Heard first by who is called back: "this is the Example shop"."""
