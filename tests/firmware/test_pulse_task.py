"""The event loop's pulse, with a clock that only moves when told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from firmware.pulse_task import Pulse


class Clock:
    """A clock that work moves on."""

    now_s = 1000.0

    def work(self, took_s: float) -> None:
        self.now_s += took_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Iterator[Pulse]:
    made = Pulse(lambda: clock.now_s)
    yield made
    made.close()


def turn(pulse: Pulse, clock: Clock, took_s: float) -> None:
    """Wait (for nothing), then work so long."""
    pulse.select(0)
    clock.work(took_s)
    pulse.select(0)


def test_nothing_measured_before_the_first_turn(pulse: Pulse) -> None:
    pulse.select(0)
    assert pulse.snapshot().turns == 0
    assert pulse.snapshot().longest_s == 0


def test_longest_turn(pulse: Pulse, clock: Clock) -> None:
    turn(pulse, clock, 0.004)
    turn(pulse, clock, 0.030)
    turn(pulse, clock, 0.010)
    seen = pulse.snapshot()
    assert seen.longest_s == pytest.approx(0.030)
    assert seen.long_turns == 1


def test_what_is_long_ago_is_forgotten_but_counted(pulse: Pulse, clock: Clock) -> None:
    turn(pulse, clock, 0.5)
    assert pulse.snapshot().longest_s == pytest.approx(0.5)
    clock.now_s += 12  # asked in mid-turn: that one has not ended
    assert pulse.snapshot().longest_s == 0
    assert pulse.snapshot().long_turns == 1


def test_carries_an_event_loop(clock: Clock) -> None:
    pulse = Pulse(lambda: clock.now_s)

    async def busy() -> None:
        await asyncio.sleep(0)
        clock.work(0.25)
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(pulse)) as runner:
        runner.run(busy())
        assert pulse.snapshot().longest_s == pytest.approx(0.25)
