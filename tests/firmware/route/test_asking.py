"""What callers ask of agents: by language, number and keys; told, limited to what can be met."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from firmware.config.schema import Office
from firmware.ivr.callback import Callback
from firmware.route.asking import BY_NUMBER, asked_for, asked_in, by_menu
from firmware.route.callback_memory import callback_from, callback_to
from hal.leg import Digit, Direction, Kind, Party

SALES = {"to": "queue", "id": "sales"}
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def set_up(branch: Any, **more: Any) -> Office:
    """Anna (201) and Cleo (203) sell; Cleo speaks French well, Anna a little of it."""
    document = branch.desk.office.model_dump(mode="json")
    levels = {"201": {"french": 1}, "203": {"french": 3, "bills": 2}}
    for person in document["extensions"]:
        person["skills"] = levels.get(person["number"], {})
    document["queues"][0]["members"] = ["201", "203"]
    document["menus"][0] |= {
        "options": {"1": SALES, "2": SALES},
        "languages": {"1": "fr"},
        "skills": {"2": {"bills": 1}},
    }
    document["skills"] = {
        "words": {"french": "speaks French"},
        "by_language": {"fr": {"french": 2}},
    }
    office = Office.model_validate(document | more)
    branch.attendant.configure(office)
    branch.queues.reachable("203", True)
    branch.queues.log_in("203")
    return office


def ring(branch: Any, number: str = "0215557788") -> Any:
    leg = branch.make_leg(Kind.LINE, Direction.INCOMING, caller=Party(number))
    branch.attendant.line_offered(leg, 1)
    return leg


async def test_the_higher_level_of_each_counts(branch: Any) -> None:
    office = set_up(branch)
    asks = {BY_NUMBER: {"french": 3}, by_menu("main"): {"bills": 1}}
    assert asked_for(office, "en", asks) == {"french": 3, "bills": 1}
    assert asked_for(office, "fr", {}) == {"french": 2}
    assert asked_for(office, "fr", asks)["french"] == 3


async def test_only_what_somebody_of_the_queue_can_do_is_asked_for(branch: Any) -> None:
    office = set_up(branch)
    sales, help_ = office.queues[:2]
    asks = {BY_NUMBER: {"french": 9, "dutch": 1}}
    assert asked_in(office, sales, "en", asks) == {"french": 3}
    assert asked_in(office, help_, "en", asks) == {}


async def test_a_language_chosen_in_the_menu_rings_who_speaks_it(branch: Any) -> None:
    set_up(branch)
    ring(branch).far(Digit("1", "inband"))
    assert branch.last.called.number == "203"
    assert "waits in the queue Sales for somebody who speaks French" in branch.texts()
    [joined] = [e for e in branch.events if e.kind == "queue.joined"]
    assert joined.data["skills"] == "french 2"
    why = next(e.text for e in branch.events if e.kind == "queue.offered")
    assert "Anna (201) lacks french 2" in why


async def test_a_key_asks_for_a_skill_and_the_last_key_of_a_menu_counts(branch: Any) -> None:
    set_up(branch)
    leg = ring(branch)
    leg.far(Digit("2", "inband"))
    assert branch.last.called.number == "203"
    assert "waits in the queue Sales for somebody who has the skill bills" in branch.texts()
    [visit] = branch.attendant.visits.values()
    visit.go(branch.desk.office.lines[0].destination, "back to the menu")
    leg.far(Digit("1", "inband"))
    [entry] = branch.queues.core.waiting.values()
    assert dict(entry.of_call) == {"french": 2}


async def test_a_number_asks_for_a_skill_and_keeps_it_for_the_callback(branch: Any) -> None:
    rule = {"id": "paris", "name": "Paris", "numbers": ["0033*"], "skills": {"french": 2}}
    set_up(branch, callers={"rules": [rule | {"destination": SALES}]})
    ring(branch, "003312345678")
    assert branch.last.called.number == "203"
    one = Callback("003312345678", "sales", 5.0, 6.0, skills={"french": 2})
    kept = callback_to(one, AT, 10.0)
    assert callback_from(kept, AT + timedelta(seconds=1), 11.0) == one
    del kept["skills"]  # of a release that knew none
    old = callback_from(kept, AT, 10.0)
    assert old is not None
    assert old.skills == {}
    assert callback_from({**kept, "skills": {"french": "2"}}, AT, 10.0) is None


async def test_what_is_asked_for_falls_as_the_caller_waits(branch: Any) -> None:
    queue = branch.desk.office.queues[0].model_dump(mode="json")
    queue |= {"members": ["201", "203"], "skills_lower_every_s": 20, "skills_lower_to": 1}
    help_ = branch.desk.office.queues[1].model_dump(mode="json")
    set_up(branch, queues=[queue, help_])
    branch.queues.log_out("203")
    ring(branch).far(Digit("1", "inband"))
    assert branch.rung == []
    branch.loop.pass_by(21)
    assert branch.last.called.number == "201"


async def test_nobody_is_called_back_before_somebody_can_talk_with_them(branch: Any) -> None:
    queue = branch.desk.office.queues[0].model_dump(mode="json")
    queue |= {"callback": {"is_offered": True}, "members": ["201", "203"]}
    office = set_up(branch, queues=[queue, branch.desk.office.queues[1].model_dump(mode="json")])
    one = Callback("0215557788", "sales", 0.0, 0.0, language="fr")
    scene = branch.attendant.callbacks._around.scene
    assert (scene(office.queues[0], one).at_work, scene(office.queues[0], one).soon) == (1, 1)
    branch.queues.log_out("203")
    assert scene(office.queues[0], one).at_work == 0
    one.language = "en"
    assert scene(office.queues[0], one).at_work == 1
