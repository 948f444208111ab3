"""Calls on analog lines from the outside: what the world does, what the legs tell."""

import pytest

from hal.hat.messages import LinkDown, Loop
from hal.leg import (
    Answered,
    Cause,
    Digit,
    Fault,
    HangupBy,
    Identified,
    Kind,
    Party,
    Progress,
    Released,
    State,
    UnexpectedMove,
)
from hal.lines.analog import State as LineState
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.errors import NoSuchLine
from hal.lines.tones import LearnedTone
from hal.switch.errors import SwitchFull, SwitchMisuse
from hal.switch.face import Detect
from tests.hal.leg_contract import check_released_once

NO_LEARNING = LineConfig(1, "DE", learn_s=0)


def answered(office):
    """An incoming call that was answered."""
    office.ring()
    office.wait(0.5)
    office.caller_id("0301234567")
    leg = office.legs[-1]
    leg.answer()
    office.wait(1.0)
    return leg


def connected_out(office):
    """An outgoing call at ringback."""
    leg = office.dial()
    office.sound(1000, 425)
    office.wait(3.0)
    office.sound(1000, 425)
    return leg


# --- a call comes in


def test_a_call_is_offered_with_the_number_that_came_after_the_first_ring(office):
    box = office()
    box.ring()
    assert box.hat.commands == [("listen", 1, True)]
    assert box.legs == []
    box.caller_id("0301234567", "MEIER")
    (leg,) = box.legs
    assert leg.caller == Party("0301234567", "MEIER")
    assert (leg.kind, leg.state, leg.address) == (Kind.LINE, State.OFFERED, "line 1")
    assert leg.port == box.port
    assert leg.id.startswith("line1-")


@pytest.mark.parametrize(
    ("absent", "why"),
    [("P", "withheld by caller"), ("O", "number not available from the network")],
)
def test_why_there_is_no_number_is_said(office, absent, why):
    box = office()
    box.ring()
    box.caller_id("", absent=absent)
    assert box.legs[0].caller == Party(why_unknown=why)


def test_without_caller_id_the_second_ring_offers(office):
    box = office()
    box.ring()
    box.wait(4.0)
    assert box.legs == []
    box.ring()
    assert box.legs[0].caller.why_unknown == "no caller ID signal before ring 2"


def test_a_double_ring_is_one_ring(office):
    """GB: 400 on, 200 off, 400 on, 2000 off; the message comes in the long pause."""
    box = office(LineConfig(1, "GB"))
    box.ring(400)
    box.wait(0.2)
    box.ring(400)
    assert box.legs == []
    box.wait(0.6)
    box.caller_id("02079460000")
    assert box.legs[0].caller.number == "02079460000"


def test_a_damaged_message_is_told_from_none(office):
    box = office()
    box.ring()
    box.sound(300, 1300)
    box.wait(3.7)
    box.ring()
    assert "damaged" in box.legs[0].caller.why_unknown


def test_one_long_ring_offers_in_the_end(office):
    box = office(LineConfig(1, "US", identify_s=4.0))
    box.ring(2000)
    box.wait(2.0)
    assert box.legs[0].caller.why_unknown == "no caller ID signal after the first ring"


def test_a_number_that_comes_late_is_told(office):
    box = office()
    box.ring()
    box.wait(4.0)
    box.ring()
    box.caller_id("0301234567")
    (leg,) = box.legs
    assert box.heard(leg) == [Identified(Party("0301234567"))]
    assert leg.caller.number == "0301234567"


def test_caller_id_before_the_ring_behind_a_reversal(office):
    """BT SIN 227."""
    box = office(LineConfig(1, "GB"))
    box.reverse(True)
    assert ("listen", 1, True) in box.hat.commands
    assert Detect.CALLER_ID_V23 in box.switch.named("detect")[-1][1]
    box.wait(0.9)
    box.caller_id("02079460000")
    assert box.legs == []
    box.ring(400)
    assert box.legs[0].caller.number == "02079460000"


