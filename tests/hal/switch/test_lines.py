"""Timeslots over a real stream socket: audio, framing, stall, and what listens on lines.

The exchange end is played here block by block; the switch ticks with the blocks, so minutes of
line time pass in a moment and nothing depends on the clock. Caller identity is modulated by a
plain phase accumulator from ETSI EN 300 659-1 (V.23) and GR-30 (Bell 202); DTMF by ITU-T Q.23.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from hal.switch import g711
from hal.switch.errors import SwitchMisuse
from hal.switch.face import (
    CallerIdHeard,
    Detect,
    DigitHeard,
    MediaLost,
    TdmState,
    ToneSegment,
)

BLOCK = 2560


def pcm(alaw: bytes) -> np.ndarray:
    return np.frombuffer(g711.to_pcm16(alaw), "<i2").astype(float)


def alaw(samples: np.ndarray) -> bytes:
    return g711.from_pcm16(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


class Exchange:
    """The far end of the timeslot stream."""

    def __init__(self, switch) -> None:
        self.socket, other = socket.socketpair()
        self.socket.setblocking(False)
        switch.attach_tdm(other.fileno())
        other.close()
        self.received = bytearray()

    async def block(self, slots: dict[int, bytes]) -> bytes:
        """Send 10 ms of some slots, return the 10 ms that came back."""
        frames = bytearray(b"\xd5" * BLOCK)
        for slot, octets in slots.items():
            frames[slot::32] = octets
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.socket, frames)
        got = bytearray()
        async with asyncio.timeout(5):
            while len(got) < BLOCK:
                got += await loop.sock_recv(self.socket, BLOCK - len(got))
        self.received += got
        return bytes(got)

    async def speak(self, slot: int, samples: np.ndarray) -> bytes:
        """Send a whole signal into a slot; return what came back on that slot."""
        octets = alaw(np.concatenate([samples, np.zeros(-len(samples) % 80)]))
        back = bytearray()
        for at in range(0, len(octets), 80):
            back += (await self.block({slot: octets[at : at + 80]}))[slot::32]
        return bytes(back)


@pytest.fixture
def exchange(switch) -> Iterator[Exchange]:
    made = Exchange(switch)
    yield made
    made.socket.close()


def heard(switch, kind):
    return [e for e in switch.events if isinstance(e, kind)]


# --- the stream ---


async def test_slot_zero_carries_the_frame_alignment_alternately(exchange) -> None:
    """ITU-T G.704 clause 2.3.2: x0011011, and bit 2 set in the frames between."""
    block = await exchange.block({})
    assert block[0::32] == b"\x9b\xdf" * 40
    assert {block[0] & 0x7F, block[64] & 0x7F} == {0b0011011}
    assert block[32] & 0x40


async def test_unused_slots_are_idle(exchange) -> None:
    block = await exchange.block({5: b"\x2a" * 80})
    assert all(set(block[slot::32]) == {0xD5} for slot in range(1, 32))


async def test_two_lines_hear_each_other_octet_by_octet(switch, exchange) -> None:
    one, two = switch.open_slot(1), switch.open_slot(2)
    switch.hear(one, two)
    switch.hear(two, one)
    await exchange.block({})
    said = bytes(range(80)), bytes(range(100, 180))
    block = await exchange.block({1: said[0], 2: said[1]})
    assert block[1::32] == said[1]
    assert block[2::32] == said[0]


async def test_stream_ticks_the_switch_and_says_so(switch, exchange, tools) -> None:
    await exchange.block({})
    await tools.until(lambda: switch.events)
    assert switch.events == [TdmState(True)]
    assert switch.snapshot().tdm_running


@pytest.mark.usefixtures("true_stall")
async def test_stalled_stream_hands_the_ticks_to_the_timer_and_takes_them_back(
    switch, exchange, tools
) -> None:
    await exchange.block({})
    await tools.until(lambda: len(switch.events) == 2)
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks > ticks + 2)
    await exchange.block({})
    await tools.until(lambda: len(switch.events) >= 3)
    assert switch.events[:3] == [TdmState(True), TdmState(False), TdmState(True)]


async def test_ended_stream_hands_the_ticks_to_the_timer(switch, exchange, tools) -> None:
    await exchange.block({})
    exchange.socket.close()
    await tools.until(lambda: TdmState(False) in switch.events)
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks > ticks + 2)
    assert not switch.snapshot().tdm_running


async def test_far_end_that_does_not_read_is_counted_not_waited_for(
    switch, exchange, tools
) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(400):  # 1 MB: more than the socket keeps
        await loop.sock_sendall(exchange.socket, b"\xd5" * BLOCK)
    await tools.until(lambda: switch.tdm_unwritten_octets > 0)
    assert switch.tdm_unwritten_octets % BLOCK == 0
    got = bytearray()
    async with asyncio.timeout(5):
        while len(got) < 20 * BLOCK:
            got += await loop.sock_recv(exchange.socket, 65536)
    aligned = np.frombuffer(bytes(got[: 20 * BLOCK]), np.uint8)[::64]
    assert set(aligned.tolist()) == {0x9B}


async def test_a_slot_has_one_port_until_that_is_closed(switch) -> None:
    port = switch.open_slot(3)
    with pytest.raises(SwitchMisuse, match="timeslot 3"):
        switch.open_slot(3)
    switch.close(port)
    assert switch.open_slot(3) != port


async def test_phone_and_line_talk_through_the_mixer(switch, exchange, phones, tools) -> None:
    line = switch.open_slot(4)
    port, phone = phones()
    switch.hear(line, port)
    switch.hear(port, line)
    tone = alaw(tools.sine(700, 80 * 60))
    back = bytearray()

    async def line_side() -> None:
        for i in range(60):
            back.extend((await exchange.block({4: tone[i * 80 : i * 80 + 80]}))[4::32])
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(line_side())
        group.create_task(
            tools.every_20ms(28, lambda i: phone.send(alaw(tools.sine(1100, 160, 8000, i * 160))))
        )
    await tools.until(lambda: len(phone.audio) > 3200)
    assert tools.power_at(700, pcm(phone.audio)[-2400:]) > 0.9
    loud = pcm(bytes(back))
    assert tools.power_at(1100, loud[np.abs(loud).argmax() :][:1600]) > 0.8


# --- DTMF ---

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # ITU-T Q.23
KEYS = ("123A", "456B", "789C", "*0#D")


def dtmf(digit: str, ms: int = 70, peak: float = 4000) -> np.ndarray:
    row = next(i for i, keys in enumerate(KEYS) if digit in keys)
    n = np.arange(ms * 8)
    low, high = LOW[row], HIGH[KEYS[row].index(digit)]
    return peak * (np.sin(2 * np.pi * low * n / 8000) + np.sin(2 * np.pi * high * n / 8000))


async def test_every_dtmf_digit_is_heard_once(switch, exchange, tools) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.DTMF)
    await exchange.block({})
    for digit in "0123456789*#ABCD55":
        await exchange.speak(1, np.concatenate([dtmf(digit), np.zeros(560)]))
    await tools.until(lambda: len(heard(switch, DigitHeard)) >= 18)
    assert [e.digit for e in heard(switch, DigitHeard)] == list("0123456789*#ABCD55")
    assert {e.how for e in heard(switch, DigitHeard)} == {"inband"}


async def test_digit_is_heard_over_dial_tone(switch, exchange, tools) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.DTMF)
    await exchange.block({})
    tone = tools.sine(350, 4000, 900) + tools.sine(440, 4000, 900)
    tone[1600:2400] += dtmf("6", 100, 6000)
    await exchange.speak(1, tone)
    await tools.until(lambda: heard(switch, DigitHeard))
    assert [e.digit for e in heard(switch, DigitHeard)] == ["6"]


async def test_our_own_prompt_does_not_dial(switch, exchange, tools) -> None:
    """Digits in what we play come back over the hybrid; after the canceller nothing is left."""
    port = switch.open_slot(1)
    switch.cancel_echo(port, True)
    switch.detect(port, Detect.DTMF)
    ticks = switch.snapshot().ticks  # some by the timer, whose ticks are longer, come first
    await tools.until(lambda: switch.snapshot().ticks > ticks + 1)
    rng = np.random.default_rng(5)
    training = rng.normal(0, 3000, 24000)
    digits = np.concatenate([np.concatenate([dtmf(d, 100), np.zeros(800)]) for d in "159"])
    switch.play(port, switch.load(alaw(np.concatenate([training, digits, np.zeros(800)]))))
    echo = b"\xd5" * 80
    for _ in range(370):
        sent = (await exchange.block({1: echo}))[1::32]
        echo = alaw(pcm(sent) * 0.35)  # 9 dB return loss
    await exchange.speak(1, np.concatenate([dtmf("2"), np.zeros(800)]))
    await tools.until(lambda: heard(switch, DigitHeard))
    assert [e.digit for e in heard(switch, DigitHeard)] == ["2"]


# --- caller identity ---


def fsk(message: bytes, mark: int, space: int) -> np.ndarray:
    """Channel seizure, mark, then 8N1 octets, LSB first, at 1200 bit/s."""
    framed = bytes([*message, -sum(message) & 0xFF])
    bits = [i % 2 for i in range(300)] + [1] * 180
    for octet in framed:
        bits += [0, *(octet >> i & 1 for i in range(8)), 1]
    bits += [1] * 20
    count = len(bits) * 8000 // 1200
    hz = np.array([mark if bits[i * 1200 // 8000] else space for i in range(count)])
    signal = 4000 * np.sin(2 * np.pi * np.cumsum(hz) / 8000)
    return np.concatenate([np.zeros(800), signal, np.zeros(1600)])


def mdmf(*parameters: tuple[int, bytes]) -> bytes:
    body = b"".join(bytes([kind, len(value)]) + value for kind, value in parameters)
    return bytes([0x80, len(body)]) + body


V23 = (1300, 2100)
BELL202 = (1200, 2200)
DATE = (0x01, b"11212230")


@pytest.mark.parametrize(
    ("tones", "detect", "form"),
    [
        (V23, Detect.CALLER_ID_V23, "v23"),
        (BELL202, Detect.CALLER_ID_BELL202, "bell202"),
    ],
    ids=["v23", "bell202"],
)
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            mdmf(DATE, (2, b"0721123456"), (7, b"ROSSI MARIO")),
            ("0721123456", "ROSSI MARIO", "", ""),
        ),
        (mdmf(DATE, (4, b"P"), (8, b"O")), ("", "", "P", "O")),
    ],
    ids=["number and name", "withheld"],
)
async def test_fsk_caller_identity(
    switch, exchange, tools, tones, detect, form, message, expected
) -> None:
    port = switch.open_slot(1)
    switch.detect(port, detect)
    await exchange.block({})
    await exchange.speak(1, fsk(message, *tones))
    await tools.until(lambda: heard(switch, CallerIdHeard))
    assert heard(switch, CallerIdHeard) == [CallerIdHeard(port, form, *expected)]


async def test_sdmf_caller_identity(switch, exchange, tools) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.CALLER_ID_BELL202)
    await exchange.block({})
    await exchange.speak(1, fsk(b"\x04\x12112122305551234567", *BELL202))
    await tools.until(lambda: heard(switch, CallerIdHeard))
    assert heard(switch, CallerIdHeard)[0].number == "5551234567"


@pytest.mark.parametrize("tones", [V23, BELL202], ids=["v23", "bell202"])
async def test_one_message_is_reported_once_with_both_modems_on(
    switch, exchange, tools, tones
) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.CALLER_ID_V23 | Detect.CALLER_ID_BELL202)
    await exchange.block({})
    await exchange.speak(1, fsk(mdmf(DATE, (2, b"12345")), *tones))
    await tools.until(lambda: heard(switch, CallerIdHeard))
    await exchange.speak(1, np.zeros(1600))
    assert [e.number for e in heard(switch, CallerIdHeard)] == ["12345"]


async def test_broken_checksum_is_no_identity(switch, exchange) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.CALLER_ID_V23)
    await exchange.block({})
    good = mdmf((2, b"12345"))
    signal = fsk(good, *V23)
    signal[800 + 480 * 8000 // 1200 + 200 :][:60] = 0  # a click on the line within the number
    await exchange.speak(1, signal)
    assert heard(switch, CallerIdHeard) == []


async def test_dtmf_caller_identity(switch, exchange, tools) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.CALLER_ID_DTMF)
    await exchange.block({})
    for digit in "A0405551#":
        await exchange.speak(1, np.concatenate([dtmf(digit), np.zeros(560)]))
    await tools.until(lambda: heard(switch, CallerIdHeard))
    assert heard(switch, CallerIdHeard) == [CallerIdHeard(port, "dtmf", "0405551", "")]


# --- tone segments ---


@pytest.mark.parametrize(
    ("frequencies", "ms"),
    [
        ((425,), 500),  # busy in most of Europe, ITU-T E.180 supplement 2
        ((400,), 380),  # busy in the United Kingdom
        ((480, 620), 500),  # busy in North America
        ((440, 480), 1000),  # ringing in North America
        ((350, 440), 600),  # dial in North America and the United Kingdom
        ((400, 450), 400),  # ringing in the United Kingdom
        ((950,), 330),  # special information
        ((1400,), 330),
        ((1800,), 330),
    ],
    ids=str,
)
async def test_tone_segments_name_frequencies_and_length(
    switch, exchange, tools, frequencies, ms
) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.TONES)
    await exchange.block({})
    rng = np.random.default_rng(1)
    tone = sum(tools.sine(hz, ms * 8, 2500) for hz in frequencies)
    period = np.concatenate([tone, np.zeros(4000)])
    signal = np.tile(period, 4) + rng.normal(0, 15, 4 * len(period))  # noise at -63 dBm0
    await exchange.speak(1, signal)
    await tools.until(lambda: len(heard(switch, ToneSegment)) >= 7)
    segments = heard(switch, ToneSegment)[1:7]  # the first silence began before the line did
    tones = [s for s in segments if s.f1_hz]
    assert len(tones) == 3
    expected = sorted(frequencies)
    for segment in tones:
        found = [f for f in (segment.f1_hz, segment.f2_hz) if f]
        assert found == pytest.approx(expected, abs=8)
        assert segment.ms == pytest.approx(ms, abs=60)
    assert all(s.ms == pytest.approx(500, abs=60) for s in segments if not s.f1_hz)


async def test_companding_does_not_put_a_second_tone_beside_one(switch, exchange, tools) -> None:
    """A-law gives a pure 400 Hz tone a harmonic at 800 Hz, 25 to 40 dB down by its level."""
    port = switch.open_slot(1)
    switch.detect(port, Detect.TONES)
    await exchange.block({})
    rng = np.random.default_rng(3)
    levels = np.geomspace(300, 8000, 16)
    bursts = [np.concatenate([tools.sine(400, 4000, a), np.zeros(4000)]) for a in levels]
    signal = np.concatenate(bursts)
    await exchange.speak(1, signal + rng.normal(0, 10, len(signal)))
    await tools.until(lambda: len(heard(switch, ToneSegment)) >= 2 * len(levels))
    tones = [(s.f1_hz, s.f2_hz) for s in heard(switch, ToneSegment) if s.f1_hz]
    assert tones == [(400, 0)] * len(levels)


async def test_noise_30_db_below_speech_is_silence_between_tones(switch, exchange, tools) -> None:
    """White noise at -44 dBm0: rms 100 of 32768 (a sine at full scale is 3.14 dBm0)."""
    port = switch.open_slot(1)
    switch.detect(port, Detect.TONES)
    await exchange.block({})
    period = np.concatenate([tools.sine(400, 4000, 5000), np.zeros(4000)])
    signal = np.tile(period, 4)
    await exchange.speak(1, signal + np.random.default_rng(4).normal(0, 100, len(signal)))
    await tools.until(lambda: len(heard(switch, ToneSegment)) >= 8)
    segments = heard(switch, ToneSegment)[1:8]  # the first silence began before the line did
    assert [s.f1_hz for s in segments] == pytest.approx([400, 0, 400, 0, 400, 0, 400], abs=5)
    assert all(s.ms == pytest.approx(500, abs=60) for s in segments)


async def test_speechlike_noise_is_no_tone(switch, exchange) -> None:
    port = switch.open_slot(1)
    switch.detect(port, Detect.TONES)
    await exchange.block({})
    rng = np.random.default_rng(2)
    shaped = np.convolve(rng.normal(0, 3000, 24000), np.ones(6) / 6, "same")
    await exchange.speak(1, shaped)
    await asyncio.sleep(0.05)
    assert [s for s in heard(switch, ToneSegment) if s.f1_hz] == []


# --- echo ---


async def test_echo_is_cancelled_by_more_than_20_db_after_two_seconds(switch, exchange) -> None:
    """Speech-shaped noise over a hybrid with 6 dB return loss and 5 ms of line."""
    port = switch.open_slot(1)
    switch.cancel_echo(port, True)
    rng = np.random.default_rng(4)
    voice = np.convolve(rng.normal(0, 5000, 32000), np.ones(3) / 3, "same")
    switch.play(port, switch.load(alaw(voice)), loop=True)
    tap = switch.open_tap(port)
    path = np.zeros(80)
    path[40:46] = [0.1, 0.4, 0.25, -0.15, -0.05, 0.02]  # sums to 6 dB return loss in power
    past = np.zeros(79)
    echo, came = b"\xd5" * 80, []
    for _ in range(300):
        sent = pcm((await exchange.block({1: echo}))[1::32])
        wave = np.convolve(np.concatenate([past, sent]), path, "valid")
        past = np.concatenate([past, sent])[-79:]
        came.append(wave)
        echo = alaw(wave)
    left = pcm(switch.read_tap(tap, 480000)[1][0::2])[-4000:]
    before = np.concatenate(came)[-4000:]
    assert 10 * np.log10(np.mean(before**2) / np.mean(left**2)) > 20
    counters = next(p for p in switch.snapshot().ports if p.port == port)
    assert counters.erle_db > 20


# --- silence of a phone ---


async def test_media_lost_is_told_once_per_silence(switch, phones, tools) -> None:
    port, _phone = phones()
    await tools.until(lambda: switch.events, seconds=8)
    await asyncio.sleep(0.7)
    assert len(switch.events) == 1
    assert switch.events[0].port == port
    assert isinstance(switch.events[0], MediaLost)
    assert 5000 <= switch.events[0].ms < 6500


async def test_levels_are_in_dbm0(switch, exchange, tools) -> None:
    port = switch.open_slot(1)
    await exchange.block({})
    await exchange.speak(1, tools.sine(1004, 8000, 32768 * 10 ** (-13.14 / 20)))
    counters = next(p for p in switch.snapshot().ports if p.port == port)
    assert counters.level_in_dbm0 == pytest.approx(-10.0, abs=0.3)
