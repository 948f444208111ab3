"""Pick-up, intercom and codes, dialled at phones with stand-in carriers."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.acd.agent import Work
from firmware.config.check import Problem
from firmware.config.dispositions import Disposition
from firmware.config.errors import ConfigError, InvalidOffice
from firmware.config.schema import Office
from firmware.records.messages import Outcome
from firmware.route.attend_task import Attendant
from firmware.voice.built_in import BEEP, BUILT_IN, disposition_name
from hal.leg import Answered, Cause, Digit, HangupBy, Party, Released, State, TransferAsked
from hal.switch.errors import SwitchFull
from hal.switch.face import Played

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


class Wishes:
    """Takes every wish, and grants it when told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.is_full = False
        self.done: Any = None

    def ask(self, extension: str, fields: Any, what: str, done: Any) -> bool:
        self.asked.append((extension, dict(fields)))
        self.done = done
        return not self.is_full

    def change(self, extension: str, edit: Any, what: str, done: Any) -> bool:
        self.asked.append((extension, {"edit": edit, "what": what}))
        self.done = done
        return not self.is_full


class Desk:
    """A branch whose phones can set things, and whose box can speak."""

    def __init__(self, branch: Any) -> None:
        self.branch, self.wishes = branch, Wishes()
        sounds = {(p.id, "en"): p.id.encode() for p in BUILT_IN} | {(BEEP, ""): b"beep"}
        branch.desk.audio.shelf.stock(sounds | {("hello", "en"): b"h"})
        attendant = branch.attendant = Attendant(branch.desk, wishes=self.wishes)
        branch.queues = attendant.queues
        for agent in ("201", "204"):
            branch.queues.reachable(agent, True)

    def people(self, **fields: dict[str, Any]) -> None:
        """Change people: `e201={...}`."""
        people = tuple(
            e.model_copy(update=fields.get(f"e{e.number}", {}))
            for e in self.branch.desk.office.extensions
        )
        self.branch.attendant.configure(
            self.branch.desk.office.model_copy(update={"extensions": people})
        )

    def group(self, *members: str, name: str = "front") -> None:
        self.people(**{f"e{n}": {"pickup_group": name} for n in members})

    def said(self, phone: Any) -> list[str]:
        """Every sentence until the box hangs up."""
        heard = []
        while phone.state is not State.RELEASED:
            sound = self.branch.switch.plays[phone.port]
            heard.append(self.branch.switch.sounds[sound].lstrip(b"\xd5").decode())
            self.branch.desk.audio.played(Played(phone.port, sound))
        return heard


@pytest.fixture
async def desk(branch: Any) -> Desk:
    return Desk(branch)


# -- codes that set something ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialled", "fields", "said"),
    [
        ("*72203", {"forward_always": "203"}, ["box-forward-always", "2", "0", "3"]),
        ("*73", {"forward_always": ""}, ["box-forward-off"]),
        ("*90203", {"forward_busy": "203"}, ["box-forward-busy", "2", "0", "3"]),
        ("*92203", {"forward_no_answer": "203"}, ["box-forward-no-answer", "2", "0", "3"]),
        ("*78", {"do_not_disturb": True}, ["box-dnd-on"]),
        ("*79", {"do_not_disturb": False}, ["box-dnd-off"]),
        ("*70", {"call_waiting": True}, ["box-waiting-on"]),
    ],
)
async def test_what_is_set_is_said_once_it_is_in_force(
    desk: Desk, dialled: str, fields: dict[str, Any], said: list[str]
) -> None:
    phone = desk.branch.phone("202", dialled)
    assert desk.wishes.asked == [("202", fields)]
    assert phone.state is State.OFFERED
    desk.wishes.done(None)
    assert [word.removeprefix("box-digit-") for word in desk.said(phone)] == said
    desk.branch.is_empty()


