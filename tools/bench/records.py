"""A million calls in the records: how long reports and searches take.

250 days of 4 000 calls, made by SQLite itself, in the tables and with the indexes of
the box. Each question is asked three times (once if that takes long) and the slowest counts, as
the first is not better off than any later one. Goals: any report under 1 s, a search by number
under 100 ms. Beside them stands a bare walk of SQLite over all stays.

    python -m tools.bench.records [--calls 1000000]
"""

from __future__ import annotations

import argparse
import itertools
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from firmware.records.messages import CallId, CallRow, EventRow, Outcome, Search, StaysWanted
from firmware.records.reports import Asked, Limits, Rule
from firmware.records.schema import agent_times, calls, stays, subscribers
from firmware.records.store import Records
from tools.bench.processes import load_average, table, yardstick_ms

ZONE: Final = "Africa/Johannesburg"
FIRST: Final = date(2024, 1, 1)
CALLS_A_DAY: Final = 4000
TIMES: Final = 3
PATIENCE_S: Final = 2.0
"""A question that took so long is not asked again."""
LINES: Final = 8
WRITTEN: Final = 2000
"""Calls written."""
STEPS_AT_ONCE: Final = 60
"""Steps of different calls in one batch: 200 calls a second."""
LIMITS: Final = {f"q{n}": Limits(20.0 + n) for n in range(4)}

# Office hours 8 to 18 in the zone, 6 to 16 UTC: 9 s from call to call.
_MAKE: Final = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :calls),
drawn AS (
  SELECT i, :first + (i / 4000) * 86400 + 21600 + (i % 4000) * 9 AS at,
         (i * 7919 + i / 13) % 100 AS lot, (i * 104729) % 97 AS wait_s,
         20 + (i * 31337) % 400 AS talk_s, 'q' || (i % 4) AS queue,
         '+2721' || printf('%07d', (i * 48271) % 9000000) AS number
  FROM n)
"""
_CALLS: Final = """INSERT INTO calls SELECT
  'call-' || printf('%07d', i), strftime('%Y-%m-%d %H:%M:%f000', at - 8, 'unixepoch'),
  'incoming', CASE WHEN lot < 85 THEN 'answered' ELSE 'abandoned' END,
  strftime('%Y-%m-%d %H:%M:%f000', at + wait_s + talk_s, 'unixepoch'), 'caller', 16,
  1 + i % 8, number, 'Customer ' || (i % 5000), '', '', '', queue,
  CASE WHEN lot < 85 THEN '' || (201 + i % 12) ELSE '' END, '', NULL,
  strftime('%Y-%m-%d %H:%M:%f000', at, 'unixepoch'),
  CASE WHEN lot < 85 THEN strftime('%Y-%m-%d %H:%M:%f000', at + wait_s, 'unixepoch') END,
  wait_s, talk_s, 0, wait_s + talk_s + 8, '',
  backwards(number), '', 'customer ' || (i % 5000) || char(10) || number FROM drawn"""
_STAYS: Final = """INSERT INTO stays SELECT
  'call-' || printf('%07d', i), 1, queue,
  strftime('%Y-%m-%d %H:%M:%f000', at, 'unixepoch'), at / 900,
  CASE WHEN lot < 85 THEN 'answered' WHEN lot < 95 THEN 'abandoned' ELSE 'left' END,
  CASE WHEN lot >= 95 THEN 'timeout' ELSE '' END,
  strftime('%Y-%m-%d %H:%M:%f000', at + wait_s, 'unixepoch'), (at + wait_s) / 900, wait_s,
  CASE WHEN lot < 85 THEN '' || (201 + i % 12) ELSE '' END,
  CASE WHEN lot < 85 THEN talk_s ELSE 0 END, 0, CASE WHEN lot < 85 THEN 15 ELSE 0 END, lot < 5,
  1 + i % 8, number, 'Customer ' || (i % 5000), NULL, 0 FROM drawn"""
_TIMES: Final = """INSERT INTO agent_times SELECT
  i, '' || (201 + i % 12), CASE i % 3 WHEN 0 THEN 'ready' WHEN 1 THEN 'on_call' ELSE 'wrap_up' END,
  '', strftime('%Y-%m-%d %H:%M:%f000', at, 'unixepoch'),
  strftime('%Y-%m-%d %H:%M:%f000', at + 36, 'unixepoch'), 36, '', 0 FROM drawn"""

_NUMBERS: Final = """INSERT INTO subscribers SELECT DISTINCT
  number, backwards(number), substr(number, 2) FROM drawn"""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked of the records."""

    what: str
    goal_ms: float
    ask: Callable[[], object]


