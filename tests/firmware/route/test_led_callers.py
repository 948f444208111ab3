"""Callers led by their number, by the hour, by what they press and enter; with stand-ins for legs
and switch. The same stories run through real parts in tests/scenarios/test_routes.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware.config.schema import Office
from firmware.config.validate import office_from
from hal.leg import Answered, Cause, Digit, Direction, HangupBy, Kind, Party, Released, State
from hal.switch.face import Played

ALICE = Party("0215557788", "Alice")
BOB = Party("0311234567", "Bob")
OPEN = datetime(2026, 3, 2, 10, tzinfo=UTC)  # Monday noon in Johannesburg
EVENING = datetime(2026, 3, 2, 18, tzinfo=UTC)
HOURS = [{"opens": "08:00", "closes": "17:00"}]
WEEK = dict.fromkeys(("mon", "tue"), HOURS)


def to(kind: str, id: str = "") -> dict[str, str]:
    return {"to": kind, "id": id}


class House:
    """The branch office with more to lead callers by."""

    def __init__(self, branch: Any) -> None:
        self.branch, self.at = branch, OPEN
        branch.attendant.days.clock = lambda: self.at
        branch.attendant._clock = lambda: self.at
        shelf = branch.desk.audio.shelf
        names = ("hello", "night", "ask", "law", "opinion", "thanks", "box-not-recorded")
        shelf.stock({(name, "en"): name.encode() for name in names} | {("hello", "af"): b"hallo"})
        self.set()

    def set(self, **more: Any) -> Office:
        document = self.branch.desk.office.model_dump(mode="json")
        document["lines"] = [
            {"number": 1, "name": "Main", "destination": to("schedule", "day")},
            {"number": 2, "name": "Other", "destination": to("menu", "main")},
        ]
        document["prompts"] = [
            {"id": id, "name": id, "texts": {"en": id}}
            for id in ("hello", "night", "ask", "law", "opinion", "thanks")
        ]
        document["menus"][0] |= {
            "dial_extensions": True,
            "languages": {"8": "af"},
            "options": {"1": to("queue", "sales"), "3": to("question", "who")},
        }
        document["questions"] = [
            {"id": "who", "name": "customer number", "prompt": "ask", "then": to("queue", "sales"),
             "confirm": False}
        ]  # fmt: skip
        document["schedules"] = [
            {"id": "day", "name": "Hours", "week": WEEK, "open": to("menu", "main"),
             "closed": to("message", "night")}
        ]  # fmt: skip
        office = office_from(document | more)
        self.branch.attendant.configure(office)
        return office

    def ring(self, caller: Party, line: int = 1) -> Any:
        leg = self.branch.make_leg(Kind.LINE, Direction.INCOMING, caller=caller)
        self.branch.attendant.line_offered(leg, line)
        return leg

    def press(self, leg: Any, keys: str) -> None:
        for key in keys:
            leg.far(Digit(key, "inband"))

    def hears(self, leg: Any) -> str:
        sound = self.branch.switch.plays.get(leg.port)
        return "" if sound is None else self.branch.switch.sounds[sound].lstrip(b"\xd5").decode()

    def to_its_end(self, leg: Any) -> None:
        self.branch.desk.audio.played(Played(leg.port, self.branch.switch.plays[leg.port]))

    @property
    def call(self) -> Any:
        (visit,) = self.branch.attendant.visits.values()
        return visit.call


@pytest.fixture
def house(branch: Any) -> House:
    return House(branch)


def test_by_day_the_menu_by_night_the_message(house: House) -> None:
    assert house.hears(house.ring(ALICE)) == "hello"
    house.at = EVENING
    assert house.hears(house.ring(BOB)) == "night"
    assert "Hours, closed: Monday, open 08:00 to 17:00: goes to the message night" in (
        house.branch.texts()
    )


def test_closed_by_a_code_on_any_phone_and_open_again(house: House) -> None:
    house.branch.phone("202", "*28")
    assert house.hears(house.ring(ALICE)) == "night"
    assert "schedule.switched" in house.branch.kinds()
    house.branch.phone("203", "*28")
    assert house.hears(house.ring(BOB)) == "hello"
    house.branch.phone("203", "*287")
    assert "no opening hours behind *287" in house.branch.texts()


def test_a_number_with_its_own_way_language_and_agent(house: House) -> None:
    rule = {"id": "vip", "name": "the best", "numbers": ["0215*"], "language": "af",
            "destination": to("menu", "main"), "priority": 7, "owner": "202"}  # fmt: skip
    house.set(callers={"rules": [rule]})
    house.at = EVENING
    line = house.ring(ALICE)
    assert house.hears(line) == "hallo"
    assert (house.call.priority, house.call.owner) == (7, "202")
    assert "calls on Main, is one of the best: goes to the menu Main" in house.branch.texts()


def test_a_number_counts_in_whatever_form_the_line_delivers_it(house: House) -> None:
    queue = house.branch.desk.office.queues[0].model_dump(mode="json") | {"sticky_s": 60}
    rule = {"id": "vip", "name": "the best", "numbers": ["0215557788"], "priority": 7,
            "destination": to("queue", "sales")}  # fmt: skip
    house.set(callers={"rules": [rule]}, queues=[queue])
    first = house.ring(Party("+27215557788", "Alice"))
    assert (house.call.priority, house.call.party.number) == (7, "+27215557788")
    house.branch.last.far(Answered())
    first.far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    core = house.branch.queues.core
    assert core.regulars.agent_of("+27215557788", house.branch.loop.now, 60) == "201"
    house.ring(Party("0215557788"))
    assert {w.number for w in core.waiting.values()} == {"+27215557788"}


def test_a_blocked_number_is_not_even_answered_until_it_expires(house: House) -> None:
    entry = {"number": ALICE.number, "proposed_by": "anna", "proposed_at": OPEN.isoformat(),
             "approved_by": "boss", "until": (OPEN + timedelta(days=45)).isoformat(),
             "reason": "shouts"}  # fmt: skip
    house.set(callers={"blacklist": [entry]})
    line = house.ring(ALICE)
    assert line.state is State.RELEASED
    assert house.branch.rows[0].answered_at is None
    assert "0215557788: on the blacklist: shouts" in house.branch.texts()
    house.at = OPEN + timedelta(days=49)
    assert house.hears(house.ring(ALICE)) == "hello"


def test_who_knows_an_extension_dials_it(house: House) -> None:
    line = house.ring(ALICE)
    house.press(line, "202")
    assert house.branch.last.called.number == "202"
    assert house.call.digits == "202"


def test_a_language_is_for_the_rest_of_the_call(house: House) -> None:
    line = house.ring(ALICE)
    house.press(line, "8")
    assert house.hears(line) == "hallo"
    assert house.call.language == "af"


def test_what_is_entered_is_kept_and_shown_to_the_agent_but_not_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    line = house.ring(ALICE)
    house.press(line, "34071#")
    assert house.branch.last.caller == Party("0215557788", "Alice 4071")
    told = next(e for e in house.branch.events if e.kind == "question.answered")
    assert (told.text, told.data["value"]) == ("entered the customer number (4 digits)", "4071")
    assert "4071" not in house.branch.texts()
    assert "4071" not in caplog.text


def test_what_is_entered_is_shown_to_whoever_rings_and_is_handed_the_call(house: House) -> None:
    question = {"id": "who", "name": "customer number", "prompt": "ask", "confirm": False,
                "then": to("extension", "202")}  # fmt: skip
    house.set(questions=[question])
    line = house.ring(ALICE)
    house.press(line, "34071#")
    bens = house.branch.last
    shown = Party("0215557788", "Alice 4071")
    assert (bens.called.number, bens.caller) == ("202", shown)
    bens.far(Answered())
    house.press(bens, "##203#")
    assert (house.branch.last.called.number, house.branch.last.caller) == ("203", shown)
    assert "4071" not in house.branch.texts()


def test_the_announcement_comes_first_and_keys_are_kept_for_the_menu(house: House) -> None:
    house.set(recording={"announcement": "law", "opt_out_key": "9"})
    line = house.ring(ALICE)
    assert house.hears(line) == "law"
    house.press(line, "1")
    house.to_its_end(line)
    house.branch.last.far(Answered())
    assert house.branch.shelf.opened == [house.call.id]


@pytest.mark.parametrize("scope", ["conversation", "whole_call"])
def test_who_objects_is_not_recorded(house: House, scope: str) -> None:
    house.set(recording={"announcement": "law", "opt_out_key": "9", "scope": scope})
    line = house.ring(ALICE)
    house.press(line, "9")
    assert house.hears(line) == "box-not-recorded"
    house.press(line, "1")
    house.to_its_end(line)
    house.branch.last.far(Answered())
    assert house.branch.hear(line, house.branch.last)
    assert house.branch.shelf.opened == []


def test_who_is_led_to_a_person_hears_the_announcement_where_the_office_says_so(
    house: House,
) -> None:
    lines = [{"number": 1, "name": "Main", "destination": to("extension", "202")}]
    house.set(recording={"announcement": "law"}, lines=lines)
    unanswered = house.ring(ALICE)
    assert unanswered.state is State.ALERTED
    assert house.branch.last.called.number == "202"
    unanswered.far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    house.set(recording={"announcement": "law", "announce_before_people": True}, lines=lines)
    line = house.ring(BOB)
    assert (line.state, house.hears(line)) == (State.ANSWERED, "law")
    assert len(house.branch.rung) == 1
    house.to_its_end(line)
    house.branch.last.far(Answered())
    assert len(house.branch.rung) == 2
    assert house.branch.hear(line, house.branch.last)


def test_a_caller_who_hangs_up_during_the_announcement(house: House) -> None:
    house.set(recording={"announcement": "law"})
    line = house.ring(ALICE)
    line.far(Released(Cause.NORMAL, HangupBy.PARTY, "hung up"))
    assert house.branch.is_empty()


def test_somebody_dialled_by_name(house: House) -> None:
    staff = {"id": "staff", "name": "Staff", "otherwise": to("menu", "main")}
    document = house.branch.desk.office.model_dump(mode="json")
    menu = document["menus"][0]
    menu["options"]["5"] = to("directory", "staff")
    house.set(directories=[staff], menus=[menu])
    shelf = house.branch.desk.audio.shelf
    shelf.stock({(name, "en"): name.encode() for name in ("hello", "box-name-ask", "box-name-203")})
    line = house.ring(ALICE)
    house.press(line, "5")
    assert house.hears(line) == "box-name-ask"
    house.press(line, "*")
    assert house.hears(line) == "hello"
    house.press(line, "5227")  # CARla
    assert house.hears(line) == "box-name-203"
    house.to_its_end(line)
    assert house.branch.last.called.number == "203"
    assert "asked for Carla: goes to Carla (203)" in house.branch.texts()
    assert "may dial a name in the directory Staff" in house.branch.texts()
    assert house.call.digits == "5*5227"
