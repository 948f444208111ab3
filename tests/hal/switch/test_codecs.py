"""G.722 and Opus through real sockets, against other people's codecs (ffmpeg)."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from hal.switch import g711
from hal.switch.errors import SwitchMisuse
from hal.switch.face import Codec

TONE_HZ = 1000
PEAK = 8000


def pcm(alaw: bytes) -> np.ndarray:
    return np.frombuffer(g711.to_pcm16(alaw), "<i2").astype(float)


def alaw(samples: np.ndarray) -> bytes:
    return g711.from_pcm16(samples.astype("<i2").tobytes())


def ffmpeg(given: bytes, *words: str) -> bytes:
    command = ["ffmpeg", "-v", "error", *words]
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def purity(tools, samples: np.ndarray) -> float:
    """Share of the tone in 25 ms pieces, their median: a busy machine may break the phase once."""
    pieces = [samples[at : at + 200] for at in range(0, len(samples) - 200, 200)]
    return float(np.median([tools.power_at(TONE_HZ, piece) for piece in pieces]))


async def settled(switch, tools) -> None:
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks >= ticks + 2)


def join(switch, a, b) -> None:
    switch.hear(a, b)
    switch.hear(b, a)


def g722(samples_16k: np.ndarray) -> bytes:
    raw = ("-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "-")
    return ffmpeg(samples_16k.astype("<i2").tobytes(), *raw, "-c:a", "g722", "-f", "g722", "-")


async def test_g722_of_another_maker_is_heard_by_a_g711_phone(switch, phones, tools) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.G722), phones()
    join(switch, a, b)
    await settled(switch, tools)
    wide = PEAK * np.sin(2 * np.pi * TONE_HZ * np.arange(16000) / 16000)
    coded = g722(wide)
    assert len(coded) == 8000  # one octet per 8 kHz sample
    await tools.every_20ms(50, lambda i: pa.send(coded[160 * i : 160 * i + 160], 9))
    heard = pcm(pb.audio)
    loud = heard[np.argmax(np.abs(heard) > 2000) :][800:6400]
    assert purity(tools, loud) > 0.98
    assert rms(loud) == pytest.approx(PEAK / np.sqrt(2), rel=0.12)  # 1 dB


async def test_another_maker_hears_our_g722(switch, phones, tools) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.G722), phones()
    join(switch, a, b)
    await settled(switch, tools)
    said = alaw(tools.sine(TONE_HZ, 8000, PEAK))
    await tools.every_20ms(50, lambda i: pb.send(said[160 * i : 160 * i + 160]))
    pa.collect()
    assert {(p.payload_type, len(p.payload)) for p in pa.heard} == {(9, 160)}
    coded = b"".join(p.payload for p in pa.heard)
    wide = np.frombuffer(
        ffmpeg(coded, "-f", "g722", "-i", "-", "-f", "s16le", "-ar", "8000", "-"), "<i2"
    ).astype(float)
    loud = wide[np.argmax(np.abs(wide) > 2000) :][800:6400]
    assert purity(tools, loud) > 0.98
    assert rms(loud) == pytest.approx(PEAK / np.sqrt(2), rel=0.12)


async def test_g722_between_phones_stays_wideband_and_the_tap_hears_it(
    switch, phones, tools
) -> None:
    """Forwarded octet for octet; the recorder's copy is decoded beside it."""
    (a, pa), (b, pb) = phones(codec=Codec.G722), phones(codec=Codec.G722)
    join(switch, a, b)
    tap = switch.open_tap(a)
    await settled(switch, tools)
    pb.collect()
    pb.heard.clear()
    coded = g722(PEAK * np.sin(2 * np.pi * TONE_HZ * np.arange(16000) / 16000))
    await tools.every_20ms(50, lambda i: pa.send(coded[160 * i : 160 * i + 160], 9))
    await tools.until(lambda: len(pb.collect()) >= 50)
    assert b"".join(p.payload for p in pb.heard) == coded
    said = pcm(switch.read_tap(tap, 480000)[1][0::2])
    loud = said[np.argmax(np.abs(said) > 2000) :][800:6400]
    assert purity(tools, loud) > 0.98
    assert switch.counters(a).codec is Codec.G722
    assert switch.counters(a).level_in_dbm0 > -20


async def test_forwarding_bridges_different_payload_numbers(switch, tools) -> None:
    """RFC 3264 5.1: each side's numbers hold towards that side only."""
    numbers = [(111, 101), (107, 96)]
    made = [switch.open_rtp("127.0.0.1") for _ in numbers]
    ends = [tools.Phone(udp, ssrc=0x77 + udp) for _, udp in made]
    for (port, _), end, (audio, dtmf) in zip(made, ends, numbers, strict=True):
        switch.set_rtp(port, "127.0.0.1", end.port, Codec.PCMA, dtmf, payload=audio)
    join(switch, made[0][0], made[1][0])
    await settled(switch, tools)
    for end in ends:
        end.collect()
        end.heard.clear()
    ends[0].send(b"\x21" * 160, 111)
    ends[0].send_event(5, 160, code=101)
    ends[1].send(b"\x22" * 160, 107)
    await tools.until(lambda: len(ends[1].collect()) == 2 and len(ends[0].collect()) == 1)
    assert [p.payload_type for p in ends[1].heard] == [107, 96]
    assert [(p.payload_type, p.payload) for p in ends[0].heard] == [(111, b"\x22" * 160)]
    for end in ends:
        end.socket.close()


async def test_payload_numbers_that_cannot_be_are_named(switch) -> None:
    port, _ = switch.open_rtp("127.0.0.1")
    with pytest.raises(SwitchMisuse, match="payload type 72"):
        switch.set_rtp(port, "127.0.0.1", 4000, Codec.G722, 101, payload=72)
    with pytest.raises(SwitchMisuse, match="payload type 101"):
        switch.set_rtp(port, "127.0.0.1", 4000, Codec.G722, 101, payload=101)
