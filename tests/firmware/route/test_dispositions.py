"""How calls ended in the agents' words: of which call, told how, and what of the wrap-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware.acd.agent import Presence, Work
from firmware.config.dispositions import Disposition, Notes
from firmware.config.schema import Office
from firmware.records.before_start import BeforeStart
from firmware.records.dispositions import Disposed
from firmware.records.messages import CallId, EventRow, StayRow
from firmware.route.dispositions import (
    KEPT,
    HandledCalls,
    NoQueueCall,
    NoSuchDisposition,
    chosen,
)
from firmware.route.dispositions_task import Dispositions
from hal.leg import Answered, Cause, Digit, HangupBy, Released

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
LIST = (
    Disposition(code=1, name="Order taken", is_resolved=True),
    Disposition(code=2, name="Calls again", is_resolved=False),
    Disposition(code=99, name="Wrong number"),
)


# -- which call ------------------------------------------------------------------------------------


def test_the_last_call_or_one_of_the_last_few() -> None:
    handled = HandledCalls()
    for n in range(KEPT + 1):
        handled.answered("201", CallId(f"c{n}"), "sales")
    handled.answered("202", CallId("other"), "help")
    assert handled.find("201").call == "c6"
    assert handled.find("201", "c1").call == "c1"
    assert (handled.find("202").call, handled.find("202").queue) == ("other", "help")
    for agent, call in (("201", "c0"), ("201", "other"), ("203", "")):
        with pytest.raises(NoQueueCall):
            handled.find(agent, call)


def test_a_call_that_comes_back_is_the_last_one_and_nothing_is_set() -> None:
    handled = HandledCalls()
    handled.answered("201", CallId("a"), "sales").set = LIST[0]
    handled.answered("201", CallId("b"), "sales")
    handled.answered("201", CallId("a"), "help")
    found = handled.find("201")
    assert (found.call, found.queue, found.set) == ("a", "help", None)


def test_who_has_left_the_office_has_no_calls() -> None:
    handled = HandledCalls()
    handled.answered("201", CallId("a"), "sales")
    handled.answered("202", CallId("b"), "sales")
    handled.keep_only(frozenset({"202"}))
    assert handled.last("201") is None
    assert handled.find("202").call == "b"


def test_only_what_fits_the_queue_may_be_set(office: Office) -> None:
    assert chosen(office, "sales", 99) == LIST[2]
    assert chosen(office, "help", 1) == LIST[0]
    assert chosen(office, "help", 0) is None
    with pytest.raises(NoSuchDisposition, match=r"no disposition 99 .* expected one of 1 \(Order"):
        chosen(office, "help", 99)
    with pytest.raises(NoSuchDisposition, match="expected a list of them in the settings first"):
        chosen(Office(), "sales", 1)


# -- in the office ---------------------------------------------------------------------------------


class Day:
    """An office whose agents note how calls end; a caller for Anna (201)."""

    def __init__(self, branch: Any, office: Office) -> None:
        self.branch = branch
        branch.attendant.configure(office)
        self.dispositions: Dispositions = branch.attendant.dispositions
        self.anna = branch.queues.core.agents["201"]

    def rings(self, caller: Any) -> Any:
        """The caller waits in Sales and talks with Anna; her leg."""
        self.branch.ring(caller).far(Digit("1", "inband"))
        leg = self.branch.last
        leg.far(Answered())
        return leg

    @property
    def told(self) -> list[EventRow]:
        return [e for e in self.branch.events if e.kind == "call.disposition"]


@pytest.fixture
def office(branch: Any) -> Office:
    before: Office = branch.desk.office
    sales, help_ = before.queues
    return before.model_copy(
        update={
            "dispositions": LIST,
            "queues": (sales, help_.model_copy(update={"notes": Notes(dispositions=(1, 2))})),
        }
    )


@pytest.fixture
def ending(office: Office) -> Office:
    """The same; the wrap-up of Sales ends with a disposition."""
    sales, other = office.queues
    noting = sales.model_copy(update={"notes": Notes(end_wrap_up=True)})
    return office.model_copy(update={"queues": (noting, other)})


async def test_it_is_told_in_the_call_s_story(branch: Any, office: Office, alice: Any) -> None:
    day = Day(branch, office)
    day.rings(alice)
    day.dispositions.note("201", 2)
    day.dispositions.note("201", 1)
    day.dispositions.note("201", 1)
    day.dispositions.note("201", 0, by="Olga")
    (call,) = {e.call for e in day.told}
    assert call in branch.attendant.visits
    assert [e.text for e in day.told] == [
        "Anna (201) noted how the call ended: Calls again (2)",
        "Anna (201) noted how the call ended: Order taken (1), instead of Calls again",
        "Anna (201) noted how the call ended: Order taken (1)",
        "Olga for Anna (201) took back how the call ended: Order taken (1)",
    ]
    assert day.told[1].data == {
        "code": 1, "name": "Order taken", "is_resolved": True, "queue": "sales", "agent": "201",
        "by": "201",
    }  # fmt: skip
    assert day.told[3].data["code"] == 0


async def test_after_the_call_and_by_its_name(branch: Any, office: Office, alice: Any) -> None:
    day = Day(branch, office)
    first = day.rings(alice)
    call = next(iter(branch.attendant.visits))
    first.far(BYE)
    branch.queues.ready("201")
    day.rings(alice)
    assert day.dispositions.note("201", 99, call=call).set == LIST[2]
    assert day.told[-1].call == call
    last = day.dispositions.last("201")
    assert last is not None
    assert (last.call != call, last.set) == (True, None)
    with pytest.raises(NoQueueCall, match="201 has not had call nobody-s since"):
        day.dispositions.note("201", 1, call="nobody-s")
    assert len(day.told) == 1


async def test_the_wrap_up_goes_on_unless_the_queue_says_so(
    branch: Any, office: Office, alice: Any
) -> None:
    day = Day(branch, office)
    day.rings(alice).far(BYE)
    day.dispositions.note("201", 1)
    assert day.anna.work is Work.WRAP_UP


async def test_the_wrap_up_ends_with_it(branch: Any, ending: Office, alice: Any) -> None:
    day = Day(branch, ending)
    day.rings(alice).far(BYE)
    assert day.anna.work is Work.WRAP_UP
    day.dispositions.note("201", 0)
    assert day.anna.work is Work.WRAP_UP
    day.dispositions.note("201", 1)
    assert (day.anna.work, day.anna.presence) == (Work.FREE, Presence.READY)


async def test_who_wanted_a_pause_has_it(branch: Any, ending: Office, alice: Any) -> None:
    day = Day(branch, ending)
    day.rings(alice).far(BYE)
    branch.queues.pause("201", "lunch")
    day.dispositions.note("201", 1)
    assert (day.anna.shown, day.anna.reason) == ("paused", "lunch")


async def test_set_while_talking_it_leaves_no_wrap_up(
    branch: Any, ending: Office, alice: Any
) -> None:
    day = Day(branch, ending)
    leg = day.rings(alice)
    day.dispositions.note("201", 1)
    assert day.anna.shown == "on_call"
    leg.far(BYE)
    assert day.anna.shown == "ready"
    day.rings(alice).far(BYE)
    assert day.anna.shown == "wrap_up"  # of the next call nothing is noted


async def test_of_an_earlier_call_it_does_not_end_this_one_s(
    branch: Any, ending: Office, alice: Any
) -> None:
    day = Day(branch, ending)
    day.rings(alice).far(BYE)
    branch.queues.ready("201")
    earlier = day.dispositions.last("201")
    day.rings(alice).far(BYE)
    assert earlier is not None
    day.dispositions.note("201", 1, call=earlier.call)
    assert day.anna.work is Work.WRAP_UP


async def test_after_a_restart_the_calls_of_before_are_known(
    branch: Any, ending: Office, alice: Any
) -> None:
    day = Day(branch, ending)
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def stay(call: str, agent: str, minute: int) -> StayRow:
        moment = at + timedelta(minutes=minute)
        return StayRow(CallId(call), 1, "sales", moment, decided_at=moment, agent=agent)

    stays = (stay("late", "201", 9), stay("early", "201", 1), stay("lost", "", 3),
             stay("hers", "202", 2), stay("gone", "299", 2))  # fmt: skip
    noted = {"early": Disposed(2, "Calls again", False, "201", at),
             "hers": Disposed(1, "Order taken", True, "203", at)}  # fmt: skip
    day.dispositions.resume(BeforeStart(stays=stays), noted)
    last = day.dispositions.last("201")
    assert last is not None
    assert (last.call, last.set) == ("late", None)
    assert day.dispositions.note("201", 1, call="early").call == "early"
    assert day.told[-1].text.endswith("Order taken (1), instead of Calls again")
    colleague = day.dispositions.last("202")
    assert colleague is not None
    assert colleague.set is None  # somebody else's word
    assert day.dispositions.last("299") is None
    day.dispositions.resume(None, {})
    assert day.dispositions.last("201") is last
