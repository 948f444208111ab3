"""A call told to a shop owner: what the caller heard and pressed, whose phones rang and why, who
hung up.

Pure. `chapters` puts a call's events under headings (arrival, menu, waiting, talking, end) in their
own words; why a phone rang and the others did not, which the queue says in one sentence with the
offer, stands apart from it. `summary` says it all in a few sentences, from the events' figures.

Tests: tests/firmware/records/test_explain.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from firmware.records.messages import EventRow


class Part(Enum):
    """Where the call was."""

    ARRIVAL = "The call arrives"
    MENU = "In the menu"
    WAITING = "In the queue"
    TALKING = "With a person"
    END = "The end"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    at: datetime
    second: float
    """Since the call began."""
    text: str
    why: str = ""
    """The reasons, if the step has any beside it."""
    kind: str = ""
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """Steps that belong together."""

    part: Part
    steps: Sequence[Step]


_BEGINS: Final = {
    "menu.entered": Part.MENU,
    "queue.joined": Part.WAITING,
    "call.joined": Part.TALKING,
    "call.conference": Part.TALKING,
    "call.ended": Part.END,
}
"""Events with which another part begins."""
_UNTOLD: Final = ("leg.quality",)
"""Shown elsewhere."""
_ENDED_BY: Final = {
    "caller": "The caller hung up",
    "agent": "The agent hung up",
    "called": "The called side hung up",
    "box": "The box ended the call",
    "fault": "A fault cut the call off",
    "transfer": "The call was joined with another one",
}
NOT_RINGING: Final = "; not ringing: "
"""What parts, in the queue's words, who rings from who does not."""


def chapters(events: Iterable[EventRow]) -> list[Chapter]:
    """The events under headings, in order."""
    found: list[Chapter] = []
    part, steps, began = Part.ARRIVAL, list[Step](), None
    for event in events:
        if event.kind in _UNTOLD:
            continue
        began = began or event.at
        begins = _BEGINS.get(event.kind, part)
        if begins is not part and steps:
            found.append(Chapter(part, steps))
            steps = []
        part = begins
        steps.append(_step(event, began))
    return [*found, Chapter(part, steps)] if steps else found


def _step(event: EventRow, began: datetime) -> Step:
    text, _, others = event.text.partition(NOT_RINGING)
    who, _, reason = text.partition(" rings: ")
    why = ""
    if event.kind == "queue.offered" and reason:
        text, why = f"The phone of {who} rings", reason
        why += f". Not ringing: {others}" if others else ""
    second = max(0.0, (event.at - began).total_seconds())
    sentence = text[:1].upper() + text[1:]
    return Step(event.at, second, sentence, why, event.kind, event.kind == "queue.answered")


def summary(events: Sequence[EventRow]) -> str:
    """The call in a few sentences; empty if nothing was kept."""
    if not events:
        return ""
    sentences = [_sentence(events[0].text)]
    if heard := [_rest(e.text, "hears ") for e in events if e.kind == "menu.entered"]:
        pressed = "".join(str(e.data.get("digit") or "") for e in events if e.kind == "menu.key")
        keys = f" and pressed {pressed}" if pressed else " and pressed nothing"
        sentences.append(f"The caller heard {' and '.join(heard)}{keys}")
    sentences += _waiting(events)
    sentences += [
        _sentence(e.text) for e in events if e.kind in ("call.transferred", "call.parked")
    ]
    noted = [_sentence(e.text) for e in events if e.kind == "call.disposition"]
    if ended := next((e for e in events if e.kind == "call.ended"), None):
        by = str(ended.data.get("by") or "")
        sentences.append(_ENDED_BY.get(by) or _sentence(ended.text))
    sentences += noted[-1:]
    return "".join(f"{sentence.rstrip('.')}. " for sentence in sentences).strip()


def _waiting(events: Sequence[EventRow]) -> list[str]:
    """Of each stay in a queue: how many phones rang in vain, and how it ended."""
    sentences, rung = list[str](), 0
    for event in events:
        if event.kind == "queue.offered":
            rung += 1
        elif event.kind in ("queue.answered", "queue.left", "queue.abandoned"):
            vain = rung - (event.kind == "queue.answered")
            rung = 0
            words = _sentence(event.text)
            if event.kind == "queue.abandoned":
                words = f"The caller gave up {_after(event)}".rstrip()
            phones = "one phone" if vain == 1 else f"{vain} phones"
            sentences.append(f"{words}; {phones} rang in vain" if vain > 0 else words)
    return sentences


def _after(event: EventRow) -> str:
    waited = event.data.get("waited_s")
    return f"after waiting {waited:.0f} s" if isinstance(waited, int | float) else "waiting"


def _rest(text: str, before: str) -> str:
    return text.removeprefix(before)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
