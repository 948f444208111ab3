"""Where a caller begins, and which way opening hours lead: by number, line, day and hour.

Pure: the time is an argument. One place for calls (attend_task.py, places_task.py) and for the
question what would happen to one, so that the answer is what happens.

Tests: tests/firmware/route/test_decide.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from firmware.config.destination import Destination
from firmware.config.places import Schedule
from firmware.config.schema import Line, Office
from firmware.route.hours import Opening, Place, Switch, UnknownRegion, opening
from firmware.route.lists import blocked, rule_for

Switches = Mapping[str, Switch]
"""What was opened or closed by hand, by schedule."""
NO_SWITCHES: Final[Switches] = {}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a caller begins, and as whom."""

    to: Destination
    why: str
    language: str
    priority: int = 0
    owner: str = ""
    rule: str = ""
    """Name of the rule that fits the number; empty: none."""
    is_blocked: bool = False
    skills: Mapping[str, int] = field(default_factory=dict)
    """What the rule has them ask of agents."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Which way opening hours lead now."""

    to: Destination
    why: str
    opening: Opening


def start(office: Office, line: Line, number: str, at: datetime) -> Start:
    """A call from `number` (empty: withheld) on `line`: the blacklist first, then rules for
    numbers, then the line."""
    callers, country = office.callers, office.site.country
    language = line.language or office.site.language
    if (entry := blocked(callers, number, at, country)) is not None:
        reason = f": {entry.reason}" if entry.reason else ""
        return Start(callers.blocked, f"on the blacklist{reason}", language, is_blocked=True)
    rule = rule_for(callers, number, line.number, country)
    if rule is None:
        return Start(line.destination, f"calls on {line.name}", language)
    return Start(
        rule.destination or line.destination,
        f"calls on {line.name}, is one of {rule.name}",
        rule.language or language,
        rule.priority,
        rule.owner or "",
        rule.name,
        skills=rule.skills,
    )


def state_of(office: Office, schedule: Schedule, at: datetime, switches: Switches) -> Opening:
    """Whether a schedule is open. Without a calendar of the country its holidays are days as
    usual: saving refuses that, so it is one that a newer release of the calendar dropped."""
    site = office.site
    place = Place(site.timezone, site.country, site.region)
    switch = switches.get(schedule.id)
    try:
        return opening(schedule, at, place, switch)
    except UnknownRegion:
        usual = schedule.model_copy(update={"holidays": "as_usual"})
        return opening(usual, at, place, switch)


def turn(office: Office, schedule: Schedule, at: datetime, switches: Switches) -> Turn:
    """Which way a schedule leads at `at` (aware)."""
    now = state_of(office, schedule, at, switches)
    if now.is_open:
        return Turn(schedule.open, f"open: {now.why}", now)
    to = schedule.closed
    if now.is_holiday and schedule.holiday is not None:
        to = schedule.holiday
    why = now.why if now.why.startswith("closed") else f"closed: {now.why}"
    return Turn(to, why, now)


def is_recording_announced(office: Office) -> bool:
    """Whether callers are told, before anything else, that the call is recorded."""
    return office.recording.is_enabled and office.recording.announcement is not None


def is_announced_before(office: Office, to: Destination) -> bool:
    """Whether it is told on the way to `to`, or only behind it: where nobody is answered yet."""
    if to.to == "extension":
        return office.recording.announce_before_people
    return to.to not in ("schedule", "hangup")


def named(office: Office, to: Destination) -> str:
    """A destination as people call it."""
    return _NAMES[to.to](office).get(to.id, f"{to.to} {to.id}")


_NAMES: Final[Mapping[str, Callable[[Office], Mapping[str, str]]]] = {
    "menu": lambda office: {m.id: f"the menu {m.name}" for m in office.menus},
    "queue": lambda office: {q.id: f"the queue {q.name}" for q in office.queues},
    "message": lambda office: {p.id: f"the message {p.name}" for p in office.prompts},
    "extension": lambda office: {e.number: f"{e.name} ({e.number})" for e in office.extensions},
    "schedule": lambda office: {s.id: f"the hours {s.name}" for s in office.schedules},
    "question": lambda office: {q.id: f"the question for the {q.name}" for q in office.questions},
    "directory": lambda office: {d.id: f"the directory {d.name}" for d in office.directories},
    "voicemail": lambda office: {m.id: f"the mailbox {m.name}" for m in office.mailboxes},
    "hangup": lambda office: {"": "the end of the call"},
}
"""What destinations of a kind are called: of that kind only, since every call asks."""
