"""The queue's shell: phones rung, timers kept, the story told, whatever order things come in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any

import pytest

from firmware.acd.messages import Left
from firmware.acd.queue import PATIENCE_S
from firmware.acd.queue_task import Queues
from firmware.call.story import Story
from firmware.config.schema import Destination, Extension, Office, Queue
from firmware.records.before_start import BeforeStart, Wish
from firmware.records.messages import CallId, EventRow
from hal.leg import Answered, Cause, Direction, HangupBy, Kind, Leg, Party, Released
from hal.sip.phones_task import Phones as HalPhones
from hal.switch.errors import SwitchFull

A, B = CallId("a"), CallId("b")
OFFICE = Office(
    extensions=tuple(
        Extension(number=n, name=name, secret=f"secret-{n}")
        for n, name in (("201", "Anna"), ("202", "Ben"))
    ),
    queues=(Queue(id="sales", name="Sales", members=("201", "202"), wrap_up_s=0),),
)
BUSY = Released(Cause.USER_BUSY, HangupBy.PARTY, "486 Busy Here")


class Callers:
    """The callers' side, remembering what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.legs: dict[str, Leg] = {}
        self.gone: set[CallId] = set()
        """Calls that are no more, of which the queue was not told."""

    def party(self, call: CallId) -> Party:
        return Party("0215557788", "Alice Example")

    def offered(self, call: CallId, agent: str) -> None:
        self.told.append(("offered", call, agent))

    def leg(self, call: CallId) -> Any:
        return None if call in self.gone else f"the leg of {call}"

    def withdrawn(self, call: CallId) -> None:
        self.told.append(("withdrawn", call))

    def joined(self, call: CallId, leg: Leg, agent: str) -> None:
        self.told.append(("joined", call, agent))
        self.legs[call] = leg

    def left(self, call: CallId, reason: Left, to: Destination) -> None:
        self.told.append(("left", call, reason.value))


class Phones:
    """Phones that ring, or refuse while they are being dialled."""

    def __init__(self, make_leg: Any) -> None:
        self.make_leg = make_leg
        self.legs: dict[str, Any] = {}
        self.refusing: set[str] = set()
        self.like: dict[str, Any] = {}
        """In whose name each was called."""

    def dial(self, extension: str, caller: Party, *, like: Any = None) -> Any:
        self.like[extension] = like
        leg = self.make_leg(Kind.PHONE, Direction.OUTGOING, caller=caller, called=Party(extension))
        self.legs[extension] = leg
        if extension in self.refusing:
            leg.far(BUSY)
        return leg


class Bench:
    """Two agents at work and everything around them."""

    def __init__(self, make_leg: Any) -> None:
        self.callers, self.phones = Callers(), Phones(make_leg)
        self.events: list[EventRow] = []
        story = Story(self.events.append)
        self.at = datetime(2026, 3, 1, 21, 59, tzinfo=UTC)
        loop = asyncio.get_running_loop()
        self.queues = Queues(self.phones, self.callers, story, loop, lambda: self.at)
        self.queues.configure(OFFICE)
        for agent in ("201", "202"):
            self.queues.reachable(agent, True)
            self.queues.log_in(agent)

    def shown(self, agent: str) -> str:
        return self.queues.core.agents[agent].shown

    def texts(self, kind: str) -> list[str]:
        return [event.text for event in self.events if event.kind == kind]


@pytest.fixture
async def bench(make_leg: Any) -> Bench:
    return Bench(make_leg)


async def test_an_agent_who_answers_is_joined(bench: Bench) -> None:
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    assert bench.callers.told == [("offered", A, "201"), ("joined", A, "201")]
    assert bench.phones.like == {"201": f"the leg of {A}"}
    assert bench.callers.legs[A] is bench.phones.legs["201"]
    assert bench.texts("queue.answered") == ["Anna (201) answered after 0.0 s in the queue Sales"]


async def test_a_phone_that_refuses_at_once_passes_the_call_on(bench: Bench) -> None:
    bench.phones.refusing = {"201"}
    bench.queues.offer(A, "sales")
    assert bench.callers.told == [("offered", A, "201"), ("withdrawn", A), ("offered", A, "202")]
    assert bench.texts("queue.unanswered") == ["Anna (201) did not take the call: 486 Busy Here"]


async def test_both_phones_refusing_waits_and_does_not_hammer(bench: Bench) -> None:
    bench.phones.refusing = {"201", "202"}
    bench.queues.offer(A, "sales")
    assert [told[0] for told in bench.callers.told].count("offered") == 2
    assert bench.queues.core.position(A) == 1


