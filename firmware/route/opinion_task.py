"""Asks a caller how the call was, when the agent of the queue has hung up (CSAT, NPS).

Shell of firmware.ivr.survey for one `Visit`. The call was over with the agent's hang-up: talk time,
recording and wrap-up end there, and so the records say. Left out: who hangs up first themselves is
not asked; surveys by another call.

Tests: tests/firmware/route/test_opinion.py.
"""

from __future__ import annotations

from functools import partial

from firmware.config.places import Survey
from firmware.ivr.dialogue_task import Dialogue
from firmware.ivr.survey import Finished, Run, Scored
from firmware.route.desk import extension_of
from firmware.route.underway import Underway
from hal.leg import HangupBy, Leg, Released, State


def asked(visit: Underway, leg: Leg, event: Released) -> bool:
    """`leg` hung up: whether the caller is asked now, and the call goes on for that."""
    survey = _survey(visit)
    caller = visit.call.caller
    is_agents = leg is visit.agent and leg is visit.call.other and event.by is HangupBy.PARTY
    is_there = caller.state in (State.ANSWERED, State.HELD) and caller.port is not None
    if survey is None or not is_agents or not is_there or extension_of(caller):
        return False
    _ask(visit, survey, leg)
    return True


def _survey(visit: Underway) -> Survey | None:
    office = visit.desk.office
    queue = next((q for q in office.queues if q.id == visit.call.queue), None)
    wanted = queue.survey if queue is not None else None
    return next((s for s in office.surveys if s.id == wanted), None)


def _ask(visit: Underway, survey: Survey, leg: Leg) -> None:
    call, desk, agent = visit.call, visit.desk, visit.call.agent
    assert call.caller.port is not None  # asked() has looked
    call.talked(visit.now)
    desk.tapes.end(call)
    visit.dismiss(leg)
    visit.leave_place()
    visit.changed()
    visit.tell("survey.asked", f"is asked {survey.name}", survey=survey.id, scale=survey.kind)
    found = partial(_found, visit, survey, agent)
    visit.converse(
        Dialogue(
            Run(survey), call.caller.port, call.language, desk.audio, desk.loop, found, visit.fail
        )
    )


def _found(visit: Underway, survey: Survey, agent: str, what: Scored | Finished) -> None:
    match what:
        case Scored(score):
            visit.tell(
                "survey.answered",
                f"answered {survey.name} with {score}",
                survey=survey.id,
                scale=survey.kind,
                score=score,
                queue=visit.call.queue,
                agent=agent,
            )
        case Finished():
            visit.close()
