"""What happens to a call from a number, on a line, at a day and hour: its way, step by step.

Pure: the time is an argument. Answered by the very code that leads calls: `decide` for line,
number and hours, the menu's and the question's own cores for keys, `forwarding` for people. What
only the moment knows is told as a condition: whether agents are at work, whether a phone answers.

Tests: tests/firmware/route/test_path.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from firmware.acd.fitness import merged
from firmware.acd.words import for_whom
from firmware.config.destination import Destination
from firmware.config.places import Directory, Question
from firmware.config.schema import Extension, Line, Menu, Office, Queue, Recording
from firmware.ivr import directory, menu, question
from firmware.ivr.dialogue import Begin, Event, Pressed, PromptEnded, Speak, Step, TimedOut
from firmware.route.asking import BY_NUMBER, asked_in, by_menu
from firmware.route.callback_numbers import may_be_called
from firmware.route.decide import (
    NO_SWITCHES,
    Start,
    Switches,
    is_announced_before,
    is_recording_announced,
    named,
    start,
    state_of,
    turn,
)
from firmware.route.forwarding import Forward, Ring, before
from firmware.route.numbers import ToExtension, ToLine, ToMenu, ToQueue, dialled_by_callers

MOST_STEPS: Final = 40
"""More is a fault: the configuration has no loops."""
MOST_EVENTS: Final = 400
"""Of one menu or question, for as many keys as can be asked about."""
Ended = TypeVar("Ended", menu.Go, question.Collected, directory.Led)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that could be made."""

    number: str
    """Empty: withheld."""
    line: int
    at: datetime
    """Aware."""
    keys: str = ""
    """What the caller presses, in order; after the last they do nothing."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One step of the way."""

    place: str
    """line, schedule, menu, question, directory, queue, extension, outside, message, voicemail or
    end."""
    id: str
    words: str


@dataclass(slots=True)
class Path:
    """The way, and who the caller is on it."""

    steps: list[Passed] = field(default_factory=list)
    language: str = ""
    priority: int = 0
    owner: str = ""
    rule: str = ""
    is_blocked: bool = False
    skills: Mapping[str, int] = field(default_factory=dict)
    """Demanded at first of who takes the call, by the queue it comes to."""


def path(office: Office, asked: Asked, switches: Switches = NO_SWITCHES) -> Path:
    """Follow a call until somebody or something takes it."""
    line = next((x for x in office.lines if x.number == asked.line), None)
    if line is None or not line.is_enabled:
        words = f"line {asked.line} is not set up: the call is not answered"
        return Path([Passed("end", "", words)])
    return _Walk(office, asked, switches).follow(line)


