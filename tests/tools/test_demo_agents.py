"""When a demo agent counts as ready."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.api.errors import ApiError
from firmware.api.schema import Agent
from tools.demo_agents import log_in, takes_calls


class Api:
    """The box as an agent's phone finds it."""

    def __init__(self, state: str) -> None:
        now = datetime(2026, 1, 5, tzinfo=UTC)
        self.agents = [Agent(extension="201", name="Anna", state=state, since=now)]
        self.is_away = False

    def live(self) -> Any:
        if self.is_away:
            raise ApiError("the core is not running")
        return SimpleNamespace(agents=self.agents)

    def agent_action(self, *_: Any) -> None:
        if self.is_away:
            raise ApiError("the core is not running")


@pytest.mark.parametrize(
    ("state", "is_ready"),
    [
        ("logged_out", False),
        ("unreachable", False),
        ("ready", True),
        ("paused", True),  # by somebody, before the box was stopped: it is no phone's fault
        ("wrap_up", True),
    ],
)
async def test_an_agent_is_ready_once_logged_in_and_reachable(state: str, is_ready: bool) -> None:
    assert await takes_calls(Api(state), "201") is is_ready
    assert not await takes_calls(Api(state), "202")


async def test_a_core_that_does_not_answer_has_no_agents(caplog: pytest.LogCaptureFixture) -> None:
    api = Api("ready")
    assert await log_in(api, "201")
    api.is_away = True
    assert not await takes_calls(api, "201")
    assert not await log_in(api, "201", tries=1)
    assert "agent 201 could not log in: the core is not running" in caplog.text
