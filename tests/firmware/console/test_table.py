"""Plain text."""

from __future__ import annotations

import pytest

from firmware.console.table import clean, duration, octets, paragraph, table


def test_a_table_is_as_narrow_as_it_can_be() -> None:
    assert table(("Ext", "Name"), [("201", "Anna"), ("7", "Ö")]) == [
        "Ext  Name",
        "---  ----",
        "201  Anna",
        "7    Ö",
    ]


def test_a_wide_table_is_cut_to_the_screen_and_shows_that_it_was() -> None:
    lines = table(("A", "B"), [("x" * 200, "y" * 50)])
    assert max(map(len, lines)) <= 79
    assert "~" in lines[2]


def test_an_empty_table_is_its_heads() -> None:
    assert table(("A", "B"), []) == ["A  B", "-  -"]


@pytest.mark.parametrize("bad", ["\x1b[2J", "a\nb", "\r", "\x07", "\x9b31m", "\u202e"])
def test_nothing_from_outside_can_steer_the_terminal(bad: str) -> None:
    shown = clean(bad)
    assert shown.isprintable()
    assert len(shown) == len(bad)
    assert table(("Name",), [(bad,)])[2].isprintable()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (65, "1:05"), (7385, "2:03:05"), (360000, "4 d 4 h"), (-1, "0 s")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, "unknown"), (999, "999 B"), (12_345_678_901, "12.3 GB"), (5 * 10**12, "5.0 TB")],
)
def test_octets(count: int | None, words: str) -> None:
    assert octets(count) == words


def test_a_paragraph_is_wrapped_and_hung() -> None:
    lines = paragraph("word " * 30, "- ", "  ", 40)
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")
    assert max(map(len, lines)) <= 40


def test_commands_are_not_broken_at_their_hyphens() -> None:
    assert paragraph("restart " * 4 + "callbox-core", width=40)[-1] == "callbox-core"
