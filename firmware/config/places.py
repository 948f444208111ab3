"""Places that a caller is led through: opening hours that decide, questions, people found by name,
and what is asked when the call is over.

Pure. Hours by themselves: firmware.config.hours; menus and queues: firmware.config.schema.
Tests: tests/firmware/config/test_places.py.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from firmware.config.destination import HANG_UP, Destination
from firmware.config.hours import Hours
from firmware.config.part import ExtensionNumber, Identifier, Name, Part


class Schedule(Hours):
    """Opening hours, and where callers go when it is open and when it is not."""

    open: Destination
    closed: Destination = HANG_UP
    holiday: Destination | None = None
    """On public holidays and special days that are closed. None: as `closed`."""
    switch: Annotated[str, Field(pattern=r"^[0-9]{0,2}$")] = ""
    """Digits behind the day/night code that switch this schedule alone; empty: with all others,
    by the code alone."""


class Question(Part):
    """Digits asked of the caller, such as a customer number: told to whoever takes the call, and
    kept with it."""

    id: Identifier
    name: Name
    """What the digits are: `customer number`."""
    prompt: Identifier
    """Heard first: "please enter your customer number"."""
    min_digits: int = Field(1, ge=1, le=24)
    max_digits: int = Field(12, ge=1, le=24)
    """So many end the number at once; fewer are ended by # or by a pause."""
    confirm: bool = True
    """The number is read back and confirmed with 1, or entered again with 2."""
    timeout_s: float = Field(5.0, ge=1, le=30)
    """Pause that ends a number, or a try."""
    tries: int = Field(3, ge=1, le=9)
    then: Destination
    otherwise: Destination | None = None
    """Nothing usable was entered. None: as `then`, without a number."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min_digits > self.max_digits:
            raise ValueError(
                f"{self.min_digits} digits at least and {self.max_digits} at most: "
                "expected the first to be no more than the second"
            )
        return self


class Directory(Part):
    """People found by the letters of their names, the family name first (dial by name)."""

    id: Identifier
    name: Name
    prompt: Identifier | None = None
    """Asks for the letters; None: the box's own sentence."""
    members: Annotated[tuple[ExtensionNumber, ...], Field(max_length=500)] = ()
    """Who can be found; none: everybody of the office."""
    timeout_s: float = Field(4.0, ge=1, le=30)
    """Pause that ends the letters, or a try."""
    tries: int = Field(3, ge=1, le=9)
    otherwise: Destination = HANG_UP
    """Nobody was found, or the caller goes back with `*`: usually the menu they came from."""


class Survey(Part):
    """One question after the call, for callers who stay on the line when the agent hangs up."""

    id: Identifier
    name: Name
    kind: Literal["csat", "nps"] = "csat"
    """Answered with 1 to 5, or with 0 to 10."""
    prompt: Identifier
    thanks: Identifier | None = None
    """Heard after an answer."""
    timeout_s: float = Field(6.0, ge=1, le=30)
    tries: int = Field(2, ge=1, le=5)
