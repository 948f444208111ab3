"""What each number of the office belongs to, and that none belongs to two."""

from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.errors import InvalidOffice
from firmware.config.numbering import Kind, Outside, meaning
from firmware.config.schema import Office, Parking
from firmware.config.validate import office_from


def document(**groups: Any) -> dict[str, Any]:
    return demo_office().model_dump(mode="json") | groups


def person(number: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "name": f"P{number}", "secret": "s" * 12, **more}


def problems(**groups: Any) -> dict[str, str]:
    with pytest.raises(InvalidOffice) as refused:
        office_from(document(**groups))
    return {p.where: p.what for p in refused.value.problems}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("201", Kind.EXTENSION),
        ("300", Kind.QUEUE),
        ("400", Kind.MENU),
        ("70", Kind.PARK),
        ("71", Kind.SLOT),
        ("79", Kind.SLOT),
        ("500", Kind.PAGE),
    ],
)
def test_every_number_has_one_owner(number: str, kind: Kind) -> None:
    office = document(page_groups=[{"number": "500", "name": "All", "members": ["201"]}])
    office["queues"][0]["number"], office["menus"][0]["number"] = "300", "400"
    owner = meaning(office_from(office), number)
    assert owner is not None
    assert not isinstance(owner, Outside)
    assert (owner.kind, owner.number) == (kind, number)


@pytest.mark.parametrize("dialled", ["80", "*71", "#71", "", "0", "299"])
def test_what_is_no_number_here(dialled: str) -> None:
    assert meaning(demo_office(), dialled) is None


def test_outside_numbers_lose_the_prefix() -> None:
    assert meaning(demo_office(), "00215557788") == Outside("0215557788")


def test_no_number_means_two_things() -> None:
    queues = document()["queues"]
    queues[0]["number"] = "201"
    queues[1]["number"] = "75"
    found = problems(queues=queues, page_groups=[{"number": "70", "name": "All"}])
    assert found == {
        "queues/sales/number": "201 is the number of Anna already",
        "parking/first_slot": "75 is the number of the queue Support already",
        "parking/number": "70 is the number of the announcement All already",
    }


@pytest.mark.parametrize(("first", "last"), [("79", "71"), ("71", "711"), ("1000", "1100")])
def test_slots_are_few_and_in_order(first: str, last: str) -> None:
    assert "expected 1 to 100 numbers" in str(
        problems(parking={"number": "70", "first_slot": first, "last_slot": last})
    )


def test_a_configuration_from_before_there_was_parking_keeps_its_numbers() -> None:
    old = document(extensions=[person("71"), person("201"), person("202")])
    for field in ("parking", "page_groups"):
        del old[field]
    assert not office_from(old).parking.is_enabled
    assert office_from(document() | {"extensions": old["extensions"][1:]}).parking.is_enabled
    assert Office.model_validate(old).parking.slots == ()
    assert Parking().slots == ("71", "72", "73", "74", "75", "76", "77", "78", "79")


# -- forwards ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("201", "this person's own number"),
        ("299", "no number here"),
        ("71", "is parking slot 71"),
        ("500", "is the announcement All"),
    ],
)
@pytest.mark.parametrize("field", ["forward_always", "forward_busy", "forward_no_answer"])
def test_forwards_lead_somewhere(field: str, target: str, says: str) -> None:
    found = problems(
        extensions=[person("201", **{field: target}), person("202")],
        page_groups=[{"number": "500", "name": "All"}],
    )
    assert found.keys() == {f"extensions/201/{field}"}
    assert says in found[f"extensions/201/{field}"]


@pytest.mark.parametrize("target", ["202", "300", "00215557788"])
def test_forwards_that_are_good(target: str) -> None:
    queues = document()["queues"]
    queues[0]["number"] = "300"
    people = [person("201", forward_busy=target, forward_no_answer=target), person("202")]
    assert office_from(document(extensions=people, queues=queues)).extensions[0].forward_busy


def test_who_may_not_call_outside_cannot_forward_there() -> None:
    found = problems(
        extensions=[person("201", forward_busy="00215557788", may_dial_out=False), person("202")]
    )
    assert "may not call outside numbers" in found["extensions/201/forward_busy"]


def test_always_forwarding_in_a_circle_is_refused_for_everybody_in_it() -> None:
    ring = {"201": "202", "202": "203", "203": "201", "204": "201"}
    found = problems(extensions=[person(n, forward_always=to) for n, to in ring.items()])
    assert found.keys() == {f"extensions/{n}/forward_always" for n in ("201", "202", "203")}
    assert found["extensions/201/forward_always"].endswith("201, 202, 203, 201")


def test_two_who_stand_in_for_each_other_when_busy_are_no_circle() -> None:
    people = [person("201", forward_busy="202"), person("202", forward_busy="201")]
    assert office_from(document(extensions=people))


def test_a_chain_too_long_for_one_call() -> None:
    chain = [person(str(n), forward_always=str(n + 1)) for n in range(201, 208)] + [person("208")]
    found = problems(extensions=chain)
    assert found.keys() == {"extensions/201/forward_always", "extensions/202/forward_always"}


def test_a_queue_that_comes_back_by_a_forward() -> None:
    queues = document()["queues"]
    queues[0] |= {"number": "300", "on_empty": {"to": "extension", "id": "201"}}
    people = [person("201", forward_always="300"), person("202")]
    assert problems(extensions=people, queues=queues) == {
        "queues/sales": "a caller who does nothing comes back here for ever"
    }