def test_a_reversal_with_no_ring_behind_it_is_forgotten(office):
    box = office(LineConfig(1, "GB"))
    box.reverse(True)
    box.wait(6.0)
    assert box.status().state is LineState.IDLE
    assert box.hat.commands == [("listen", 1, True), ("listen", 1, False)]
    assert box.switch.named("detect")[-1][1] is Detect.NONE


def test_a_line_without_caller_id_offers_at_the_first_ring(office):
    box = office(LineConfig(1, "DE", caller_id=()))
    box.ring()
    assert box.legs[0].caller.why_unknown == "caller ID is not set up for this line"


def test_answering_takes_the_line_and_opens_the_audio(office):
    box = office()
    leg = answered(box)
    assert ("hook", 1, True) in box.hat.commands
    assert box.switch.named("cancel_echo") == [(box.port, True)]
    assert box.switch.named("detect")[-1] == (box.port, Detect.DTMF | Detect.TONES)
    assert leg.state is State.ANSWERED
    box.digit("5")
    assert box.heard(leg)[-1] == Digit("5", "inband")


def test_a_caller_who_gives_up_is_noticed_by_the_missing_ring(office):
    box = office()
    box.ring()
    box.wait(4.0)
    box.ring()
    leg = box.legs[0]
    box.wait(5.9)
    assert leg.state is State.OFFERED
    box.wait(0.2)
    why = "the caller hung up before the answer: no ring for 6 s"
    assert box.heard(leg) == [Released(Cause.NORMAL, HangupBy.PARTY, why)]
    assert box.status().is_free


def test_another_telephone_on_the_line_answers(office):
    box = office()
    box.ring()
    box.caller_id("030")
    box.hat.become(1, Loop.IN_USE)
    assert box.heard(box.legs[0])[-1].cause is Cause.ANSWERED_ELSEWHERE
    assert box.status().in_use_by_parallel
    box.hat.become(1, Loop.IDLE)
    assert box.status().is_free


def test_a_declined_call_rings_on_and_is_not_offered_again(office):
    box = office()
    box.ring()
    box.caller_id("030")
    box.legs[0].release(Cause.REJECTED)
    assert box.heard(box.legs[0]) == [Released(Cause.REJECTED, HangupBy.BOX, "hung up by the box")]
    box.wait(4.0)
    box.ring()
    box.wait(4.0)
    box.ring()
    assert len(box.legs) == 1
    box.wait(7.0)
    box.ring()
    box.caller_id("031")
    assert len(box.legs) == 2


def test_alert_and_hold_do_nothing_to_the_line(office):
    box = office()
    box.ring()
    box.caller_id("030")
    leg = box.legs[0]
    leg.alert()
    assert leg.state is State.ALERTED
    leg.answer()
    before = list(box.hat.commands)
    leg.hold()
    leg.resume()
    assert box.hat.commands == before


def test_no_current_after_answering_is_a_fault(office):
    box = office()
    box.ring()
    box.caller_id("030")
    box.hat.is_silent = True  # obeys, but reports nothing
    box.legs[0].answer()
    box.wait(2.1)
    released = box.heard(box.legs[0])[-1]
    assert (released.by, released.cause) == (HangupBy.FAULT, Cause.NETWORK_OUT_OF_ORDER)


# --- the far end hangs up


def test_a_reversal_is_a_hang_up(office):
    box = office(NO_LEARNING)
    leg = answered(box)
    box.reverse(True)
    assert box.heard(leg)[-1] == Released(Cause.NORMAL, HangupBy.PARTY, "the line was reversed")
    assert box.hat.commands[-1] == ("hook", 1, False)


def test_a_reversal_while_answering_is_not(office):
    box = office(NO_LEARNING)
    box.ring()
    box.caller_id("030")
    box.legs[0].answer()
    box.wait(0.1)
    box.reverse(True)
    assert box.legs[0].state is State.ANSWERED


def test_a_line_whose_reversals_mean_nothing(office):
    box = office(LineConfig(1, "DE", reversal_clears=False))
    leg = answered(box)
    box.reverse(True)
    assert leg.state is State.ANSWERED