async def test_a_caller_who_gives_up_stops_the_ringing(bench: Bench) -> None:
    bench.queues.offer(A, "sales")
    bench.queues.abandon(A)
    assert bench.phones.legs["201"].told == ["release NO_ANSWER"]
    assert bench.shown("201") == "ready"
    bench.phones.legs["201"]._emit(Answered())  # a late answer of a leg nobody wants any more
    assert ("joined", A, "201") not in bench.callers.told


async def test_what_agents_want_is_told_and_taken_up_again(bench: Bench, make_leg: Any) -> None:
    bench.queues.reachable("205", True)
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    bench.queues.pause("201", "tea")  # shown only after the call
    bench.queues.log_in("202", "205")
    words = bench.texts("agent.wish")[-2:]
    assert words == ["Anna (201) takes no calls (tea)", "Ben (202) takes calls at the phone of 205"]
    at, never = datetime.now(UTC), {"201": "ready", "202": "ready@201", "299": "ready"}
    wishes = (Wish(at, "201", "paused", "tea"), Wish(at, "202", "out"))
    again = Bench(make_leg)
    again.queues.log_out("201")
    again.queues.log_out("202")
    again.queues.resume(BeforeStart(wishes), never)
    assert (again.shown("201"), again.queues.core.agents["201"].reason) == ("paused", "tea")
    assert again.shown("202") == "logged_out"
    another = Bench(make_leg)
    another.queues.log_out("201")
    another.queues.resume(None, {"201": "paused"})  # the records cannot be read
    assert another.shown("201") == "paused"


async def test_offers_not_taken_and_promises_kept_are_told_to_be_known_again(
    bench: Bench,
) -> None:
    bench.phones.refusing = {"201"}
    bench.queues.offer(A, "sales")
    bench.queues.core.waiting[A].announced.next(40.0, asyncio.get_running_loop().time())
    assert bench.texts("agent.not_taken") == ["Anna (201) did not take one call"]
    bench.phones.legs["202"].far(Answered())
    [answered] = [event.data for event in bench.events if event.kind == "queue.answered"]
    assert answered["told_s"] == 40.0
    assert 0.0 <= float(str(answered["told_ago_s"])) < 5.0
    bench.queues.log_in("201")
    assert bench.texts("agent.not_taken")[-1] == "Anna (201) is back: calls not taken do not count"


async def test_the_end_of_the_call_frees_the_agent(bench: Bench) -> None:
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    bench.queues.ended(A)
    assert bench.shown("201") == "ready"
    assert bench.texts("agent.state")[-1] == "Anna (201) is ready"


async def test_a_call_picked_up_stops_ringing_without_being_missed(bench: Bench) -> None:
    bench.queues.offer(A, "sales")
    bench.queues.picked_up(A, "299")
    assert bench.phones.legs["201"].told == ["release ANSWERED_ELSEWHERE"]
    assert bench.texts("queue.answered") == ["299 picked it up after 0.0 s in the queue Sales"]
    assert bench.shown("201") == "ready"


async def test_do_not_disturb_comes_with_the_configuration(bench: Bench) -> None:
    quiet = OFFICE.extensions[0].model_copy(update={"do_not_disturb": True})
    bench.queues.configure(OFFICE.model_copy(update={"extensions": (quiet, OFFICE.extensions[1])}))
    bench.queues.offer(A, "sales")
    assert bench.callers.told == [("offered", A, "202")]
    assert bench.texts("agent.state")[-2:] == [
        "Anna (201) is not to be disturbed",
        "Ben (202) is being rung",
    ]


async def test_nobody_logged_in_tells_the_caller_so(bench: Bench) -> None:
    bench.queues.log_out("201")
    bench.queues.log_out("202")
    bench.queues.offer(B, "sales")
    assert bench.callers.told == [("left", B, "empty")]
    assert bench.texts("queue.left") == ["leaves the queue Sales after 0 s: nobody is logged in"]


