"""Calls by number, against a plain look at every call."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from firmware.records.messages import CallId, CallRow, Search
from firmware.records.schema import calls
from firmware.records.search import number_conditions
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
NUMBERS = ["205", "+27215550205", "0215550205", "0825551205", "1205", "2050", "201", "", "5"]
TEXTS = ["205", "5", "50205", "021 555 0205", "+27215550205", "0", "999", "1205", "0027215550205"]
MEANT = {
    "021 555 0205": "27215550205", "+27215550205": "27215550205", "0027215550205": "27215550205",
    "021555": "2721555", "+27 21 55": "272155", "0027 82": "2782", "082": "none: too short",
}  # fmt: skip
"""What the international numbers begin with that are meant by a text."""


@pytest.fixture
def office(records: Records, make_call: Callable[..., CallRow]) -> list[CallRow]:
    """Calls from and to all kinds of numbers, extension 205 in every third; some at one time."""
    draw = random.Random(5)
    rows = [
        make_call(
            n % 100,
            id=CallId(f"c{n:03}"),
            started_at=BEGAN + timedelta(seconds=draw.randrange(150)),
            caller_number=draw.choice(NUMBERS),
            called=draw.choice(NUMBERS),
            agent=draw.choice(["205", "201", ""]),
            direction=draw.choice(["incoming", "outgoing"]),
            queue=draw.choice(["sales", ""]),
            line=draw.choice([1, 2]),
        )
        for n in range(300)
    ]
    records.write(rows)
    return rows


def ends_with(number: str, digits: str) -> bool:
    shown = "".join(c for c in number if c.isdigit())
    return bool(shown) and shown.endswith(digits)


def begins_with(number: str, digits: str) -> bool:
    shown = "".join(c for c in number if c.isdigit())
    return f"27{shown[1:]}".startswith(digits) if number[:1] == "0" else shown.startswith(digits)


def expected(rows: list[CallRow], text: str, wanted: Callable[[CallRow], bool]) -> list[str]:
    whole = "".join(c for c in text if c.isdigit())
    digits = whole[1:] if len(whole) > 6 and whole.startswith("0") else whole
    found = [
        row
        for row in rows
        if wanted(row)
        and (
            row.agent == whole
            or ends_with(row.caller_number, digits)
            or ends_with(row.called, digits)
            or begins_with(row.caller_number, MEANT.get(text, whole if len(whole) > 3 else "none"))
            or begins_with(row.called, MEANT.get(text, whole if len(whole) > 3 else "none"))
        )
    ]
    newest = sorted(found, key=lambda row: (row.started_at, row.id), reverse=True)
    return [row.id for row in newest]


MIDDLE = BEGAN + timedelta(seconds=75)
NARROWED: list[tuple[dict[str, Any], Callable[[CallRow], bool]]] = [
    ({}, lambda row: True),
    ({"direction": "outgoing"}, lambda row: row.direction == "outgoing"),
    ({"agent": "201"}, lambda row: row.agent == "201"),
    ({"queue": "sales", "line": 2}, lambda row: (row.queue, row.line) == ("sales", 2)),
    ({"since": MIDDLE}, lambda row: row.started_at >= MIDDLE),
    ({"until": MIDDLE}, lambda row: row.started_at < MIDDLE),
]


@pytest.mark.parametrize("narrowed", NARROWED, ids=lambda pair: str([*pair[0]]))
def test_whatever_is_looked_for(
    records: Records, office: list[CallRow], narrowed: tuple[Any, Callable[[CallRow], bool]]
) -> None:
    fields, wanted = narrowed
    for text in {*TEXTS, *MEANT}:
        search = Search(text, limit=1000, **fields)
        found = expected(office, text, wanted)
        assert [row.id for row in records.calls(search)] == found
        assert records.count(search) == len(found)


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_page_after_page(records: Records, office: list[CallRow], limit: int) -> None:
    search = Search("205", limit=limit)
    pages = [
        [row.id for row in records.calls(replace(search, offset=n))]
        for n in range(0, len(office), limit)
    ]
    assert [id for page in pages for id in page] == expected(office, "205", lambda row: True)
    assert records.calls(replace(search, limit=0)) == []


def test_every_way_to_a_number_has_its_index(records: Records) -> None:
    """So that none of them reads all calls, whatever else narrows the search."""
    search = Search(
        "205", since=BEGAN, until=MIDDLE, direction="incoming", agent="201", queue="sales"
    )
    for one in number_conditions(search, ["502", "5020555"]):
        question = select(calls.c.started_at).where(one).order_by(calls.c.started_at.desc())
        with records._engine.connect() as connection:
            text = question.limit(5).compile(connection, compile_kwargs={"literal_binds": True})
            plan = " ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
            )
        assert any(
            f"calls_by_{name} (" in plan for name in ("agent", "caller_and_time", "called_and_time")
        )
        assert "SCAN" not in plan
