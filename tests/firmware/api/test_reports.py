"""Reports through the control API, from real records."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from firmware.api.client import ApiClient
from firmware.api.errors import Refused
from firmware.api.report_schema import ReportAsked
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
