"""Logging in at a colleague's phone: the PIN, wrong ones, and what is kept of it."""

from __future__ import annotations

import pytest

from firmware.config.schema import Extension, Office
from firmware.route.hot_desk import MOST_WRONG, SHUT_OUT_S, Doorkeeper, agent_and_pin, without_pin

OFFICE = Office(
    extensions=(
        Extension(number="201", name="Anna", secret="secret-201", desk_pin="4711"),
        Extension(number="202", name="Ben", secret="secret-202"),
    )
)


@pytest.mark.parametrize(
    ("argument", "found"),
    [("", None), ("201", None), ("201*4711", ("201", "4711")), ("201*", ("201", ""))],
)
def test_agent_and_pin(argument: str, found: tuple[str, str] | None) -> None:
    assert agent_and_pin(argument) == found


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [("*51201*4711", "*51201*..."), ("*51201", "*51201"), ("*51", "*51"), ("**201", "**201")],
)
def test_a_pin_is_never_shown(dialled: str, shown: str) -> None:
    assert without_pin(dialled) == shown


def test_the_right_pin_lets_in_and_who_has_none_is_not_let_in() -> None:
    door = Doorkeeper()
    assert door.refuses(OFFICE, "205", "201", "4711", 0.0) == ""
    for agent, pin in (("201", "4712"), ("201", ""), ("202", ""), ("299", "4711")):
        assert door.refuses(OFFICE, "206", agent, pin, 0.0).startswith("no PIN, or not that one")


def test_a_phone_that_tries_pins_is_shut_out_for_a_while() -> None:
    door = Doorkeeper()
    for n in range(MOST_WRONG):
        assert door.refuses(OFFICE, "205", "201", str(n), 10.0)
    assert "shut out for 10 minutes" in door.refuses(OFFICE, "205", "201", "4711", 20.0)
    assert door.refuses(OFFICE, "206", "201", "4711", 20.0) == ""
    assert door.refuses(OFFICE, "205", "201", "4711", 11.0 + SHUT_OUT_S) == ""
