"""What the control API may order of agents, and how it is refused."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.acd.queue_task import Queues
from firmware.api.errors import Refused
from firmware.api.schema import AgentAction
from firmware.call.story import Story
from firmware.config.schema import Extension, Office, Queue
from firmware.control import Control

OFFICE = Office(
    extensions=tuple(
        Extension(number=n, name=name, secret=f"secret-{n}")
        for n, name in (("201", "Anna"), ("205", "Desk"))
    ),
    queues=(Queue(id="sales", name="Sales", members=("201",)),),
    pause_reasons=("Lunch", "Meeting"),
)


@pytest.fixture
async def control() -> Control:
    nobody: Any = None
    queues = Queues(nobody, nobody, Story(lambda event: None), asyncio.get_running_loop())
    queues.configure(OFFICE)
    people = {e.number: e for e in OFFICE.extensions}
    attendant = SimpleNamespace(queues=queues, desk=SimpleNamespace(person=people.get))
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
