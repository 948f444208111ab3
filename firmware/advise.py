"""`python -m firmware.advise --records URL`: work out an advice or a replay, as its own process.

A JSON object on stdin (`Task`), the answer's JSON on stdout; status 2 and a sentence on stderr if
it cannot be made. Joins the records, the adviser and the replay with the office's settings; started
by advise_task.py, because reading and reckoning for seconds must not slow down the core.

Leaves out: the formulas (records.adviser, acd.recall, acd.replay).
Tests: tests/firmware/test_advise.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace as with_changes
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from firmware.acd.past import Arrival, Past
from firmware.acd.recall import NothingToReplay, recall
from firmware.acd.replay import Outcome, UnknownChange, WhatIf, compare
from firmware.api import advice_schema as a
from firmware.config.callers import CallerRule
from firmware.config.holiday_calendar import has_calendar, public_holidays
from firmware.config.schema import Office, Queue
from firmware.config.subscriber import subscriber
from firmware.records import history
from firmware.records.adviser import (
    WEEKS_BACK,
    Calendar,
    Goal,
    LinesAdvice,
    StaffAdvice,
    advise_lines,
    advise_staff,
    next_monday,
)
from firmware.records.catching_up import uncounted
from firmware.records.errors import RecordsError
from firmware.records.kpi import Result, Stay, Tally, tally
from firmware.records.messages import StayRow
from firmware.records.periods import day_bounds
from firmware.records.store import Records
from firmware.route.asking import BY_NUMBER, asked_in
from firmware.route.lists import rule_for

HABIT_DAYS: Final = 28
"""Handling times, patience and lines are learned from the last four weeks."""
NICE: Final = 15
REFUSED: Final = 2
"""Exit status: it cannot be made, and stderr says why."""
FEW_WEEKS: Final = 4


class Task(BaseModel):
    """What is wanted: one of the two."""

    office: Office
    advice: a.AdviceRequest | None = None
    replay: a.ReplayRequest | None = None


def advise(records: Records, office: Office, asked: a.AdviceRequest, today: date) -> a.Advice:
    """Next week's staff, and lines."""
    zone = office.site.timezone
    first, last = today - timedelta(days=7 * WEEKS_BACK + 7), today - timedelta(days=1)
    calendar = Calendar(
        today,
        records.ask(lambda c: history.first_whole_day(c, zone)) or today,
        days_off(office, first, today + timedelta(days=14)),
    )
    counts = records.ask(lambda c: history.offered(c, first, last, zone))
    since = today - timedelta(days=HABIT_DAYS)
    habits = records.ask(lambda c: history.habits(c, since, last, zone))
    queues = [q for q in office.queues if asked.queue in (None, q.id)]
    if asked.queue is not None and not queues:
        raise UnknownChange(f"queue {asked.queue!r}: expected {[q.id for q in office.queues]}")
    monday = next_monday(today)
    if wrong := [str(day) for day in asked.totals if not 0 <= (day - monday).days < 7]:
        raise UnknownChange(f"totals of {', '.join(wrong)}: expected days from {monday} on, a week")
    rows = []
    for queue in queues:
        habit = habits.get(queue.id, history.Habit(None, None))
        goal = Goal(asked.service_level, float(queue.service_level_s), asked.shrinkage)
        known = counts.get(queue.id, {})
        advice = advise_staff(
            known, calendar, goal, habit.handling_s, habit.patience_s, asked.method, asked.totals
        )
        rows.append(_queue_advice(queue, advice))
    lines = sum(line.is_enabled for line in office.lines)
    start, end = day_bounds(since, zone)[0], day_bounds(last, zone)[1]
    held = records.ask(lambda c: history.held(c, start, end)) if lines else []
    return a.Advice(
        monday=monday,
        queues=rows,
        lines=_line_advice(advise_lines(held, lines, asked.blocked)) if lines else None,
        words=[
            *_uncounted_words(records, day_bounds(first, zone)[0], end, zone),
            *_advice_words(rows),
        ],
    )