async def test_a_number_that_cannot_be_is_said_digit_by_digit(desk: Desk) -> None:
    phone = desk.branch.phone("202", "*72299")
    wrong = Problem("extensions/202/forward_always", "299 is no number here")
    desk.wishes.done(InvalidOffice([wrong]))
    assert desk.said(phone) == ["box-number-wrong", "box-digit-2", "box-digit-9", "box-digit-9"]
    assert "299 is no number here" in desk.branch.texts()


async def test_what_cannot_be_stored_now(desk: Desk) -> None:
    phone = desk.branch.phone("202", "*78")
    desk.wishes.done(ConfigError("the medium is full"))
    assert desk.said(phone) == ["box-not-saved"]
    desk.wishes.is_full = True
    assert desk.said(desk.branch.phone("202", "*78")) == ["box-not-saved"]
    assert desk.said(desk.branch.phone("202", "*72")) == ["box-number-missing"]


async def test_who_hangs_up_before_it_is_stored_hurts_nobody(desk: Desk) -> None:
    phone = desk.branch.phone("202", "*78")
    phone.far(BYE)
    desk.wishes.done(None)
    desk.branch.is_empty()


async def test_a_code_there_is_not(desk: Desk) -> None:
    assert desk.said(desk.branch.phone("202", "*99")) == ["box-no-such-code"]
    assert "there is no code *99" in desk.branch.texts()


@pytest.mark.parametrize(
    ("dialled", "said", "state"),
    [
        (["*51"], "box-logged-in", "ready"),
        (["*51", "*52"], "box-logged-out", "logged_out"),
        (["*51", "*53"], "box-paused", "paused"),
        (["*51", "*53", "*54"], "box-ready", "ready"),
        (["*45"], "box-logged-in", "ready"),
        (["*45", "*45204"], "box-logged-out", "logged_out"),
        (["*45", "*46"], "box-paused", "paused"),
        (["*45", "*46", "*46"], "box-ready", "ready"),
        (["*53"], "box-logged-out", "logged_out"),
    ],
)
async def test_agents_by_phone(desk: Desk, dialled: list[str], said: str, state: str) -> None:
    for code in dialled:
        heard = desk.said(desk.branch.phone("204", code))
    assert heard == [said]
    assert desk.branch.agent("204") == state


@pytest.mark.parametrize(("extend_s", "said"), [(60, "box-more-time"), (0, "box-no-more-time")])
async def test_more_time_for_notes(desk: Desk, alice: Party, extend_s: int, said: str) -> None:
    office = desk.branch.desk.office
    queues = [q.model_copy(update={"wrap_up_extend_s": extend_s}) for q in office.queues]
    desk.branch.attendant.configure(office.model_copy(update={"queues": tuple(queues)}))
    desk.branch.queues.log_in("201")
    desk.branch.ring(alice).far(Digit("1", "inband"))
    anna = desk.branch.last
    anna.far(Answered())
    anna.far(BYE)
    agent = desk.branch.queues.core.agents["201"]
    before = agent.deadline
    assert desk.said(desk.branch.phone("201", "*55")) == [said]
    assert agent.deadline == before + extend_s
    assert agent.work is Work.WRAP_UP


async def test_more_time_without_notes(desk: Desk) -> None:
    desk.branch.queues.log_in("204")
    assert desk.said(desk.branch.phone("204", "*55")) == ["box-no-more-time"]
    assert desk.said(desk.branch.phone("202", "*55")) == ["box-in-no-queue"]


