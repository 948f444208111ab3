"""What the benchmarks of queue and records work on is what they say it is."""

from __future__ import annotations

from pathlib import Path

from firmware.acd.replay import replay
from firmware.records.messages import Search
from firmware.records.reports import Asked
from firmware.records.store import Records
from tools.bench.queue import AGENTS, CHECK_EACH, QUEUES, SERVED, WAITING, day, decisions, office
from tools.bench.records import FIRST, LIMITS, ZONE, fill, questions


def test_every_agent_serves_as_many_queues_as_said() -> None:
    served = [member for queue in office(30) for member in queue.members]
    assert len(office(30)) == QUEUES
    assert {served.count(str(201 + n)) for n in range(AGENTS)} == {SERVED}


def test_decisions_are_those_that_offer_a_call_with_all_callers_waiting() -> None:
    decided, others, looks, checks = decisions(70)
    assert len(decided.us) >= 70
    assert len(others.us) > WAITING
    assert min(looks.us) > 0
    assert len(checks.us) == len(looks.us) // CHECK_EACH > 0


def test_every_caller_of_the_day_is_answered_or_gives_up() -> None:
    total = replay(day(300), office(30)).total
    assert (total.offered, total.answered + total.abandoned) == (300, 300)


def test_made_calls_are_found_by_reports_and_searches(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    fill(path, 1000)
    records = Records(path, read_only=True)
    total = records.report(Asked(FIRST, FIRST, ZONE, LIMITS)).total
    assert (total.offered, total.balance) == (1000, 0)
    assert 800 < total.answered < 900
    assert records.count(Search("+27210048271")) == 1
    for question in questions(records, 1000):
        question.ask()
    records.close()