def test_a_loop_drop_long_enough_is_a_hang_up(office):
    box = office(NO_LEARNING)
    leg = answered(box)
    box.hat.become(1, Loop.DROPPED)
    box.wait(0.24)
    assert leg.state is State.ANSWERED
    box.wait(0.02)
    assert box.heard(leg)[-1].why == "loop current gone for 250 ms"


def test_a_short_break_is_not(office):
    box = office(NO_LEARNING)
    leg = answered(box)
    box.hat.become(1, Loop.DROPPED)
    box.wait(0.2)
    box.hat.become(1, Loop.SEIZED)
    box.wait(5.0)
    assert leg.state is State.ANSWERED


def test_two_cycles_of_busy_tone_are_a_hang_up(office):
    box = office()
    leg = answered(box)
    box.cadence(1, (480, 425), (480,))
    assert leg.state is State.ANSWERED
    box.cadence(1, (480, 425), (480,))
    assert box.heard(leg)[-1] == Released(
        Cause.NORMAL, HangupBy.PARTY, "busy tone for 2 cycles (425 Hz, 480/480 ms)"
    )


def test_dial_tone_is_a_hang_up(office):
    box = office(LineConfig(1, "US"))
    leg = answered(box)
    box.sound(3000, 350, 440)
    assert box.heard(leg)[-1].why == "dial tone for 2.5 s"


def test_speech_and_ringback_are_not(office):
    box = office()
    leg = answered(box)
    box.cadence(10, (120, 430), (90,), (480, 420), (300,), (200, 610), (480,))
    box.cadence(3, (1000, 425), (4000,))
    assert leg.state is State.ANSWERED


def test_the_hang_up_tone_of_a_line_is_learned_and_then_used(office):
    box = office()
    for _ in range(2):
        leg = answered(box)
        box.reverse(True)
        assert leg.state is State.RELEASED
        assert box.status().state is LineState.LEARNING
        box.cadence(4, (330, 620), (170,))
        box.reverse(False)
        box.wait(1.1)
        assert box.status().is_free
    assert box.learned[-1] == (1, (LearnedTone(620, 0, 330, 170, seen=2),))
    leg = answered(box)
    box.cadence(2, (340, 615), (180,))
    assert box.heard(leg)[-1].why.startswith("learned hang-up tone for 2 cycles")


def test_a_learned_tone_from_the_configuration_is_used(office):
    box = office(LineConfig(1, "DE", learned=(LearnedTone(620, 0, 330, 170, seen=2),)))
    leg = answered(box)
    box.cadence(2, (330, 620), (170,))
    assert leg.state is State.RELEASED


def test_a_strange_tone_before_our_own_hang_up_is_learned(office):
    box = office()
    leg = answered(box)
    box.cadence(4, (330, 620), (170,))
    leg.release()
    assert box.learned == [(1, (LearnedTone(620, 0, 330, 170, seen=1),))]


def test_a_line_that_plays_nothing_is_not_listened_to_for_ever(office):
    box = office()
    for _ in range(3):
        answered(box)
        box.reverse(True)
        box.reverse(False)
        box.wait(7.5)
    answered(box)
    box.reverse(True)
    assert box.status().state is LineState.GUARD


# --- the box hangs up


def test_our_release_is_told_once_and_the_line_rests(office):
    box = office()
    leg = answered(box)
    leg.release()
    leg.release()
    check_released_once(box.heard(leg), Cause.NORMAL, HangupBy.BOX)
    assert box.lines.free_lines() == []
    box.wait(1.1)
    assert box.lines.free_lines() == [1]


def test_the_port_is_new_for_the_next_caller(office):
    box = office()
    leg = answered(box)
    leg.release()
    assert box.switch.named("close") == [(leg.port,)]
    box.wait(2.0)
    assert answered(box).port not in (leg.port, None)


def test_a_ring_in_the_guard_time_is_a_call(office):
    box = office()
    answered(box).release()
    box.ring()
    box.caller_id("031")
    assert len(box.legs) == 2