def days_off(office: Office, first: date, last: date) -> set[date]:
    """Public holidays of the office's country; none where there is no calendar of them."""
    site = office.site
    if not has_calendar(site.country, site.region):
        return set()
    years = range(first.year, last.year + 1)
    found = [day for year in years for day in public_holidays(site.country, site.region, year)]
    return {day for day in found if first <= day <= last}


def replay(records: Records, office: Office, asked: a.ReplayRequest) -> a.Replay:
    """Some days as they were and as they would have been."""
    zone = office.site.timezone
    since, until = day_bounds(asked.first, zone)[0], day_bounds(asked.last, zone)[1]
    until = min(until, max(since + timedelta(seconds=1), datetime.now(UTC)))
    found = records.ask(lambda c: history.stretch(c, since, until))
    past = known(recall(since, until, found.stays, found.times, found.calls), office)
    lines = sum(line.is_enabled for line in office.lines)
    wanted = WhatIf(asked.queue or "", asked.agents, max(0, lines + asked.lines))
    skills = {e.number: e.skills for e in office.extensions if e.skills}
    seen = compare(past, office.queues, wanted, lines, skills)
    return a.Replay(
        recorded=_run(_recorded(found.stays, office.queues)),
        before=_run(seen.before.queues, seen.before),
        after=_run(seen.after.queues, seen.after),
        patience_s=past.patience_s,
        words=[
            *_uncounted_words(records, since, until, zone),
            *_replay_words(asked, seen.before, past.patience_s),
        ],
    )


def known(past: Past, office: Office) -> Past:
    """With what the office's rules say of each caller today: who goes first, who belongs to whom,
    who asks for which skills. Numbers as the queues know callers by them."""
    country = office.site.country
    return with_changes(past, arrivals=tuple(_known(a, office, country) for a in past.arrivals))


def _known(arrival: Arrival, office: Office, country: str) -> Arrival:
    rule = rule_for(office.callers, arrival.number, arrival.line, country)
    return with_changes(
        arrival,
        number=subscriber(arrival.number, country),
        priority=rule.priority if rule is not None else 0,
        owner=(rule.owner or "") if rule is not None else "",
        skills=_skills(arrival, rule, office),
    )


def _skills(arrival: Arrival, rule: CallerRule | None, office: Office) -> Mapping[str, int]:
    """What they ask of agents by line and number; keys they pressed are not known."""
    queue = next((q for q in office.queues if q.id == arrival.queue), None)
    line = next((x for x in office.lines if x.number == arrival.line), None)
    if queue is None:
        return {}
    language = (rule.language if rule is not None else None) or (
        line.language if line is not None else None
    )
    asks = {BY_NUMBER: rule.skills} if rule is not None else {}
    return asked_in(office, queue, language or office.site.language, asks)


def _recorded(stays: Sequence[StayRow], queues: Sequence[Queue]) -> dict[str, Tally]:
    return {
        queue.id: tally(
            (_stay(s) for s in stays if s.queue == queue.id),
            queue.service_level_s,
            queue.short_abandon_s,
        )
        for queue in queues
    }


def _stay(row: StayRow) -> Stay:
    is_answered = row.result is Result.ANSWERED
    return Stay(
        row.result,
        row.wait_s,
        row.talk_s if is_answered else 0.0,
        row.hold_s if is_answered else 0.0,
        row.wrap_up_s if is_answered else 0.0,
        row.is_transferred,
        row.cause,
    )


# -- as the API says it ----------------------------------------------------------------------------


def _queue_advice(queue: Queue, advice: StaffAdvice) -> a.QueueAdvice:
    return a.QueueAdvice(
        queue=queue.id,
        name=queue.name,
        threshold_s=queue.service_level_s,
        handling_s=advice.handling_s,
        patience_s=advice.patience_s,
        error_percent=advice.error_percent,
        weeks_known=advice.weeks_known,
        half_hours=[
            a.HalfHourAdvice(
                day=row.day,
                time=f"{row.slot // 2:02}:{row.slot % 2 * 30:02}",
                is_holiday=row.is_holiday,
                calls=row.calls,
                agents=row.agents,
                staff=row.staff,
                service_level=row.service_level,
                abandoned=row.abandoned,
            )
            for row in advice.half_hours
        ],
    )


