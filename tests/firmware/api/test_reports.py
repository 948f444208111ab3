"""Reports through the control API, from real records."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from firmware.api.client import ApiClient
from firmware.api.errors import Refused
from firmware.api.report_schema import CallsAsked, ReportAsked
from firmware.records.catching_up import Uncounted
from firmware.records.messages import CallId, CallRow, EventRow, Outcome

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)  # two hours before the box's clock in these tests


@pytest.fixture
def one_lost(box: Any) -> str:
    """A caller who waits 40 s in the first queue and gives up."""
    queue = box.config.office.queues[0].id

    def at(second: float, kind: str, **data: str | float) -> EventRow:
        return EventRow(BEGAN + timedelta(seconds=second), kind, kind, CallId("c"), data=dict(data))

    row = CallRow(
        CallId("c"), BEGAN, "incoming", Outcome.ABANDONED, BEGAN + timedelta(seconds=41), "caller",
        16, line=1, caller_number="0215557788", queue=queue,
    )  # fmt: skip
    box.records.write(
        [
            at(0, "call.started", line=1, caller_number="0215557788"),
            at(1, "queue.joined", queue=queue),
            at(41, "queue.abandoned", waited_s=40),
            at(41, "call.ended", by="caller"),
            row,
        ]
    )
    return str(queue)


async def test_the_figures_of_today(client: ApiClient, one_lost: str) -> None:
    asked = ReportAsked(queue=one_lost, formula="SL-F6")
    found = await asyncio.to_thread(client.report, asked)
    assert (found.first, found.last) == (date(2026, 3, 2), date(2026, 3, 2))
    assert (found.total.figures["offered"], found.total.figures["abandoned"]) == (1, 1)
    assert found.total.figures["service_level"] == 0
    assert found.total.figures["asa"] is None
    assert found.definitions["service_level"].startswith("answered in T / (answered + gave up")
    assert [row.id for row in found.queues] == [one_lost]
    assert sum(row.figures["offered"] or 0 for row in found.half_hours) == 1
    assert len(found.half_hours) == 48


async def test_lost_callers_and_a_call_told(client: ApiClient, one_lost: str) -> None:
    lost = await asyncio.to_thread(client.lost_callers, 7)
    assert [(c.call, c.state, c.number) for c in lost.callers] == [("c", "open", "0215557788")]
    story = await asyncio.to_thread(client.call_story, "c")
    assert story.summary.endswith("The caller gave up after waiting 40 s. The caller hung up.")
    assert [chapter.title for chapter in story.chapters][-1] == "The end"


async def test_what_is_refused_says_why(client: ApiClient, one_lost: str) -> None:
    for asked, why in (
        (ReportAsked(queue="nothing"), "nothing"),
        (ReportAsked.model_construct(formula="SL-F9"), "SL-F1"),
        (
            ReportAsked.model_construct(first=date(2026, 3, 2), last=date(2026, 3, 1)),
            "expected the last day not before the first",
        ),
    ):
        with pytest.raises(Refused, match=why):
            await asyncio.to_thread(client.report, asked)
    with pytest.raises(Refused, match="call 'none'"):
        await asyncio.to_thread(client.call_story, "none")
    with pytest.raises(Refused, match="less than or equal to 90"):
        await asyncio.to_thread(client.lost_callers, 500)


@pytest.fixture
def one_happy(box: Any) -> str:
    """A caller who is answered after 5 s on line 2, and gives a 4 of 5; then one whom the menu
    serves."""
    queue = box.config.office.queues[0].id

    def at(second: float, kind: str, call: str, **data: str | int) -> EventRow:
        moment = BEGAN + timedelta(seconds=second)
        return EventRow(moment, kind, kind, CallId(call), data=dict(data))

    def row(call: str, outcome: Outcome, **more: Any) -> CallRow:
        ends = BEGAN + timedelta(seconds=99)
        return CallRow(CallId(call), BEGAN, "incoming", outcome, ends, "caller", 16, **more)

    asked = {"survey": "s", "scale": "csat", "score": 4, "queue": queue, "agent": "201"}
    talked = BEGAN + timedelta(seconds=6)
    box.records.write(
        [
            at(0, "call.started", "h", line=2),
            at(1, "queue.joined", "h", queue=queue),
            at(6, "queue.answered", "h", agent="201", waited_s=5),
            at(90, "queue.ended", "h"),
            at(95, "survey.answered", "h", **asked),
            at(99, "call.ended", "h", by="caller"),
            row("h", Outcome.ANSWERED, line=2, queue=queue, agent="201", joined_at=talked),
            at(0, "call.started", "m", line=1),
            at(4, "menu.served", "m", menu="main", key="3"),
            at(99, "call.ended", "m", by="caller"),
            row("m", Outcome.IN_MENU, line=1),
        ]
    )
    return str(queue)


async def test_what_callers_answered_and_what_the_lines_did(
    client: ApiClient, one_happy: str
) -> None:
    found = await asyncio.to_thread(client.report, ReportAsked())
    total = found.total.figures
    assert (total["csat"], total["csat_mean"], total["nps"]) == (1, 4, None)
    assert (total["reached"], total["served"], total["self_service"]) == (2, 1, 0.5)
    assert (found.formula, found.again_days) == ("SL-F3", 7)
    assert found.limits[one_happy].threshold_s == 20
    assert {key for key in total if key not in found.definitions} == set()
    (anna,) = [row for row in found.agents if row.id == "201"]
    assert anna.figures["csat_answers"] == 1
    assert [row.figures["served"] for row in found.lines if row.id == "1"] == [1]
    narrow = await asyncio.to_thread(client.report, ReportAsked(line=1))
    assert (narrow.total.figures["reached"], narrow.total.figures["offered"]) == (1, 0)


async def test_every_figure_opens_its_calls(client: ApiClient, one_happy: str) -> None:
    for figure, calls in (("csat", ["h"]), ("served", ["m"]), ("in_time", ["h"]),
                          ("abandoned", []), ("called_again", [])):  # fmt: skip
        found = await asyncio.to_thread(client.calls_behind, CallsAsked(figure=figure))
        assert [call.id for call in found.calls] == calls
        assert found.count == len(calls)
        assert found.means
    early = CallsAsked(figure="reached", half_hour="09:30")
    assert (await asyncio.to_thread(client.calls_behind, early)).calls == []
    same = early.model_copy(update={"half_hour": "10:00"})
    assert (await asyncio.to_thread(client.calls_behind, same)).count == 2


async def test_calls_of_no_figure_are_refused(client: ApiClient, one_happy: str) -> None:
    for asked, why in (
        (CallsAsked(figure="lost"), "csat"),
        (CallsAsked(figure="offered", half_hour="25:30"), "half-hour '25:30'"),
        (
            CallsAsked(figure="offered", half_hour="09:30", first=date(2026, 3, 1),
                       last=date(2026, 3, 2)),
            "expected a report of one day",
        ),
    ):  # fmt: skip
        with pytest.raises(Refused, match=why):
            await asyncio.to_thread(client.calls_behind, asked)


async def test_an_office_counts_its_own_way(client: ApiClient, one_happy: str, box: Any) -> None:
    document = box.config.office.model_dump(mode="json")
    document["reporting"] = {"formula": "SL-F6", "interval": "decided", "again_days": 3}
    box.config.change(document, box.config.document.generation, "anna", "counted otherwise")
    found = await asyncio.to_thread(client.report, ReportAsked())
    assert (found.formula, found.again_days) == ("SL-F6", 3)
    assert "answered, given up or left" in found.rule
    assert "within 3 days" in found.definitions["first_call_resolution"]


async def test_what_is_not_counted_yet_is_said(
    client: ApiClient, one_happy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = datetime(2026, 3, 2, 8, tzinfo=UTC)
    missing = Uncounted(since, since + timedelta(hours=9))
    assert (await asyncio.to_thread(client.report, ReportAsked())).uncounted_until is None
    monkeypatch.setattr("firmware.records.reports.uncounted", lambda *_: missing)
    found = await asyncio.to_thread(client.report, ReportAsked())
    assert (found.uncounted_since, found.uncounted_until) == (missing.since, missing.until)


async def test_how_calls_ended_in_the_agents_words(
    client: ApiClient, one_happy: str, box: Any
) -> None:
    said = {"code": 7, "name": "Order taken", "is_resolved": True, "queue": one_happy}
    at = BEGAN + timedelta(seconds=100)
    noted = EventRow(at, "call.disposition", "noted", CallId("h"), data={**said, "agent": "201"})
    box.records.write([noted])
    found = await asyncio.to_thread(client.report, ReportAsked())
    assert [row.model_dump() for row in found.dispositions] == [
        {"code": 7, "name": "Order taken", "calls": 1, "share": 1.0}
    ]
    assert (found.total.figures["resolution"], found.total.figures["noted_share"]) == (1, 1)
    assert "settled" in found.definitions["resolution"]
    for figure in ("resolved", "disposition_7"):
        behind = await asyncio.to_thread(client.calls_behind, CallsAsked(figure=figure))
        assert [(c.id, c.disposition, c.disposition_name) for c in behind.calls] == [
            ("h", 7, "Order taken")
        ]
    other = await asyncio.to_thread(client.calls_behind, CallsAsked(figure="disposition_8"))
    assert other.calls == []
    with pytest.raises(Refused, match="'disposition_x': expected disposition_ and a code"):
        await asyncio.to_thread(client.calls_behind, CallsAsked(figure="disposition_x"))