def test_commands_that_do_not_fit_are_refused(office):
    box = office()
    leg = answered(box)
    leg.release()
    with pytest.raises(UnexpectedMove):
        leg.answer()


def test_hook_flash_and_digits_reach_the_line(office):
    box = office()
    leg = answered(box)
    leg.flash()
    leg.send_digits("12#")
    assert box.hat.commands[-1] == ("flash", 1, 100)
    assert box.switch.named("send_digits") == [(box.port, "12#")]


# --- a call goes out


def test_a_call_goes_out_on_dial_tone_and_is_answered_when_ringback_ends(office):
    box = office()
    leg = box.dial("0301234")
    assert box.hat.commands == [("hook", 1, True)]
    assert leg.state is State.CALLING
    assert box.switch.named("send_digits") == []
    box.sound(1000, 425)
    assert box.switch.named("send_digits") == [(box.port, "0301234")]
    box.wait(3.0)
    box.sound(1000, 425)
    box.sound(4000)
    assert box.heard(leg) == [Progress(early_media=True, is_answer_guessed=True)]
    box.sound(1000, 425)
    box.wait(5.9)
    assert leg.state is State.RINGING
    box.wait(0.2)
    assert box.heard(leg)[-1] == Answered()
    assert box.switch.named("cancel_echo")[-1] == (box.port, True)


def test_without_dial_tone_it_dials_all_the_same(office):
    box = office()
    box.dial("0301234")
    box.wait(3.1)
    assert box.switch.named("send_digits") == [(box.port, "0301234")]


def test_or_not_if_the_line_is_set_so(office):
    box = office(LineConfig(1, "DE", dial_without_tone=False))
    leg = box.dial()
    box.wait(3.1)
    assert box.heard(leg) == [Released(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "no dial tone")]


def test_a_voice_after_ringback_is_an_answer(office):
    box = office()
    leg = connected_out(box)
    box.sound(900)
    box.speak(700)
    box.sound(300)
    assert box.heard(leg)[-1] == Answered()


def test_a_reversal_is_an_answer_and_the_next_a_hang_up(office):
    box = office(LineConfig(1, "BR", learn_s=0))
    leg = box.dial()
    box.wait(5.0)
    box.reverse(True)
    assert box.heard(leg)[-1] == Answered()
    box.wait(30.0)
    box.reverse(False)
    assert box.heard(leg)[-1].why == "the line was reversed"


def test_an_answer_concluded_too_early_is_not_ended_by_the_reversal_that_confirms_it(office):
    box = office(LineConfig(1, "BR", answer_by=AnswerBy.IMMEDIATELY))
    leg = box.dial()
    box.wait(6.0)
    assert leg.state is State.ANSWERED
    box.reverse(True)
    assert leg.state is State.ANSWERED
    box.reverse(False)
    assert leg.state is State.RELEASED


def test_with_answer_by_polarity_nothing_else_is_an_answer(office):
    box = office(LineConfig(1, "BR", answer_by=AnswerBy.POLARITY))
    leg = connected_out(box)
    box.speak(60_000)
    assert leg.state is State.RINGING
    box.reverse(True)
    assert leg.state is State.ANSWERED


@pytest.mark.parametrize(
    ("cadence", "cause"),
    [
        (((480, 425), (480,)), Cause.USER_BUSY),
        (((240, 425), (240,)), Cause.CONGESTION),
    ],
)
def test_busy_and_congestion_are_told_apart(office, cadence, cause):
    box = office()
    leg = box.dial()
    box.sound(1000, 425)
    box.wait(3.0)
    box.cadence(2, *cadence)
    check_released_once(box.heard(leg), cause, HangupBy.PARTY)


def test_the_special_information_tone_says_there_is_no_such_number(office):
    """ITU-T E.180 clause 3.7."""
    box = office()
    leg = box.dial()
    box.sound(1000, 425)
    box.wait(3.0)
    for hz in (950, 1400, 1800):
        box.sound(330, hz)
    check_released_once(box.heard(leg), Cause.UNALLOCATED, HangupBy.PARTY)


