"""What callers ask of the agents who take their calls, and how people speak of it.

Pure. Agents have skills with levels (`Extension.skills`), queues demand some of everybody
(`Queue.skills`); a caller brings more of them along: by the language they speak, by the rule for
their number (`CallerRule.skills`), by keys they press (`Menu.skills`). The higher level counts, and
the queue's rule lowers all of them as the caller waits. What nobody could ever meet is refused:
check_skills.py. Who asks for what in a call: firmware.route.asking.

Tests: tests/firmware/config/test_check_skills.py.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from firmware.config.part import Identifier, Language, Level, Part

Demand: TypeAlias = Annotated[dict[Identifier, Level], Field(max_length=10)]
"""Skill and level, 1 to 10."""
Words: TypeAlias = Annotated[str, Field(min_length=1, max_length=64)]


class Skills(Part):
    """What holds for all queues."""

    words: Annotated[dict[Identifier, Words], Field(max_length=100)] = Field(default_factory=dict)
    """What somebody does who has a skill, for people: `speaks French`, `knows the bills`."""
    by_language: Annotated[dict[Language, Demand], Field(max_length=50)] = Field(
        default_factory=dict
    )
    """What callers who speak a language ask for: `fr`: `french` 1. The language is the caller's at
    the time they join a queue, by the line, by a rule for their number or chosen by a key."""
