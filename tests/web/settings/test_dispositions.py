"""The list of dispositions as people write it, and what each queue makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Response
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.config.schema import Disposition, Notes
from web.settings.dispositions_form import NotUnderstood, as_text, from_text

Post = Callable[..., Response]
TEXT = "7 Order taken, resolved\n8 Calls again, not resolved\n99 Wrong number, or none"
LIST = (
    Disposition(code=7, name="Order taken", is_resolved=True),
    Disposition(code=8, name="Calls again", is_resolved=False),
    Disposition(code=99, name="Wrong number, or none"),
)


def test_text_and_list_are_inverses() -> None:
    assert as_text(LIST) == TEXT
    assert [Disposition.model_validate(one) for one in from_text(TEXT)] == list(LIST)


@pytest.mark.parametrize(
    ("line", "code", "name", "is_resolved"),
    [
        ("  7. Order taken , Resolved ", 7, "Order taken", True),
        ("8: Calls again,NOT  resolved", 8, "Calls again", False),
        ("12 Resolved", 12, "Resolved", None),
        ("07 A", 7, "A", None),
    ],
)
def test_written_freely(line: str, code: int, name: str, is_resolved: bool | None) -> None:
    assert from_text(f"\n{line}\n\n") == [{"code": code, "name": name, "is_resolved": is_resolved}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Order taken", "expected a number and a name"),
        ("7", "expected a number and a name"),
        ("0 Nothing", "expected a number from 1 to 99"),
        ("100 Too many", "expected a number from 1 to 99"),
        ("7 " + "x" * 41, "expected a name of 40 characters at most"),
        ("7 , resolved", "expected a name"),
    ],
)
def test_what_is_not_understood(line: str, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        from_text(f"1 Fine\n{line}")


def test_the_page(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert "None: agents are not asked" in owner.get("/settings").text
    form = {"generation": "12", "dispositions": TEXT}
    assert post(owner, "/settings/dispositions", form).status_code == 302
    assert core.office.dispositions == LIST
    assert TEXT in owner.get("/settings/dispositions").text
    assert "Order taken, Calls again" in owner.get("/settings").text
    for wrong, words in (
        ("Order taken", "expected a number and a name"),
        ("7 One\n7 Two", "Disposition 7: Code 7 is used 2 times, expected once"),
    ):
        typed = {"generation": "13", "dispositions": wrong}
        answer = post(owner, "/settings/dispositions", typed)
        assert (answer.status_code, words in answer.get_data(as_text=True)) == (422, True)
        assert wrong in answer.get_data(as_text=True)
    assert core.office.dispositions == LIST


def test_a_queue_s_own_choice(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert "How its calls ended" not in owner.get("/settings/queues/sales").text
    core.office = core.office.model_copy(update={"dispositions": LIST})
    assert "How its calls ended" in owner.get("/settings/queues/sales").text
    listed = {f"has-disposition-{one.code}": "1" for one in LIST}
    form = listed | {
        "generation": "12", "name": "Sales", "members": ["201"], "has-notes": "1",
        "notes-disposition-8": "1", "notes-disposition-7": "1", "notes-end_wrap_up": "1",
    }  # fmt: skip
    assert post(owner, "/settings/queues/sales", form).status_code == 302
    assert core.office.queues[0].notes == Notes(dispositions=(7, 8), end_wrap_up=True)
    form = form | {"generation": "13", "notes-disposition-99": "1"}
    del form["notes-end_wrap_up"]
    assert post(owner, "/settings/queues/sales", form).status_code == 302
    assert core.office.queues[0].notes == Notes()
