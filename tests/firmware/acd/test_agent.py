"""The agent's work as a table, and the state people are shown."""

import pytest

from firmware.acd.agent import TABLE, Agent, Presence, Step, UnexpectedStep, Work


def test_every_work_can_be_reached_and_left() -> None:
    assert set(TABLE.values()) == set(Work)
    assert {work for work, _ in TABLE} == set(Work)


@pytest.mark.parametrize("work", Work)
@pytest.mark.parametrize("step", Step)
def test_steps_advance_or_are_refused_by_name(work: Work, step: Step) -> None:
    agent = Agent("201", work=work)
    if (work, step) in TABLE:
        agent.step(step)
        assert agent.work is TABLE[work, step]
    else:
        with pytest.raises(UnexpectedStep, match=f"201: {step.name} .* {work.name}"):
            agent.step(step)
        assert agent.work is work


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (Agent("201"), "logged_out"),
        (Agent("201", presence=Presence.READY), "unreachable"),
        (Agent("201", presence=Presence.READY, is_reachable=True), "ready"),
        (Agent("201", presence=Presence.READY, is_reachable=True, is_phone_busy=True), "busy"),
        (Agent("201", presence=Presence.PAUSED, is_reachable=True), "paused"),
        (Agent("201", presence=Presence.READY, is_reachable=True, is_undisturbed=True), "dnd"),
        (Agent("201", presence=Presence.PAUSED, is_undisturbed=True), "paused"),
        (Agent("201", presence=Presence.OUT, is_undisturbed=True), "logged_out"),
        (Agent("201", presence=Presence.PAUSED, work=Work.WRAP_UP), "wrap_up"),
        (Agent("201", presence=Presence.OUT, work=Work.ON_CALL), "on_call"),
        (Agent("201", presence=Presence.READY, work=Work.OFFERED, is_reachable=True), "offered"),
    ],
)
def test_shown_state(agent: Agent, shown: str) -> None:
    assert agent.shown == shown


def test_an_agent_at_rest_is_not_available_yet() -> None:
    agent = Agent("201", presence=Presence.READY, is_reachable=True, rest_until=10.0)
    assert not agent.is_available(9.9)
    assert agent.is_available(10.0)