def fill(path: Path, count: int) -> float:
    """Make the calls, their stays and the agents' times; megabytes of the file."""
    records = Records(path)
    records.use_country("ZA")
    records.close()
    tables = (calls, stays, agent_times, subscribers)
    first = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp()
    with sqlite3.connect(path, isolation_level=None) as database:
        database.create_function("backwards", 1, lambda number: number[:0:-1], deterministic=True)
        database.execute("PRAGMA synchronous = OFF")
        shapes = [
            row[0]
            for made in tables
            for row in database.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql != ''",
                (made.name,),
            )
        ]
        for made in tables:
            for index in made.indexes:
                database.execute(f"DROP INDEX {index.name}")
        for insert in (_CALLS, _STAYS, _TIMES, _NUMBERS):
            into, _, rest = insert.partition(" SELECT")
            database.execute(f"{into} {_MAKE} SELECT{rest}", {"calls": count, "first": int(first)})
        for shape in shapes:
            database.execute(shape)
    database.close()
    return path.stat().st_size / 1e6


def questions(records: Records, count: int) -> list[Question]:
    """What pages ask."""
    last = _last_day(count)
    now = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)

    def report(days: int, **narrow: object) -> Callable[[], object]:
        first = max(FIRST, last - timedelta(days=days - 1))
        asked = Asked(first, last, ZONE, LIMITS, now=now, line_count=LINES, **narrow)  # type: ignore[arg-type]  # queue, agent, rule
        return lambda: records.report(asked)

    def search(text: str) -> Callable[[], object]:
        return lambda: records.calls(Search(text))

    return [
        Question("report of a day", 1000, report(1)),
        Question("report of a week", 1000, report(7)),
        Question("report of 92 days", 1000, report(92)),
        Question("report of a year", 1000, report(365)),
        Question("report of everything", 1000, report(3000)),
        Question("report of a queue, a year", 1000, report(365, queue="q1")),
        Question("report of an agent, a year", 1000, report(365, agent="205")),
        Question("the same by answer, a year", 1000, report(365, rule=Rule.DECIDED)),
        Question("report of a line, 92 days", 1000, report(92, line=3)),
        Question("lost callers of a week", 1000, lambda: records.lost(now - timedelta(days=7))),
        Question("lost callers of 90 days", 1000, lambda: records.lost(now - timedelta(days=90))),
        Question(
            "calls behind a figure", 1000,
            lambda: records.stays(StaysWanted(now - timedelta(days=30), now, queue="q1"), 50),
        ),
        Question("search by seven digits", 100, search("4404501")),
        Question("search by four digits", 100, search("4501")),
        Question("search by a number in another form", 100, search("021 440 4501")),
        Question("search by a number's beginning", 100, search("021 4404")),
        Question("search by a beginning of all numbers", 100, search("0027 21")),
        Question("search by an extension in every 12th call", 100, search("205")),
        Question("search by a number nobody has", 100, search("9999999")),
        Question("search by part of a name", 1000, search("omer 4321")),
        Question("newest 50 calls", 100, search("")),
    ]  # fmt: skip


def slowest_ms(ask: Callable[[], object]) -> tuple[float, float]:
    """Of several times, and how long the processor worked for it."""
    took: list[tuple[float, float]] = []
    while len(took) < TIMES and sum(wall for wall, _ in took) < 1000 * PATIENCE_S:
        began, worked = time.perf_counter(), time.thread_time()
        ask()
        wall, own = time.perf_counter() - began, time.thread_time() - worked
        took.append((1000 * wall, 1000 * own))
    return max(took)


def measure(count: int) -> str:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "records.sqlite"
        began = time.monotonic()
        size = fill(path, count)
        made_s = time.monotonic() - began
        day_ms = _sum_up(path, count)
        records = Records(path, read_only=True)
        wall, own = _walk_ms(path)
        walk = "SQLite alone: a walk over all stays"
        rows = [(walk, "", f"{wall:.0f} ms", f"{own:.0f} ms", "")]
        for question in questions(records, count):
            wall, own = slowest_ms(question.ask)
            verdict = "yes" if wall < question.goal_ms else "NO"
            goal, took, worked = f"{question.goal_ms:.0f} ms", f"{wall:.0f} ms", f"{own:.0f} ms"
            rows.append((question.what, goal, took, worked, verdict))
        records.close()
        written = writing(Path(folder))
    return (
        f"{size:.0f} MB, made in {made_s:.0f} s; a day added up by night in {day_ms:.0f} ms.\n"
        + table(("question", "goal", "slowest of three", "processor", "reached"), rows)
        + f"\n{written}"
    )


