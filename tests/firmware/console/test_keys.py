"""Typing at a plain terminal."""

from __future__ import annotations

import pytest

from firmware.console.keys import LONGEST, Echo, Entered, GaveUp, TypedLine


def lines(text: str) -> list[str]:
    return [item.text for item in TypedLine().receive(text) if isinstance(item, Entered)]


def screen(text: str) -> str:
    return "".join(item.text for item in TypedLine().receive(text) if isinstance(item, Echo))


@pytest.mark.parametrize(
    ("typed", "entered"),
    [
        ("1\r", ["1"]),
        ("1\n", ["1"]),
        ("1\r\n2\r\n", ["1", "2"]),
        ("\n\n", ["", ""]),
        ("12\b3\r", ["13"]),
        ("12\x7f\x7f\x7f3\r", ["3"]),
        ("wrong\x15?\r", ["?"]),
        ("\x1b[A1\x1bOP\x1b[15~2\r", ["12"]),
        ("  1 \r", ["1"]),
        ("\t1\r", ["1"]),
        ("1\x032\r", ["2"]),
    ],
    ids=repr,
)
def test_what_is_entered(typed: str, entered: list[str]) -> None:
    assert lines(typed) == entered


def test_it_does_not_matter_how_the_characters_are_split() -> None:
    typed = TypedLine()
    got = [item for c in "\x1b[1;5C7\r\n8\r" for item in typed.receive(c)]
    assert [item.text for item in got if isinstance(item, Entered)] == ["7", "8"]


def test_what_is_seen() -> None:
    assert screen("ab\bc\r") == "ab\b \bc\r\n"
    assert screen("\b") == ""


def test_ctrl_c_gives_up() -> None:
    assert GaveUp() in TypedLine().receive("test\x03")


def test_a_line_has_an_end() -> None:
    assert lines("x" * 500 + "\r") == ["x" * LONGEST]
    assert screen("x" * (LONGEST + 1)).endswith("\a")
