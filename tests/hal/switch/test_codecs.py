"""G.722 and Opus through real sockets, against other people's codecs (ffmpeg)."""

from __future__ import annotations

import itertools
import random
import struct
import subprocess

import numpy as np
import pytest

from hal.switch import g711
from hal.switch.errors import SwitchMisuse
from hal.switch.face import Codec, DigitHeard

TONE_HZ = 1000
PEAK = 8000


def pcm(alaw: bytes) -> np.ndarray:
    return np.frombuffer(g711.to_pcm16(alaw), "<i2").astype(float)


def alaw(samples: np.ndarray) -> bytes:
    return g711.from_pcm16(samples.astype("<i2").tobytes())


def ffmpeg(given: bytes, *words: str) -> bytes:
    command = ["ffmpeg", "-v", "error", *words]
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


PACKETS = 14
"""At once: the jitter buffer spreads them again, and no busy machine can make them late."""


def tone_of(heard: np.ndarray) -> np.ndarray:
    """The steady middle of a tone of PACKETS packets somewhere in `heard`."""
    begins = int(np.argmax(np.abs(heard) > PEAK / 4))
    return heard[begins + 500 : begins + 1900]


def is_the_tone(tools, heard: np.ndarray, within_db: float = 1) -> bool:
    """Nothing but the tone, near its level. A speech coder keeps neither exactly."""
    loud = tone_of(heard)
    level_db = 20 * np.log10(np.sqrt(np.mean(loud**2)) * np.sqrt(2) / PEAK)
    pieces = [tools.power_at(TONE_HZ, loud[at : at + 200]) for at in range(0, 1400, 200)]
    return bool(np.median(pieces) > 0.98 and abs(level_db) < within_db)


def parts(coded: bytes) -> list[bytes]:
    return [coded[160 * i : 160 * i + 160] for i in range(PACKETS)]


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
    coded = g722(PEAK * np.sin(2 * np.pi * TONE_HZ * np.arange(16000) / 16000))
    assert len(coded) == 8000  # one octet per 8 kHz sample
    for part in parts(coded):
        pa.send(part, 9)
    had = len(pb.collect())
    await tools.until(lambda: len(pb.collect()) >= had + PACKETS + 10)
    assert is_the_tone(tools, pcm(pb.audio))


async def test_another_maker_hears_our_g722(switch, phones, tools) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.G722), phones()
    join(switch, a, b)
    await settled(switch, tools)
    for part in parts(alaw(tools.sine(TONE_HZ, 8000, PEAK))):
        pb.send(part)
    had = len(pa.collect())
    await tools.until(lambda: len(pa.collect()) >= had + PACKETS + 10)
    assert {(p.payload_type, len(p.payload)) for p in pa.heard} == {(9, 160)}
    coded = b"".join(p.payload for p in pa.heard)
    decoded = ffmpeg(coded, "-f", "g722", "-i", "-", "-f", "s16le", "-ar", "8000", "-")
    assert is_the_tone(tools, np.frombuffer(decoded, "<i2").astype(float))


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
    ticks = switch.snapshot().ticks
    for part in parts(coded):
        pa.send(part, 9)
    await tools.until(lambda: switch.snapshot().ticks >= ticks + PACKETS + 10)
    assert b"".join(p.payload for p in pb.collect()) == coded[: 160 * PACKETS]
    assert is_the_tone(tools, pcm(switch.read_tap(tap, 480000)[1][0::2]))
    assert switch.counters(a).codec is Codec.G722


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


