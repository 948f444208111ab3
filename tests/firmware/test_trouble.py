"""The board of troubles."""

from datetime import UTC, datetime

from firmware.trouble import Trouble, Troubles

FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 9, tzinfo=UTC)


def trouble(code: str, what: str = "the disk is full") -> Trouble:
    return Trouble(code, what, "no room left", "make room")


def test_a_repeated_trouble_keeps_the_time_it_began() -> None:
    board = Troubles()
    board.report(trouble("disk"), FIRST)
    board.report(trouble("disk", "still full"), LATER)
    [(since, standing)] = board.standing()
    assert since == FIRST
    assert standing.what == "still full"


def test_cleared_troubles_are_gone_and_clearing_twice_is_nothing() -> None:
    board = Troubles()
    board.report(trouble("disk"), FIRST)
    board.report(trouble("hat"), LATER)
    board.clear("disk")
    board.clear("disk")
    assert [t.code for _, t in board.standing()] == ["hat"]


def test_oldest_first() -> None:
    board = Troubles()
    board.report(trouble("b"), LATER)
    board.report(trouble("a"), FIRST)
    assert [t.code for _, t in board.standing()] == ["a", "b"]