async def test_how_a_call_ended_is_noted_by_phone(desk: Desk, alice: Party) -> None:
    noted = disposition_name("Order taken")
    office = desk.branch.desk.office.model_copy(
        update={"dispositions": (Disposition(code=7, name="Order taken"),)}
    )
    desk.branch.attendant.configure(office)
    sounds = {(p.id, "en"): p.id.encode() for p in (*BUILT_IN, noted)} | {(BEEP, ""): b"beep"}
    desk.branch.desk.audio.shelf.stock(sounds | {("hello", "en"): b"h"})
    assert desk.said(desk.branch.phone("201", "*567")) == ["box-no-queue-call"]
    desk.branch.queues.reachable("202", True)
    desk.branch.queues.log_in("201", "202")
    desk.branch.ring(alice).far(Digit("1", "inband"))
    desk.branch.last.far(Answered())
    desk.branch.last.far(BYE)
    at = desk.branch.phone("202", "*567")  # where Anna sits
    assert desk.said(at) == ["box-noted", noted.id]
    told = [e for e in desk.branch.events if e.kind == "call.disposition"]
    assert (told[-1].data["agent"], told[-1].data["code"]) == ("201", 7)
    for wrong in ("*568", "*56100", "*5612345", "*56*7"):
        assert desk.said(desk.branch.phone("202", wrong)) == ["box-no-such-code"]
    assert desk.said(desk.branch.phone("202", "*56")) == ["box-number-missing"]
    assert desk.said(desk.branch.phone("202", "*560")) == ["box-not-noted"]


async def test_queue_codes_of_somebody_else(desk: Desk) -> None:
    assert desk.said(desk.branch.phone("202", "*51")) == ["box-in-no-queue"]
    assert desk.said(desk.branch.phone("202", "*51204")) == ["box-only-your-own"]
    assert desk.branch.agent("204") == "logged_out"


async def test_an_agent_logs_in_at_a_colleagues_phone_with_their_pin(desk: Desk) -> None:
    desk.people(e204={"desk_pin": "4711"})
    desk.branch.queues.reachable("202", True)
    assert desk.said(desk.branch.phone("202", "*51204*4712")) == ["box-only-your-own"]
    assert desk.said(desk.branch.phone("202", "*51204*4711")) == ["box-logged-in"]
    agent = desk.branch.queues.core.agents["204"]
    assert (agent.shown, agent.rings_at) == ("ready", "202")
    assert desk.said(desk.branch.phone("202", "*53")) == ["box-paused"]
    assert agent.shown == "paused"
    assert desk.said(desk.branch.phone("202", "*54204")) == ["box-ready"]
    assert desk.said(desk.branch.phone("202", "*52")) == ["box-logged-out"]
    assert agent.shown == "logged_out"
    kept = desk.branch.texts() + str(desk.branch.rows)
    assert "extension 202 dials *51204*..." in kept
    assert "4711" not in kept
    assert "4712" not in kept


async def test_a_queue_call_rings_where_the_agent_sits(desk: Desk) -> None:
    desk.people(e201={"desk_pin": "4711"})
    desk.branch.queues.reachable("202", True)
    desk.said(desk.branch.phone("202", "*51201*4711"))
    caller = desk.branch.ring(Party("0215557788"))
    caller.far(Digit("1", "inband"))
    assert desk.branch.last.called.number == "202"
    desk.branch.last.far(Answered())
    assert desk.branch.agent("201") == "on_call"
    caller.far(BYE)
    assert desk.branch.rows[-1].agent == "201"
    assert desk.branch.agent("201") != "on_call"


async def test_the_reason_of_a_pause_is_a_key(desk: Desk) -> None:
    office = desk.branch.desk.office.model_copy(update={"pause_reasons": ("Lunch", "Meeting")})
    desk.branch.attendant.configure(office)
    desk.said(desk.branch.phone("204", "*51"))
    assert desk.said(desk.branch.phone("204", "*532")) == ["box-paused"]
    assert desk.branch.queues.core.agents["204"].why == "Meeting"
    assert desk.said(desk.branch.phone("204", "*533")) == ["box-no-such-code"]


async def test_a_sentence_that_is_not_made_yet_is_two_tones(desk: Desk) -> None:
    desk.branch.desk.audio.shelf.stock({(BEEP, ""): b"beep"})
    assert desk.said(desk.branch.phone("204", "*51")) == ["beep"]


async def test_a_fault_while_the_box_speaks_ends_that_call_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SwitchFull("port 7: the audio thread is behind with its commands")

    monkeypatch.setattr(desk.branch.switch, "play", refuse)
    phone = desk.branch.phone("204", "*51")
    assert phone.told == ["release TEMPORARY_FAILURE"]
    assert desk.branch.agent("204") == "ready"
    assert desk.branch.attendant.visits == {}


