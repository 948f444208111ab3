"""Recording taps: both directions, aligned, masked, never shifted by loss."""

from __future__ import annotations

import random

import numpy as np
import pytest

from hal.switch import g711
from hal.switch.errors import SwitchMisuse


def pcm(alaw: bytes) -> np.ndarray:
    return np.frombuffer(g711.to_pcm16(alaw), "<i2").astype(float)


def alaw(samples: np.ndarray) -> bytes:
    return g711.from_pcm16(samples.astype("<i2").tobytes())


async def read_all(switch, tools, tap, octets):
    """Read until `octets` have come; checks that offsets follow each other."""
    got = bytearray()

    def more() -> bool:
        offset, part = switch.read_tap(tap, 3200)
        assert offset == len(got)
        got.extend(part)
        return len(got) >= octets

    await tools.until(more)
    return bytes(got)


def bridge(switch, a, b, gain_db=0.0) -> None:
    switch.hear(a, b, gain_db)
    switch.hear(b, a, gain_db)


@pytest.mark.parametrize("gain_db", [0.0, -0.1], ids=["forwarded", "mixed"])
async def test_both_directions_are_recorded_aligned(switch, phones, tools, gain_db) -> None:
    (a, pa), (b, pb) = phones(), phones()
    bridge(switch, a, b, gain_db)
    tap = switch.open_tap(a)
    got = bytearray(await read_all(switch, tools, tap, 320))
    rng = np.random.default_rng(3)
    noise = np.repeat(rng.normal(0, 4000, 480), 4)  # 240 ms, the same said by both at once
    for at in range(0, 1920, 160):  # without pauses: the jitter buffers spread them again
        pa.send(alaw(noise[at : at + 160]))
        pb.send(alaw(noise[at : at + 160]))
    await tools.until(lambda: got.extend(switch.read_tap(tap, 3200)[1]) or len(got) > 2 * 4000)
    said, heard = pcm(got[0::2]), pcm(got[1::2])
    places = [
        int(np.argmax(np.correlate(channel, noise[160:1760], "valid"))) for channel in (said, heard)
    ]
    assert abs(places[0] - places[1]) < 80  # 10 ms
    matched = said[places[0] : places[0] + 1600]
    assert np.corrcoef(matched, noise[160:1760])[0, 1] > 0.99


async def test_forwarded_audio_is_recorded_octet_by_octet(switch, phones, tools) -> None:
    (a, pa), (b, _) = phones(), phones()
    bridge(switch, a, b)
    tap = switch.open_tap(b)
    await read_all(switch, tools, tap, 320)
    said = [random.randbytes(160) for _ in range(12)]
    for octets in said:  # at once: the copy's jitter buffer spreads them again
        pa.send(octets)
    got = bytearray()
    await tools.until(lambda: got.extend(switch.read_tap(tap, 3200)[1]) or len(got) > 2 * 4000)
    assert b"".join(said) in got[1::2]


async def test_loss_is_not_a_shift(switch, phones, tools) -> None:
    """A mark 220 ms after another stays 220 ms after it with five packets lost between."""
    (a, pa), (b, _) = phones(), phones()
    bridge(switch, a, b)
    tap = switch.open_tap(a)
    got = bytearray(await read_all(switch, tools, tap, 320))
    mark, quiet = alaw(tools.sine(1000, 160, 20000)), b"\xd5" * 160
    for number in range(14):
        if number in range(4, 9):
            pa.sequence += 1
            pa.timestamp += 160
        else:
            pa.send(mark if number in (1, 12) else quiet)
    await tools.until(lambda: got.extend(switch.read_tap(tap, 3200)[1]) or len(got) > 2 * 4000)
    loud = np.flatnonzero(np.abs(pcm(got[0::2])) > 15000)
    assert loud[-1] - loud[0] == pytest.approx(11 * 160 + 156, abs=8)


async def test_tap_runs_by_the_clock_when_nobody_speaks(switch, phones, tools) -> None:
    port, _ = phones()
    tap = switch.open_tap(port)
    before = switch.snapshot().ticks
    got = await read_all(switch, tools, tap, 3200)
    ticks = switch.snapshot().ticks - before
    assert set(got) == {0xD5}
    assert len(got) <= (ticks + 1) * 320


async def test_masked_tap_is_silent_in_both_channels(switch, phones, tools) -> None:
    (a, pa), (b, pb) = phones(), phones()
    bridge(switch, a, b)
    tap = switch.open_tap(a)
    switch.mask_tap(tap, True)
    loud = b"\x2a" * 160
    await tools.every_20ms(15, lambda i: pa.send(loud), lambda i: pb.send(loud))
    masked = switch.read_tap(tap, 480000)[1]
    switch.mask_tap(tap, False)
    await tools.every_20ms(15, lambda i: pa.send(loud), lambda i: pb.send(loud))
    bare = switch.read_tap(tap, 480000)[1]
    assert set(masked) == {0xD5}
    assert bare[0::2].count(0x2A) > 1000
    assert bare[1::2].count(0x2A) > 1000


async def test_what_is_played_to_a_party_is_on_its_second_channel(switch, phones, tools) -> None:
    port, _ = phones()
    tap = switch.open_tap(port)
    switch.play(port, switch.load(alaw(tools.sine(600, 4000))), loop=True)
    got = await read_all(switch, tools, tap, 2 * 4000)
    assert tools.power_at(600, pcm(got[1::2])[800:]) > 0.98
    assert set(got[0::2]) == {0xD5}


async def test_tap_outlives_its_port_until_closed(switch, phones, tools) -> None:
    port, _ = phones()
    tap = switch.open_tap(port)
    await read_all(switch, tools, tap, 640)
    switch.close(port)
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks > ticks + 1)
    switch.read_tap(tap, 480000)
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks > ticks + 1)
    assert switch.read_tap(tap, 480000)[1] == b""
    switch.close_tap(tap)
    with pytest.raises(SwitchMisuse, match="tap"):
        switch.read_tap(tap, 100)
