"""What phones are told of each other and of the office: the lamps of their keys.

Worked out from the box as it is at the moment it is asked for: calls from the phones' own legs,
log-in and pauses from the queue core, slots from the parking lot, the rest from the configuration.
Nothing is counted or kept, so nothing can drift. `hear` says whose lamps an event may have changed;
hal.sip.subscriptions tells who watches them, if they did.

What can be watched: an extension, a parking slot, and the codes of `LAMPS` (with the extension of
an agent behind, or alone for one's own), and the day/night code of each schedule.
Pure. Tests: tests/firmware/test_presence.py, tests/scenarios/test_presence.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from firmware.acd.agent import Agent, Presence
from firmware.acd.queue import Acd
from firmware.config.codes import TABLE, Action, find
from firmware.config.schema import Extension, Office
from firmware.records.messages import EventRow
from firmware.route.day_night_task import DayNight
from firmware.route.parking import Lot, Parked
from hal.sip.watch import Messages, Status, Talk, TalkState

LAMPS: Final[Mapping[Action, Callable[[Extension, Agent | None], bool]]] = {
    Action.TOGGLE_LOG_IN: lambda person, agent: _is_in(agent),
    Action.LOG_IN: lambda person, agent: _is_in(agent),
    Action.LOG_OUT: lambda person, agent: not _is_in(agent),
    Action.TOGGLE_PAUSE: lambda person, agent: _is_paused(agent),
    Action.PAUSE: lambda person, agent: _is_paused(agent),
    Action.DND_ON: lambda person, agent: person.do_not_disturb,
    Action.FORWARD_ALWAYS_OFF: lambda person, agent: bool(person.forward_always),
}
"""Codes that have a lamp, and when it is lit."""
BY_AGENT: Final = (
    Action.TOGGLE_LOG_IN, Action.LOG_IN, Action.LOG_OUT, Action.TOGGLE_PAUSE, Action.PAUSE,
)  # fmt: skip
"""Those that an agent's state decides."""
DAY_NIGHT: Final = next(code.digits for code in TABLE if code.action is Action.DAY_NIGHT)


class Mailboxes(Protocol):
    """Who counts voice messages."""

    changed: Callable[[Iterable[str]], None]
    """Told whose messages have changed."""

    def count(self, extension: str) -> Messages: ...


class NoMailboxes:
    """A box without voice mail: every mailbox is empty."""

    changed: Callable[[Iterable[str]], None]

    def count(self, extension: str) -> Messages:
        return Messages()


class Watchers(Protocol):
    """What is needed of hal.sip's phones."""

    def changed(self, *entities: str) -> None: ...
    def all_changed(self) -> None: ...


