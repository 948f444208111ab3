"""Opening hours, the blacklist and the way of a call, for the control API (api.face.Routing).

Shell: reads the configuration in force and the switches, passes orders on. The blacklist is part of
the configuration: `propose`, `approve` and `remove` change a document on its way to being stored.

Tests: tests/firmware/api/test_routing.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from firmware.api.errors import conflict, forbidden, not_found
from firmware.api.routing_schema import (
    BlockApproval,
    BlockedNow,
    BlockProposal,
    Holiday,
    PathAsked,
    PathNow,
    PathStep,
    ScheduleNow,
    SwitchOrder,
)
from firmware.config.callers import Blocked, Callers
from firmware.config.codes import TABLE, Action
from firmware.config.places import Schedule
from firmware.config.schema import Office
from firmware.route import lists
from firmware.route.day_night_task import DayNight, UnknownSchedule
from firmware.route.hours import Place, UnknownRegion, calendar
from firmware.route.path import Asked, path

MAY_APPROVE = ("owner", "supervisor")
"""Roles of who decides about the blacklist."""


class RoutingSide:
    """What leads callers, for pages and programs."""

    def __init__(self, days: DayNight, office: Callable[[], Office]) -> None:
        self._days, self._office = days, office
        self._code = next(code.digits for code in TABLE if code.action is Action.DAY_NIGHT)

    # -- opening hours -------------------------------------------------------------------------

    def schedules(self) -> list[ScheduleNow]:
        """Every schedule at this moment."""
        return [self._shown(schedule) for schedule in self._office().schedules]

    def switch(self, id: str, order: SwitchOrder) -> ScheduleNow:
        """Open or close by hand, or end that."""
        if order.until is not None and order.until <= self._days.clock():
            raise conflict(f"until {order.until.isoformat()}: expected a time that is to come")
        is_open = {"open": True, "closed": False, "hours": None}[order.to]
        try:
            self._days.set(id, is_open, order.who, order.until)
        except UnknownSchedule as error:
            names = ", ".join(s.id for s in self._office().schedules)
            raise not_found(f"schedule {id[:40]!r}", names or "none is set up") from error
        return next(now for now in self.schedules() if now.id == id)

    def _shown(self, schedule: Schedule) -> ScheduleNow:
        now = self._days.opening(schedule.id)
        return ScheduleNow(
            id=schedule.id,
            name=schedule.name,
            is_open=now.is_open,
            words=now.why,
            is_by_hand=schedule.id in self._days.switches,
            until=now.until,
            code=self._code + schedule.switch,
        )

    def holidays(self) -> list[Holiday]:
        """The public holidays of a year from today."""
        site = self._office().site
        today = self._days.clock().astimezone(ZoneInfo(site.timezone)).date()
        place = Place(site.timezone, site.country, site.region)
        try:
            return [Holiday(day=day, name=name) for day, name in calendar(place, today)]
        except UnknownRegion as error:
            raise conflict(str(error)) from error

    # -- the way of a call ---------------------------------------------------------------------

    def path(self, asked: PathAsked) -> PathNow:
        """What happens to a call."""
        office = self._office()
        at = self._at(asked.at, office.site.timezone)
        found = path(office, Asked(asked.number, asked.line, at, asked.keys), self._days.switches)
        return PathNow(
            steps=[PathStep(place=s.place, id=s.id, words=s.words) for s in found.steps],
            language=found.language,
            priority=found.priority,
            owner=found.owner,
            rule=found.rule,
            is_blocked=found.is_blocked,
            skills=dict(found.skills),
        )

    def _at(self, at: datetime | None, zone: str) -> datetime:
        if at is None:
            return self._days.clock()
        return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))

    # -- the blacklist -------------------------------------------------------------------------

    def blacklist(self) -> list[BlockedNow]:
        """Every number on it, the newest proposal first."""
        entries = self._office().callers.blacklist
        newest = sorted(entries, key=lambda entry: entry.proposed_at, reverse=True)
        return [self._entry(entry) for entry in newest]

    def _entry(self, entry: Blocked) -> BlockedNow:
        is_in_force = entry.is_in_force(self._days.clock())
        return BlockedNow(
            **entry.model_dump(),
            state="in_force" if is_in_force else "expired" if entry.approved_by else "proposed",
        )

    def propose(self, office: dict[str, Any], body: BlockProposal) -> None:
        """Put a number on the list; callers notice nothing yet."""
        lists.propose_in(office, body.number, body.who, body.reason, self._days.clock())

    def approve(self, office: dict[str, Any], number: str, body: BlockApproval) -> None:
        """From now on calls from it are turned away."""
        self._may_decide(body.who)
        callers, at, country = _callers(office), self._days.clock(), _country(office)
        try:
            _set(office, lists.approve(callers, number, body.who, at, body.days, country))
        except lists.NotOnTheList as error:
            raise not_found(f"number {number[:40]!r} on the blacklist") from error

    def remove(self, office: dict[str, Any], number: str, who: str) -> None:
        """Off the list."""
        self._may_decide(who)
        callers, at, country = _callers(office), self._days.clock(), _country(office)
        try:
            _set(office, lists.remove(callers, number, at, country))
        except lists.NotOnTheList as error:
            raise not_found(f"number {number[:40]!r} on the blacklist") from error

    def _may_decide(self, who: str) -> None:
        user = next((u for u in self._office().users if u.name.lower() == who.lower()), None)
        if user is None or user.role not in MAY_APPROVE:
            is_what = f"has the role {user.role}" if user is not None else "is no account"
            raise forbidden(
                f"{who[:64]!r} {is_what}: only an owner or a supervisor decides about the blacklist"
            )


def _callers(office: dict[str, Any]) -> Callers:
    return Callers.model_validate(office["callers"])


def _country(office: dict[str, Any]) -> str:
    return str(office["site"]["country"])


def _set(office: dict[str, Any], callers: Callers) -> None:
    office["callers"] = callers.model_dump(mode="json")