async def test_a_queue_follows_its_hours(bench: Bench) -> None:
    waits = {"to": "queue", "id": "sales"}
    hours = [{"opens": "08:00", "closes": "17:00"}]
    day = {"id": "day", "name": "Hours", "week": {"mon": hours}, "open": waits}
    document = OFFICE.model_dump(mode="json") | {"schedules": [day]}
    document["queues"][0] |= {"hours": "day", "leave_when_closed": True}
    open_now = {"day": True}
    bench.queues.is_open = open_now.__getitem__
    bench.queues.configure(Office.model_validate(document))
    bench.queues.offer(A, "sales")
    assert bench.callers.told == [("offered", A, "201")]
    open_now["day"] = False
    bench.queues.check()
    assert bench.callers.told[1:] == [("left", A, "closed")]
    assert bench.texts("queue.left") == ["leaves the queue Sales after 0 s: closed at this hour"]
    bench.queues.offer(B, "sales")
    assert bench.callers.told[2:] == [("left", B, "closed")]
    open_now["day"] = True
    bench.queues.offer(CallId("c"), "sales")
    assert bench.callers.told[3:] == [("offered", "c", "201")]


async def test_presences_outlive_a_restart(bench: Bench, make_leg: Any) -> None:
    bench.queues.pause("202", "lunch")
    kept = bench.queues.presences()
    assert kept == {"201": "ready", "202": "paused"}
    again = Bench(make_leg)
    again.queues.log_out("201")
    again.queues.log_out("202")
    again.queues.restore({**kept, "299": "ready"})
    assert (again.shown("201"), again.shown("202")) == ("ready", "paused")


async def test_a_phone_that_cannot_be_rung_by_a_fault_costs_nobody_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dial = bench.phones.dial

    def broken(extension: str, caller: Party, *, like: Any = None) -> Any:
        if extension == "201":
            raise SwitchFull("all 256 ports are open")
        return dial(extension, caller)

    monkeypatch.setattr(bench.phones, "dial", broken)
    bench.queues.offer(A, "sales")
    assert bench.callers.told == [("offered", A, "201"), ("withdrawn", A), ("offered", A, "202")]
    assert bench.texts("queue.unanswered") == [
        "Anna (201) could not be rung: a fault in Callbox; the log of the core says where"
    ]
    assert bench.shown("201") == "ready"
    assert "all 256 ports are open" in caplog.text


async def test_a_caller_who_leaves_while_joining_is_under_way_does_not_wait_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Led from one queue to the next, and gone before the next has heard of it."""

    def left(call: CallId, reason: Left, to: Destination) -> None:
        if call == B:
            bench.queues.log_in("201")
            bench.queues.offer(A, "sales")
            bench.queues.abandon(A)

    monkeypatch.setattr(bench.callers, "left", left)
    bench.queues.log_out("201")
    bench.queues.log_out("202")
    bench.queues.offer(B, "sales")
    assert bench.queues.core.waiting == {}


async def test_a_core_that_fails_on_an_event_is_repaired_and_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench.queues.offer(A, "sales")
    del bench.queues.core.waiting[A]  # what must never be: an agent offered a call that is gone
    bench.queues.pause("201", "lunch")
    assert bench.texts("acd.repaired") == [
        "put right by itself: agent 201 is offered a call that does not wait for them",
        "put right by itself: queue sales: the counts do not add up: "
        "Tally(offered=1, answered=0, abandoned=0, left=0), 0 waiting",
    ]
    bench.queues.offer(B, "sales")
    assert ("offered", B, "202") in bench.callers.told
    assert "queue core" in caplog.text
    assert bench.queues.core.repair(0.0) == []


@pytest.mark.parametrize("rings", [Queue, Extension])
def test_a_phone_rings_as_long_as_the_office_may_set(rings: Any) -> None:
    """The carrier's own limit lies behind the longest that can be set, so that it never decides."""
    longest = next(m.le for m in rings.model_fields["ring_s"].metadata if hasattr(m, "le"))
    assert signature(HalPhones.dial).parameters["timeout_s"].default > longest + PATIENCE_S


# -- several phones for one call -----------------------------------------------------------------


def ring_all(bench: Bench, **fields: Any) -> None:
    """Everybody is rung for a call."""
    rule = OFFICE.queues[0].model_copy(update={"strategy": "ring_all", **fields})
    bench.queues.configure(OFFICE.model_copy(update={"queues": (rule,)}))
    bench.queues.offer(A, "sales")


async def test_the_first_of_several_phones_to_be_picked_up_has_the_call(bench: Bench) -> None:
    ring_all(bench)
    bench.phones.legs["202"].far(Answered())
    bench.phones.legs["201"]._emit(Answered())  # picked up before it heard that it is too late
    assert bench.callers.told[2:] == [("joined", A, "202")]
    assert bench.phones.legs["201"].told == ["release ANSWERED_ELSEWHERE"]
    assert (bench.shown("201"), bench.shown("202")) == ("ready", "on_call")


