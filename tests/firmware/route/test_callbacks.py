"""Callers who are called back instead of waiting, with stand-in carriers."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware.config.callback import CallbackRule
from firmware.config.places import Schedule
from firmware.config.schema import Comfort, Destination, Menu
from firmware.ivr.briefing import ANSWER_S
from firmware.ivr.callback import UNDER_WAY, State
from firmware.records.lost import State as LostState
from firmware.records.store import Records
from firmware.route.attend_task import Attendant
from firmware.route.callback_numbers import may_be_called, to_dial
from firmware.route.callback_task import CannotCallBack, NoSuchCallback
from firmware.voice.built_in import BEEP, BUILT_IN, queue_name
from hal.leg import Answered, Cause, Digit, HangupBy, Kind, Party, Released
from hal.leg import State as LegState
from hal.switch.face import Played

GONE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
BUSY = Released(Cause.USER_BUSY, HangupBy.PARTY, "busy tone for 2 cycles")
ALICE, BOB = "0215557788", "0215550001"
RULE = CallbackRule(is_offered=True, rest_s=60, expires_s=3600, ring_s=40)


class Office:
    """A branch whose queue Sales calls back; Anna (201) is its only agent."""

    def __init__(self, branch: Any) -> None:
        self.branch = branch
        names = [p.id for p in (*BUILT_IN, queue_name("Sales"))]
        sounds = {(name, "en"): name.encode() for name in names}
        branch.desk.audio.shelf.stock(sounds | {("hello", "en"): b"h", (BEEP, ""): b"beep"})
        self.configure()

    def configure(self, comfort: Comfort | None = None, **more: Any) -> None:
        branch = self.branch
        sales, *others = branch.desk.office.queues
        rule = RULE.model_copy(update={k: more.pop(k) for k in list(more) if hasattr(RULE, k)})
        more |= {"callback": rule, "comfort": comfort or Comfort()}
        queues = (sales.model_copy(update=more), *others)
        branch.desk.office = branch.desk.office.model_copy(update={"queues": queues})
        attendant = branch.attendant = Attendant(branch.desk)
        branch.queues, self.callbacks = attendant.queues, attendant.callbacks
        for agent in ("201", "204"):
            branch.queues.reachable(agent, True)
        branch.queues.log_in("201")
        self.busy()

    def busy(self, is_busy: bool = True) -> None:
        """Anna is on another call."""
        self.branch.queues.phone_busy("201", is_busy)

    def waits(self, number: str) -> Any:
        """A caller in the queue Sales."""
        caller = self.branch.ring(Party(number))
        caller.far(Digit("1", "rfc4733"))
        return caller

    def presses(self, leg: Any, keys: str) -> None:
        for digit in keys:
            leg.far(Digit(digit, "rfc4733"))

    def hears(self, leg: Any) -> str:
        sound = self.branch.switch.plays[leg.port]
        if sound == self.branch.music:
            return "music"
        return str(self.branch.switch.sounds[sound].lstrip(b"\xd5").decode())

    def listens(self, leg: Any) -> None:
        sound = self.branch.switch.plays[leg.port]
        self.branch.desk.audio.played(Played(leg.port, sound))

    def takes_one(self, number: str) -> None:
        """A caller waits, takes a callback to their own number, and is gone."""
        caller = self.waits(number)
        self.presses(caller, "21")
        assert self.hears(caller) == "box-callback-taken"
        self.listens(caller)
        assert caller.state is LegState.RELEASED

    def called_back(self, number: str = ALICE) -> Any:
        """Anna is free, and the number was dialled."""
        self.busy(False)
        return self.dialled(number)

    def dialled(self, number: str) -> Any:
        self.branch.loop.pass_by(1.1)
        leg = self.branch.last
        assert leg.called.number == number
        return leg

    def kinds(self) -> list[str]:
        return [k for k in self.branch.kinds() if k.startswith(("callback.", "queue.left"))]

    def kept(self) -> dict[str, State]:
        return {n: one.state for n, one in self.callbacks.book.open.items()}


@pytest.fixture
async def office(branch: Any) -> Office:
    return Office(branch)


async def test_a_callback_from_the_key_to_the_talk(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    (first,) = branch.rows
    left = next(e for e in branch.events if e.kind == "queue.left")
    assert (left.data["reason"], first.outcome.value) == ("callback", "overflowed")
    branch.loop.pass_by(120)
    assert branch.rung == []  # Anna is busy, and nobody overtakes

    alice = office.called_back()
    alice.far(Answered())
    assert office.hears(alice) == "box-callback-here"
    office.presses(alice, "1")
    assert office.hears(alice) == "music"
    anna = branch.last
    assert (anna.called.number, anna.caller) == ("201", Party(ALICE, f"Callback {ALICE}"))
    anna.far(Answered())
    assert branch.hear(alice, anna)
    assert office.kept() == {}
    anna.far(GONE)
    branch.loop.pass_by(20)
    assert branch.is_empty()
    row = branch.rows[-1]
    assert (row.direction, row.outcome.value, row.called) == ("outgoing", "answered", ALICE)
    assert (row.agent, row.ended_by, row.queue) == ("201", "agent", "sales")
    assert office.kinds() == [
        "callback.asked",
        "callback.taken",
        "queue.left",
        "callback.dialled",
        "callback.answered",
        "callback.confirmed",
        "callback.done",
    ]


async def test_nothing_is_offered_where_it_is_off(office: Office, branch: Any) -> None:
    office.configure(is_offered=False)
    caller = office.waits(ALICE)
    branch.loop.pass_by(100)
    office.presses(caller, "2")
    assert office.hears(caller) == "music"
    caller.far(GONE)
    assert branch.is_empty()


async def test_it_is_offered_by_the_wait(office: Office, branch: Any) -> None:
    caller = office.waits(ALICE)
    branch.loop.pass_by(60)
    assert office.hears(caller) == "box-callback-offer"
    caller.far(GONE)
    branch.loop.pass_by(60)
    assert branch.is_empty()


async def test_an_agent_who_answers_cuts_the_question_off(office: Office, branch: Any) -> None:
    caller = office.waits(ALICE)
    office.presses(caller, "2")
    assert office.hears(caller) == "box-callback-at"
    office.busy(False)
    anna = branch.last
    anna.far(Answered())
    assert branch.hear(caller, anna)
    assert caller.port not in branch.switch.plays
    office.presses(caller, "1")
    assert office.kept() == {}
    caller.far(GONE)
    branch.loop.pass_by(20)
    assert branch.is_empty()


async def test_a_withheld_number_is_keyed_in(office: Office, branch: Any) -> None:
    caller = office.waits("")
    (visit,) = branch.attendant.visits.values()
    visit.call.collected["customer number"] = "4711"
    office.presses(caller, "2")
    assert office.hears(caller) == "box-callback-number"
    office.presses(caller, f"{BOB}#")
    assert office.hears(caller) == "box-you-entered"
    office.presses(caller, "1")
    assert list(office.kept()) == [BOB]
    assert BOB in branch.texts()
    office.listens(caller)
    bob = office.called_back(BOB)
    bob.far(Answered())
    office.presses(bob, "1")
    assert branch.last.caller == Party(BOB, f"Callback {BOB} 4711")
    branch.attendant.end_all("the end")


async def test_the_place_is_kept_against_live_callers(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    branch.loop.pass_by(10)
    later = office.waits(BOB)
    alice = office.dialled(ALICE)  # first in line, and Bob would overtake her for ever
    alice.far(Answered())
    office.presses(alice, "1")
    office.busy(False)
    anna = branch.last
    anna.far(Answered())
    assert branch.hear(alice, anna)
    assert office.hears(later) == "music"
    branch.attendant.end_all("the end")
    branch.loop.pass_by(20)
    assert branch.is_empty()


async def test_two_callbacks_are_fair_against_who_waits(office: Office, branch: Any) -> None:
    """Alice, a live caller, Bob: in the order in which they came, with one agent."""
    office.takes_one(ALICE)
    branch.loop.pass_by(5)
    live = office.waits("0215550009")
    branch.loop.pass_by(5)  # Alice is dialled: the live caller would overtake her
    alice = branch.last
    office.takes_one(BOB)
    served = list[str]()
    alice.far(Answered())
    office.presses(alice, "1")
    office.busy(False)
    for _ in range(3):
        branch.loop.pass_by(2)
        if branch.last.called.number == BOB:
            bob = branch.last
            bob.far(Answered())
            office.presses(bob, "1")
        anna = branch.last
        served.append(anna.caller.number)
        anna.far(Answered())
        anna.far(GONE)
        branch.queues.ready("201")
    assert served == [ALICE, "0215550009", BOB]
    assert live.state is LegState.RELEASED
    assert office.kept() == {}


async def test_one_free_agent_of_two_queues_is_not_promised_twice(
    office: Office, branch: Any
) -> None:
    sales, help_ = branch.desk.office.queues
    both = (sales, help_.model_copy(update={"members": ("201",), "callback": RULE}))
    branch.desk.office = branch.desk.office.model_copy(update={"queues": both})
    office.configure()
    office.callbacks.add(ALICE, "sales", "", "boss")
    office.callbacks.add(BOB, "help", "", "boss")
    office.busy(False)
    branch.loop.pass_by(5)
    assert [leg.called.number for leg in branch.rung] == [ALICE]
    branch.last.far(BUSY)
    office.dialled(BOB)
    branch.attendant.end_all("the end")


async def test_an_earlier_caller_goes_first(office: Office, branch: Any) -> None:
    bob = office.waits(BOB)
    branch.loop.pass_by(5)
    office.takes_one(ALICE)
    office.busy(False)
    branch.loop.pass_by(5)
    assert [leg.called.number for leg in branch.rung] == ["201"]  # for Bob
    bob.far(GONE)
    branch.attendant.end_all("the end")


async def test_who_is_busy_is_tried_again_and_then_given_up(office: Office, branch: Any) -> None:
    office.configure(tries=2)
    office.takes_one(ALICE)
    office.called_back().far(BUSY)
    assert office.kept() == {ALICE: State.RESTING}
    assert "not reached (busy tone for 2 cycles): tried again in 1 min" in branch.texts()
    assert branch.rows[-1].outcome.value == "busy"
    rung = len(branch.rung)
    branch.loop.pass_by(58)
    assert len(branch.rung) == rung
    branch.loop.pass_by(3)
    assert len(branch.rung) == rung + 1
    branch.loop.pass_by(40)  # nobody answers
    assert branch.last.state is LegState.RELEASED
    assert office.kept() == {}
    assert "not reached in 2 tries" in branch.texts()
    assert branch.is_empty()


async def test_who_is_never_reached_is_a_lost_caller(office: Office, branch: Any) -> None:
    office.configure(tries=1)
    office.takes_one(ALICE)
    alice = office.called_back()
    alice.far(Answered())  # a machine
    for _ in range(3):
        office.listens(alice)
        office.listens(alice)
        branch.loop.pass_by(ANSWER_S)
    records = Records("sqlite://")
    records.write([*branch.events, *branch.rows])
    (entry,) = records.lost(datetime(2000, 1, 1, tzinfo=UTC))
    records.close()
    assert (entry.number, entry.state, entry.callback_tries) == (ALICE, LostState.TRIED, 1)
    assert entry.call == branch.rows[0].id
    assert entry.last_call == branch.rows[1].id


async def test_an_answering_machine_is_not_put_through(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    alice = office.called_back()
    alice.far(Answered())
    for _ in range(3):
        office.listens(alice)
        office.listens(alice)
        branch.loop.pass_by(ANSWER_S)
    assert alice.state is LegState.RELEASED
    assert office.kept() == {ALICE: State.RESTING}
    assert "nobody pressed 1" in branch.texts()
    assert branch.agent() == "ready"


async def test_who_needs_it_no_more_says_so(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    alice = office.called_back()
    alice.far(Answered())
    office.presses(alice, "2")
    assert office.hears(alice) == "box-callback-ended"
    office.listens(alice)
    assert (office.kept(), branch.is_empty()) == ({}, True)


async def test_hanging_up_while_being_asked_or_waiting(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    alice = office.called_back()
    alice.far(Answered())
    alice.far(GONE)
    assert office.kept() == {ALICE: State.RESTING}
    branch.loop.pass_by(61)
    again = branch.last
    again.far(Answered())
    office.presses(again, "1")
    again.far(GONE)
    assert office.kept() == {ALICE: State.RESTING}
    assert "queue.abandoned" in branch.kinds()
    assert branch.is_empty()


async def test_agents_who_log_out_meanwhile(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    branch.queues.log_out("201")
    office.busy(False)
    branch.loop.pass_by(100)
    assert branch.rung == []
    branch.queues.log_in("201")
    alice = office.dialled(ALICE)
    alice.far(Answered())
    branch.queues.log_out("201")
    office.presses(alice, "1")  # the queue is empty now
    assert alice.state is LegState.RELEASED
    assert office.kept() == {ALICE: State.RESTING}
    assert branch.is_empty()


async def test_a_line_is_kept_back_when_all_are_taken(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    branch.free = []
    office.busy(False)
    branch.loop.pass_by(3)
    assert branch.kinds().count("callback.no_line") == 1
    branch.free = [1]
    phone = branch.phone("202", "0" + BOB)
    assert phone.state is LegState.RELEASED  # not for others
    office.dialled(ALICE)
    assert branch.desk.reserved_lines == set()
    branch.attendant.end_all("the end")


async def test_its_own_line_is_kept_back_while_others_are_free(office: Office, branch: Any) -> None:
    office.configure(lines=(2,))
    office.takes_one(ALICE)
    branch.free = [1]
    office.busy(False)
    branch.loop.pass_by(3)
    branch.free = [1, 2]
    branch.phone("202", "0" + BOB)
    assert "dials 0215550001 on line 1" in branch.texts()  # usually the highest
    office.dialled(ALICE)
    branch.attendant.end_all("the end")


async def test_lines_are_left_for_callers(office: Office, branch: Any) -> None:
    office.configure(keep_lines_free=1)
    office.takes_one(ALICE)
    branch.free = [2]
    office.busy(False)
    branch.loop.pass_by(3)
    assert branch.rung == []
    branch.free = [1, 2]
    office.dialled(ALICE)
    branch.attendant.end_all("the end")


async def test_once_per_number(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    since = office.callbacks.book.open[ALICE].held_since
    branch.loop.pass_by(30)
    office.takes_one("+27" + ALICE[1:])
    assert list(office.kept()) == [ALICE]
    assert office.callbacks.book.open[ALICE].held_since == since


async def test_who_calls_again_has_the_place_and_needs_no_callback(
    office: Office, branch: Any
) -> None:
    office.takes_one(ALICE)
    branch.loop.pass_by(5)
    bob = office.waits(BOB)
    office.dialled(ALICE).far(BUSY)  # she is on the telephone
    alice = office.waits(ALICE)
    branch.loop.pass_by(70)
    assert alice.state is LegState.ANSWERED  # is not dialled while she waits
    office.busy(False)
    anna = branch.last
    anna.far(Answered())
    assert branch.hear(alice, anna)
    assert office.kept() == {}
    assert "no callback is needed any more" in branch.texts()
    bob.far(GONE)
    branch.attendant.end_all("the end")


async def test_asked_for_by_somebody_who_talks_with_them(office: Office, branch: Any) -> None:
    alice = office.waits(ALICE)
    office.busy(False)
    branch.last.far(Answered())
    branch.loop.pass_by(30)
    office.callbacks.add(ALICE, "sales", "", "Anna")
    alice.far(GONE)
    assert list(office.kept()) == [ALICE]
    branch.loop.pass_by(11)  # Anna's wrap-up: nearly free
    assert branch.last.called.number == ALICE
    branch.attendant.end_all("the end")


async def test_it_expires(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    branch.loop.pass_by(3601)
    assert office.kept() == {}
    assert f"callback to {ALICE}: too late for it: it has expired" in branch.texts()
    assert branch.loop.timers == []
    assert [one.state for one, _ in office.callbacks.in_line()] == [State.GIVEN_UP]
    again = office.callbacks.as_json()
    office.configure()
    office.callbacks.restore(again)
    assert [one.state for one, _ in office.callbacks.in_line()] == [State.GIVEN_UP]
    office.waits(ALICE)
    office.busy(False)
    branch.last.far(Answered())
    assert office.callbacks.in_line() == []
    branch.attendant.end_all("the end")


async def test_nobody_is_called_out_of_hours(office: Office, branch: Any) -> None:
    day = Schedule(
        id="day", name="Hours", week={}, open=Destination(to="queue", id="sales")
    )  # never open
    branch.desk.office = branch.desk.office.model_copy(update={"schedules": (day,)})
    office.configure()
    office.takes_one(ALICE)
    office.busy(False)
    branch.loop.pass_by(60)
    assert branch.rung == []
    branch.attendant.days.set("day", True, "boss")
    office.dialled(ALICE)
    branch.attendant.end_all("the end")


async def test_by_hand(office: Office, branch: Any) -> None:
    office.callbacks.add(ALICE, "sales", "Alice", "boss")
    with pytest.raises(CannotCallBack, match="expected 7 to 15 digits"):
        office.callbacks.add("112", "sales", "", "boss")
    with pytest.raises(CannotCallBack, match="'help' has no callbacks: expected one of sales"):
        office.callbacks.add(BOB, "help", "", "boss")
    bob = office.waits(BOB)
    assert [(one.number, place) for one, place in office.callbacks.in_line()] == [(ALICE, 1)]
    alice = office.dialled(ALICE)  # Bob would overtake
    office.callbacks.cancel(ALICE, "boss")
    assert alice.state is LegState.RELEASED
    assert office.kept() == {}
    with pytest.raises(NoSuchCallback, match=f"no callback to '{ALICE}'"):
        office.callbacks.cancel(ALICE, "boss")
    bob.far(GONE)
    assert branch.is_empty()


async def test_numbers_that_the_office_does_not_pay_for(office: Office, branch: Any) -> None:
    office.configure(numbers=("021*", "+27835550001"))
    for number, is_good in ((ALICE, True), ("0835550001", True), ("0900123456", False)):
        rule = branch.desk.office.queues[0].callback
        assert may_be_called(rule, "ZA", number) is is_good


@pytest.mark.parametrize(
    ("number", "dialled"),
    [(ALICE, ALICE), ("+27215557788", ALICE), ("+442079460000", "00442079460000")],
)
def test_a_plus_cannot_be_dialled(number: str, dialled: str) -> None:
    assert to_dial(number, "ZA") == dialled


async def test_a_restart_forgets_no_callback(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    alice = office.called_back()  # dialled when the box goes down
    kept = json.loads(json.dumps(office.callbacks.as_json()))
    since = office.callbacks.book.open[ALICE].held_since
    branch.attendant.end_all("the box is being stopped")
    assert alice.state is LegState.RELEASED
    office.configure()
    office.callbacks.restore([*kept, {"number": 5}, "garbage", {**kept[0], "state": "odd"}])
    (one,) = office.callbacks.book.open.values()
    assert (one.number, one.state, one.tries) == (ALICE, State.KEPT, 0)
    assert one.held_since == pytest.approx(since, abs=1)
    office.called_back()
    branch.attendant.end_all("the end")


async def test_a_clock_that_is_set_back_makes_nobody_expire(office: Office, branch: Any) -> None:
    office.takes_one(ALICE)
    (kept,) = office.callbacks.as_json()
    ahead = datetime.fromisoformat(str(kept["asked_at"])) + timedelta(days=20)
    office.configure()
    office.callbacks.restore([{**kept, "asked_at": ahead.isoformat()}])
    branch.loop.pass_by(2)
    assert list(office.kept()) == [ALICE]


@pytest.mark.parametrize("seed", range(12))
async def test_random_days_leave_nothing_behind(office: Office, branch: Any, seed: int) -> None:
    """Whatever callers, agents and lines do: one call for one number, nothing told to be a fault,
    and at the end no callback, no line, no timer."""
    dice = random.Random(seed)
    office.configure(tries=3, rest_s=30, expires_s=1200, keep_lines_free=seed % 2)
    numbers = [f"02155500{n:02}" for n in range(12)]
    callers = list[Any]()

    def lives(leg: Any) -> bool:
        return leg.state is not LegState.RELEASED

    def step() -> None:
        outside = [x for x in (*callers, *branch.rung) if lives(x)]
        leg: Any = dice.choice(outside) if outside else None
        match dice.randrange(11):
            case 0 | 1 if len(callers) < 60:
                callers.append(office.waits(dice.choice([*numbers, ""])))
            case 2 if leg in callers:
                office.presses(leg, dice.choice(("2", "21", "22", "*", numbers[0] + "#1")))
            case 3 | 4 if leg in branch.rung and leg.state is not LegState.ANSWERED:
                leg.far(Answered())
            case 5 | 6 if leg in branch.rung and leg.state is LegState.ANSWERED:
                office.presses(leg, dice.choice("1112"))
            case 7 if leg is not None:
                leg.far(dice.choice((GONE, BUSY)))
            case 8:
                branch.free = dice.choice(([], [1], [2], [1, 2]))
            case 9:
                dice.choice((branch.queues.log_in, branch.queues.log_out))("201")
            case _:
                office.busy(dice.random() < 0.5)

    for _ in range(300):
        step()
        branch.loop.pass_by(dice.choice((0, 0.5, 2, 10)))
        dialled = [x.called.number for x in branch.rung if lives(x) and x.kind is Kind.LINE]
        assert len(set(dialled)) == len(dialled)
        under_way = [n for n, s in office.kept().items() if s in UNDER_WAY]
        assert set(under_way) <= set(dialled)
    assert "callback.taken" in branch.kinds()
    branch.queues.log_out("201")
    for leg in (*callers, *branch.rung):
        if lives(leg):
            leg.far(GONE)
    branch.loop.pass_by(3000)
    assert office.kept() == {}
    assert branch.is_empty()
    assert not [text for text in branch.texts().splitlines() if "fault" in text]


async def test_a_queue_that_is_taken_out_takes_its_callbacks_along(
    office: Office, branch: Any
) -> None:
    office.takes_one(ALICE)
    menus = (Menu(id="main", name="Main", greeting="hello"),)
    gone = {"queues": branch.desk.office.queues[1:], "menus": menus}
    branch.attendant.configure(branch.desk.office.model_copy(update=gone))
    assert office.kept() == {}
    assert "its queue was taken out of the settings" in branch.texts()
