"""A technician's tests of a line, on a switch that measures what it is told to."""

import asyncio
import math
from dataclasses import replace

import pytest

from hal.hat.messages import Loop
from hal.lines import line_test_task
from hal.lines.config import LineConfig
from hal.lines.errors import TestRefused
from hal.lines.line_test_task import steady_tone
from hal.switch.face import PortCounters
from hal.switch.g711 import expand

COUNTERS = PortCounters(1, "slot", 0, 0, 0, 0, 0, 0, 0.0, -70.0, -70.0, 0.0)


@pytest.fixture
def box(office, monkeypatch):
    """An office whose switch reports a level: -12 dBm0 once the line is taken."""
    for name in ("TONE_S", "QUIET_S", "PLAY_S"):
        monkeypatch.setattr(line_test_task, name, 0.02)
    made = office(LineConfig(1, "DE"))
    empty = made.switch.snapshot()
    made.level = -12.0
    made.switch.snapshot = lambda: replace(
        empty, ports=(replace(COUNTERS, port=made.port, level_in_dbm0=made.level),)
    )
    return made


async def test_dial_tone_is_measured_and_the_line_put_back(box):
    test = asyncio.ensure_future(box.lines.test(1, "tone"))
    await asyncio.sleep(0)
    assert box.hat.commands == [("hook", 1, True)]
    box.sound(3000, 425)
    result = await test
    assert result.is_good
    assert result.words == "425 Hz at -12 dBm0, 23 mA"
    assert result.figures["f1_hz"] == 425
    assert box.hat.commands[-1] == ("hook", 1, False)
    box.wait(1.1)
    assert box.lines.free_lines() == [1]


async def test_no_dial_tone_is_said(box):
    result = await box.lines.test(1, "tone")
    assert not result.is_good
    assert "no steady tone" in result.words


async def test_echo_and_noise(box):
    box.level = -26.0
    result = await box.lines.test(1, "level")
    assert result.figures == {"erl_db": 16.0, "noise_dbm0": -26.0}
    assert [command[0] for command in box.switch.commands][-6:-1] == [
        "send_digits",
        "load",
        "play",
        "stop",
        "unload",
    ]


async def test_a_call_goes_before_a_test(box):
    test = asyncio.ensure_future(box.lines.test(1, "tone"))
    await asyncio.sleep(0)
    box.ring()
    with pytest.raises(TestRefused, match="a call came in"):
        await test
    assert len(box.legs) == 1
    assert ("hook", 1, False) not in box.hat.commands


async def test_a_busy_line_is_not_tested(box):
    box.hat.become(1, Loop.IN_USE)
    with pytest.raises(TestRefused, match="in use by another telephone: expected it free"):
        await box.lines.test(1, "tone")


async def test_an_unknown_test_is_named(box):
    with pytest.raises(TestRefused, match="'smell': expected ring, tone or level"):
        await box.lines.test(1, "smell")


async def test_ring_says_when_it_rang(box):
    assert not (await box.lines.test(1, "ring")).is_good
    box.ring()
    box.wait(11)
    assert "12 s ago" in (await box.lines.test(1, "ring")).words


def test_the_test_tone_is_1004_hz_at_minus_10_dbm0():
    """ITU-T G.711 clause 5: a full-scale sine (peak 4096 of 13 bits, 32768 here) is 3.14 dBm0."""
    samples = [expand(octet) for octet in steady_tone()]
    power = sum(sample * sample for sample in samples) / len(samples)
    assert 10 * math.log10(power / (32768**2 / 2)) + 3.14 == pytest.approx(-10, abs=0.1)
    rising = sum(a < 0 <= b for a, b in zip(samples, samples[1:] + samples[:1], strict=True))
    assert rising == 1004
