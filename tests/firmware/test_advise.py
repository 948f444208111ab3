"""Advice and replay from a records file: by function, then through the process that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from firmware.acd.past import Arrival, Past
from firmware.acd.replay import UnknownChange
from firmware.advise import advise, days_off, known, replay
from firmware.advise_task import Adviser
from firmware.api.advice_schema import AdviceRequest, ReplayRequest
from firmware.api.errors import Refused
from firmware.config.callers import CallerRule
from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.records.marks import PAST_UNTIL, set_mark
from firmware.records.messages import CallId, CallRow, EventRow, Outcome
from firmware.records.store import Records

MONDAY = date(2026, 11, 16)
"""The last one with calls."""
TODAY = MONDAY + timedelta(days=6)
WEEKS = 5
A_DAY = 6
TALK_S, WRAP_UP_S, GAP_S = 180, 20, 120


@pytest.fixture
def office() -> Office:
    return demo_office()


def test_a_replay_knows_callers_by_the_rules_of_the_office(office: Office) -> None:
    vip = CallerRule(id="vip", name="VIP", numbers=("0215557788",), priority=5, owner="201")
    boss = CallerRule(id="boss", name="Boss's line", numbers=("021*",), lines=(2,), priority=9)
    rules = office.model_copy(update={"callers": office.callers.model_copy(
        update={"rules": (vip, boss)})})  # fmt: skip
    came = [("+27215557788", 1), ("0215550000", 2), ("0215550000", 1), ("", None)]
    arrivals = tuple(
        Arrival(CallId(str(n)), n, "sales", 60.0, number=number, line=line)
        for n, (number, line) in enumerate(came)
    )
    seen = known(Past(60.0, arrivals, ()), rules).arrivals
    assert [(a.priority, a.owner) for a in seen] == [(5, "201"), (9, ""), (0, ""), (0, "")]
    assert [a.number for a in seen] == ["+27215557788", "+27215550000", "+27215550000", ""]


def test_a_replay_asks_for_the_skills_that_line_and_number_ask_for(office: Office) -> None:
    document = office.model_dump(mode="json")
    document["extensions"][0]["skills"] = {"french": 3, "bills": 2}
    document["queues"][1] |= {"skills_lower_every_s": 30}
    document["lines"][1]["language"] = "fr"
    document["callers"]["rules"] = [
        {"id": "acme", "name": "Acme", "numbers": ["0215557788"], "skills": {"bills": 1}}
    ]
    document["skills"] = {"by_language": {"fr": {"french": 2}}}
    asking = Office.model_validate(document)
    came = [("0215557788", 1), ("0215557788", 2), ("", 1)]
    arrivals = tuple(
        Arrival(CallId(str(n)), n, "sales", 60.0, number=number, line=line)
        for n, (number, line) in enumerate(came)
    )
    seen = known(Past(60.0, arrivals, ()), asking).arrivals
    assert [a.skills for a in seen] == [{"bills": 1}, {"bills": 1, "french": 2}, {}]


@pytest.fixture
def path(tmp_path: Path, office: Office) -> Path:
    """On five Mondays at ten, six calls, each two minutes after the last, for one agent."""
    place = tmp_path / "records.db"
    records = Records(place)
    records.write(list(_told(office)))
    records.close()
    return place


def _told(office: Office) -> Iterator[EventRow | CallRow]:
    queue = office.queues[0]
    agent = queue.members[0]
    for week in range(WEEKS):
        ten = datetime(2026, 11, 16, 8, tzinfo=UTC) - timedelta(weeks=week)
        free = ten - timedelta(seconds=GAP_S)
        yield _state(free, agent, "ready")
        rows: list[EventRow | CallRow] = []
        for n in range(A_DAY):
            call, came = CallId(f"c{week}-{n}"), ten + timedelta(seconds=GAP_S * n)
            begins = max(free, came)
            over = begins + timedelta(seconds=TALK_S)
            wait_s = (begins - came).total_seconds()
            rows += [
                EventRow(came, "call.started", "", call, data={"line": n % 4 + 1}),
                EventRow(came, "queue.joined", "", call, data={"queue": queue.id}),
                EventRow(
                    begins, "queue.answered", "", call, data={"agent": agent, "waited_s": wait_s}
                ),
                _state(begins, agent, "on_call"),
                EventRow(over, "call.ended", "", call, data={"by": "caller"}),
                CallRow(
                    call, came, "incoming", Outcome.ANSWERED, over, "caller", 16,
                    line=n % 4 + 1, queue=queue.id, agent=agent,
                ),
                _state(over, agent, "wrap_up"),
                _state(over + timedelta(seconds=WRAP_UP_S), agent, "ready"),
            ]  # fmt: skip
            free = over + timedelta(seconds=WRAP_UP_S)
        yield from sorted(
            rows, key=lambda row: row.at if isinstance(row, EventRow) else row.ended_at
        )
        yield _state(free + timedelta(seconds=1), agent, "logged_out")


def _state(at: datetime, agent: str, state: str) -> EventRow:
    return EventRow(at, "agent.state", "", data={"agent": agent, "state": state, "reason": ""})


def test_next_week_is_planned_from_the_mondays_before(path: Path, office: Office) -> None:
    records = Records(path, read_only=True)
    advice = advise(records, office, AdviceRequest(queue=office.queues[0].id), TODAY)
    records.close()
    (queue,) = advice.queues
    (row,) = queue.half_hours
    assert advice.monday == MONDAY + timedelta(days=7)
    assert (row.day, row.time) == (advice.monday, "10:00")
    assert row.calls == pytest.approx(A_DAY)
    assert queue.handling_s == pytest.approx(TALK_S + WRAP_UP_S)
    assert row.agents == 2  # 0.67 erlang
    assert queue.error_percent == pytest.approx(0)
    assert advice.lines is not None
    assert advice.lines.most_held == 3


def test_a_known_total_takes_the_place_of_the_forecast(path: Path, office: Office) -> None:
    queue, monday = office.queues[0].id, MONDAY + timedelta(days=7)
    records = Records(path, read_only=True)
    known = advise(records, office, AdviceRequest(queue=queue, totals={monday: 90}), TODAY)
    assert [row.calls for row in known.queues[0].half_hours] == [pytest.approx(90)]
    with pytest.raises(UnknownChange, match=f"totals of {MONDAY}: expected days from {monday} on"):
        advise(records, office, AdviceRequest(queue=queue, totals={MONDAY: 90}), TODAY)
    records.close()
    with pytest.raises(ValueError, match="totals: expected a queue"):
        AdviceRequest(totals={monday: 90})


def test_one_agent_more_would_have_shortened_the_wait(path: Path, office: Office) -> None:
    asked = ReplayRequest(first=MONDAY, last=MONDAY, queue=office.queues[0].id, agents=1)
    records = Records(path, read_only=True)
    seen = replay(records, office, asked)
    records.close()
    assert seen.recorded.total.answered == seen.before.total.answered == A_DAY
    assert seen.before.total.mean_answer_s == pytest.approx(
        seen.recorded.total.mean_answer_s, abs=20
    )
    assert seen.after.total.mean_answer_s is not None
    assert seen.after.total.mean_answer_s < 0.5 * (seen.before.total.mean_answer_s or 0)
    assert seen.patience_s is None
    assert any("Nobody gave up" in sentence for sentence in seen.words)


def test_holidays_are_those_of_the_country(office: Office) -> None:
    """South Africa, 2026: the Day of Reconciliation is a Wednesday."""
    assert days_off(office, date(2026, 12, 1), date(2026, 12, 20)) == {date(2026, 12, 16)}


def test_a_queue_the_office_does_not_have_is_named(path: Path, office: Office) -> None:
    records = Records(path, read_only=True)
    with pytest.raises(UnknownChange, match="queue 'nowhere': expected"):
        advise(records, office, AdviceRequest(queue="nowhere"), TODAY)
    records.close()


def test_days_must_be_in_order() -> None:
    with pytest.raises(ValueError, match="is 0 days: expected 1 to 31"):
        ReplayRequest(first=MONDAY, last=MONDAY - timedelta(days=1))


async def test_a_process_of_its_own_works_it_out_and_says_what_it_cannot(
    path: Path, office: Office
) -> None:
    adviser = Adviser(str(path), lambda: office)
    seen = await adviser.replay(ReplayRequest(first=MONDAY, last=MONDAY))
    assert seen.before == seen.after
    quiet = MONDAY + timedelta(days=1)
    with pytest.raises(Refused, match="none was answered"):
        await adviser.replay(ReplayRequest(first=quiet, last=quiet))


def test_what_is_still_being_counted_is_said(path: Path, office: Office) -> None:
    records = Records(path)
    records.append(EventRow(datetime(2026, 11, 16, 15, tzinfo=UTC), "box.stopped", ""))
    with records._engine.begin() as connection:  # as an old database is left by an upgrade
        set_mark(connection, PAST_UNTIL, f"{records.last_seq()}")
    planned = advise(records, office, AdviceRequest(), TODAY)
    replayed = replay(records, office, ReplayRequest(first=MONDAY, last=MONDAY))
    records.close()
    said = f"Still being counted: what happened from {MONDAY} to {MONDAY} is not all in these"
    assert planned.words[0].startswith(said)
    assert replayed.words[0].startswith(said)
