"""What callers of a queue hear and may do while they wait, and what the agent hears first.

Pure. Part of firmware.config.schema.Queue. Tests: tests/firmware/ivr/test_waiting.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from firmware.config.destination import HANG_UP, Destination
from firmware.config.part import Identifier, Part


class Comfort(Part):
    """The caller's side of a queue. Nothing of it ever delays the connection."""

    tell_position: bool = False
    tell_wait: bool = False
    """How long it will probably be, as a range; nothing while that cannot be known."""
    message: Identifier | None = None
    """Prompt heard again and again: "our shop is open on Saturday"."""
    first_s: int = Field(20, ge=5, le=600)
    """Music before the first of these."""
    every_s: int = Field(60, ge=15, le=900)
    """Music between them."""
    exit_key: Annotated[str, Field(pattern=r"^[0-9*#]?$")] = ""
    """Leaves the queue for `on_exit`; empty: no key does."""
    on_exit: Destination = HANG_UP
    agent_hears: Literal["nothing", "queue", "queue_and_wait"] = "nothing"
    """Told to the agent before the caller is heard: of which queue, and how long they waited."""
    agent_confirms: bool = False
    """The agent takes the call by pressing 1: no answering machine does."""