def a_call(n: int) -> list[list[EventRow | CallRow]]:
    """One call, step by step, as the box tells it; events still without numbers."""
    began = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(seconds=3 * n)
    call, agent, number = CallId(f"20260302-{n:06}-abcd"), f"{201 + n % 12}", f"+2721555{n:04}"

    def at(second: float) -> datetime:
        return began + timedelta(seconds=second)

    def told(second: float, kind: str, **data: str | int | float | bool | None) -> EventRow:
        return EventRow(at(second), kind, f"{kind} told in plain words", call, None, data)

    def state(second: float, state: str) -> EventRow:
        return replace(told(second, "agent.state", agent=agent, state=state), call=None)

    summary = CallRow(
        call, began, "incoming", Outcome.ANSWERED, at(100), "caller", 16, 1 + n % 8, number,
        queue=f"q{n % 4}", agent=agent, queued_at=at(8), joined_at=at(15), wait_s=7.0,
        talk_s=85.0, total_s=100.0,
    )  # fmt: skip
    return [
        [told(0, "call.started", direction="incoming", line=1 + n % 8, caller_number=number)],
        [told(0.1, "call.answered"), told(0.2, "menu.entered", menu="main")],
        [told(8, "menu.key", digit="1"), told(8, "queue.joined", queue=f"q{n % 4}")],
        [told(9, "queue.offered", agent=agent)],
        [told(15, "queue.answered", agent=agent, waited_s=7.0), state(15, "on_call")],
        [told(15, "call.joined", agent=agent)],
        [told(100, "queue.ended", agent=agent), state(100, "wrap_up")],
        [told(100, "call.ended", by="caller"), summary],
        [state(115, "ready")],
    ]


def batches(count: int) -> list[list[EventRow | CallRow]]:
    """Calls beside each other, a new one with each turn, as batches of numbered events."""
    told = [(n + 4 * k, n, step) for n in range(count) for k, step in enumerate(a_call(n))]
    steps = [step for _, _, step in sorted(told, key=lambda one: one[:2])]
    numbers = itertools.count(1)
    rows = [
        [replace(r, seq=next(numbers)) if isinstance(r, EventRow) else r for r in step]
        for step in steps
    ]
    return [
        [row for step in rows[n : n + STEPS_AT_ONCE] for row in step]
        for n in range(0, len(rows), STEPS_AT_ONCE)
    ]


def writing(folder: Path) -> str:
    """What a call costs the thread that writes records, beside SQLite alone."""
    told = batches(WRITTEN)
    records, began = Records(folder / "written.sqlite"), time.thread_time()
    for batch in told:
        records.write(batch)
    ours = time.thread_time() - began
    kept = records.count(Search(""))
    records.close()
    database, began = sqlite3.connect(folder / "alone.sqlite"), time.thread_time()
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE told (seq, at, kind, text, call, data)")
    for batch in told:
        texts = [(r.seq, str(r.at), r.kind, r.text, r.call, str(r.data))
                 for r in batch if isinstance(r, EventRow)]  # fmt: skip
        database.executemany("INSERT INTO told VALUES (?, ?, ?, ?, ?, ?)", texts)
        database.commit()
    alone = time.thread_time() - began
    database.close()
    return (
        f"{kept} calls written, {1e6 * ours / WRITTEN:.0f} us each; their events into a bare table "
        f"{1e6 * alone / WRITTEN:.0f} us: {ours / alone:.1f} times that."
    )


def _last_day(count: int) -> date:
    return FIRST + timedelta(days=max(1, count // CALLS_A_DAY) - 1)


def _sum_up(path: Path, count: int) -> float:
    """Add up the days that are over, as the box does one after the other; milliseconds a day."""
    records, days, began = Records(path), 0, time.thread_time()
    last = _last_day(count)
    now = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
    while records.sum_up(ZONE, LIMITS, now, lines=LINES):
        days += 1
    records.close()
    return 1000 * (time.thread_time() - began) / max(days, 1)


def _walk_ms(path: Path) -> tuple[float, float]:
    database = sqlite3.connect(path)
    took = slowest_ms(lambda: database.execute("SELECT sum(wait_s + talk_s) FROM stays").fetchall())
    database.close()
    return took


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A million calls in the records.")
    parser.add_argument("--calls", type=int, default=1_000_000)
    chosen = parser.parse_args(given)
    print(f"Records of {chosen.calls} calls.", end=" ")
    print(measure(chosen.calls))
    print(f"A fixed piece of Python takes {yardstick_ms():.1f} ms, load {load_average():.1f}.")


if __name__ == "__main__":
    main()