# -- pick-up ---------------------------------------------------------------------------------------


async def test_a_call_ringing_in_the_group(desk: Desk, alice: Party) -> None:
    desk.group("202", "203")
    caller = desk.branch.phone("201", "202")
    rung = desk.branch.last
    taker = desk.branch.phone("203", "*8")
    assert rung.told == ["release ANSWERED_ELSEWHERE"]
    assert (caller.state, taker.state) == (State.ANSWERED, State.ANSWERED)
    assert desk.branch.hear(caller, taker)
    taker.far(BYE)
    (row,) = desk.branch.rows
    assert (row.outcome, row.agent) == (Outcome.ANSWERED, "203")
    assert "picked up by Carla (203) while it rang at Ben (202)" in desk.branch.texts()
    desk.branch.is_empty()


@pytest.mark.parametrize("dialled", ["*8201", "**201"])
async def test_a_queue_call_keeps_its_figures(desk: Desk, alice: Party, dialled: str) -> None:
    desk.branch.queues.log_in("201")
    line = desk.branch.ring(alice)
    line.far(Digit("1", "inband"))
    rung = desk.branch.last
    taker = desk.branch.phone("202", dialled)
    assert rung.told == ["release ANSWERED_ELSEWHERE"]
    assert desk.branch.hear(line, taker)
    tally = desk.branch.queues.core.tallies["sales"]
    assert (tally.offered, tally.answered, tally.abandoned) == (1, 1, 0)
    assert desk.branch.agent("201") == "ready"
    line.far(BYE)
    (row,) = desk.branch.rows
    assert (row.queue, row.agent, row.outcome) == ("sales", "202", Outcome.ANSWERED)
    desk.branch.is_empty()


async def test_an_agent_who_picks_up_is_on_call_and_wraps_up(desk: Desk, alice: Party) -> None:
    for agent in ("201", "204"):
        desk.branch.queues.log_in(agent)
    line = desk.branch.ring(alice)
    line.far(Digit("1", "inband"))
    taker = desk.branch.phone("204", "*8201")
    assert desk.branch.agent("204") == "on_call"
    taker.far(BYE)
    assert (desk.branch.agent("204"), desk.branch.agent("201")) == ("wrap_up", "ready")
    desk.branch.is_empty()


async def test_the_second_to_pick_up_is_told_so(desk: Desk) -> None:
    desk.group("202", "203", "204")
    desk.branch.phone("201", "202")
    desk.branch.phone("203", "*8")
    assert desk.said(desk.branch.phone("204", "*8")) == ["box-nothing-rings"]


@pytest.mark.parametrize(
    ("groups", "dialled", "said"),
    [
        ({}, "*8", "box-nothing-rings"),
        ({"202": "a", "203": "b"}, "*8", "box-nothing-rings"),
        ({"202": "a", "203": "b"}, "*8202", "box-not-your-group"),
        ({"202": "a"}, "**202", "box-not-your-group"),
        ({}, "*8299", "box-nothing-rings"),
    ],
)
async def test_what_may_not_be_picked_up(
    desk: Desk, groups: dict[str, str], dialled: str, said: str
) -> None:
    desk.people(**{f"e{n}": {"pickup_group": group} for n, group in groups.items()})
    desk.branch.phone("201", "202")
    rung = desk.branch.last
    assert desk.said(desk.branch.phone("203", dialled)) == [said]
    assert rung.told == []


async def test_a_lamp_key_takes_the_ringing_leg_itself(desk: Desk, alice: Party) -> None:
    desk.branch.queues.log_in("201")
    line = desk.branch.ring(alice)
    line.far(Digit("1", "inband"))
    taker = desk.branch.phone("202", "201", replaces=desk.branch.last.id)
    assert desk.branch.hear(line, taker)


