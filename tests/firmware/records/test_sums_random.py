"""Reports of days that were added up, against a plain count over the raw rows.

Random calls of some weeks, over a day of 23 hours and one of 25; some come late, into days that
have been added up already. The count reads the tables row by row and knows nothing of sums.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from queue_day import Story

from firmware.records.kpi import Result, Stay, Tally, tally
from firmware.records.reports import Asked, Limits, Rule
from firmware.records.store import Records

ZONE = "Europe/Berlin"
PLACE = ZoneInfo(ZONE)
LIMITS = {"sales": Limits(20, 5), "support": Limits(30, 2)}
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # 23 and 25 hours
AGAIN_DAYS = 2
DAYS = 12
NUMBERS = [f"02155577{n:02}" for n in range(25)] + [f"+272155577{n:02}" for n in range(9)] + [""]


def told(story: Story, draw: random.Random, name: str, agents: list[str]) -> None:
    """A call of some kind, some time."""
    at = draw.uniform(0, DAYS * 86400)
    story.offered(at, name, draw.choice(["sales", "support"]), line=draw.choice([1, 2, 3]),
                  caller_number=draw.choice(NUMBERS))  # fmt: skip
    waited = draw.choice([0, 1.5, 2, 4.999, 5, 20, 20.5, 30, 31, 700])
    match draw.choice(["answered", "answered", "abandoned", "left", "long"]):
        case "answered":
            agent = draw.choice(agents)
            story.answered(at + waited, name, agent, waited)
            over = at + waited + draw.uniform(5, 4000)
            if draw.random() < 0.2:
                story.tell(over, "call.transferred", name, transferred_by=agent, to="209")
            story.ended(over, name)
            story.state(over, agent, "wrap_up")
            story.state(over + draw.uniform(1, 60), agent, draw.choice(["ready", "paused"]))
        case "long":  # over midnight, or half a day
            story.tell(at + waited, "queue.answered", name, agent="203", waited_s=waited)
            story.ended(at + waited + draw.uniform(20_000, 60_000), name)
        case "abandoned":
            story.abandoned(at + waited, name, waited)
        case _:
            story.left(at + waited, name, draw.choice(["timeout", "full"]), waited)


def a_story(
    began: datetime, draw: random.Random, name: str, count: int, is_late: bool = False
) -> Story:
    """Calls that come late are those of other agents: nobody's states come in the wrong order."""
    story = Story(began)
    for n in range(count):
        told(story, draw, f"{name}{n}", [f"3{name}{n}"] if is_late else ["201", "202"])
    story.rows.sort(key=lambda row: getattr(row, "at", None) or row.ended_at)
    return story


@dataclass
class Plain:
    """The tables as they are, read row by row."""

    path: Path
    stays: list[dict[str, Any]] = field(default_factory=list)

    def look(self) -> None:
        """Read the stays anew."""
        self.stays = [
            row | {name: row[name] and moment(row[name]) for name in ("offered_at", "decided_at")}
            for row in self.rows("stays")
        ]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        database = sqlite3.connect(self.path)
        database.row_factory = sqlite3.Row
        yield from map(dict, database.execute(f"SELECT * FROM {table}").fetchall())
        database.close()

    def tally(self, asked: Asked, wanted: Callable[[dict[str, Any], datetime], bool]) -> Tally:
        """Of the stays that are wanted, by the formulas."""
        chosen: dict[str, list[Stay]] = {}
        for row in self.stays:
            column = "decided_at" if asked.rule is Rule.DECIDED else "offered_at"
            if row[column] is None:
                continue
            at = row[column]
            ours = (
                (not asked.queue or row["queue"] == asked.queue)
                and (not asked.agent or row["agent"] == asked.agent)
                and asked.line in (None, row["line"])
            )
            if ours and asked.first <= at.date() <= asked.last and wanted(row, at):
                stay = Stay(
                    Result(row["result"]), row["wait_s"], row["talk_s"], row["hold_s"],
                    row["wrap_up_s"], bool(row["is_transferred"]), row["cause"],
                )  # fmt: skip
                chosen.setdefault(row["queue"], []).append(stay)
        by_queue = (
            tally(some, asked.limits[queue].threshold_s, asked.limits[queue].short_s)
            for queue, some in chosen.items()
        )
        return sum(by_queue, Tally())

    def callers(self, asked: Asked) -> tuple[int, int]:
        """Known by number, and of these who called no second time so soon."""
        called: dict[str, list[datetime]] = {}
        for row in sorted(self.rows("calls"), key=lambda row: row["started_at"]):
            digits = row["caller_number"].removeprefix("+27").removeprefix("0")
            if digits and asked.line in (None, row["line"]):
                called.setdefault(digits, []).append(moment(row["started_at"]))
        known = once = 0
        for moments in called.values():
            inside = [asked.first <= at.date() <= asked.last for at in moments]
            soon = [
                b.astimezone(UTC) - a.astimezone(UTC) <= timedelta(days=AGAIN_DAYS)
                for a, b in pairwise(moments)
            ]
            known += any(inside)
            once += any(inside) and not any(map(lambda i, s: i and s, inside, soon))
        return known, once

    def states(self, asked: Asked) -> dict[str, dict[str, float]]:
        """Each agent's seconds, cut at the bounds."""
        found: dict[str, dict[str, float]] = {}
        for row in self.rows("agent_times"):
            starts = max(moment(row["from_at"]).astimezone(UTC), asked.since.astimezone(UTC))
            ends = moment(row["until_at"]) if row["until_at"] else asked.now
            assert ends is not None
            seconds = (min(ends, asked.until).astimezone(UTC) - starts).total_seconds()
            if seconds > 0:
                states = found.setdefault(row["agent"], {})
                states[row["state"]] = states.get(row["state"], 0) + seconds
        return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(PLACE)