def _line_advice(advice: LinesAdvice) -> a.LineAdvice:
    return a.LineAdvice(
        lines=advice.lines,
        all_busy_s=advice.all_busy_s,
        most_held=advice.most_held,
        busiest_erlang=advice.busiest_erlang,
        offered_erlang=advice.offered_erlang,
        lost_calls=advice.lost_calls,
        choices=[a.LineChoice(lines=c.lines, blocked=c.blocked) for c in advice.choices],
        wanted=advice.wanted,
    )


def _run(queues: Mapping[str, Tally], outcome: Outcome | None = None) -> a.Run:
    return a.Run(
        queues=[_outcome(queue, sums) for queue, sums in queues.items()],
        total=_outcome("", sum(queues.values(), Tally())),
        blocked=outcome.blocked if outcome is not None else None,
        all_lines_busy_s=outcome.all_lines_busy_s if outcome is not None else None,
    )


def _outcome(queue: str, sums: Tally) -> a.QueueOutcome:
    return a.QueueOutcome(
        queue=queue,
        offered=sums.offered,
        answered=sums.answered,
        abandoned=sums.abandoned,
        left=sums.left,
        causes=dict(sums.causes),
        service_level=sums.service_level(),
        mean_answer_s=sums.mean_answer_s,
        longest_wait_s=sums.longest_wait_s,
        mean_handling_s=sums.mean_handling_s,
    )


def _uncounted_words(records: Records, since: datetime, until: datetime, zone: str) -> list[str]:
    if (found := records.ask(lambda c: uncounted(c, since, until))) is None:
        return []
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (found.since, found.until))
    return [
        f"Still being counted: what happened from {first:%Y-%m-%d} to {last:%Y-%m-%d} is not all "
        "in these figures yet"
    ]


def _advice_words(queues: Sequence[a.QueueAdvice]) -> list[str]:
    words = []
    for queue in queues:
        if queue.handling_s is None:
            words.append(f"{queue.name}: no call was answered in four weeks, so nobody is planned")
        elif queue.weeks_known < FEW_WEEKS:
            words.append(
                f"{queue.name}: forecast from {queue.weeks_known} of four weeks, as far as there "
                "are records"
            )
    words.append(
        "Lines: callers who met the busy tone of the network are seen by nobody; how many they "
        "were is an estimate (Erlang B) from how long the lines were held"
    )
    return words


def _replay_words(asked: a.ReplayRequest, before: Outcome, patience_s: float | None) -> list[str]:
    words = ["Compare `after` with `before`: both are replayed; `recorded` shows how near that is"]
    if patience_s is None:
        words.append("Nobody gave up in these days, so nobody does in the replay")
    if asked.lines > 0:
        words.append(
            "Callers who found all lines taken are not in the records, so the replay cannot let "
            "them in: see the estimate in the advice about lines"
        )
    if before.unknown:
        words.append(f"{before.unknown} calls to queues that are no more are left out")
    return words


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("firmware.advise", description="Advice and replay.")
    parser.add_argument("--records", required=True, help="URL of the records database")
    chosen = parser.parse_args(given)
    os.nice(NICE)
    task = Task.model_validate_json(sys.stdin.buffer.read())
    try:
        records = Records(chosen.records, read_only=True)
        answer = _answer(records, task)
    except (NothingToReplay, UnknownChange, RecordsError) as error:
        sys.stderr.write(str(error))
        return REFUSED
    sys.stdout.write(answer.model_dump_json())
    return 0


def _answer(records: Records, task: Task) -> BaseModel:
    if task.replay is not None:
        return replay(records, task.office, task.replay)
    asked = task.advice or a.AdviceRequest()
    here = datetime.now(ZoneInfo(task.office.site.timezone)).date()
    return advise(records, task.office, asked, asked.today or here)


if __name__ == "__main__":
    raise SystemExit(main())