async def test_a_lamp_key_of_another_group_is_refused(desk: Desk) -> None:
    desk.people(e202={"pickup_group": "a"}, e203={"pickup_group": "b"})
    desk.branch.phone("201", "202")
    rung = desk.branch.last
    taker = desk.branch.phone("203", "202", replaces=rung.id)
    assert (taker.told, rung.told) == (["release REJECTED"], [])


@pytest.mark.parametrize("asker_hangs_up", [False, True])
async def test_a_call_that_rings_because_it_is_transferred(
    desk: Desk, alice: Party, asker_hangs_up: bool
) -> None:
    desk.branch.queues.log_in("201")
    line = desk.branch.ring(alice)
    line.far(Digit("1", "inband"))
    anna = desk.branch.last
    anna.far(Answered())
    anna.far(TransferAsked("202"))
    rung = desk.branch.last
    if asker_hangs_up:
        anna.far(BYE)
    taker = desk.branch.phone("203", "*8202")
    assert rung.told == ["release ANSWERED_ELSEWHERE"]
    assert anna.state is State.RELEASED
    assert desk.branch.hear(line, taker)
    assert desk.branch.agent("201") == "wrap_up"
    line.far(BYE)
    desk.branch.is_empty()


async def test_a_parked_call_that_is_rung_back(desk: Desk, alice: Party) -> None:
    desk.branch.queues.log_in("201")
    line = desk.branch.ring(alice)
    line.far(Digit("1", "inband"))
    anna = desk.branch.last
    anna.far(Answered())
    anna.far(TransferAsked("70"))
    anna.far(BYE)
    desk.branch.loop.pass_by(120)
    taker = desk.branch.phone("203", "**201")
    assert desk.branch.hear(line, taker)
    assert desk.branch.last.told == ["release ANSWERED_ELSEWHERE"]


@pytest.mark.parametrize("slot", ["71", "**71"])
async def test_a_lamp_key_of_a_slot(desk: Desk, slot: str) -> None:
    caller, ben = desk.branch.talk("201", "202")
    ben.far(TransferAsked("70"))
    taker = desk.branch.phone("203", slot)
    assert desk.branch.hear(caller, taker)


async def test_the_caller_is_gone_when_it_is_picked_up(desk: Desk) -> None:
    caller = desk.branch.phone("201", "202")
    caller.far(BYE)
    assert desk.said(desk.branch.phone("203", "*8202")) == ["box-nothing-rings"]
    desk.branch.is_empty()


# -- intercom --------------------------------------------------------------------------------------


async def test_intercom(desk: Desk) -> None:
    phone = desk.branch.phone("201", "*80202")
    assert desk.branch.last.called.number == "202"
    desk.branch.last.far(Answered())
    assert desk.branch.hear(phone, desk.branch.last)
    phone.far(BYE)
    desk.branch.is_empty()


@pytest.mark.parametrize(
    ("dialled", "said"),
    [
        ("*80", ["box-number-missing"]),
        ("*80299", ["box-number-wrong", "box-digit-2", "box-digit-9", "box-digit-9"]),
        ("*80202", ["box-colleague-busy"]),
        ("*80204", ["box-do-not-disturb"]),
    ],
)
async def test_intercom_that_is_not_possible(desk: Desk, dialled: str, said: list[str]) -> None:
    desk.people(e204={"do_not_disturb": True})
    desk.branch.talk("202", "203")
    rung = len(desk.branch.rung)
    assert desk.said(desk.branch.phone("201", dialled)) == said
    assert len(desk.branch.rung) == rung


async def test_intercom_to_a_phone_that_is_away(desk: Desk) -> None:
    phone = desk.branch.phone("201", "*80202")
    desk.branch.last.far(Released(Cause.SUBSCRIBER_ABSENT, HangupBy.FAULT, "no phone"))
    assert desk.said(phone) == ["box-colleague-away"]
    desk.branch.is_empty()


async def test_an_office_without_anybody_to_ask_sets_nothing(branch: Any) -> None:
    assert isinstance(branch.desk.office, Office)
    phone = branch.phone("202", "*78")
    assert phone.state is State.RELEASED
    assert "nothing more can be now" in branch.texts()
