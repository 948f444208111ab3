"""What the control API may order of agents, and how it is refused."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.acd.queue_task import Queues
from firmware.api.errors import Refused
from firmware.api.schema import AgentAction, DispositionOrder, Noted
from firmware.call.story import Story
from firmware.config.schema import Disposition, Extension, Office, Queue, User
from firmware.control import Control
from firmware.records.messages import CallId, EventRow
from firmware.route.dispositions_task import Dispositions

OFFICE = Office(
    extensions=tuple(
        Extension(number=n, name=name, secret=f"secret-{n}")
        for n, name in (("201", "Anna"), ("205", "Desk"))
    ),
    queues=(Queue(id="sales", name="Sales", members=("201",)),),
    pause_reasons=("Lunch", "Meeting"),
    dispositions=(
        Disposition(code=1, name="Order taken", is_resolved=True),
        Disposition(code=2, name="Calls again", is_resolved=False),
    ),
    users=(User(name="anna", password_hash="x", role="agent", extension="201"),),
)
TOLD: list[EventRow] = []
"""The story of the test."""


@pytest.fixture
async def control() -> Control:
    nobody: Any = None
    story = Story(TOLD.append)
    queues = Queues(nobody, nobody, story, asyncio.get_running_loop())
    queues.configure(OFFICE)
    people = {e.number: e for e in OFFICE.extensions}
    attendant = SimpleNamespace(
        queues=queues,
        desk=SimpleNamespace(person=people.get, story=story),
        dispositions=Dispositions(lambda: OFFICE, story, queues),
    )
    TOLD.clear()
    parts: Any = SimpleNamespace(attendant=attendant, config=SimpleNamespace(office=OFFICE))
    return Control(parts, nobody)


async def test_an_agent_logs_in_at_another_phone_and_pauses_for_a_reason(control: Control) -> None:
    shown = control.agent("201", "login", AgentAction(phone="205"))
    assert (shown.state, shown.phone) == ("unreachable", "205")
    shown = control.agent("201", "pause", AgentAction(reason="Lunch"))
    assert (shown.state, shown.reason) == ("paused", "Lunch")
    assert control.agent("201", "ready", AgentAction()).reason == ""


@pytest.mark.parametrize(
    ("agent", "action", "body", "status", "words"),
    [
        ("205", "login", AgentAction(), 404, "'205' is in no queue: expected one of"),
        ("201", "login", AgentAction(phone="299"), 404, "no phone '299': expected an extension"),
        (
            "201",
            "pause",
            AgentAction(reason="Smoke"),
            404,
            "no pause reason 'Smoke': expected Lunch, Meeting",
        ),
        ("201", "extend", AgentAction(), 409, "201 is logged_out: expected to be in wrap-up"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_by_name(
    control: Control, agent: str, action: Any, body: AgentAction, status: int, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        control.agent(agent, action, body)
    assert refused.value.status == status


def has_a_call(control: Control, call: str) -> None:
    story = control._parts.attendant.desk.story
    story.tell("queue.answered", "answered", call=CallId(call), agent="201", queue="sales")


async def test_an_agent_says_how_a_call_ended(control: Control) -> None:
    assert control.agent("201", "login", AgentAction()).noted is None
    has_a_call(control, "c1")
    has_a_call(control, "c2")
    assert control.agent("201", "ready", AgentAction()).noted == Noted(call="c2", queue="sales")
    shown = control.set_disposition("201", DispositionOrder(who="anna", code=1))
    assert shown.noted == Noted(call="c2", queue="sales", code=1)
    control.set_disposition("201", DispositionOrder(who="olga", code=2, call="c1"))
    assert [(e.call, e.text) for e in TOLD if e.kind == "call.disposition"] == [
        ("c2", "Anna (201) noted how the call ended: Order taken (1)"),
        ("c1", "olga for Anna (201) noted how the call ended: Calls again (2)"),
    ]


@pytest.mark.parametrize(
    ("agent", "order", "status", "words"),
    [
        ("205", {"code": 1}, 404, "no agent '205': expected a member of a queue"),
        ("201", {"code": 9}, 404, r"no disposition 9: expected one of 1 \(Order taken\), 2 "),
        ("201", {"code": 1, "call": "c0"}, 409, "201 has not had call c0"),
    ],
)
async def test_what_cannot_be_noted_is_refused_by_name(
    control: Control, agent: str, order: dict[str, Any], status: int, words: str
) -> None:
    has_a_call(control, "c1")
    with pytest.raises(Refused, match=words) as refused:
        control.set_disposition(agent, DispositionOrder(**order))
    assert refused.value.status == status