def opus_packets(tmp_path, samples: np.ndarray, ms: int) -> list[bytes]:
    """Coded by ffmpeg at 48 kHz, the packets taken out of its Ogg pages (RFC 7845, RFC 3533 6)."""
    raw = ("-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "-")
    how = ("-c:a", "libopus", "-frame_duration", str(ms), "-application", "voip", "-b:a", "32k")
    ogg = ffmpeg(samples.astype("<i2").tobytes(), *raw, *how, "-f", "ogg", "-")
    found, at, packet = [], 0, b""
    while at < len(ogg):
        lacing = ogg[at + 27 : at + 27 + ogg[at + 26]]
        at += 27 + len(lacing)
        for length in lacing:
            packet += ogg[at : at + length]
            at += length
            if length < 255:
                found.append(packet)
                packet = b""
    return found[2:]  # after OpusHead and OpusTags


def send_opus(phone, packet: bytes, ms: int) -> None:
    phone.send_raw(phone.packet(packet, 107))
    phone.sequence += 1
    phone.timestamp += 48 * ms  # RFC 7587 4.1: 48 kHz whatever is coded


@pytest.mark.parametrize("ms", [5, 20, 60])
async def test_opus_of_another_maker_is_heard_by_a_g711_phone(
    switch, phones, tools, tmp_path, ms
) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.OPUS), phones()
    join(switch, a, b)
    await settled(switch, tools)
    tone = PEAK * np.sin(2 * np.pi * TONE_HZ * np.arange(48000) / 48000)
    packets = opus_packets(tmp_path, tone, ms)[: 300 // ms]
    for packet in packets:
        send_opus(pa, packet, ms)
    had = len(pb.collect())
    await tools.until(lambda: len(pb.collect()) >= had + PACKETS + 10)
    assert is_the_tone(tools, pcm(pb.audio))
    assert switch.counters(a).packets_in == len(packets)
    assert switch.counters(a).packets_late == 0


async def test_another_maker_hears_our_opus(switch, phones, tools, tmp_path) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.OPUS), phones()
    join(switch, a, b)
    await settled(switch, tools)
    for part in parts(alaw(tools.sine(TONE_HZ, 8000, PEAK))):
        pb.send(part)
    had = len(pa.collect())
    await tools.until(lambda: len(pa.collect()) >= had + PACKETS + 10)
    stamps = [p.timestamp for p in pa.heard]
    assert {(y - x) % 2**32 for x, y in itertools.pairwise(stamps)} == {960}
    assert {p.payload_type for p in pa.heard} == {107}
    (tmp_path / "our.ogg").write_bytes(ogg_of([p.payload for p in pa.heard]))
    decoded = ffmpeg(b"", "-i", str(tmp_path / "our.ogg"), "-f", "s16le", "-ar", "8000", "-")
    assert is_the_tone(tools, np.frombuffer(decoded, "<i2").astype(float), within_db=4)


