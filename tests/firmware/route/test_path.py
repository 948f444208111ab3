"""What would happen to a call, asked ahead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.config.validate import office_from
from firmware.route.hours import Switch
from firmware.route.path import Asked, path

OPEN = datetime(2026, 3, 2, 10, tzinfo=UTC)  # Monday noon in Johannesburg
EVENING = datetime(2026, 3, 2, 18, tzinfo=UTC)
# Christmas Day (Public Holidays Act 36 of 1994), a Friday in 2026
CHRISTMAS = datetime(2026, 12, 25, 10, tzinfo=UTC)
ASKED = Asked("0311", 1, OPEN)
HOURS = [{"opens": "08:00", "closes": "17:00"}]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), HOURS)


def to(kind: str, id: str = "") -> dict[str, str]:
    return {"to": kind, "id": id}


def office(**more: Any) -> Office:
    document = demo_office().model_dump(mode="json")
    document["schedules"] = [
        {
            "id": "day",
            "name": "Opening hours",
            "week": WEEK,
            "open": to("menu", "main"),
            "closed": to("message", "nobody"),
            "holiday": to("extension", "203"),
        }
    ]
    document["questions"] = [
        {"id": "who", "name": "customer number", "prompt": "welcome", "then": to("queue", "sales")}
    ]
    document["lines"][0]["destination"] = to("schedule", "day")
    document["menus"][0]["options"]["3"] = to("question", "who")
    document["menus"][0]["dial_extensions"] = True
    document["menus"][0]["languages"] = {"8": "fr"}
    document["callers"] = {
        "rules": [
            {"id": "vip", "name": "the best", "numbers": ["0215*"], "priority": 7, "owner": "201"}
        ]
    }
    return office_from(document | more)


def steps(at: datetime, keys: str = "", number: str = "0311", **more: Any) -> list[tuple[str, str]]:
    found = path(office(**more), Asked(number, 1, at, keys))
    return [(step.place, step.id) for step in found.steps]


def test_open_with_a_key_and_without() -> None:
    begin = [("line", "1"), ("schedule", "day"), ("menu", "main"), ("menu", "main")]
    assert steps(OPEN, "2") == [*begin, ("queue", "support")]
    assert steps(OPEN) == [*begin, ("queue", "sales")]


def test_it_reads_as_a_story() -> None:
    found = path(office(), Asked("0215557788", 1, OPEN, "2"))
    assert [step.words for step in found.steps] == [
        "Monday 02 March 2026 12:00: 0215557788 calls on Line 1, is one of the best: "
        "goes to the hours Opening hours",
        "Opening hours, open: Monday 08:00 to 17:00: goes to the menu Main menu",
        "hears the menu Main menu: 1 the queue Sales, 2 the queue Support, "
        "3 the question for the customer number",
        "pressed 2: goes to the queue Support",
        "waits in the queue Support, before callers of a priority below 7; "
        "after 600 s: the message Nobody is free; "
        "with 50 waiting already: the message Nobody is free; "
        "with nobody logged in: the message Nobody is free",
    ]
    assert (found.priority, found.owner, found.rule) == (7, "201", "the best")


def test_the_callback_and_the_skills_asked_for_are_told() -> None:
    document = office().model_dump(mode="json")
    document["extensions"][0]["skills"] = {"french": 3}
    document["queues"][0] |= {
        "skills_lower_every_s": 30,
        "skills_lower_to": 1,
        "callback": {"is_offered": True, "key": "2", "offer_after_s": 60},
    }
    document["queues"][1] |= {"skills_lower_every_s": 30}
    document["skills"] = {
        "words": {"french": "speaks French"}, "by_language": {"fr": {"french": 2}},
    }  # fmt: skip
    made = office_from(document)
    found = path(made, Asked("0311234567", 1, OPEN, "81"))
    assert found.skills == {"french": 2}
    assert found.steps[-1].words.startswith(
        "waits in the queue Sales for somebody who speaks French, one level less every 30 s, never "
        "below 1; with key 2 at any time, as is said after 60 s: is called back and keeps the "
        "place; after "
    )
    withheld = path(made, Asked("", 1, OPEN, "1"))
    assert withheld.skills == {}
    assert "is called back, at a number they enter, and keeps" in withheld.steps[-1].words


def test_closed_in_the_evening_and_on_a_holiday() -> None:
    assert steps(EVENING)[1:] == [("schedule", "day"), ("message", "nobody")]
    assert steps(CHRISTMAS)[1:] == [("schedule", "day"), ("extension", "203")]


def test_the_switch_counts() -> None:
    switches = {"day": Switch(is_open=False, by="Anna")}
    found = path(office(), Asked("", 1, OPEN), switches)
    assert found.steps[1].words == (
        "Opening hours, closed by hand (Anna): goes to the message Nobody is free"
    )
    assert "a withheld number calls on" in found.steps[0].words


def test_a_number_dialled_a_language_and_digits_asked_for() -> None:
    assert steps(OPEN, "203")[-1] == ("extension", "203")
    found = path(office(), Asked("0311", 1, OPEN, "834071#1"))
    assert found.language == "fr"
    assert found.steps[-2].words == (
        "is asked for the customer number, enters 4071: goes to the queue Sales"
    )
    assert steps(OPEN, "3")[-2:] == [("question", "who"), ("queue", "sales")]


def test_the_announcement_of_the_recording_comes_before_the_menu() -> None:
    recording = {"announcement": "welcome", "opt_out_key": "9"}
    found = path(office(recording=recording), Asked("0311", 1, OPEN, "2")).steps
    assert [s.place for s in found] == ["line", "schedule", "message", "menu", "menu", "queue"]
    assert found[2].words == "hears that the call is recorded, and 9 keeps it from that"
    people = {"to": "extension", "id": "201"}
    lines = [{"number": 1, "name": "Line 1", "destination": people}]
    assert [s.place for s in path(office(recording=recording, lines=lines), ASKED).steps] == [
        "line",
        "extension",
    ]
    recording = {"announcement": "welcome", "announce_before_people": True}
    assert [s.place for s in path(office(recording=recording, lines=lines), ASKED).steps] == [
        "line",
        "message",
        "extension",
    ]


def test_somebody_dialled_by_name() -> None:
    document = office().model_dump(mode="json")
    document["directories"] = [{"id": "staff", "name": "Staff", "otherwise": to("queue", "sales")}]
    document["menus"][0]["options"]["5"] = to("directory", "staff")
    led = office_from(document)
    found = path(led, Asked("0311", 1, OPEN, "5266"))  # ANNa
    assert [(s.place, s.id) for s in found.steps[-2:]] == [
        ("directory", "staff"),
        ("extension", "201"),
    ]
    assert found.steps[-2].words == (
        "may dial a name of 3 in the directory Staff, asked for Anna: goes to Anna (201)"
    )
    found = path(led, Asked("0311", 1, OPEN, "5"))
    assert found.steps[-2].words.endswith(
        "found nobody by name in 3 tries: goes to the queue Sales"
    )


def test_a_queue_with_hours_of_its_own() -> None:
    queues = demo_office().model_dump(mode="json")["queues"]
    queues[0] |= {"hours": "day", "on_closed": to("message", "nobody")}
    line = {"number": 1, "name": "Line 1", "destination": to("queue", "sales")}
    more = {"queues": queues, "lines": [line]}
    assert steps(OPEN, **more) == [("line", "1"), ("queue", "sales")]
    assert steps(EVENING, **more)[1:] == [("queue", "sales"), ("message", "nobody")]
    found = path(office(**more), Asked("0311", 1, EVENING))
    assert found.steps[1].words == (
        "the queue Sales is closed by Opening hours: Monday, open 08:00 to 17:00: "
        "goes to the message Nobody is free"
    )
    by_hand = {"day": Switch(True, "202")}
    found = path(office(**more), Asked("0311", 1, EVENING), by_hand)
    assert found.steps[-1].words.startswith("waits in the queue Sales")


def test_people_who_forward_and_do_not_want_to_be_disturbed() -> None:
    people = demo_office().model_dump(mode="json")["extensions"]
    people[2] |= {"forward_always": "201"}
    people[0] |= {"forward_no_answer": "00215557788"}
    assert steps(CHRISTMAS, extensions=people)[2:] == [("extension", "203"), ("extension", "201")]
    people[0] |= {"do_not_disturb": True}
    found = path(office(extensions=people), Asked("0311", 1, CHRISTMAS))
    assert found.steps[-1].words == "Anna (201) is not to be disturbed: the call ends"
    people[2] |= {"forward_always": "00215557788"}
    assert steps(CHRISTMAS, extensions=people)[-1] == ("outside", "00215557788")


def test_the_blacklist_and_lines_that_are_off() -> None:
    blocked = {
        "number": "0311",
        "proposed_by": "anna",
        "proposed_at": "2026-03-01T08:00:00Z",
        "approved_by": "boss",
        "until": "2026-04-15T08:00:00Z",
    }
    callers = {"blacklist": [blocked]}
    found = path(office(callers=callers), Asked("0311", 1, OPEN))
    assert [s.words for s in found.steps[1:]] == ["the call is not answered"]
    assert found.is_blocked
    assert not path(office(callers=callers), Asked("0311", 1, CHRISTMAS)).is_blocked
    assert path(office(), Asked("0311", 9, OPEN)).steps[0].place == "end"


@pytest.mark.parametrize("keys", ["", "9" * 20, "3" + "*" * 30, "20", "0#0#0#"])
def test_whatever_is_pressed_the_way_has_an_end(keys: str) -> None:
    last = steps(OPEN, keys)[-1][0]
    assert last in {"queue", "message", "extension", "end"}
