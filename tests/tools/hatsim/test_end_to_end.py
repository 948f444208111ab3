"""The HAT's program under MicroPython, its chips, the serial line and HatLink, all together."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hal.hat.messages import (
    Fault,
    LinkDown,
    LinkUp,
    Loop,
    PolarityReversed,
    PortChanged,
    RingEnded,
    RingStarted,
)

pytestmark = pytest.mark.scenario


def is_loop(port: int, loop: Loop) -> Any:
    return lambda event: (
        isinstance(event, PortChanged) and event.status.port == port and event.status.loop is loop
    )


def is_a(kind: type, port: int | None = None) -> Any:
    return lambda event: isinstance(event, kind) and (port is None or event.port == port)


async def test_hello_names_what_is_fitted(rig: Any) -> None:
    async with rig(ports=3) as parts:
        up = await parts.until(is_a(LinkUp))
        assert up.hello.ports == (1, 2, 3)
        assert up.hello.protocol == 1
        assert up.hello.reset_cause == "power-up"
        assert parts.exchange.hellos == [[1, 2, 3]]
        await parts.until(is_loop(3, Loop.IDLE))
        assert parts.link.statuses()[3].volts == pytest.approx(48, abs=1)


async def test_ring_is_reported_with_frequency_and_length(rig: Any) -> None:
    async with rig(ports=2) as parts:
        await parts.until(is_loop(2, Loop.IDLE))
        parts.exchange.line(2, ring_hz=25.0, ring_vrms=75.0)
        started = await parts.until(is_a(RingStarted))
        assert started.port == 2
        assert started.hz == pytest.approx(25.0, abs=1.0)
        parts.exchange.line(2, ring_hz=0.0, ring_vrms=0.0)
        ended = await parts.until(is_a(RingEnded))
        assert ended.port == 2
        assert ended.on_ms > 60


async def test_a_call_seized_dropped_and_released(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_loop(1, Loop.IDLE))
        parts.link.configure(1, "GB", 5, -1.5, 2.0)
        parts.link.hook(1, True)
        await parts.exchange.until(lambda: parts.exchange.ports[1]["off_hook"])
        port = parts.exchange.ports[1]
        assert (port["slot"], port["acim"]) == (5, 5)
        assert (port["rx_gain_db"], port["tx_gain_db"]) == (-1.5, 2.0)
        seized = await parts.until(is_loop(1, Loop.SEIZED))
        assert seized.status.is_off_hook
        assert seized.status.milliamps == pytest.approx(25, abs=1.2)
        parts.exchange.line(1, loop_ma=0.0)
        await parts.until(is_loop(1, Loop.DROPPED))
        parts.link.hook(1, False)
        await parts.exchange.until(lambda: not parts.exchange.ports[1]["off_hook"])


async def test_flash_breaks_the_loop_and_closes_it_again(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_a(LinkUp))
        parts.link.hook(1, True)
        await parts.exchange.until(lambda: parts.exchange.ports[1]["off_hook"])
        parts.link.flash(1, 100)
        await parts.exchange.until(lambda: not parts.exchange.ports[1]["off_hook"])
        await parts.exchange.until(lambda: parts.exchange.ports[1]["off_hook"])
        parts.link.flash(1, 5)
        fault = await parts.until(is_a(Fault, 1))
        assert "expected 50 to 2000" in fault.what


async def test_polarity_parallel_set_and_unplugging(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_loop(1, Loop.IDLE))
        # The polarity at power-up is known once it was steady for 64 ms.
        await asyncio.sleep(0.3)
        parts.exchange.line(1, reversed=True)
        assert await parts.until(is_a(PolarityReversed)) == PolarityReversed(1, True)
        assert not [event for event in parts.events if isinstance(event, RingStarted)]
        parts.exchange.line(1, parallel=True)
        used = await parts.until(is_loop(1, Loop.IN_USE))
        assert used.status.volts == pytest.approx(-8, abs=1)
        at = len(parts.events)
        parts.exchange.line(1, parallel=False, reversed=False)
        assert await parts.until(is_a(PolarityReversed), at) == PolarityReversed(1, False)
        parts.exchange.line(1, battery_v=0.0)
        await parts.until(is_loop(1, Loop.ABSENT))


async def test_caller_id_monitor(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_a(LinkUp))
        parts.link.onhook_listen(1, True)
        await parts.exchange.until(lambda: parts.exchange.ports[1]["onhook_listen"])
        parts.link.hook(1, True)
        await parts.exchange.until(lambda: parts.exchange.ports[1]["off_hook"])
        assert not parts.exchange.ports[1]["onhook_listen"]


async def test_a_reset_in_mid_call_is_said_and_healed(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_loop(1, Loop.IDLE))
        parts.link.configure(1, "DE", 7, 0.0, 0.0)
        parts.link.hook(1, True)
        await parts.until(is_loop(1, Loop.SEIZED))
        at = len(parts.events)
        parts.hatsim.do({"do": "reset"})
        down = await parts.until(is_a(LinkDown), at)
        assert "the HAT was reset (power-up)" in down.why
        await parts.until(is_a(LinkUp), at)
        await parts.until(is_loop(1, Loop.IDLE), at)
        await parts.exchange.until(lambda: parts.exchange.ports[1]["slot"] == 7)
        assert not parts.exchange.ports[1]["off_hook"], "its call is over: nobody took the line"
        assert parts.link.snapshot().counters.hat_resets == 1


async def test_garbage_is_counted_and_survived(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_a(LinkUp))
        parts.hatsim.do({"do": "garbage", "hex": "ff" * 300 + "00" + "0102030405" + "00"})
        fault = await parts.until(is_a(Fault, 0))
        assert "damaged frames" in fault.what
        parts.link.hook(1, True)
        await parts.exchange.until(lambda: parts.exchange.ports[1]["off_hook"])
        assert parts.link.snapshot().counters.frames_damaged >= 2


async def test_wrong_firmware_version_in_plain_words(rig: Any) -> None:
    async with rig(ports=1, protocol=3, build="callbox-hat 9.9") as parts:
        down = await parts.until(is_a(LinkDown))
        assert down.why == "HAT firmware speaks protocol 3 (callbox-hat 9.9), this box needs 1"
        assert "make flash-image" in down.what_to_do
        assert not parts.link.is_up


async def test_silent_box_lets_go_of_the_lines(rig: Any) -> None:
    async with rig(ports=2, host_silent_s=1.2) as parts:
        await parts.until(is_a(LinkUp))
        parts.link.hook(2, True)
        await parts.exchange.until(
            lambda: parts.exchange.ports[2]["off_hook"] and parts.exchange.lifeline is False
        )
        parts.freeze()
        await parts.exchange.until(
            lambda: not parts.exchange.ports[2]["off_hook"] and parts.exchange.lifeline is True
        )
        at = len(parts.events)
        parts.thaw()
        down = await parts.until(is_a(LinkDown), at)
        assert "heard nothing from this box" in down.why
        fault = await parts.until(is_a(Fault, 0), at)
        assert "lifeline telephone" in fault.what


async def test_mute_hat_is_missed_and_comes_back(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_a(LinkUp))
        at = len(parts.events)
        parts.hatsim.do({"do": "mute", "s": 3.6})
        down = await parts.until(is_a(LinkDown), at)
        assert down.why == "HAT silent for 3 s"
        await parts.until(is_a(LinkUp), at)
        assert parts.link.snapshot().counters.hat_resets == 0


async def test_hanging_program_is_reset_by_its_watchdog(rig: Any) -> None:
    async with rig(ports=1) as parts:
        await parts.until(is_a(LinkUp))
        at = len(parts.events)
        parts.hatsim.do({"do": "hang"})
        up = await parts.until(is_a(LinkUp), at)
        assert up.hello.reset_cause == "watchdog"