def ogg_of(packets: list[bytes]) -> bytes:
    """One Ogg page per packet (RFC 3533 6), with the two headers of RFC 7845 5."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 8000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I4sI", 4, b"test", 0)
    ogg = b""
    for number, packet in enumerate([head, tags, *packets]):
        lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        kind = {0: 2, len(packets) + 1: 4}.get(number, 0)
        granule = max(0, number - 1) * 960
        page = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, granule, 7, number, 0, len(lacing))
        page += lacing + packet
        ogg += page[:22] + struct.pack("<I", ogg_crc(page)) + page[26:]
    return ogg


def ogg_crc(page: bytes) -> int:
    crc = 0
    for octet in page:
        crc ^= octet << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc


async def test_lost_opus_is_made_up_and_counted_a_pause_is_not(
    switch, phones, tools, tmp_path
) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.OPUS), phones()
    join(switch, a, b)
    await settled(switch, tools)
    tone = PEAK * np.sin(2 * np.pi * TONE_HZ * np.arange(48000) / 48000)
    packets = opus_packets(tmp_path, tone, 20)[:14]
    for number, packet in enumerate(packets):
        if number == 7:  # lost on the way
            pa.sequence += 1
            pa.timestamp += 960
        else:
            send_opus(pa, packet, 20)
    pa.send_raw(pa.packet(b"\x08", 107))  # RFC 6716 3.1: a frame of no octets, a pause begins
    had = len(pb.collect())
    await tools.until(lambda: len(pb.collect()) >= had + 24)
    heard = pcm(pb.audio)
    begins = int(np.argmax(np.abs(heard) > PEAK / 4))
    hole = heard[begins + 7 * 160 - 160 : begins + 8 * 160]
    assert np.sqrt(np.mean(hole**2)) > PEAK / 8  # no hole
    seen = switch.counters(a)
    assert (seen.packets_lost, seen.packets_late) == (1, 0)
    assert seen.concealed_ms == 20


async def test_opus_between_phones_goes_on_unchanged_and_in_time(
    switch, phones, tools, tmp_path
) -> None:
    (a, pa), (b, pb) = phones(codec=Codec.OPUS), phones(codec=Codec.OPUS)
    join(switch, a, b)
    await settled(switch, tools)
    pb.collect()
    pb.heard.clear()
    packets = opus_packets(tmp_path, PEAK * np.sin(np.arange(24000) / 9), 10)[:20]
    for packet in packets:
        send_opus(pa, packet, 10)
    await tools.until(lambda: len(pb.collect()) == len(packets))
    assert [p.payload for p in pb.heard] == packets
    stamps = [p.timestamp for p in pb.heard]
    assert {(y - x) % 2**32 for x, y in itertools.pairwise(stamps)} == {480}
    await tools.until(lambda: switch.counters(a).level_in_dbm0 > -40)  # metered now and then


async def test_digits_keep_8_khz_durations_on_the_timeline_of_opus(switch, phones, tools) -> None:
    """As telephone-event/8000 is used beside Opus by phones in the field: RFC 4733 durations on
    its own clock, timestamps on that of the stream they share a sequence with."""
    port, phone = phones(codec=Codec.OPUS)
    await settled(switch, tools)
    for duration, end in ((160, False), (480, False), (800, True), (800, True)):
        phone.send_event(7, duration, end)
    phone.timestamp += 4800
    phone.send_event(7, 160)
    await tools.until(lambda: len(switch.events) >= 2)
    assert switch.events == [DigitHeard(port, "7", "rfc4733")] * 2
    phone.collect()
    phone.heard.clear()
    switch.send_digits(port, "5")
    await tools.until(lambda: [p for p in phone.collect() if p.payload_type == 101][7:])
    await tools.until(lambda: phone.collect()[-1].payload_type == 107)
    events = [p for p in phone.heard if p.payload_type == 101]
    durations = [int.from_bytes(p.payload[2:4], "big") for p in events]
    assert durations == [160, 320, 480, 640, 800, 800, 800, 800]
    assert len({p.timestamp for p in events}) == 1
    after = next(p for p in phone.heard if p.sequence == (events[-1].sequence + 1) % 65536)
    assert (after.timestamp - events[0].timestamp) % 2**32 == 8 * 960


async def test_junk_that_is_no_opus_is_refused_or_silent(switch, phones, tools) -> None:
    (a, pa), (b, _pb) = phones(codec=Codec.OPUS), phones()
    join(switch, a, b)
    tap = switch.open_tap(a)
    chance = random.Random(5)
    for _ in range(600):
        send_opus(pa, chance.randbytes(chance.randrange(1, 1200)), 20)
        if chance.random() < 0.03:
            await settled(switch, tools)
    seen = switch.counters(a)
    await tools.until(lambda: switch.counters(a).packets_in > 0)
    assert seen.packets_in + seen.packets_refused <= 600
    assert switch.read_tap(tap, 480000)[1]


async def test_payload_numbers_that_cannot_be_are_named(switch) -> None:
    port, _ = switch.open_rtp("127.0.0.1")
    with pytest.raises(SwitchMisuse, match="payload type 72"):
        switch.set_rtp(port, "127.0.0.1", 4000, Codec.G722, 101, payload=72)
    with pytest.raises(SwitchMisuse, match="payload type 101"):
        switch.set_rtp(port, "127.0.0.1", 4000, Codec.G722, 101, payload=101)
