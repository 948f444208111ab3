"""What was typed, as configuration parts."""

from __future__ import annotations

import pytest
from web_fakes import demo_office

from firmware.config.schema import Destination
from web.settings import forms


def test_every_destination_survives_the_list() -> None:
    values = [value for value, _ in forms.destinations(demo_office())]
    for value in values:
        assert forms.to_value(Destination(**forms.to_destination(value))) == value
    assert values[0] == "menu:main"
    assert values[-1] == "hangup:"


def test_nonsense_hangs_up() -> None:
    assert forms.to_destination("") == {"to": "hangup", "id": ""}


@pytest.mark.parametrize(
    ("name", "taken", "made"),
    [
        ("After hours", [], "after-hours"),
        ("Sales", ["sales"], "sales-2"),
        ("Sales", ["sales", "sales-2"], "sales-3"),
        ("日本", [], "item"),
        ("--", ["item"], "item-2"),
    ],
)
def test_identifiers(name: str, taken: list[str], made: str) -> None:
    assert forms.new_id(name, taken) == made


def test_texts_by_language() -> None:
    form = {"text-en": " Hello ", "text-af": " ", "new_language": "ZU", "new_text": "Sawubona"}
    assert forms.texts(form) == {"en": "Hello", "zu": "Sawubona"}


def test_menu_options_are_those_that_lead_somewhere() -> None:
    form = {"option-1": "queue:sales", "option-2": "", "option-*": "hangup:"}
    assert forms.menu(form)["options"] == {
        "1": {"to": "queue", "id": "sales"},
        "*": {"to": "hangup", "id": ""},
    }