class Lamps:
    """The source of everything that is watched (hal.sip.watch.Source)."""

    def __init__(self, office: Callable[[], Office], mailboxes: Mailboxes | None = None) -> None:
        self._office = office
        self._mailboxes: Mailboxes = mailboxes or NoMailboxes()
        self._watchers: Watchers | None = None
        self._acd = Acd()
        self._lot: Lot | None = None
        self._days: DayNight | None = None
        self._is_reachable: Callable[[str], bool] = lambda extension: True
        self._seen: Office | None = None
        self._people: dict[str, Extension] = {}
        self._owners: dict[str, str] = {}
        """Extension by the account of a phone that the box set up."""
        self._slots: frozenset[str] = frozenset()

    def connect(self, watchers: Watchers, acd: Acd, is_reachable: Callable[[str], bool]) -> None:
        """The parts that know the state, once they are made."""
        self._watchers, self._acd, self._is_reachable = watchers, acd, is_reachable

    def watch_slots(self, lot: Lot) -> None:
        """Where calls are parked."""
        self._lot = lot
        lot.listeners.append(self._slot_changed)

    def watch_days(self, days: DayNight) -> None:
        """What is opened or closed by hand."""
        self._days = days
        days.listeners.append(self._days_changed)

    def watch_mailboxes(self, mailboxes: Mailboxes) -> None:
        """Where voice messages are."""
        self._mailboxes = mailboxes
        mailboxes.changed = self._messages_changed

    def _read(self) -> None:
        """Index the configuration in force, once for each."""
        office = self._office()
        if office is not self._seen:
            self._seen = office
            self._people = {e.number: e for e in office.extensions}
            self._owners = {p.account: p.extension for p in office.phone_sets}
            self._slots = frozenset(office.parking.slots)

    # -- hal.sip.watch.Source --------------------------------------------------------------------

    def status(self, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Status | None:
        """What `watcher` is told of a number of the office."""
        self._read()
        if watcher not in self._people:
            return None
        if (person := self._people.get(entity)) is not None:
            return self._person(person, talks)
        parked = self._lot.at(entity) if self._lot is not None else None
        if entity in self._slots or parked is not None:
            return _slot(entity, parked)
        return self._code(entity, watcher)

    def messages(self, entity: str, watcher: str) -> Messages | None:
        """The mailbox of a person; a phone asks by the account it signs in with."""
        self._read()
        person = self._people.get(self._owners.get(entity, entity))
        return None if person is None else self._mailboxes.count(person.number)

    def _person(self, person: Extension, talks: tuple[Talk, ...]) -> Status:
        is_reachable = self._is_reachable(person.number)
        if person.do_not_disturb:
            # Nobody's call gets through: that is what "busy" means to a colleague's key.
            talks = talks or (_lit("do-not-disturb"),)
            return Status(talks, is_reachable, "does not want to be disturbed")
        if not is_reachable:
            return Status(talks, False, "no phone can be reached")
        return Status(talks, True)

    def _code(self, entity: str, watcher: str) -> Status | None:
        """The lamp beside a code."""
        dialled = find(entity)
        if dialled is not None and dialled.code.action is Action.DAY_NIGHT:
            return self._switch(entity, dialled.argument)
        if dialled is None or dialled.code.action not in LAMPS:
            return None
        person = self._people.get(dialled.argument or watcher)
        if person is None:
            return None
        agent = self._acd.agents.get(person.number)
        is_lit = LAMPS[dialled.code.action](person, agent)
        return Status((_lit(entity),) if is_lit else ())

    def _switch(self, entity: str, argument: str) -> Status | None:
        """Lit while the office is opened or closed by hand."""
        if self._days is None or not self._days.is_there(argument):
            return None
        return Status((_lit(entity),) if self._days.is_by_hand(argument) else ())

    # -- what may have changed ---------------------------------------------------------------------

    def hear(self, event: EventRow) -> None:
        """Something happened. Calls and reachability are known to the phones themselves."""
        if self._watchers is None:
            return
        if event.kind == "agent.state":
            self._watchers.changed(*codes_of(str(event.data.get("agent", ""))))
        elif event.kind in ("config.applied", "config.trouble"):
            self._watchers.all_changed()

    def _slot_changed(self, slot: str, parked: Parked | None) -> None:
        if self._watchers is not None:
            self._watchers.changed(slot)

    def _days_changed(self) -> None:
        if self._watchers is not None:
            self._read()
            schedules = self._office().schedules
            self._watchers.changed(*{f"{DAY_NIGHT}{schedule.switch}" for schedule in schedules})

    def _messages_changed(self, extensions: Iterable[str]) -> None:
        """Phones ask by the account they sign in with."""
        if self._watchers is None:
            return
        self._read()
        whose = set(extensions)
        accounts = (account for account, owner in self._owners.items() if owner in whose)
        self._watchers.changed(*whose, *accounts)


def codes_of(extension: str) -> list[str]:
    """Everything that can be watched of an agent's state."""
    alone = [code.digits for code in TABLE if code.action in BY_AGENT]
    return [*alone, *(digits + extension for digits in alone)]


def _is_in(agent: Agent | None) -> bool:
    return agent is not None and agent.presence is not Presence.OUT


def _is_paused(agent: Agent | None) -> bool:
    return agent is not None and agent.presence is Presence.PAUSED


def _lit(name: str) -> Talk:
    """A lamp that is lit without a call behind it."""
    return Talk(name, TalkState.CONFIRMED)


def _slot(slot: str, parked: Parked | None) -> Status:
    """Who waits in a slot is shown, and picked up by dialling it."""
    if parked is None:
        return Status()
    return Status((Talk(slot, TalkState.CONFIRMED, remote=parked.party),))
