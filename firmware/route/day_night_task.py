"""The office opened or closed by hand: by a code on any phone, or through the control API.

Shell around firmware.route.decide: keeps the switches, tells the story, and takes a switch back
when its time is over. By phone it holds until the hours would change anyway, so that nobody has to
remember it: who closes early on Friday is open again on Monday. Remembered across restarts.

Tests: tests/firmware/route/test_day_night_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from firmware.call.story import Story
from firmware.config.places import Schedule
from firmware.config.schema import Office
from firmware.route.decide import state_of
from firmware.route.hours import Opening, Switch

logger = logging.getLogger(__name__)

LONGEST_SLEEP_S: Final = 3600.0
"""Between two looks at the clock: it may be set meanwhile."""


class UnknownSchedule(LookupError):
    """There are no such opening hours."""

    def __init__(self, id: str) -> None:
        super().__init__(f"there are no opening hours {id[:40]!r}")


class DayNight:
    """Every schedule of the office and its switch."""

    def __init__(
        self,
        office: Office,
        story: Story,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.switches: dict[str, Switch] = {}
        """By schedule; none while it follows its hours."""
        self.listeners: list[Callable[[], None]] = []
        """Told after every change."""
        self._office, self._story, self._loop, self.clock = office, story, loop, clock
        self._timer: asyncio.TimerHandle | None = None

    def configure(self, office: Office) -> None:
        """Follow a new configuration."""
        self._office = office
        known = {schedule.id for schedule in office.schedules}
        for gone in self.switches.keys() - known:
            del self.switches[gone]
        self._set_timer()

    # -- what is -------------------------------------------------------------------------------

    def opening(self, id: str) -> Opening:
        """Whether a schedule is open; `UnknownSchedule`."""
        return state_of(self._office, self._schedule(id), self.clock(), self.switches)

    def is_there(self, argument: str) -> bool:
        """Whether the day/night code with this argument switches anything."""
        return bool(self._behind(argument))

    def is_by_hand(self, argument: str) -> bool:
        """Whether the day/night code with this argument would be taken back."""
        return any(s.id in self.switches for s in self._behind(argument))

    def is_open(self, argument: str) -> bool:
        """Whether any schedule behind the day/night code with this argument is open."""
        return any(self.opening(s.id).is_open for s in self._behind(argument))

    def _schedule(self, id: str) -> Schedule:
        for schedule in self._office.schedules:
            if schedule.id == id:
                return schedule
        raise UnknownSchedule(id)

    def _behind(self, argument: str) -> list[Schedule]:
        return [s for s in self._office.schedules if s.switch == argument]

    # -- switching -----------------------------------------------------------------------------

    def set(self, id: str, is_open: bool | None, by: str, until: datetime | None = None) -> None:
        """Open or close by hand, or (None) let the hours decide again."""
        schedule = self._schedule(id)
        if is_open is None:
            self._take_back(schedule, by)
        else:
            self._switch(schedule, Switch(is_open, by, until))
        self._changed()

    def toggle(self, argument: str, by: str) -> bool | None:
        """The day/night code: takes back what is switched by hand, else switches each of its
        schedules over until its hours change. True: by hand now; None: the code has none."""
        schedules = self._behind(argument)
        if not schedules:
            return None
        is_by_hand = self.is_by_hand(argument)
        for schedule in schedules:
            if is_by_hand:
                self._take_back(schedule, by)
            else:
                now = state_of(self._office, schedule, self.clock(), {})
                self._switch(schedule, Switch(not now.is_open, by, now.until))
        self._changed()
        return not is_by_hand

    def _switch(self, schedule: Schedule, switch: Switch) -> None:
        self.switches[schedule.id] = switch
        words = "opened" if switch.is_open else "closed"
        zone = ZoneInfo(self._office.site.timezone)
        until = f" until {switch.until.astimezone(zone):%Y-%m-%d %H:%M}" if switch.until else ""
        self._tell(schedule, f"{schedule.name}: {words} by hand by {switch.by}{until}")

    def _take_back(self, schedule: Schedule, by: str) -> None:
        if self.switches.pop(schedule.id, None) is not None:
            self._tell(schedule, f"{schedule.name}: follows its hours again, by {by}")

    def _tell(self, schedule: Schedule, text: str) -> None:
        now = self.opening(schedule.id)
        self._story.tell(
            "schedule.switched",
            text,
            schedule=schedule.id,
            is_open=now.is_open,
            is_by_hand=schedule.id in self.switches,
        )

    def _changed(self) -> None:
        self._set_timer()
        for listener in self.listeners:
            listener()

    # -- the end of a switch -------------------------------------------------------------------

    def _set_timer(self) -> None:
        self.close()
        ends = [switch.until for switch in self.switches.values() if switch.until is not None]
        if ends:
            left_s = (min(ends) - self.clock()).total_seconds()
            wait_s = min(max(left_s, 0.0), LONGEST_SLEEP_S)
            self._timer = self._loop.call_later(wait_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self.clock()
        over = [id for id, s in self.switches.items() if s.until is not None and s.until <= now]
        for id in over:
            del self.switches[id]
            schedule = self._schedule(id)
            self._tell(schedule, f"{schedule.name}: follows its hours again")
        if over:
            self._changed()
        else:
            self._set_timer()

    def close(self) -> None:
        """No timer any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- across restarts -----------------------------------------------------------------------

    def as_json(self) -> dict[str, dict[str, Any]]:
        """The switches as they are remembered."""
        return {
            id: {
                "is_open": switch.is_open,
                "by": switch.by,
                "until": None if switch.until is None else switch.until.isoformat(),
            }
            for id, switch in self.switches.items()
        }

    def restore(self, remembered: object) -> None:
        """Inverse of `as_json`. What is not understood, or is over, is left out."""
        entries = remembered if isinstance(remembered, Mapping) else {}
        known = {schedule.id for schedule in self._office.schedules}
        now = self.clock()
        for id, entry in entries.items():
            switch = _switch_from(entry)
            is_over = switch is None or (switch.until is not None and switch.until <= now)
            if id in known and switch is not None and not is_over:
                self.switches[id] = switch
        self._set_timer()


def _switch_from(entry: object) -> Switch | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("is_open"), bool):
        return None
    try:
        until = None if entry.get("until") is None else datetime.fromisoformat(entry["until"])
    except (TypeError, ValueError) as error:
        logger.warning("a day/night switch is not understood: %s; the hours decide", error)
        return None
    if until is not None and until.tzinfo is None:
        return None
    return Switch(entry["is_open"], str(entry.get("by", "")), until)
