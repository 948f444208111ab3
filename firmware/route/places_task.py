"""Places where a caller is without a person: menus, queues, messages, and the way into them.

The middle of a `Visit`, on `Seats`. Shell of ivr.menu and acd.queue for one caller.
Left out: ringing people, and how a call ends: visit_task.py.

Tests: tests/firmware/route/test_attend.py.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

from firmware.acd.expected_wait import Range
from firmware.acd.messages import Left
from firmware.acd.queue_task import Queues
from firmware.call.call import Call, Stage
from firmware.config.places import Question
from firmware.config.schema import HANG_UP, Destination, Menu, Queue
from firmware.config.subscriber import subscriber
from firmware.ivr import directory
from firmware.ivr.dialogue_task import Dialogue
from firmware.ivr.mailbox import Message
from firmware.ivr.mailbox_task import HearingVisit
from firmware.ivr.menu_task import MenuVisit
from firmware.ivr.notice_task import Notice
from firmware.ivr.question import Collected
from firmware.ivr.question import Run as QuestionRun
from firmware.ivr.voicemail_task import MessageVisit, Speaker
from firmware.ivr.waiting_task import WaitingVisit
from firmware.route.asking import asked_in, by_menu
from firmware.route.decide import is_announced_before, is_recording_announced, turn
from firmware.route.desk import Desk
from firmware.route.numbers import dialled_by_callers
from firmware.route.seats_task import Seats, bounded
from hal.leg import Cause, State

WAYS: Final = 20
"""Most places a caller is led through without a key: the configuration has no loops, so more is a
fault, and the caller is let go rather than led round for ever."""


class ByName(Dialogue[directory.Led]):
    """A caller in a directory. Letters typed are no secret, unlike what questions ask for."""


class Place(Protocol):
    """Where a caller presses keys: a menu, a mailbox."""

    def pressed(self, digit: str) -> None: ...
    def leave(self) -> None: ...


class Places(Seats):
    """Where the caller is led."""

    def __init__(self, desk: Desk, queues: Queues, call: Call) -> None:
        super().__init__(desk, queues, call)
        self._menu: Place | None = None
        self._ways = 0
        self._was_told = False
        """That the call is recorded."""

    @abstractmethod
    def ring_person(self, extension: str) -> None:
        """Ring somebody, or go where they forward calls to."""

    @abstractmethod
    def turn_away(self, why: str, cause: Cause) -> None:
        """The call cannot go where it was led to."""

    @abstractmethod
    def hang_up(self, why: str, cause: Cause = Cause.NORMAL) -> None:
        """End the call from our side."""

    # -- where the caller goes -----------------------------------------------------------------

    @bounded
    def go(self, to: Destination, why: str) -> None:
        """Lead the caller to a destination."""
        if self.call.stage is Stage.ENDED:
            return
        self.leave_menu()
        self._ways += 1
        if self._ways > WAYS:
            self.tell("route.loop", f"led through {WAYS} places without end: let go")
            to = HANG_UP
        if self._is_notice_due and is_announced_before(self.desk.office, to):
            return self._give_notice(to, why)
        place = self.desk.name_of(to)
        self.tell("route.to", f"{why}: goes to {place}", to=to.to, id=to.id)
        match to.to:
            case "menu":
                self._enter_menu(to.id)
            case "queue":
                self._enter_queue(to.id)
            case "message":
                self._hear_message(to.id)
            case "voicemail":
                self._leave_message(to.id)
            case "schedule":
                self._by_the_hour(to.id)
            case "question":
                self._enter_question(to.id)
            case "directory":
                self._enter_directory(to.id)
            case "extension":
                self.ring_person(to.id)
            case "hangup":
                self.turn_away("the way ends here", Cause.NORMAL)

    def answer(self) -> None:
        """The box answers the caller, if it has not."""
        if self.call.caller.state in (State.OFFERED, State.ALERTED):
            self.call.caller.answer()
            self.call.answer(self.now)
            self.tell("call.answered", "the box answered")
            if not self._is_notice_due:
                self._record_from_the_answer()

    def _record_from_the_answer(self) -> None:
        if self.desk.office.recording.scope == "whole_call":
            self.record()

    def record(self) -> None:
        """The recording begins, if it has not."""
        if self.desk.office.recording.is_enabled and not self.call.is_not_recorded:
            self.desk.tapes.start(self.call, self.now)

    # -- before the first place ----------------------------------------------------------------

    @property
    def _is_notice_due(self) -> bool:
        """The caller is still to hear that calls are recorded."""
        is_announced = is_recording_announced(self.desk.office)
        return is_announced and not self._was_told and self.call.direction == "incoming"

    def _give_notice(self, to: Destination, why: str) -> None:
        self.moves_on()
        self._was_told = True
        port = self.call.caller.port
        if port is None:
            return self.go(to, why)
        self.call.enter(Stage.MESSAGE, self.now)
        self.tell("recording.announced", "hears that the call is recorded")
        ended = partial(self._noticed, to, why)
        audio, language = self.desk.audio, self.call.language
        notice = self._menu = Notice(
            self.desk.office.recording, port, language, audio, self._opts_out, ended
        )
        notice.begin()

    @bounded
    def _noticed(self, to: Destination, why: str, keys: str) -> None:
        self._record_from_the_answer()
        self.go(to, why)
        self._type_ahead(keys)

    def _opts_out(self) -> None:
        self.call.is_not_recorded = True
        self.tell("recording.refused", "does not want the call to be recorded")

    def _type_ahead(self, keys: str) -> None:
        """Keys that were pressed before the place they are for was reached."""
        for digit in keys:
            self.press_in_menu(digit)

    # -- places --------------------------------------------------------------------------------

    def arrived(self) -> None:
        """The caller talks with somebody: was not led in circles."""
        self._ways = 0

    def moves_on(self) -> None:
        """The caller is led to a place without a person."""
        self.leave_place()
        self.answer()

    def _enter_menu(self, menu_id: str) -> None:
        self.moves_on()
        menu = next((m for m in self.desk.office.menus if m.id == menu_id), None)
        port = self.call.caller.port
        if menu is None or port is None:
            return self.turn_away(f"menu {menu_id} is not there any more", Cause.UNALLOCATED)
        self.call.enter(Stage.MENU, self.now)
        self.tell("menu.entered", f"hears the menu {menu.name}", menu=menu.id)
        visit = self._menu = MenuVisit(
            menu,
            port,
            self.call.language,
            self.desk.audio,
            self.desk.loop,
            self.go,
            self.fail,
            numbers=dialled_by_callers(self.desk.office),
            speaks=self._speaks,
            typed_ahead=self._type_ahead,
            served=partial(self._served, menu),
            asks=partial(self._asks, menu),
        )
        visit.begin()

    def _served(self, menu: Menu, key: str) -> None:
        """The menu marks the key as what callers had called for."""
        self.tell("menu.served", f"found it behind key {key}", menu=menu.id, key=key)

    def _asks(self, menu: Menu, skills: Mapping[str, int]) -> None:
        """What was chosen in a menu before counts no more."""
        self.call.asks[by_menu(menu.id)] = skills

    def _speaks(self, language: str) -> None:
        self.call.language = language
        self.tell("call.language", f"chose the language {language}", language=language)

    def _by_the_hour(self, id: str) -> None:
        """Where the opening hours lead now."""
        office, days = self.desk.office, self.desk.days
        schedule = next((s for s in office.schedules if s.id == id), None)
        if schedule is None or days is None:
            return self.turn_away(f"the hours {id} are not there any more", Cause.UNALLOCATED)
        found = turn(office, schedule, days.clock(), days.switches)
        self.go(found.to, f"{schedule.name}, {found.why}")

    def _enter_question(self, id: str) -> None:
        self.moves_on()
        question = next((q for q in self.desk.office.questions if q.id == id), None)
        port = self.call.caller.port
        if question is None or port is None:
            return self.turn_away(f"question {id} is not there any more", Cause.UNALLOCATED)
        self.call.enter(Stage.MENU, self.now)
        self.tell("question.asked", f"is asked for the {question.name}", question=id)
        run, found = QuestionRun(question), partial(self._collected, question)
        language, audio, loop = self.call.language, self.desk.audio, self.desk.loop
        self.converse(Dialogue(run, port, language, audio, loop, found, self.fail))

    def _enter_directory(self, id: str) -> None:
        self.moves_on()
        office, port = self.desk.office, self.call.caller.port
        entered = next((d for d in office.directories if d.id == id), None)
        if entered is None or port is None:
            return self.turn_away(f"directory {id} is not there any more", Cause.UNALLOCATED)
        self.call.enter(Stage.MENU, self.now)
        words = f"may dial a name in the directory {entered.name}"
        self.tell("directory.entered", words, directory=id)
        run = directory.Run(entered, directory.listed(office, entered))
        language, audio, loop = self.call.language, self.desk.audio, self.desk.loop
        self.converse(ByName(run, port, language, audio, loop, self._found_by_name, self.fail))

    def _found_by_name(self, found: directory.Led) -> None:
        self.go(found.to, found.why)

    def converse(self, dialogue: Dialogue[Any]) -> None:
        """The caller's keys are for this from now on."""
        self._menu = dialogue
        dialogue.begin()

    def _collected(self, question: Question, found: Collected) -> None:
        """The digits are for the record and for who takes the call, not for the log."""
        count = len(found.digits)
        if not count:
            self.tell("question.unanswered", f"entered no {question.name}", question=question.id)
            return self.go(question.otherwise or question.then, f"no {question.name}")
        self.call.collected[question.name] = found.digits
        self.tell(
            "question.answered",
            f"entered the {question.name} ({count} digits)",
            question=question.id,
            name=question.name,
            value=found.digits,
        )
        self.go(question.then, f"entered the {question.name}")

    def _enter_queue(self, queue_id: str) -> None:
        self.moves_on()
        queue = next((q for q in self.desk.office.queues if q.id == queue_id), None)
        port = self.call.caller.port
        if queue is None or port is None:
            return self.turn_away(f"queue {queue_id} is not there any more", Cause.UNALLOCATED)
        self.is_nobodys()
        self.call.queue_up(queue_id, self.now)
        callbacks, place = self.desk.callbacks, self.call.place
        if callbacks is not None and place is None:
            place = callbacks.place_of(self.call.party.number, queue_id)
        waiting = self._menu = WaitingVisit(
            queue,
            port,
            self.call.language,
            self.desk.audio,
            self.desk.loop,
            self._outlook,
            partial(self._leave_queue, queue),
            self.tell,
            self.fail,
            callbacks.offer(self.call, queue) if callbacks is not None else None,
            is_welcome=self.call.place is None,
        )
        self.call.place = None  # of this queue; another one to which they are handed on is not it
        waiting.begin()
        self.queues.offer(
            self.call.id,
            queue_id,
            number=subscriber(self.call.party.number, self.desk.office.site.country),
            priority=self.call.priority,
            skills=asked_in(self.desk.office, queue, self.call.language, self.call.asks),
            owner=self.call.owner,
            place=place,
        )

    def _outlook(self) -> tuple[int, Range | None]:
        """The caller's place, and how long it will probably be."""
        return self.queues.core.outlook(self.call.id, self.now)

    def _leave_queue(self, queue: Queue) -> None:
        self.queues.leave(self.call.id, Left.KEY, queue.comfort.on_exit)

    def _hear_message(self, prompt: str) -> None:
        self.moves_on()
        port = self.call.caller.port
        self.call.enter(Stage.MESSAGE, self.now)
        ended = partial(self.hang_up, "the message has ended")
        if port is None or not self.desk.audio.play(port, prompt, self.call.language, ended):
            ended()

    def _leave_message(self, mailbox: str) -> None:
        self.moves_on()
        port, mailboxes = self.call.caller.port, self.desk.mailboxes
        box = mailboxes.box(mailbox) if mailboxes is not None else None
        if mailboxes is None or box is None or port is None:
            return self.turn_away(f"mailbox {mailbox} is not there any more", Cause.UNALLOCATED)
        self.is_nobodys()
        self.call.enter(Stage.MESSAGE, self.now)
        call = self.call
        visit = self._menu = MessageVisit(
            box,
            mailboxes,
            Speaker(call.id, self.who(call.caller), call.at(self.now)),
            port,
            call.language,
            self.desk.audio,
            self.desk.loop,
            self.tell,
            self.hang_up,
            self.fail,
        )
        visit.begin()

    @bounded
    def hear_messages(self, messages: list[Message]) -> None:
        """A person of the office hears their voice messages."""
        self.moves_on()
        port, mailboxes = self.call.caller.port, self.desk.mailboxes
        if mailboxes is None or port is None:
            return self.turn_away("there are no voice messages here", Cause.UNALLOCATED)
        self.call.enter(Stage.MESSAGE, self.now)
        self.call.is_served = True
        self.tell("voicemail.heard", f"hears voice messages: {len(messages)} are there")
        visit = self._menu = HearingVisit(
            messages,
            mailboxes,
            port,
            self.call.language,
            self.desk.audio,
            self.desk.loop,
            self.hang_up,
            self.fail,
        )
        visit.begin()

    # -- in a place ----------------------------------------------------------------------------

    @property
    def is_in_menu(self) -> bool:
        """The caller's keys are for a menu or a mailbox."""
        return self._menu is not None

    def press_in_menu(self, digit: str) -> None:
        """The caller presses a key."""
        self._ways = 0
        if self._menu is not None:
            if isinstance(self._menu, MenuVisit | ByName):  # questions' digits are told when whole
                self.call.digits += digit
                self.tell("menu.key", f"pressed {digit}", digit=digit, digits=self.call.digits)
            self._menu.pressed(digit)

    def leave_menu(self) -> None:
        """No prompt of it, no timer any more."""
        menu, self._menu = self._menu, None
        if menu is not None:
            menu.leave()

    def leave_place(self) -> None:
        """Out of a menu, or away from a sound: its end must not lead the call on."""
        self.leave_menu()
        self.bridge.talk()
        if self.call.caller.port is not None:
            self.desk.audio.quiet(self.call.caller.port)