def test_a_ring_while_seizing_wins(office):
    box = office()
    box.hat.is_silent = True
    leg = box.dial()
    box.hat.is_silent = False
    box.ring()
    assert box.heard(leg) == [
        Released(Cause.NO_CIRCUIT, HangupBy.FAULT, "line 1 rang while being seized")
    ]
    (incoming,) = box.legs
    assert incoming.caller.why_unknown == "the line rang while being seized: no caller ID"
    incoming.answer()
    assert incoming.state is State.ANSWERED
    assert ("hook", 1, False) not in box.hat.commands


@pytest.mark.parametrize(
    ("loop", "words"),
    [(Loop.IN_USE, "in use by another telephone"), (Loop.ABSENT, "no line")],
)
def test_a_line_that_is_not_free_is_not_taken(office, loop, words):
    box = office()
    box.hat.become(1, loop)
    leg = box.dial()
    assert box.heard(leg) == [
        Released(Cause.NO_CIRCUIT, HangupBy.FAULT, f"line 1 is not free: {words}")
    ]
    assert box.hat.commands == []


def test_a_number_that_cannot_be_dialled_is_named(office):
    box = office()
    leg = box.dial("12x4")
    (released,) = box.heard(leg)
    assert released.cause is Cause.INVALID_NUMBER
    assert "'12x4'" in released.why


def test_a_line_that_does_not_exist_is_named(office):
    with pytest.raises(NoSuchLine, match="line 7: expected one of those set up \\(1\\)"):
        office().dial(line=7)


def test_a_leg_that_nobody_listens_to_keeps_its_end(office):
    box = office()
    box.hat.become(1, Loop.ABSENT)
    leg = box.lines.dial(1, "0301234", Party())
    told = []
    leg.listener = told.append
    check_released_once(told, Cause.NO_CIRCUIT, HangupBy.FAULT)


def test_a_listener_that_dials_again_at_once_finds_the_line_resting(office):
    box = office()
    leg = answered(box)
    again = []
    leg.listener = lambda event: again.append(box.lines.dial(1, "030", Party()))
    leg.release()
    assert again[0].state is State.RELEASED


# --- faults


def test_a_short_silence_of_the_board_does_not_end_a_call(office):
    box = office()
    leg = answered(box)
    box.lose_hat()
    assert isinstance(box.heard(leg)[-1], Fault)
    box.wait(6.0)
    box.find_hat(Loop.SEIZED)
    assert leg.state is State.ANSWERED
    leg.release()
    assert box.hat.commands[-1] == ("hook", 1, False)


def test_a_board_that_was_reset_has_hung_up(office):
    box = office()
    leg = answered(box)
    box.lose_hat()
    box.wait(6.0)
    box.find_hat(Loop.IDLE)
    assert box.heard(leg)[-1] == Released(
        Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "the line board put the line on hook"
    )


def test_a_board_that_stays_away_ends_the_call(office):
    box = office()
    leg = answered(box)
    box.lose_hat()
    box.wait(20.1)
    assert box.heard(leg)[-1].why == "the line board was lost: no answer for 3 s"
    assert box.status().fault.why == "no answer for 3 s"
    assert box.status().fault.what_to_do == "check the ribbon"


def test_a_board_that_was_reset_ends_the_call_at_once_and_the_line_stays_on_hook(office):
    box = office()
    leg = answered(box)
    box.hat.is_silent, box.hat.is_up = True, False
    box.hat.listener(LinkDown("the HAT was reset", "nothing now", are_lines_on_hook=True))
    assert box.heard(leg)[-1] == Released(
        Cause.NETWORK_OUT_OF_ORDER,
        HangupBy.FAULT,
        "the line board was lost: the HAT was reset",
    )
    assert ("hook", 1, False) in box.hat.commands[-3:]
    box.find_hat(Loop.ABSENT)
    box.find_hat(Loop.IDLE)
    assert box.status().is_free


