"""Records: written, searched, summed."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from queue_day import Story

from firmware.records.errors import RecordsAway, RowRefused
from firmware.records.messages import EventRow, Outcome, RecordingRow, Search
from firmware.records.store import QueueDay, Records, day_bounds


def test_a_call_comes_back_as_it_was_written(records: Records, make_call: Any) -> None:
    row = make_call(
        1,
        line=3,
        caller_number="+27215557788",
        caller_name="Zoë",
        queue="sales",
        agent="201",
        joined_at=datetime(2026, 3, 2, 10, 2, 0, 123456, UTC),
        wait_s=7.25,
        recording="0123456789abcdef",
    )
    records.put_call(row)
    assert records.call(row.id) == row
    assert records.call("nothing") is None


def test_writing_a_call_again_replaces_it(records: Records, make_call: Any) -> None:
    records.put_call(make_call(1, outcome=Outcome.FAILED))
    records.put_call(make_call(1, outcome=Outcome.ANSWERED))
    assert [row.outcome for row in records.calls(Search())] == [Outcome.ANSWERED]


def test_times_are_kept_in_utc_whatever_zone_they_came_in(records: Records, make_call: Any) -> None:
    began, _ = day_bounds(date(2026, 3, 2), "Africa/Johannesburg")
    records.put_call(make_call(1, started_at=began))
    assert records.calls(Search())[0].started_at == datetime(2026, 3, 1, 22, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused(records: Records, make_call: Any) -> None:
    with pytest.raises(RowRefused, match="expected a time with a zone"):
        records.put_call(make_call(1, started_at=datetime(2026, 3, 2)))


def test_events_are_numbered_without_gaps(records: Records, make_event: Any) -> None:
    records.append(make_event("a"), make_event("b"))
    with pytest.raises(RowRefused):
        records.append(make_event("c"), make_event("d", data={"x": object()}))
    records.append(make_event("c"))
    assert [(e.seq, e.kind) for e in records.events_after(0)] == [(1, "a"), (2, "b"), (3, "c")]
    assert records.last_seq() == 3


def test_a_number_given_by_the_box_is_kept_and_never_twice(
    records: Records, make_event: Any
) -> None:
    records.append(make_event("a", seq=41), make_event("b"))
    assert [e.seq for e in records.last_events(5)] == [41, 42]
    with pytest.raises(RowRefused, match="UNIQUE"):
        records.append(make_event("again", seq=41))


def test_last_events_and_events_after_a_number(records: Records, make_event: Any) -> None:
    records.append(*(make_event(f"e{n}") for n in range(1, 8)))
    assert [e.kind for e in records.last_events(3)] == ["e5", "e6", "e7"]
    assert [e.kind for e in records.events_after(5)] == ["e6", "e7"]


def test_the_timeline_of_a_call_is_its_events_in_order(records: Records, make_event: Any) -> None:
    event = make_event(
        "call.digit", call="c1", leg="line1-1", text="pressed 1", data={"digit": "1"}
    )
    records.append(make_event("call.started", call="c1"), make_event("other", call="c2"), event)
    timeline = records.timeline("c1")
    assert [e.kind for e in timeline] == ["call.started", "call.digit"]
    assert timeline[1].data == {"digit": "1"}


NUMBERS = ["+27215557788", "0215557788", "0825551234", "", "201"]
SEARCHES: dict[str, tuple[str, list[int]]] = {
    "whole national": ("0215557788", [1, 0]),
    "international": ("+27 21 555 7788", [1, 0]),
    "last digits": ("7788", [1, 0]),
    "punctuated": ("(082) 555-1234", [2]),
    "middle digits are no suffix": ("5557", []),
    "extension": ("201", [4]),
    "name, any case": ("ALICE", [0]),
    "part of a name": ("lic", [0]),
    "any case in any script": ("ÉLAN", [1]),
    "percent means percent": ("100%", [3]),
    "underscore means underscore": ("_", [2]),
    "nothing found": ("nobody", []),
    "blank narrows nothing": ("  ", [4, 3, 2, 1, 0]),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
def test_search_by_text(records: Records, make_call: Any, search: Any) -> None:
    text, expected = search
    names = ["Alice Example", "Élan", "a_b", "100% Cotton", "1005 Cotton"]
    rows = [
        make_call(n, caller_number=number, caller_name=name)
        for n, (number, name) in enumerate(zip(NUMBERS, names, strict=True))
    ]
    records.write(rows)
    assert [rows.index(row) for row in records.calls(Search(text=text))] == expected
    assert records.count(Search(text=text)) == len(expected)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(line=2), [2]),
        (Search(agent="202"), [1]),
        (Search(queue="sales"), [3, 0]),
        (Search(direction="outgoing"), [1]),
        (Search(outcome=Outcome.ABANDONED), [3]),
        (Search(since=datetime(2026, 3, 2, 10, 2, tzinfo=UTC)), [3, 2]),
        (Search(until=datetime(2026, 3, 2, 10, 2, tzinfo=UTC)), [1, 0]),
        (Search(queue="sales", outcome=Outcome.ANSWERED), [0]),
        (Search(limit=2), [3, 2]),
        (Search(limit=2, offset=3), [0]),
        (Search(limit=-5, offset=-5), []),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, Search) else "",
)
def test_search_by_field(
    records: Records, make_call: Any, search: Search, expected: list[int]
) -> None:
    rows = [
        make_call(0, queue="sales"),
        make_call(1, agent="202", direction="outgoing"),
        make_call(2, line=2),
        make_call(3, queue="sales", outcome=Outcome.ABANDONED),
    ]
    records.write(rows)
    assert [rows.index(row) for row in records.calls(search)] == expected


def test_the_longest_recording_of_a_call_is_shown(records: Records) -> None:
    short = RecordingRow("a" * 16, "c1", "done", duration_s=2.0)
    long = RecordingRow("b" * 16, "c1", "open")
    records.write([short, long])
    records.put_recording(RecordingRow("b" * 16, "c1", "done", "x.ogg", 9000, 60.5, 0.0, "ab" * 32))
    found = records.recording_of("c1")
    assert found is not None
    assert (found.id, found.state, found.octets) == ("b" * 16, "done", 9000)
    assert records.recording("a" * 16) == short
    assert records.recording_of("c2") is None


def test_the_day_of_a_queue_adds_up(records: Records) -> None:
    day = date(2026, 3, 2)
    began, ended = day_bounds(day, "Africa/Johannesburg")
    story = Story(began)
    for second, call, how in (
        (0, "a", "answered"),
        (3 * 3600, "b", "abandoned"),
        (4 * 3600, "c", "left"),
        (86399.9, "d", "abandoned"),
        ((ended - began).total_seconds(), "next day", "abandoned"),
        (-0.1, "day before", "abandoned"),
        (600, "still talks", "answered"),
    ):
        story.offered(second, call)
        if how == "answered":
            story.answered(second + 4, call, "201" if call == "a" else "202", 4)
        elif how == "left":
            story.left(second + 60, call, "timeout", 60)
        else:
            story.abandoned(second + 9, call, 9)
        if call == "a":
            story.ended(second + 90, call)
    records.write(story.rows)
    assert records.queue_days(day, "Africa/Johannesburg") == {
        "sales": QueueDay("sales", 4, 1, 2, 1)
    }


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
    ids=["spring", "autumn", "ordinary"],
)
def test_a_day_with_a_clock_change_has_23_or_25_hours(day: date, hours: int) -> None:
    # Directive 2000/84/EC: last Sundays of March and October, 01:00 UTC
    since, until = day_bounds(day, "Europe/Paris")
    assert until.astimezone(UTC) - since.astimezone(UTC) == timedelta(hours=hours)


def test_a_call_cut_off_by_a_crash_gets_its_summary_from_the_events(
    records: Records, make_event: Any, make_call: Any
) -> None:
    finished = make_call(1)
    records.append(
        make_event("call.started", 0, call=finished.id),
        make_event("call.started", 5, call="cut", data={"line": 2, "caller_number": "0215557788"}),
        make_event("queue.joined", 9, call="cut", data={"queue": "sales"}),
    )
    records.put_call(finished)
    assert records.open_calls() == ["cut"]
    [row] = records.recover()
    assert (row.id, row.outcome, row.line, row.queue) == ("cut", Outcome.FAILED, 2, "sales")
    assert records.call("cut") == row
    assert records.open_calls() == []
    assert records.recover() == []


def test_the_reader_sees_what_the_writer_wrote_and_cannot_write(
    tmp_path: Path, make_call: Any
) -> None:
    writer = Records(tmp_path / "records.db")
    reader = Records(tmp_path / "records.db", read_only=True)
    writer.put_call(make_call(1))
    assert reader.count(Search()) == 1
    with pytest.raises(RecordsAway, match="readonly"):
        reader.put_call(make_call(2))
    reader.close()
    writer.close()


def test_a_reader_before_the_first_start_is_told_plainly(tmp_path: Path) -> None:
    reader = Records(tmp_path / "none.db", read_only=True)
    with pytest.raises(RecordsAway, match="unable to open"):
        reader.calls(Search())
    assert not (tmp_path / "none.db").exists()


def test_every_commit_is_synced(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.db")
    with records._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    records.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(RecordsAway, match="not a database"):
        Records(tmp_path / "records.db")


def test_search_by_number_uses_the_index(records: Records, tmp_path: Path) -> None:
    from firmware.records.schema import calls
    from firmware.records.search import conditions

    where = conditions(Search(text="7788")).compile(compile_kwargs={"literal_binds": True})
    with sqlite3.connect(tmp_path / "records.db") as plain:
        plan = plain.execute(f"EXPLAIN QUERY PLAN SELECT id FROM {calls} WHERE {where}").fetchall()
    plain.close()
    assert any("calls_by_caller" in row[3] for row in plan)
    assert not any(row[3].startswith("SCAN") for row in plan)


def test_a_database_of_an_earlier_release_is_completed(tmp_path: Path, make_call: Any) -> None:
    path = tmp_path / "records.db"
    records = Records(path)
    records.put_call(make_call(1, caller_name="Alice Example"))
    records.close()
    with sqlite3.connect(path) as plain:
        plain.execute("DROP INDEX calls_by_time_and_words")
        plain.execute("ALTER TABLE calls DROP COLUMN words")
    plain.close()
    records = Records(path)
    assert records.count(Search(text="alice")) == 1
    records.put_call(make_call(2, caller_name="Alice Again"))
    assert records.count(Search(text="ALICE")) == 2
    records.close()


def test_an_unnumbered_event_equals_its_stored_form_but_for_the_number(
    records: Records, make_event: Any
) -> None:
    row = make_event("box.trouble", text="it's \N{BLACK TELEPHONE}", data={"ok": True, "n": 1.5})
    records.append(row)
    [stored] = records.last_events(1)
    assert stored == EventRow(row.at, row.kind, row.text, None, None, row.data, 1)


def test_rows_of_many_kinds_together(records: Records, make_call: Any, make_event: Any) -> None:
    """As the core writes them: numbered, calls that began, that ended, and both."""
    whole = make_call(1)
    records.write(
        [
            make_event("call.started", seq=1, call=whole.id),
            make_event("call.started", seq=2, call="under way"),
            make_event("call.ended", seq=3, call=whole.id, data={"by": "caller"}),
            whole,
        ]
    )
    assert records.open_calls() == ["under way"]
    assert [e.seq for e in records.timeline(whole.id)] == [1, 3]
    assert records.call(whole.id) == whole
    records.write([make_event("x", seq=4), make_event("y", seq=5), make_call(1, talk_s=9.0)])
    assert [row.talk_s for row in records.calls(Search())] == [9.0]


def test_of_many_rows_the_refused_one_is_named_and_none_stored(
    records: Records, make_call: Any, make_event: Any
) -> None:
    bad = make_event("b", seq=2, data={"x": object()})
    with pytest.raises(RowRefused) as refused:
        records.write([make_event("a", seq=1), bad, make_call(1)])
    assert refused.value.row is bad
    assert records.last_seq() == 0
    assert records.calls(Search()) == []


@pytest.mark.parametrize("others", [0, 3])
def test_what_is_no_text_or_no_64_bit_number_is_refused_by_its_row(
    records: Records, make_call: Any, make_event: Any, others: int
) -> None:
    """SQLite's binding says so in exceptions of its own."""
    good = [replace(make_event("dialled", text=f"{n}"), seq=n + 1) for n in range(others)]
    for bad in (
        replace(make_event("dialled", text="dials 5\udcff"), seq=9),
        replace(make_call(9), line=1 << 70),
    ):
        with pytest.raises(RowRefused) as refused:
            records.write([*good, bad])
        assert refused.value.row is bad
        assert records.last_seq() == 0
