"""Callers who reached the lines, were served, or met them all taken: from calls and from sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_day import Story

from firmware.records.line_days import LinesReport, lines_of, sum_up
from firmware.records.line_use import LineUse
from firmware.records.messages import CallId, CallRow, Outcome
from firmware.records.store import Records

JOBURG = "Africa/Johannesburg"
DAY = date(2026, 3, 2)
TEN = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 10:00 in Johannesburg
LATER = datetime(2026, 3, 9, 8, tzinfo=UTC)

Ask = Callable[..., LinesReport]


def call(id: str, at: float, seconds: float, line: int, direction: str = "incoming") -> CallRow:
    began = TEN + timedelta(seconds=at)
    return CallRow(
        CallId(id), began, direction, Outcome.IN_MENU, began + timedelta(seconds=seconds),
        "caller", 16, line=line,
    )  # fmt: skip


@pytest.fixture
def ask(records: Records) -> Ask:
    def lines(first: date = DAY, last: date = DAY, lines: int = 2, line: int | None = None):
        return records.ask(lambda c: lines_of(c, first, last, JOBURG, lines, line))

    return lines


@pytest.fixture
def busy(records: Records) -> Records:
    """Two lines. A long call out on line 2; callers on line 1 before and after the half-hour, the
    first of them served by a menu, the third by a queue after that."""
    story = Story(TEN)
    for name in ("a", "c"):
        story.tell(0, "call.started", name, direction="incoming", line=1)
        story.tell(1, "menu.served", name, menu="main", key="3")
    records.write(story.rows)
    third = call("c", 1900, 50, 1)
    records.write(
        [
            call("out", 0, 3000, 2, "outgoing"),
            call("a", 100, 60, 1),
            call("b", 1790, 20, 1),
            CallRow(**{**{n: getattr(third, n) for n in CallRow.__slots__}, "queued_at": TEN}),
        ]
    )
    return records


def test_a_day_from_its_calls(busy: Records, ask: Ask) -> None:
    found = ask()
    assert (found.total.reached, found.total.served) == (3, 1)
    assert found.total.self_service == pytest.approx(1 / 3)
    assert found.total.busy_s == 130  # 60 + 20 + 50 beside the call out
    half_hours = {f"{at:%H:%M}": use for at, use in found.half_hours.items()}
    assert (half_hours["08:00"].reached, half_hours["08:30"].reached) == (2, 1)
    assert (half_hours["08:00"].busy_s, half_hours["08:30"].busy_s) == (70, 60)
    assert found.by_line == {1: LineUse(reached=3, served=1)}
    assert found.total.full_hours == 0
    assert 0 < found.total.lost < 3


def test_every_grouping_comes_to_the_same(busy: Records, ask: Ask) -> None:
    for found in (ask(), ask(DAY - timedelta(days=3), DAY + timedelta(days=3))):
        assert sum(found.days.values(), LineUse()) == found.total
        assert sum(found.half_hours.values(), LineUse()) == found.total
        assert sum(use.reached for use in found.by_line.values()) == found.total.reached


def test_sums_of_days_are_what_their_calls_say(busy: Records, ask: Ask) -> None:
    first, last = DAY - timedelta(days=1), DAY + timedelta(days=1)
    before = ask(first, last)
    while _sum_up(busy):
        pass
    after = ask(first, last)
    assert after.total == before.total
    assert after.days[DAY] == before.days[DAY]
    assert after.half_hours == before.half_hours
    assert after.by_line == before.by_line


def _sum_up(records: Records, lines: int = 2) -> bool:
    with records._write() as connection:
        return sum_up(connection, JOBURG, lines, LATER)


drawn = st.lists(
    st.tuples(
        st.integers(-50_000, 200_000), st.integers(1, 4000), st.sampled_from([1, 2, 3, None]),
        st.sampled_from(["incoming", "incoming", "outgoing"]),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(drawn, st.integers(1, 3))
def test_any_calls_close_by_every_grouping_from_calls_and_from_sums(
    given_: list[tuple[int, int, int | None, str]], lines: int
) -> None:
    records = Records("sqlite://")
    records.write([call(f"{n}", *one) for n, one in enumerate(given_)])  # type: ignore[arg-type]  # no line too
    first, last = DAY - timedelta(days=2), DAY + timedelta(days=3)

    def asked() -> LinesReport:
        return records.ask(lambda c: lines_of(c, first, last, JOBURG, lines, None))

    before = asked()
    while _sum_up(records, lines):
        pass
    after = asked()
    records.close()
    assert before.total.reached == sum(one[3] == "incoming" for one in given_)
    for found in (before, after):
        for by in (found.days, found.half_hours):
            assert _rounded(sum(by.values(), LineUse())) == _rounded(before.total)
        assert found.by_line == before.by_line


def _rounded(use: LineUse) -> LineUse:
    return replace(use, busy_s=round(use.busy_s, 3), lost=round(use.lost, 6))


def test_a_day_keeps_the_lines_it_had(busy: Records, ask: Ask) -> None:
    while _sum_up(busy):
        pass
    with_five = ask(DAY, DAY + timedelta(days=1), lines=5)
    assert with_five.total.busy_s == 130
    assert ask(lines=5).total.busy_s == 0  # a single day is read from its calls


def test_one_line_has_no_busy_seconds_of_its_own(busy: Records, ask: Ask) -> None:
    found = ask(line=1)
    assert found.total == LineUse(reached=3, served=1)
    assert ask(line=7).total == LineUse()


def test_nothing_to_add_up(records: Records, busy: Records) -> None:
    with records._write() as connection:
        assert not sum_up(connection, JOBURG, 2, TEN + timedelta(hours=1))
    empty = Records("sqlite://")
    assert not _sum_up(empty)
    empty.close()


def test_the_day_of_a_change_of_the_clock(records: Records) -> None:
    """25 hours in Berlin: 2:15 comes twice, and each has its own half-hour."""
    night = [datetime(2026, 10, 25, hour, 15, tzinfo=UTC) for hour in (0, 1)]
    records.write(
        [
            CallRow(CallId(f"{n}"), at, "incoming", Outcome.IN_MENU, at + timedelta(seconds=9),
                    "caller", 16, line=1)
            for n, at in enumerate(night)
        ]
    )  # fmt: skip
    day = date(2026, 10, 25)
    one = records.ask(lambda c: lines_of(c, day, day, "Europe/Berlin", 1, None))
    assert [use.reached for use in one.half_hours.values()] == [1, 1]
    more = records.ask(
        lambda c: lines_of(c, day, day + timedelta(days=1), "Europe/Berlin", 1, None)
    )
    assert {key: use.reached for key, use in more.half_hours.items()} == {"02:00": 2}
