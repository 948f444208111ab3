"""Whole calls against the exchange, in simulated time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.exchange import dtmf, g711
from tools.exchange.errors import BadRequest, LineBusy


def tone(hz: float, seconds: float, dbm0: float = -10.0) -> g711.Samples:
    turn = 2 * np.pi * hz * np.arange(int(seconds * g711.RATE_HZ)) / g711.RATE_HZ
    return np.asarray(g711.peak_of(dbm0) * np.sin(turn), np.float32)


def share_of(samples: g711.Samples, hz: float) -> float:
    """Share of the power within 15 Hz of a frequency."""
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    hertz = np.fft.rfftfreq(samples.size, 1 / g711.RATE_HZ)
    return float(power[np.abs(hertz - hz) < 15].sum() / power.sum())


def answered_call(bench: Any, **ring: object) -> None:
    bench.ask(do="ring", line=1, cid="none", **ring)
    bench.run(0.1)
    bench.hook(1, True)
    bench.run(0.05)


def test_the_ring_follows_the_country_and_the_caller_gives_up(bench: Any) -> None:
    bench.ask(do="ring", line=1, cid="none", give_up_after_s=6)
    bench.run(7)
    # South Africa rings 400 on 200 off 400 on 2000 off: two patterns of 3 s fit into 6 s
    assert [wire.ring_hz for wire in bench.wires] == [25.0, 0.0] * 4
    assert bench.events() == ["ringing", "gave_up", "done"]
    assert bench.story[-1].details["answered"] is False


def test_a_call_is_answered_a_key_pressed_and_speech_heard(bench: Any) -> None:
    bench.ask(
        tone(1000, 1.0), do="ring", line=1, cid="none", press="1", press_after_s=1, play="x.wav"
    )
    bench.run(0.5)
    bench.hook(1, True)
    quiet = bench.run(0.9)
    pressed = bench.run(0.3)
    spoken = bench.run(0.8)
    assert g711.level_dbm0(quiet) < -55
    assert share_of(pressed, 697) > 0.2
    assert share_of(pressed, 1209) > 0.2
    assert share_of(spoken, 1000) > 0.9
    bench.hook(1, False)
    bench.run(0.5)
    assert bench.events() == ["ringing", "answered", "pressed", "box_hung_up", "done"]
    assert bench.story[1].details["after_s"] == 0.5


def test_the_key_is_pressed_once_the_prompt_was_heard(bench: Any) -> None:
    answered_call(bench, press="2")
    bench.run(2.0)
    assert "pressed" not in bench.events()
    bench.run(3.0, says=tone(440, 3.0))
    assert "pressed" in bench.events()


def test_hanging_up_by_polarity_reverses_the_pair_and_keeps_quiet(bench: Any) -> None:
    answered_call(bench, talk_s=1, hangup_by="polarity")
    bench.wires.clear()
    heard = bench.run(3)
    assert [wire.reversed for wire in bench.wires] == [True]
    assert g711.level_dbm0(heard[-8000:]) < -55
    bench.hook(1, False)
    bench.run(1)
    assert bench.wires[-1].reversed is False
    assert bench.events()[-3:] == ["caller_hung_up", "box_hung_up", "done"]


def test_hanging_up_by_loop_opens_it_for_600_ms_and_gives_busy_tone(bench: Any) -> None:
    answered_call(bench, talk_s=1, hangup_by="loop")
    bench.wires.clear()
    bench.run(1.2)
    assert [wire.loop_ma for wire in bench.wires] == [0.0]
    heard = bench.run(3)
    assert [wire.loop_ma for wire in bench.wires] == [0.0, 25.0]
    assert share_of(heard, 400) > 0.9


def test_hanging_up_by_busy_tone_keeps_the_cadence(bench: Any) -> None:
    answered_call(bench, talk_s=1, hangup_by="busy")
    bench.run(1.0)
    levels = [g711.level_dbm0(bench.run(0.01)) > -30 for _ in range(400)]
    edges = [i for i in range(1, 400) if levels[i] != levels[i - 1]]
    assert set(np.diff(edges)) == {50}


def test_a_caller_who_never_hangs_up_stays(bench: Any) -> None:
    answered_call(bench, talk_s=1, hangup_by="none")
    bench.run(30)
    assert bench.events()[-1] == "answered"
    bench.hook(1, False)
    bench.run(1)
    assert bench.events()[-1] == "done"


def test_an_outgoing_call_hears_dial_tone_ringback_and_the_called_party(bench: Any) -> None:
    bench.ask(do="watch")
    bench.ask(tone(800, 1.0), do="called_side", answer_after_s=2, play="x", polarity_on_answer=True)
    bench.hook(1, True)
    dial = bench.run(1)
    assert share_of(dial, 400) > 0.3  # 400 Hz modulated by 33 Hz
    bench.run(1.7, says=dtmf.dial("0215557788"))
    assert bench.story[-1].details == {"number": "0215557788"}
    bench.run(0.5)
    ringback = bench.run(0.3)
    assert share_of(ringback, 400) > 0.3
    bench.run(1.7)
    greeting = bench.run(0.5)
    assert share_of(greeting, 800) > 0.9
    assert bench.wires[-1].reversed is True
    bench.hook(1, False)
    bench.run(1)
    expected = ["box_off_hook", "dialled", "ringback", "answered", "box_hung_up", "done"]
    assert bench.events() == expected


def test_what_the_called_party_heard_is_kept_for_the_watcher(bench: Any) -> None:
    bench.ask(do="watch")
    bench.ask(do="called_side", answer_after_s=0, record="heard.wav")
    bench.hook(1, True)
    bench.run(3, says=dtmf.dial("0215557788"))
    bench.run(1, says=tone(700, 1.0))
    bench.hook(1, False)
    bench.run(0.5)
    assert bench.story[-1].details["heard"] == "heard.wav"
    assert g711.level_dbm0(bench.kept[0]) > -30


@pytest.mark.parametrize("why", ["busy", "unobtainable"])
def test_a_called_number_may_be_busy_or_not_exist(bench: Any, why: str) -> None:
    bench.ask(do="watch")
    bench.ask(do="called_side", line=1, **{why: True})
    bench.hook(1, True)
    bench.run(2, says=dtmf.dial("0215557788"))
    bench.run(1)
    assert bench.events()[-1] == why


def test_a_second_call_on_a_line_is_refused_and_the_hunt_group_goes_on(bench: Any) -> None:
    bench.ask(do="ring", line=1)
    with pytest.raises(LineBusy, match="line 1 is busy: it is ringing"):
        bench.ask(do="ring", line=1)
    assert [bench.ask(do="ring", line=0) for _ in range(7)] == [None] * 7
    answer = bench.ask(do="ring", line=0)
    assert answer is not None
    assert answer["event"] == "all_busy"


def test_a_cut_line_has_no_battery_and_ends_the_call(bench: Any) -> None:
    answered_call(bench)
    bench.ask(do="cut", line=1)
    assert bench.wires[-1].battery_v == 0
    assert bench.events()[-2:] == ["wire_cut", "done"]
    with pytest.raises(LineBusy, match="the wire is cut"):
        bench.ask(do="ring", line=1)
    bench.hook(1, False)
    bench.run(0.5)
    bench.ask(do="restore", line=1)
    assert bench.wires[-1].battery_v == 48
    assert bench.ask(do="ring", line=1) is None


def test_another_telephone_takes_a_ringing_call(bench: Any) -> None:
    bench.ask(do="ring", line=1)
    bench.ask(do="parallel", line=1, on=True)
    assert bench.wires[-1].parallel is True
    assert bench.events() == ["ringing", "answered_elsewhere", "done"]
    bench.ask(do="parallel", line=1, on=False)
    assert bench.ask(do="ring", line=1) is None


def test_a_short_break_of_the_loop_is_a_flash(bench: Any) -> None:
    answered_call(bench)
    bench.hook(1, False)
    bench.run(0.1)
    bench.hook(1, True)
    bench.run(0.5)
    assert bench.events()[-1] == "flash"
    assert bench.story[-1].details == {"ms": 100}


def test_what_the_caller_heard_is_kept(bench: Any) -> None:
    answered_call(bench, record="heard.wav")
    bench.run(1, says=tone(700, 1.0))
    bench.hook(1, False)
    bench.run(0.5)
    assert bench.story[-1].details["heard"] == "heard.wav"
    assert share_of(bench.kept[0][:8000], 700) > 0.9


@pytest.mark.parametrize("request_", ["hangup", "say", "press"])
def test_what_needs_a_call_is_refused_without_one(bench: Any, request_: str) -> None:
    more = {"hangup": {}, "say": {"play": "x.wav"}, "press": {"digits": "1"}}[request_]
    with pytest.raises(BadRequest, match="line 1 has no call"):
        bench.ask(np.zeros(80, np.float32), do=request_, line=1, **more)
