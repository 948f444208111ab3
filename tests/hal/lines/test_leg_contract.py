"""Legs of lines against the contract of every carrier."""

import random

import pytest

from hal.hat.messages import Loop
from hal.leg import Cause, Direction, HangupBy, Party, Released, State, UnexpectedMove
from hal.lines.config import AnswerBy, LineConfig
from tests.hal.leg_contract import (
    check_dead,
    check_events_wait_for_a_listener,
    check_fresh,
    check_story,
)


def test_an_incoming_leg(office):
    box = office()
    box.ring()
    box.wait(4)
    box.ring()
    leg = box.legs[0]
    check_fresh(leg, Direction.INCOMING)
    leg.answer()
    check_events_wait_for_a_listener(leg)
    check_dead(leg)


def test_an_outgoing_leg(office):
    box = office()
    leg = box.dial()
    check_fresh(leg, Direction.OUTGOING)
    check_events_wait_for_a_listener(leg)
    check_dead(leg)


def one_step(box, dice, legs):
    """Something that the world, the office or the board may do."""
    match dice.randrange(14):
        case 0:
            box.ring(dice.choice((400, 1000, 2000)))
        case 1:
            box.wait(dice.choice((0.1, 0.5, 3, 8)))
        case 2:
            box.hat.become(1, dice.choice(list(Loop)))
        case 3:
            box.reverse(dice.random() < 0.5)
        case 4:
            box.caller_id("030")
        case 5:
            box.sound(dice.choice((240, 480, 1000, 3000)), dice.choice((0, 425, 620)))
        case 6:
            box.cadence(3, (480, 425), (480,))
        case 7:
            box.lose_hat()
        case 8:
            box.find_hat(dice.choice(list(Loop)))
        case 9:
            legs.append(box.dial())
        case 10 | 11:
            command(dice.choice([*box.legs, *legs] or [box.dial()]), dice)
        case 12:
            box.trouble("overload")
        case 13:
            box.digit("5")


def command(leg, dice):
    ask = dice.choice((leg.alert, leg.answer, leg.release, leg.hold, leg.resume, leg.flash))
    try:
        ask()
    except UnexpectedMove:
        return  # refused by name: allowed by the contract


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_every_leg_ends_once_and_the_line_comes_back(office, seed):
    dice = random.Random(seed)
    box = office(LineConfig(1, "DE", answer_by=dice.choice(list(AnswerBy))))
    outgoing = []
    for _ in range(150):
        one_step(box, dice, outgoing)
    live = [leg for leg in (*box.legs, *outgoing) if leg.state is not State.RELEASED]
    assert len(live) <= 1
    for leg in live:
        leg.release()
    box.find_hat(Loop.IDLE)
    box.wait(60)
    for leg in (*box.legs, *outgoing):
        assert sum(isinstance(event, Released) for event in box.heard(leg)) == 1
        check_story(box.heard(leg))
    assert box.lines.free_lines() == [1]
    hooks = [command[2] for command in box.hat.commands if command[0] == "hook"]
    assert not hooks or hooks[-1] is False
    assert box.lines.dial(1, "030", Party()).state is State.CALLING


def test_a_line_tells_its_level_while_it_talks_and_afterwards(office):
    box = office()
    leg = box.dial()
    assert leg.quality() is None
    leg.was_answered()
    quality = leg.quality()
    assert (quality.codec, quality.loss_percent, quality.mos) == ("TDM", 0.0, 4.41)
    leg.ended(Cause.NORMAL, HangupBy.PARTY, "hung up")
    assert leg.quality().codec == "TDM"
