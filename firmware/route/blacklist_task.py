"""The blacklist from day to day: proposed by a code on any phone, told about, and its ends.

Shell around firmware.route.lists. An agent who dials the code proposes the caller they talk with,
or talked with last (after a restart: nobody); a supervisor decides, by the control API. What
changes on the list is told whoever changed it, and so is the end of an approval.

Tests: tests/firmware/route/test_blacklist_task.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import ZoneInfo

from firmware.config.callers import Blocked, is_caller_number
from firmware.config.errors import ConfigError
from firmware.config.schema import Office
from firmware.config.subscriber import subscriber
from firmware.route import lists
from firmware.route.day_night_task import LONGEST_SLEEP_S
from firmware.route.desk import Desk, extension_of
from firmware.route.spoken_task import speak
from firmware.route.wishes_task import Done, Edit
from firmware.voice.built_in import digits

if TYPE_CHECKING:
    from firmware.route.visit_task import Visit

NOBODY: Final = "box-block-nobody"
PROPOSED: Final = "box-block-proposed"
BLOCKED: Final = "box-block-already"
NO_NUMBER: Final = "box-block-no-number"


class Editing(Protocol):
    """What is needed of wishes_task.Wishes."""

    def change(self, extension: str, edit: Edit, what: str, done: Done) -> bool: ...


class Blacklist:
    """Who may be proposed, and what happens to the list."""

    def __init__(self, desk: Desk, wishes: Editing | None) -> None:
        """`wishes`: None if nothing can be set by phone."""
        self._desk, self._wishes = desk, wishes
        self._last: dict[str, tuple[float, str]] = {}
        """When each extension began to talk with its last caller, and the caller's number."""
        self._listed: Mapping[str, Blocked] | None = None
        """As told; None: before the first configuration."""
        self._in_force: frozenset[str] = frozenset()
        self._timer: asyncio.TimerHandle | None = None

    # -- proposals -----------------------------------------------------------------------------

    def changed(self, visit: Visit) -> None:
        """A call has gone on: remember who talks with its caller."""
        call = visit.call
        if call.direction != "incoming" or call.joined is None:
            return
        for extension in filter(None, map(extension_of, visit.legs)):
            if call.joined >= self._last.get(extension, (0.0, ""))[0]:
                self._last[extension] = call.joined, call.party.number

    def propose(self, visit: Visit, by: str) -> None:
        """Extension `by` dialled the code; `visit` is its call."""
        office = self._desk.office
        if by not in self._last:
            return speak(visit, [NOBODY], f"extension {by} has talked with no caller yet")
        number = _as_listed(self._last[by][1], office.site.country)
        if not number:
            return speak(visit, [NO_NUMBER], "the caller's number is not known")
        if lists.blocked(office.callers, number, self._now(), office.site.country) is not None:
            return speak(visit, [BLOCKED], f"{number} is on the blacklist already")
        self._ask(visit, by, number)

    def _ask(self, visit: Visit, by: str, number: str) -> None:
        name = self._desk.known(by).name
        who = f"{name} ({by})"[:64] if name else by
        what = f"{number} proposed for the blacklist"
        edit = partial(_propose, number, who, self._now)
        done = partial(_is_proposed, visit, number, what)
        if self._wishes is None or not self._wishes.change(by, edit, what, done):
            speak(visit, ["box-not-saved"], f"not saved, nothing more can be now: {what}")

    # -- the list ------------------------------------------------------------------------------

    def configure(self, office: Office) -> None:
        """Tell what has changed on it, and wait for the next end."""
        before, self._listed = self._listed, {b.number: b for b in office.callers.blacklist}
        for kind, number, text in _news(before or {}, self._listed, office.site.timezone):
            if before is not None:
                self._desk.story.tell(kind, text, number=number)
        self._in_force = frozenset(b.number for b in self._effective())
        self._set_timer()

    def _now(self) -> datetime:
        assert self._desk.days is not None  # the attendant makes it
        return self._desk.days.clock()

    def _effective(self) -> Iterator[Blocked]:
        now = self._now()
        return (b for b in (self._listed or {}).values() if b.is_in_force(now))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ends = [b.until for b in self._effective() if b.until is not None]
        if ends:
            left_s = (min(ends) - self._now()).total_seconds()
            wait_s = min(max(left_s, 0.0), LONGEST_SLEEP_S)
            self._timer = self._desk.loop.call_later(wait_s, self._look)

    def _look(self) -> None:
        still = frozenset(b.number for b in self._effective())
        for number in sorted(self._in_force - still):
            text = f"calls from {number} are let through again: the time is over"
            self._desk.story.tell("blacklist.expired", text, number=number)
        self._in_force = still
        self._set_timer()


def _as_listed(number: str, country: str) -> str:
    """As it can stand on the list; empty if it cannot."""
    forms = (number, subscriber(number, country))
    return next((form for form in forms if is_caller_number(form)), "")


def _propose(number: str, who: str, now: Callable[[], datetime], office: dict[str, Any]) -> None:
    lists.propose_in(office, number, who, "", now())


def _is_proposed(visit: Visit, number: str, what: str, error: ConfigError | None) -> None:
    if error is None:
        speak(visit, [PROPOSED, *digits(number)], what)
    else:
        speak(visit, ["box-not-saved"], f"not saved: {what}: {error}")


def _news(
    before: Mapping[str, Blocked], after: Mapping[str, Blocked], zone: str
) -> Iterator[tuple[str, str, str]]:
    """Kind, number and words of what has changed."""
    for number in sorted(before.keys() - after.keys()):
        yield "blacklist.removed", number, f"{number} is off the blacklist"
    for number, entry in after.items():
        if entry == before.get(number):
            continue
        why = f": {entry.reason}" if entry.reason else ""
        if entry.until is None:
            text = f"{number} is proposed for the blacklist by {entry.proposed_by}{why}"
            yield "blacklist.proposed", number, text
        else:
            day = entry.until.astimezone(ZoneInfo(zone))
            until = f"until {day:%Y-%m-%d %H:%M}, says {entry.approved_by}"
            yield "blacklist.approved", number, f"calls from {number} are turned away {until}{why}"
