"""Calls handed about at random, by everybody at once: whatever happens in whatever order, no fault
of ours ends a call, nobody who is there hears nothing, and in the end nothing is left over."""

from __future__ import annotations

import random
from typing import Any

import pytest

from firmware.call.call import Stage
from firmware.call.transfer import State as Handing
from hal.leg import (
    Answered,
    Cause,
    Digit,
    Direction,
    HangupBy,
    Held,
    Party,
    Progress,
    Released,
    State,
    TransferAsked,
)

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
BUSY = Released(Cause.USER_BUSY, HangupBy.PARTY, "busy")
DEAD = Released(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "answers nothing")
KEYS = ("##", "*2", "*1", "*3", "203#", "204", "299#", "601#", "00825551234#", "1", "*", "#")
NUMBERS = ("201", "202", "203", "204", "299", "600", "601", "00825551234", "*8")
STEPS = 60


def something_happens(branch: Any, chance: random.Random, legs: list[Any]) -> None:
    there = [leg for leg in legs if leg.state is not State.RELEASED]
    if not there or chance.random() < 0.1:
        number = chance.choice(NUMBERS)
        if chance.random() < 0.3:
            branch.ring(Party("0215557788", "Alice")).far(Digit("1", "inband"))
        else:
            branch.phone(chance.choice(("201", "202", "203", "204")), number)
        return
    leg = chance.choice(there)
    is_ringing = leg.direction is Direction.OUTGOING and leg.state is State.CALLING
    match chance.randrange(8):
        case 0 | 1 if is_ringing:
            leg.far(Answered())
        case 2 if is_ringing:
            leg.far(chance.choice((BUSY, DEAD, Progress(), Progress(early_media=True))))
        case 3 | 4 if leg.state is State.ANSWERED:
            for key in chance.choice(KEYS):
                leg.far(Digit(key, "rfc4733"))
        case 5 if leg.state is State.ANSWERED:
            with_leg = chance.choice((None, None, chance.choice(there).id))
            leg.far(TransferAsked(chance.choice(NUMBERS), with_leg))
        case 6 if leg.state is State.ANSWERED:
            leg.far(Held(chance.random() < 0.4))
        case 7 if chance.random() < 0.4:
            leg.far(chance.choice((BYE, DEAD)))
        case _:
            branch.loop.pass_by(chance.choice((0.5, 3.0, 30.0)))


def types_a_number(visit: Any, leg: Any) -> bool:
    transfer = visit.transfer
    return transfer is not None and transfer.asker is leg and transfer.state is Handing.ASKING


def who_hears_nothing(branch: Any) -> list[str]:
    """Answered parties of calls under way in a silence that nobody means."""
    listeners = {listener for listener, _ in branch.switch.hears} | set(branch.switch.plays)
    return [
        f"{leg.id} in {visit.call.stage.value}"
        for visit in branch.attendant.visits.values()
        for leg in visit.legs
        if leg.state is State.ANSWERED
        and visit.call.stage is not Stage.MENU
        and leg.port not in listeners
        and not visit.bridge.is_held_by(leg)
        and not types_a_number(visit, leg)
    ]


@pytest.mark.parametrize("seed", range(16))
async def test_calls_handed_about(branch: Any, seed: int) -> None:
    chance = random.Random(seed)
    branch.queues.log_in("204")
    for _ in range(STEPS):
        something_happens(branch, chance, branch._made)
        assert "call.fault" not in branch.kinds(), branch.texts()
        assert who_hears_nothing(branch) == [], branch.texts()
    for _ in range(20):
        for leg in list(branch._made):
            if leg.state is not State.RELEASED:
                leg.far(BYE)
        branch.loop.pass_by(60)
    assert "call.fault" not in branch.kinds()
    assert branch.is_empty()
    assert len({row.id for row in branch.rows}) == len(branch.rows)
    assert branch.kinds().count("call.started") == len(branch.rows)
    assert {branch.agent("201"), branch.agent("204")} == {"ready"}
