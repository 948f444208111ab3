"""Whose number it is: keys written with calls, made for old databases, and made anew when the
country changes; cut off at any moment.

Numbers: two subscribers of Buenos Aires and Cordoba whose last eight digits are the same (ENACOM's
plan: area code and subscriber together ten digits), two of Germany whose last nine are (E.164 with
up to fifteen digits; the area codes of Berlin and Munich), and the forms of South Africa's plan.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from firmware.records import subscribers
from firmware.records.marks import LINKED, mark
from firmware.records.messages import CallId, CallRow, Outcome, Search
from firmware.records.reports import Asked
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = BEGAN + timedelta(days=3)
FORMS = ("0215557788", "+27215557788", "0027215557788", "27215557788", "+27 21 555 7788")


def a_call(n: int, number: str, to: str = "", minutes: float | None = None) -> CallRow:
    at = BEGAN + timedelta(minutes=n if minutes is None else minutes)
    return CallRow(
        CallId(f"20260302-{n:06}-abcd"), at, "outgoing" if to else "incoming", Outcome.ANSWERED,
        at + timedelta(seconds=30), "caller", 16, line=1, caller_number=number, called=to,
    )  # fmt: skip


def keys(records: Records, *numbers: str) -> list[str]:
    found = records.ask(lambda c: subscribers.keys_of(c, numbers))
    return [found[number] for number in numbers]


def once(records: Records, days: int = 1) -> tuple[int, int]:
    """Callers, and those without a further call."""
    last = date(2026, 3, 2) + timedelta(days=days - 1)
    callers = records.report(Asked(date(2026, 3, 2), last, "UTC", now=NOW)).callers
    assert callers is not None
    return callers.known, callers.once


def finish(records: Records) -> int:
    steps = 0
    while records.sum_up("UTC", {}, NOW):
        steps += 1
    return steps


@pytest.mark.parametrize(
    ("country", "some", "same"),
    [
        ("ZA", FORMS, True),
        ("AR", ("01143214321", "03514321432"), False),
        ("DE", ("+4930123456789", "+4989123456789"), False),
        ("DE", ("030123456789", "+4930123456789", "004930123456789"), True),
        ("FR", ("0145678901", "+33145678901"), True),
        ("ZA", ("+15551234567", "+25551234567"), False),
        ("ZA", ("201", "0201"), False),
    ],
)
def test_one_key_for_one_subscriber(
    records: Records, country: str, some: tuple[str, ...], same: bool
) -> None:
    records.use_country(country)
    records.write([a_call(n, number) for n, number in enumerate(some)])
    assert (len(set(keys(records, *some))) == 1) is same
    assert once(records) == ((1, 0) if same else (len(some), len(some)))


def test_who_was_called_has_a_key_too_and_who_is_inside_has_none(records: Records) -> None:
    records.write([a_call(1, "202", to="0215557788"), a_call(2, "")])
    found = records.ask(lambda c: subscribers.forms_of(c, ["27215557788", "202"]))
    assert found == {"27215557788": ["0215557788"], "202": []}


def test_who_calls_again_costs_no_writing(records: Records) -> None:
    records.put_call(a_call(1, "0215557788"))
    with records._engine.begin() as connection:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        subscribers.keep(connection, ["0215557788"])
        assert connection.exec_driver_sql("SELECT total_changes()").scalar_one() == before
        subscribers.keep(connection, ["+27215557788"])
        assert connection.exec_driver_sql("SELECT total_changes()").scalar_one() == before + 1


def test_a_number_that_is_none_has_its_own_digits(records: Records) -> None:
    records.write([a_call(1, "*31#"), a_call(2, "anonymous")])
    assert keys(records, "*31#", "anonymous") == ["31", ""]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of before there were keys: 40 calls of ten subscribers in many forms."""
    path = tmp_path / "old.db"
    records = Records(path)
    records.write(
        [
            a_call(n, ("+2721555770", "021555770", "002721555770")[n % 3] + f"{n % 10}")
            for n in range(40)
        ]
    )
    records.close()
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE subscribers")
    database.close()
    return path


@pytest.mark.parametrize("restarts", [0, 1, 100], ids=["none", "once", "after each step"])
def test_an_old_database_gets_its_keys_bit_by_bit(
    old: Path, restarts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "STEP", 7)
    records, steps, is_more = Records(old), 0, True
    records.use_country("ZA")
    newest = "27215557709"
    while is_more:
        with records._engine.begin() as connection:
            is_more = subscribers.step(connection)
        if not steps:  # the newest calls are the first
            found = records.ask(lambda c: subscribers.forms_of(c, [newest]))
            assert found[newest]
            records.put_call(a_call(50, "0825551234"))  # while this is going on
        steps += 1
        if steps <= restarts:
            records.close()
            records = Records(old)
    assert 6 <= steps <= 14
    assert once(records) == (11, 1)
    assert keys(records, "0825551234") == ["27825551234"]
    records.close()


def test_what_is_cut_off_within_a_step_is_done_again(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "STEP", 7)
    records = Records(old)
    records.use_country("ZA")
    with pytest.raises(RuntimeError), records._engine.begin() as connection:  # noqa: PT012 - both
        subscribers.step(connection)
        raise RuntimeError("the power fails before it is on the disk")
    finish(records)
    assert once(records) == (10, 0)
    records.close()


def test_no_day_is_linked_before_the_keys_are_there(old: Path) -> None:
    records = Records(old)
    records.use_country("ZA")
    with records._engine.connect() as connection:
        assert not subscribers.is_settled(connection)
    finish(records)
    with records._engine.connect() as connection:
        assert subscribers.is_settled(connection)
        assert mark(connection, LINKED)
    assert once(records, 30) == (10, 0)
    records.close()


def test_the_country_is_changed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that was set up for the wrong country, and put right after a week of calls."""
    monkeypatch.setattr(subscribers, "STEP", 2)
    records = Records(tmp_path / "records.db")
    records.use_country("ZA")
    records.write(
        [a_call(1, "030 123456"), a_call(2, "+49 30 123456"), a_call(3, "0049 30 123456")]
    )
    finish(records)
    assert once(records) == (2, 1)  # 0049... is Germany from both
    records.use_country("DE")
    records.put_call(a_call(4, "030123456"))  # before anything is worked out anew
    assert finish(records) > 2
    assert once(records) == (1, 0)
    assert once(records, 30) == (1, 0)
    records.use_country("DE")
    assert finish(records) == 0
    records.close()


def test_another_plan_that_changes_nothing_links_nothing_again(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.put_call(a_call(1, "0215557788"))
    finish(records)
    monkeypatch.setattr(subscribers, "PLANS", "a later release")
    records.use_country("ZA")
    with records._engine.begin() as connection:
        assert subscribers.step(connection)
        assert subscribers.is_settled(connection)
        assert mark(connection, LINKED)


def test_many_callers_at_once(records: Records) -> None:
    records.write([a_call(n, f"021555{n:04}", minutes=n / 10) for n in range(1200)])
    assert once(records) == (1200, 1200)
    assert finish(records) > 0
    assert once(records, 30) == (1200, 1200)
    assert records.count(Search()) == 1200
