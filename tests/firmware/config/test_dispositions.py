"""The office's list of dispositions: what is taken, and what is refused with which words."""

from typing import Any

import pytest
from pydantic import ValidationError

from firmware.config.check import problems
from firmware.config.dispositions import Disposition, Notes, of_queue
from firmware.config.schema import Extension, Office, Queue

ORDER = {"code": 1, "name": "Order taken", "is_resolved": True}
LATER = {"code": 12, "name": "Will call again", "is_resolved": False}
WRONG = {"code": 99, "name": "Wrong number"}


def office(*dispositions: dict[str, Any], **notes: Any) -> dict[str, Any]:
    queues = [{"id": "sales", "name": "Sales", "members": ["201"], "notes": notes}]
    people = [{"number": "201", "name": "Anna", "secret": "secret-201"}]
    return {"extensions": people, "queues": queues, "dispositions": list(dispositions)}


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as found:
        Office.model_validate(document)
    return str(found.value)


def test_off_unless_there_is_a_list() -> None:
    plain = Office.model_validate(office())
    assert plain.dispositions == ()
    assert of_queue(plain, "sales") == ()
    assert plain.queues[0].notes == Notes(dispositions=(), end_wrap_up=False)


def test_the_office_s_list_in_the_order_of_its_codes() -> None:
    found = Office.model_validate(office(WRONG, LATER, ORDER))
    assert [one.code for one in of_queue(found, "sales")] == [1, 12, 99]
    assert of_queue(found, "sales")[0] == Disposition(code=1, name="Order taken", is_resolved=True)
    assert of_queue(found, "sales")[2].is_resolved is None


def test_a_queue_s_own_choice() -> None:
    found = Office.model_validate(office(WRONG, LATER, ORDER, dispositions=[99, 1]))
    assert [one.code for one in of_queue(found, "sales")] == [1, 99]
    assert [one.code for one in of_queue(found, "no such queue")] == [1, 12, 99]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (office(ORDER, {**WRONG, "code": 1}), "dispositions/1: code 1 is used 2 times"),
        (
            office(ORDER, {**WRONG, "name": "ORDER TAKEN "}),
            "dispositions/99/name: 'ORDER TAKEN ' is the name of code 1 already",
        ),
        (
            office(ORDER, LATER, dispositions=[2]),
            "queues/sales/notes/dispositions: there is no disposition 2: expected one of 1, 12",
        ),
        (office(dispositions=[2]), "there is no disposition 2: the office has none at all"),
        (office(ORDER, dispositions=[1, 1]), "1 is there 2 times, expected once"),
        (
            office(end_wrap_up=True),
            "queues/sales/notes/end_wrap_up: never happens: the office has no dispositions",
        ),
        (office({**ORDER, "code": 0}), "greater than or equal to 1"),
        (office({**ORDER, "code": 100}), "less than or equal to 99"),
        (office({**ORDER, "name": "x" * 41}), "at most 40 characters"),
        (office({**ORDER, "name": ""}), "at least 1 character"),
        (office({**ORDER, "words": "?"}), "Extra inputs are not permitted"),
    ],
)
def test_refused(document: dict[str, Any], words: str) -> None:
    assert words in refused(document)


def test_a_configuration_without_them_is_as_before() -> None:
    before = Office(
        extensions=(Extension(number="201", name="Anna", secret="secret-201"),),
        queues=(Queue(id="sales", name="Sales", members=("201",)),),
    )
    assert problems(before) == []