def like(expected: Tally) -> dict[str, Any]:
    return {
        name: pytest.approx(value) if isinstance(value, float) else value
        for name, value in shown(expected).items()
    }


def shown(one: Tally) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Tally.__slots__}


def compare(records: Records, plain: Plain, asked: Asked) -> None:
    """Every grouping of a report with the count over the rows."""
    found = records.report(asked)
    assert shown(found.total) == like(plain.tally(asked, lambda row, at: True))
    for day, some in found.days.items():
        assert shown(some) == like(plain.tally(asked, lambda row, at, d=day: at.date() == d))
    for queue, some in found.queues.items():
        assert shown(some) == like(plain.tally(asked, lambda row, at, q=queue: row["queue"] == q))
    for line, some in found.lines.items():
        assert shown(some) == like(plain.tally(asked, lambda row, at, n=line: row["line"] == n))
    for half in found.half_hours if asked.first != asked.last else ():
        hour, minute = map(int, half.label.split(":"))
        assert shown(half.tally) == like(
            plain.tally(
                asked, lambda row, at, h=hour, m=minute: at.hour == h and at.minute // 30 * 30 == m
            )
        )
    states = plain.states(asked)
    for agent, figures in found.agents.items():
        assert shown(figures.tally) == like(
            plain.tally(asked, lambda row, at, a=agent: row["agent"] == a)
        )
        assert {s: n for s, n in figures.states.items() if n} == pytest.approx(
            states.get(agent, {}), abs=0.05
        )  # of which each row has thousandths
    assert found.callers is not None
    assert (found.callers.known, found.callers.once) == plain.callers(asked)
    reached = [
        row
        for row in plain.rows("calls")
        if asked.first <= moment(row["started_at"]).date() <= asked.last
        and asked.line in (None, row["line"])
    ]
    assert found.reached == len(reached)


def periods(draw: random.Random, first: date) -> Iterator[tuple[date, date]]:
    yield first, first + timedelta(days=DAYS - 1)
    for _ in range(2):
        a, b = sorted(draw.sample(range(DAYS), 2))
        yield first + timedelta(days=a), first + timedelta(days=b)


@pytest.mark.parametrize(("middle", "seed"), [(SPRING, 1), (AUTUMN, 2)], ids=["23 h", "25 h"])
def test_sums_are_what_the_rows_are(tmp_path: Path, middle: date, seed: int) -> None:
    draw = random.Random(seed)
    first = middle - timedelta(days=DAYS // 2)
    began = datetime(first.year, first.month, first.day, tzinfo=PLACE).astimezone(UTC)
    now = began + timedelta(days=DAYS - 1.2)
    records, plain = Records(tmp_path / "records.db"), Plain(tmp_path / "records.db")
    records.use_country("ZA")
    records.write(a_story(began, draw, "a", 70).rows)
    for stage in ("none", "some", "all", "late", "anew", "later", "at last"):
        if stage in ("some", "late"):
            for _ in range(2 * DAYS + 3):
                records.sum_up(ZONE, LIMITS, now, AGAIN_DAYS, lines=3)
        if stage in ("all", "anew", "at last"):
            while records.sum_up(ZONE, LIMITS, now, AGAIN_DAYS, lines=3):
                pass
        if stage in ("late", "later"):
            records.write(a_story(began, draw, stage, 4, is_late=True).rows)
        plain.look()
        for a, b in periods(draw, first):
            asked = Asked(a, b, ZONE, LIMITS, now=now, again_days=AGAIN_DAYS)
            asked = replace(asked, rule=draw.choice(list(Rule)))
            narrow = draw.choice([{}, {}, {"agent": "201"}, {"queue": "support"}, {"line": 2}])
            compare(records, plain, replace(asked, **narrow))
    records.close()