class _Walk:
    """One call on its way."""

    def __init__(self, office: Office, asked: Asked, switches: Switches) -> None:
        self.office, self.asked, self.switches = office, asked, switches
        self.keys = asked.keys
        self.asks: dict[str, Mapping[str, int]] = {}
        self.trail: tuple[str, ...] = ()
        self.is_notice_due = is_recording_announced(office)
        self.path = Path()

    def follow(self, line: Line) -> Path:
        found = start(self.office, line, self.asked.number, self.asked.at)
        self._begin(line, found)
        to: Destination | None = found.to
        for _ in range(MOST_STEPS):
            if to is None:
                break
            to = self._pass(to)
        return self.path

    def _begin(self, line: Line, found: Start) -> None:
        path, asked = self.path, self.asked
        path.language, path.priority, path.owner = found.language, found.priority, found.owner
        path.rule, path.is_blocked = found.rule, found.is_blocked
        self.asks[BY_NUMBER] = found.skills
        local = asked.at.astimezone(ZoneInfo(self.office.site.timezone))
        who = asked.number or "a withheld number"
        words = (
            f"{local:%A %d %B %Y %H:%M}: {who} {found.why}: goes to {named(self.office, found.to)}"
        )
        self._tell("line", str(line.number), words)

    def _tell(self, place: str, id: str, words: str) -> None:
        self.path.steps.append(Passed(place, id, words))

    def _pass(self, to: Destination) -> Destination | None:
        """One place; None where the way ends."""
        office = self.office
        if self.is_notice_due and is_announced_before(office, to):
            self._notice(office.recording)
        match to.to:
            case "schedule":
                return self._schedule(to.id)
            case "menu":
                return self._menu(next(m for m in office.menus if m.id == to.id))
            case "question":
                return self._question(next(q for q in office.questions if q.id == to.id))
            case "directory":
                return self._directory(next(d for d in office.directories if d.id == to.id))
            case "extension":
                return self._person(next(e for e in office.extensions if e.number == to.id))
            case "queue":
                return self._queue(next(q for q in office.queues if q.id == to.id))
            case "message":
                self._tell("message", to.id, f"hears {named(office, to)}; then the call ends")
            case "voicemail":
                self._tell("voicemail", to.id, f"leaves a message in {named(office, to)}")
            case "hangup":
                is_answered = len(self.path.steps) > 1
                words = "the call ends" if is_answered else "the call is not answered"
                self._tell("end", "", words)
        return None

    def _notice(self, rule: Recording) -> None:
        self.is_notice_due = False
        key = rule.opt_out_key
        words = f"hears that the call is recorded{f', and {key} keeps it from that' if key else ''}"
        self._tell("message", rule.announcement or "", words)

    def _schedule(self, id: str) -> Destination:
        schedule = next(s for s in self.office.schedules if s.id == id)
        found = turn(self.office, schedule, self.asked.at, self.switches)
        words = f"{schedule.name}, {found.why}: goes to {named(self.office, found.to)}"
        self._tell("schedule", id, words)
        return found.to

    def _menu(self, entered: Menu) -> Destination:
        keys = [
            f"{digit} {named(self.office, to)}" for digit, to in sorted(entered.options.items())
        ]
        offered = f": {', '.join(keys)}" if keys else ""
        self._tell("menu", entered.id, f"hears the menu {entered.name}{offered}")
        run = menu.Run(entered, dialled_by_callers(self.office))
        go = self._talk(run, menu.Go)
        self.keys = go.rest + self.keys
        self.asks[by_menu(entered.id)] = go.asks
        self._tell("menu", entered.id, f"{go.why}: goes to {named(self.office, go.to)}")
        return go.to

    def _question(self, asked: Question) -> Destination:
        found = self._talk(question.Run(asked), question.Collected)
        to = asked.then if found.digits else asked.otherwise or asked.then
        entered = f"enters {found.digits}" if found.digits else "enters nothing usable"
        words = f"is asked for the {asked.name}, {entered}: goes to {named(self.office, to)}"
        self._tell("question", asked.id, words)
        return to

    def _directory(self, entered: Directory) -> Destination:
        people = directory.listed(self.office, entered)
        found = self._talk(directory.Run(entered, people), directory.Led)
        words = f"may dial a name of {len(people)} in the directory {entered.name}, {found.why}"
        self._tell("directory", entered.id, f"{words}: goes to {named(self.office, found.to)}")
        return found.to

    def _talk(self, run: _Run, ended: type[Ended]) -> Ended:
        """Press the keys there are, then do nothing, until the core has come to an end."""
        event: Event = Begin()
        for _ in range(MOST_EVENTS):
            for command in run.advance(event):
                if isinstance(command, ended):
                    return command
                if isinstance(command, Speak):
                    self.path.language = command.language
            event = self._next_event(run)
        raise AssertionError(f"{run.name} has not ended")

    def _next_event(self, run: _Run) -> Event:
        if self.keys:
            key, self.keys = self.keys[0], self.keys[1:]
            return Pressed(key)
        return PromptEnded() if run.state.name in _SPEAKS else TimedOut()

    def _queue(self, queue: Queue) -> Destination | None:
        if (words := self._closed(queue)) is not None:
            to = queue.on_closed or queue.on_empty
            self._tell("queue", queue.id, f"{words}: goes to {named(self.office, to)}")
            return to
        first = f", before callers of a priority below {self.path.priority}"
        words = f"waits in the queue {queue.name}{self._for_whom(queue)}"
        words += first if self.path.priority else ""
        if (owner := self._name(self.path.owner)) and queue.sticky_s:
            words += f", for {owner} first"
        ways = [*self._callback(queue), *_causes(self.office, queue)]
        self._tell("queue", queue.id, f"{words}; {'; '.join(ways)}")
        return None

    def _for_whom(self, queue: Queue) -> str:
        """Whom the caller waits for, and how that falls."""
        office, path = self.office, self.path
        asked = asked_in(office, queue, path.language, self.asks)
        path.skills = merged(queue, asked)
        words = for_whom(path.skills, office.skills.words)
        every_s, least = queue.skills_lower_every_s, queue.skills_lower_to
        if words and every_s:
            end = f"never below {least}" if least else "in the end anybody will do"
            words += f", one level less every {every_s} s, {end}"
        return words

    def _callback(self, queue: Queue) -> Iterator[str]:
        """What they may have instead of waiting."""
        office, rule = self.office, queue.callback
        has_line = any(line.may_dial_out and line.is_enabled for line in office.lines)
        if not rule.is_offered or not has_line:
            return
        own = may_be_called(rule, office.site.country, self.asked.number)
        if not own and not rule.may_key_number:
            yield "no callback: this number is not called back"
            return
        where = "" if own else ", at a number they enter,"
        told = f", as is said after {rule.offer_after_s} s" if rule.offer_after_s else ""
        yield f"with key {rule.key} at any time{told}: is called back{where} and keeps the place"

    def _closed(self, queue: Queue) -> str | None:
        """Why nobody may join a queue at this hour; None: they may."""
        schedule = next((s for s in self.office.schedules if s.id == queue.hours), None)
        if schedule is None:
            return None
        now = state_of(self.office, schedule, self.asked.at, self.switches)
        why = now.why.removeprefix("closed: ")
        words = f"the queue {queue.name} is closed by {schedule.name}: {why}"
        return None if now.is_open else words

    def _person(self, person: Extension) -> Destination | None:
        self.trail = (*self.trail, person.number)
        match before(self.office, person, False, self.trail):
            case Ring():
                who = f"{person.name} ({person.number})"
                words = f"rings {who} for {person.ring_s} s{self._unanswered(person)}"
                self._tell("extension", person.number, words)
            case Forward(to, number, words):
                self._tell("extension", person.number, words)
                return self._forwarded(to, number)
            case stop:
                self._tell("extension", person.number, f"{stop.words}: the call ends")
        return None

    def _forwarded(
        self, to: ToExtension | ToLine | ToQueue | ToMenu, number: str
    ) -> Destination | None:
        match to:
            case ToExtension(person):
                return Destination(to="extension", id=person.number)
            case ToQueue(queue):
                return Destination(to="queue", id=queue.id)
            case ToMenu(entered):
                return Destination(to="menu", id=entered.id)
            case ToLine(digits):
                self._tell("outside", number, f"dials {digits} outside")
        return None

    def _unanswered(self, person: Extension) -> str:
        ways = [
            f"; if {when}: forwarded to {target}"
            for when, target in (
                ("busy", person.forward_busy),
                ("nobody answers", person.forward_no_answer),
            )
            if target
        ]
        return "".join(ways)

    def _name(self, extension: str) -> str:
        return next((e.name for e in self.office.extensions if e.number == extension), "")


class _State(Protocol):
    @property
    def name(self) -> str: ...


class _Run(Protocol):
    """A core of firmware.ivr."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> _State: ...
    def advance(
        self, event: Event
    ) -> Sequence[Step | menu.Go | question.Collected | directory.Led]: ...


_SPEAKS: Final = frozenset({"GREETING", "ASKING", "READING", "LISTING", "NAMING"})
"""States in which a prompt plays."""


def _causes(office: Office, queue: Queue) -> Iterator[str]:
    """Where the queue sends callers whom nobody takes."""
    yield f"after {queue.max_wait_s} s: {named(office, queue.on_timeout)}"
    yield f"with {queue.max_waiting} waiting already: {named(office, queue.on_full)}"
    yield f"with nobody logged in: {named(office, queue.on_empty)}"