async def test_the_caller_waits_again_when_the_last_phone_is_silent(bench: Bench) -> None:
    ring_all(bench)
    bench.phones.legs["201"].far(BUSY)
    assert ("withdrawn", A) not in bench.callers.told
    bench.phones.legs["202"].far(BUSY)
    assert bench.callers.told[-1] == ("withdrawn", A)


async def test_a_caller_who_leaves_by_choice_is_sent_there(bench: Bench) -> None:
    bench.queues.offer(A, "sales")
    bench.queues.leave(A, Left.KEY, Destination(to="extension", id="202"))
    assert bench.callers.told[-1] == ("left", A, "key")
    assert bench.phones.legs["201"].told == ["release NO_ANSWER"]
    assert bench.texts("queue.left") == [
        "leaves the queue Sales after 0 s: the caller pressed the way out"
    ]


# -- agents who are asked first ------------------------------------------------------------------


async def test_an_agent_is_asked_whether_they_take_the_call(bench: Bench) -> None:
    asked: list[Any] = []

    def ask(call: CallId, agent: str, leg: Leg, done: Any) -> bool:
        asked.append((call, agent, done))
        return True

    bench.queues.confirmation = ask
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    [(call, agent, done)] = asked
    assert (call, agent, bench.shown("201")) == (A, "201", "offered")
    done(False)
    assert bench.phones.legs["201"].told == ["release NORMAL"]
    assert bench.callers.told[-2:] == [("withdrawn", A), ("offered", A, "202")]
    bench.phones.legs["202"].far(Answered())
    _, _, also = asked[-1]
    also(True)
    also(True)
    assert bench.callers.told[-1] == ("joined", A, "202")


async def test_who_hangs_up_while_asked_does_not_take_it(bench: Bench) -> None:
    bench.queues.confirmation = lambda call, agent, leg, done: True
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    bench.phones.legs["201"].far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    assert bench.callers.told[-1] == ("offered", A, "202")


# -- hot desks, days, ghosts ---------------------------------------------------------------------


async def test_the_phone_where_the_agent_sits_is_rung(bench: Bench, make_leg: Any) -> None:
    bench.queues.log_out("201")
    bench.queues.reachable("205", True)
    bench.queues.log_in("202", "205")
    kept = bench.queues.presences()
    bench.queues.offer(A, "sales")
    assert set(bench.phones.legs) == {"205"}
    bench.phones.legs["205"].far(Answered())
    assert bench.callers.told[-1] == ("joined", A, "202")
    again = Bench(make_leg)
    again.queues.restore(kept)
    assert (kept, again.queues.core.agents["202"].rings_at) == ({"202": "ready@205"}, "205")


async def test_counts_of_today_begin_at_midnight_of_the_office(bench: Bench) -> None:
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    bench.queues.ended(A)
    bench.queues.check()
    assert bench.queues.core.agents["201"].answered == 1
    bench.at += timedelta(minutes=1)  # 00:00 in Johannesburg
    bench.queues.check()
    assert bench.queues.core.agents["201"].answered == 0


async def test_a_call_that_is_no_more_keeps_no_agent(bench: Bench) -> None:
    """Its end was lost by a fault elsewhere: put right by itself, and told."""
    bench.queues.offer(A, "sales")
    bench.phones.legs["201"].far(Answered())
    bench.queues.offer(B, "sales")
    bench.queues.check()
    assert (bench.shown("201"), bench.shown("202")) == ("on_call", "offered")
    bench.callers.gone = {A, B}
    bench.queues.check()
    assert (bench.shown("201"), bench.shown("202")) == ("ready", "ready")
    assert bench.texts("acd.repaired") == [
        "put right by itself: waited without a caller",
        "put right by itself: talked without a caller",
    ]


async def test_skills_come_with_the_configuration(bench: Bench) -> None:
    ben = OFFICE.extensions[1].model_copy(update={"skills": {"french": 3}})
    rule = OFFICE.queues[0].model_copy(update={"skills": {"french": 2}})
    people = (OFFICE.extensions[0], ben)
    bench.queues.configure(OFFICE.model_copy(update={"extensions": people, "queues": (rule,)}))
    bench.queues.offer(A, "sales")
    assert bench.callers.told == [("offered", A, "202")]