def test_a_line_found_off_hook_without_a_call_is_put_on_hook(office):
    box = office()
    box.lose_hat()
    box.find_hat(Loop.SEIZED)
    assert ("hook", 1, False) in box.hat.commands
    box.wait(2.0)
    assert box.status().is_free


def test_a_line_that_stays_off_hook_is_told_and_tried_again(office):
    box = office()
    box.hat.is_silent = True
    box.hat.is_silent = False
    box.hat.hook = lambda port, off: box.hat.commands.append(("hook", port, off))
    box.hat.become(1, Loop.SEIZED)
    box.wait(5.0)
    assert box.hat.commands == [("hook", 1, False)] * 3
    assert "stays off hook" in box.status().fault.what
    assert not box.status().is_free


def test_a_line_cut_in_mid_call(office):
    box = office()
    leg = answered(box)
    box.hat.become(1, Loop.ABSENT)
    check_released_once(box.heard(leg), Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT)
    assert box.status().fault.what == "line 1 has no battery voltage"


def test_trouble_of_the_board_is_told_to_the_call_and_in_the_status(office):
    box = office()
    leg = answered(box)
    box.trouble("loop current over 280 mA")
    assert box.heard(leg)[-1] == Fault("loop current over 280 mA")
    assert box.status().fault.what == "line 1: loop current over 280 mA"


def test_a_board_that_comes_back_is_set_up_again(office):
    box = office(LineConfig(1, "DE", rx_gain_db=3.0, tx_gain_db=-2.0))
    box.lose_hat()
    box.find_hat(Loop.IDLE)
    assert ("configure", 1, "DE", 1, 3.0, -2.0) in box.hat.commands


def test_two_lines_do_not_disturb_each_other(office):
    box = office(LineConfig(1, "DE"), LineConfig(2, "DE"))
    box.ring(line=2)
    box.wait(4.0)
    box.ring(line=2)
    assert box.legs[0].address == "line 2"
    assert box.lines.free_lines() == [1]


def test_closing_leaves_no_timer(office):
    box = office()
    box.ring()
    box.lines.close()
    assert box.clock.waiting == []


# --- faults below and above


def refuse(*_, **__):
    raise SwitchFull("the audio thread is behind with its commands")


def test_a_switch_that_refuses_leaves_no_call_and_no_line_behind(office, monkeypatch, caplog):
    box = office(NO_LEARNING)
    leg = answered(box)
    monkeypatch.setattr(box.switch, "detect", refuse)
    monkeypatch.setattr(box.switch, "cancel_echo", refuse)
    leg.release(Cause.NORMAL)
    assert [type(event) for event in box.heard(leg)].count(Released) == 1
    assert box.hat.commands[-1] == ("hook", 1, False)
    monkeypatch.undo()
    box.wait(10.0)
    assert box.status().state is LineState.IDLE
    assert "the audio thread is behind" in caplog.text


def test_a_port_that_could_not_be_renewed_is_renewed_after_the_next_call(office, monkeypatch):
    box = office(NO_LEARNING)
    first = answered(box)
    monkeypatch.setattr(box.switch, "open_slot", refuse)
    first.release()
    monkeypatch.undo()
    closed = box.switch.close

    def close(port):
        if port not in box.switch.ports:
            raise SwitchMisuse(f"port {port}: expected a port that is open")
        closed(port)

    monkeypatch.setattr(box.switch, "close", close)
    box.wait(10.0)
    second = answered(box)
    second.release()
    box.wait(10.0)
    third = answered(box)
    assert third.port in box.switch.ports


def test_a_listener_that_fails_costs_no_other_line_its_events(office, caplog):
    box = office(LineConfig(1, "DE"), LineConfig(2, "DE"))
    leg = answered(box)

    def fails(event):
        raise RuntimeError("no such stage")

    leg.listener = fails
    box.hat.is_silent = True
    box.hat.listener(LinkDown("unplugged", "plug it in", are_lines_on_hook=True))
    assert {s.state for s in box.lines.statuses()} == {LineState.DOWN}
    assert "no such stage" in caplog.text
