"""RTP ports through real sockets: forwarding, mixing, numbering, source lock, digits, junk."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket

import numpy as np
import pytest

from hal.switch import g711
from hal.switch.errors import SwitchFull, SwitchMisuse
from hal.switch.face import Codec, Detect, DigitHeard, Played

SILENCE = b"\xd5" * 160


def pcm(alaw: bytes) -> np.ndarray:
    return np.frombuffer(g711.to_pcm16(alaw), "<i2").astype(float)


def alaw(samples: np.ndarray) -> bytes:
    return g711.from_pcm16(samples.astype("<i2").tobytes())


def bridge(switch, a, b) -> None:
    switch.hear(a, b)
    switch.hear(b, a)


def counters(switch, port):
    return next(p for p in switch.snapshot().ports if p.port == port)


def steps(values, modulus):
    return [(y - x) % modulus for x, y in itertools.pairwise(values)]


async def settled(switch, tools) -> None:
    """All commands so far were carried out: two ticks have passed."""
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks >= ticks + 2)


async def bridged(switch, phones, tools, **kind):
    (a, pa), (b, pb) = phones(**kind), phones(**kind)
    bridge(switch, a, b)
    await settled(switch, tools)
    for phone in (pa, pb):  # what was mixed before the bridge stood
        phone.collect()
        phone.heard.clear()
    return a, pa, b, pb


@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA], ids=lambda c: c.name)
async def test_two_phones_forward_each_packet_untouched(switch, phones, tools, codec) -> None:
    _a, pa, _b, pb = await bridged(switch, phones, tools, codec=codec)
    said = [random.randbytes(160) for _ in range(25)]
    await tools.every_20ms(
        25,
        lambda i: pa.send(said[i], codec.value),
        lambda i: pb.send(said[i][::-1], codec.value),
    )
    await tools.until(lambda: len(pa.collect()) == len(pb.collect()) == 25)
    assert pb.audio == b"".join(said)
    assert pa.audio == b"".join(part[::-1] for part in said)
    assert switch.packets_forwarded == 50
    assert {p.payload_type for p in pa.heard + pb.heard} == {codec.value}


async def test_forwarded_stream_has_our_numbering_and_keeps_gaps(switch, phones, tools) -> None:
    _a, pa, _b, pb = await bridged(switch, phones, tools)
    for number in range(10):
        if number == 5:  # lost on the way to us
            pa.sequence += 1
            pa.timestamp += 160
        pa.send(SILENCE)
    await tools.until(lambda: len(pb.collect()) == 10)
    assert {p.ssrc for p in pb.heard} != {pa.ssrc}
    assert len({p.ssrc for p in pb.heard}) == 1
    assert steps([p.sequence for p in pb.heard], 1 << 16) == [1, 1, 1, 1, 2, 1, 1, 1, 1]
    assert steps([p.timestamp for p in pb.heard], 1 << 32) == [160] * 4 + [320] + [160] * 4


async def test_numbering_goes_on_when_forwarding_ends_and_begins(switch, phones, tools) -> None:
    a, pa, b, pb = await bridged(switch, phones, tools)
    talk = (lambda i: pa.send(SILENCE), lambda i: pb.send(SILENCE))
    await tools.every_20ms(8, *talk)
    switch.hear(b, a, -6.0)
    await tools.every_20ms(10, *talk)
    switch.hear(b, a)
    await tools.every_20ms(8, *talk)
    pb.collect()
    assert set(steps([p.sequence for p in pb.heard], 1 << 16)) == {1}
    assert max(steps([p.timestamp for p in pb.heard], 1 << 32)) <= 480
    assert len({p.ssrc for p in pb.heard}) == 1


async def test_first_packet_of_a_mixed_stream_has_the_marker(switch, phones, tools) -> None:
    _port, phone = phones()
    await tools.until(lambda: len(phone.collect()) >= 5)
    assert [p.marker for p in phone.heard[:5]] == [True, False, False, False, False]
    assert steps([p.sequence for p in phone.heard[:5]], 1 << 16) == [1] * 4
    assert steps([p.timestamp for p in phone.heard[:5]], 1 << 32) == [160] * 4


async def test_conference_of_three_hears_the_two_others(switch, phones, tools) -> None:
    members = [phones() for _ in range(3)]
    for listener, _ in members:
        for source, _ in members:
            if source != listener:
                switch.hear(listener, source)
    hz = [500, 900, 1300]
    await tools.every_20ms(
        40,
        *(
            lambda i, phone=phone, f=f: phone.send(alaw(tools.sine(f, 160, 5000, i * 160)))
            for (_, phone), f in zip(members, hz, strict=True)
        ),
    )
    for own, (_, phone) in enumerate(members):
        heard = pcm(phone.audio)[-4000:]
        shares = [tools.power_at(f, heard) for f in hz]
        assert shares.pop(own) < 0.05
        assert min(shares) > 0.15  # a late packet on a busy machine is concealed


async def test_mix_saturates_instead_of_wrapping(switch, phones, tools) -> None:
    (a, _), (b, pb), (c, pc) = phones(), phones(), phones()
    for source in (b, c):
        switch.hear(a, source)
    tap = switch.open_tap(a)
    loud = [alaw(tools.sine(400, 160, 30000, i * 160)) for i in range(30)]
    await tools.every_20ms(30, lambda i: pb.send(loud[i]), lambda i: pc.send(loud[i]))
    heard = pcm(switch.read_tap(tap, 480000)[1][1::2])[-3000:]
    assert np.max(heard) > 31000
    assert np.max(np.abs(np.diff(heard))) < 30000  # a wrap steps by 65 000


async def test_prompt_is_heard_and_its_end_reported_once(switch, phones, tools) -> None:
    port, phone = phones()
    sound = switch.load(alaw(tools.sine(990, 2400)))
    switch.play(port, sound)
    await tools.until(lambda: switch.events)
    await tools.until(lambda: len(phone.collect()) >= 20)
    assert switch.events == [Played(port, sound)]
    heard = pcm(phone.audio)
    loud = heard[np.flatnonzero(np.abs(heard) > 100)]
    assert 2350 <= len(loud) <= 2400
    assert tools.power_at(990, heard[np.argmax(np.abs(heard) > 100) :][:2400]) > 0.99


async def test_prompt_ends_in_time_although_nobody_can_be_sent_to(switch, tools) -> None:
    port, _udp = switch.open_rtp("127.0.0.1")
    sound = switch.load(b"\xd5" * 800)
    switch.play(port, sound)
    await tools.until(lambda: switch.events)
    assert switch.events == [Played(port, sound)]


async def test_a_listener_that_fails_on_one_event_gets_the_others(switch, tools, caplog) -> None:
    heard = []

    def fails(event) -> None:
        heard.append(event)
        raise RuntimeError("no such stage")

    switch.listener = fails
    ports = [switch.open_rtp("127.0.0.1")[0] for _ in range(3)]
    sound = switch.load(b"\xd5" * 800)
    for port in ports:
        switch.play(port, sound)
    await tools.until(lambda: len(heard) == 3)
    assert set(heard) == {Played(port, sound) for port in ports}
    assert caplog.text.count("no such stage") >= 3


async def test_looped_music_goes_round_to_all_listeners_of_a_player(switch, phones, tools) -> None:
    player = switch.open_player()
    listeners = [phones() for _ in range(2)]
    sound = switch.load(alaw(tools.sine(800, 400)))  # 40 whole periods
    switch.play(player, sound, loop=True, gain_db=-6.0)
    for port, _ in listeners:
        switch.hear(port, player)
    await tools.until(lambda: all(len(p.collect()) >= 25 for _, p in listeners))
    for _, phone in listeners:
        heard = pcm(phone.audio)[-2000:]
        assert tools.power_at(800, heard) > 0.98
        assert np.max(heard) == pytest.approx(8000 / 2, rel=0.06)  # -6 dB
    assert switch.events == []


async def test_stopped_and_unloaded_sound_is_silent(switch, phones, tools) -> None:
    port, phone = phones()
    sound = switch.load(alaw(tools.sine(1000, 8000)))
    switch.play(port, sound, loop=True)
    switch.unload(sound)  # plays on until stopped
    await tools.until(lambda: max(np.abs(pcm(phone.audio)), default=0) > 1000)
    switch.stop(port)
    await settled(switch, tools)
    phone.collect()
    phone.heard.clear()
    await tools.until(lambda: len(phone.collect()) >= 3)
    assert set(phone.audio) == {0xD5}
    with pytest.raises(SwitchMisuse, match="sound"):
        switch.play(port, sound)


async def test_rfc4733_press_is_reported_once_with_repeats_and_lost_end(
    switch, phones, tools
) -> None:
    port, phone = phones()
    await settled(switch, tools)
    for digit in (5, 11, 5):
        for duration in (160, 320, 480, 480, 480):
            phone.send_event(digit, duration, end=duration == 480)
        phone.timestamp += 1600
    phone.send_event(1, 160)  # the only packet that arrives of this press
    phone.timestamp += 1600
    phone.send_event(2, 960, end=True)  # only an end arrives
    expected = [DigitHeard(port, d, "rfc4733") for d in "5#512"]
    await tools.until(lambda: len(switch.events) >= 5)
    await settled(switch, tools)
    assert switch.events == expected


async def test_rfc4733_press_longer_than_a_segment_is_one_press(switch, phones, tools) -> None:
    """RFC 4733 clause 2.5.1.3: at duration 0xFFFF the event goes on with a new timestamp."""
    port, phone = phones()
    await settled(switch, tools)
    phone.send_event(7, 160)
    phone.send_event(7, 0xFFFF)
    phone.timestamp += 0xFFFF
    phone.send_event(7, 160)
    phone.send_event(7, 800, end=True)
    phone.timestamp += 1600
    phone.send_event(8, 160)
    await tools.until(lambda: DigitHeard(port, "8", "rfc4733") in switch.events)
    assert [e.digit for e in switch.events] == ["7", "8"]


async def test_digits_are_sent_as_events_with_three_ends(switch, phones, tools) -> None:
    port, phone = phones(dtmf=97)
    switch.send_digits(port, "1#")
    await tools.until(lambda: len(phone.collect()) >= 24)
    events = [p for p in phone.heard if p.payload_type == 97]
    assert [p.payload[0] for p in events] == [1] * 8 + [11] * 8
    assert [int.from_bytes(p.payload[2:], "big") for p in events[:8]] == [
        160, 320, 480, 640, 800, 800, 800, 800,
    ]  # fmt: skip
    assert [p.payload[1] >> 7 for p in events[:8]] == [0] * 5 + [1] * 3
    assert [p.marker for p in events[:8]] == [True] + [False] * 7
    assert len({p.timestamp for p in events}) == 2
    assert set(steps([p.sequence for p in phone.heard], 1 << 16)) == {1}


async def test_digits_are_tones_where_events_were_not_negotiated(switch, phones, tools) -> None:
    port, phone = phones(dtmf=None)
    switch.send_digits(port, "9")
    await tools.until(lambda: np.sum(np.abs(pcm(phone.audio)) > 500) > 600)
    heard = pcm(phone.audio)
    start = int(np.argmax(np.abs(heard) > 500))
    tone = heard[start : start + 640]
    # ITU-T Q.23: 9 is 852 and 1477 Hz
    assert tools.power_at(852, tone) + tools.power_at(1477, tone) > 0.97


async def test_inband_digit_from_a_phone_is_heard_once(switch, phones, tools) -> None:
    port, phone = phones(dtmf=None)
    switch.detect(port, Detect.DTMF)
    tone = tools.sine(770, 800, 6000) + tools.sine(1209, 800, 6000)  # Q.23: digit 4
    audio = alaw(np.concatenate([np.zeros(320), tone, np.zeros(480)]))
    await settled(switch, tools)
    for at in range(0, len(audio), 160):  # at once: the jitter buffer spreads them again
        phone.send(audio[at : at + 160])
    await tools.until(lambda: switch.events)
    assert switch.events == [DigitHeard(port, "4", "inband")]


async def test_a_stranger_is_refused_once_the_source_is_known(switch, phones, tools) -> None:
    _a, pa, _b, pb = await bridged(switch, phones, tools)
    pa.send(b"\x01" * 160)
    await tools.until(lambda: len(pb.collect()) == 1)
    stranger = tools.Phone(pa.switch_port, ssrc=0x666)
    stranger.send(b"\x02" * 160)
    await tools.until(lambda: counters(switch, _a).packets_refused == 1)
    pa.send(b"\x03" * 160)
    await tools.until(lambda: len(pb.collect()) == 2)
    assert pb.audio == b"\x01" * 160 + b"\x03" * 160
    stranger.socket.close()


async def test_audio_goes_back_to_where_it_comes_from(switch, tools) -> None:
    """Symmetric RTP: a phone behind address translation sends from another port."""
    port, udp = switch.open_rtp("127.0.0.1")
    said, real = tools.Phone(udp), tools.Phone(udp)
    switch.set_rtp(port, "127.0.0.1", said.port, Codec.PCMA, None)
    await tools.until(lambda: said.collect())
    real.send(SILENCE)
    await tools.until(lambda: len(real.collect()) >= 2)
    said.send(SILENCE)  # the negotiated one speaks after all: it is the better match
    await settled(switch, tools)
    said.collect()
    said.heard.clear()
    await tools.until(lambda: len(said.collect()) >= 2)
    assert counters(switch, port).packets_in == 2
    said.socket.close()
    real.socket.close()


async def test_junk_only_counts(switch, phones, tools) -> None:
    a, pa, _b, pb = await bridged(switch, phones, tools)
    junk = [
        b"",
        b"\x80",
        b"\x00" * 172,  # version 0
        pa.packet(b"", payload_type=3),  # no payload of none of ours
        b"\x8f" + pa.packet(b"x" * 20)[1:],  # 15 CSRCs that are not there
        b"\x90" + pa.packet(b"\x00\x00\xff\xff")[1:],  # extension of 65535 words
        b"\xa0" + pa.packet(b"x" * 20 + b"\xff")[1:],  # more padding than packet
        b"\xa0" + pa.packet(b"x" * 20 + b"\x00")[1:],  # no padding at all
        pa.packet(SILENCE, payload_type=3),  # GSM was not negotiated
        pa.packet(b"x" * 1400),  # 175 ms in one packet
        pa.packet(b"\x01", payload_type=101),  # a quarter of a telephone event
        random.Random(1).randbytes(60000),
    ]
    for octets in junk:
        pa.send_raw(octets)
    await tools.until(lambda: counters(switch, a).packets_refused == len(junk))
    pa.send(b"")  # RFC 6263 4.1: keeps an address translation open, and is no fault
    pa.send(b"\x11" * 160)
    await tools.until(lambda: len(pb.collect()) == 1)
    assert pb.audio == b"\x11" * 160
    assert counters(switch, a).packets_refused == len(junk)
    assert switch.events == []


async def test_single_packets_of_another_stream_do_not_disturb_the_one_there_is(
    switch, phones, tools
) -> None:
    """Forged ones from the party's own address; two in a row are a stream (RFC 3550 A.1)."""
    _a, pa, _b, pb = await bridged(switch, phones, tools)
    pa.send(b"\x01" * 160)
    good = pa.ssrc, pa.sequence
    for number in range(5):
        pa.ssrc, pa.sequence = 0x999 + number, 777 * number
        pa.send(b"\x66" * 160)
    pa.ssrc, pa.sequence = good
    pa.send(b"\x02" * 160)
    await tools.until(lambda: len(pb.collect()) >= 2)
    assert pb.audio == b"\x01" * 160 + b"\x02" * 160
    assert steps([p.sequence for p in pb.heard], 1 << 16) == [1]
    pa.ssrc, pa.sequence = 0xAAA, 5
    for octet in b"\x03\x04\x05":
        pa.send(bytes([octet]) * 160)
    await tools.until(lambda: len(pb.collect()) == 4)
    assert pb.audio[320:] == b"\x04" * 160 + b"\x05" * 160


async def test_a_flood_of_junk_costs_nothing_but_counting(switch, phones, tools) -> None:
    """5 000 packets a second at a port in a call, half of them passable RTP of a stranger's."""
    a, pa, b, pb = await bridged(switch, phones, tools)
    stranger = tools.Phone(pa.switch_port, ssrc=0x666)
    pa.send(b"\x00" * 160)
    await tools.until(lambda: len(pb.collect()) == 1)

    def flood(_number: int) -> None:
        for _ in range(50):
            stranger.send_raw(b"\x00" * 172)
            stranger.send(b"\x66" * 160)

    said = [bytes([n]) * 160 for n in range(1, 41)]
    await tools.every_20ms(40, flood, lambda i: pa.send(said[i]), lambda i: pb.send(said[i]))
    await tools.until(lambda: len(pb.collect()) == 41 and len(pa.collect()) == 40)
    assert pb.audio == b"\x00" * 160 + b"".join(said)
    assert pa.audio == b"".join(said)
    await tools.until(lambda: counters(switch, a).packets_refused == 4000)
    assert counters(switch, a).packets_lost == 0
    assert counters(switch, b).packets_refused == 0
    with pytest.raises(BlockingIOError):
        stranger.socket.recv(100)
    stranger.socket.close()


async def test_counters_of_one_port_stay_until_it_is_closed(switch, phones, tools) -> None:
    port, phone = phones()
    phone.send(SILENCE)
    await tools.until(lambda: switch.counters(port).packets_in == 1)
    assert switch.counters(port) == counters(switch, port)
    assert switch.counters(port).codec is Codec.PCMA
    switch.close(port)
    with pytest.raises(SwitchMisuse, match=f"port {port}"):
        switch.counters(port)


async def test_lost_repeated_and_late_packets_are_counted(switch, phones, tools) -> None:
    a, phone = phones()
    await settled(switch, tools)
    packets = []
    for _ in range(12):
        packets.append(phone.packet(SILENCE))
        phone.sequence += 1
        phone.timestamp += 160
    order = [0, 1, 3, 3, 2, 4, 5, 8, 9, 10, 11]  # 2 and 3 change places, 3 twice, 6 and 7 lost
    await tools.every_20ms(len(order), lambda i: phone.send_raw(packets[order[i]]))
    await tools.until(lambda: counters(switch, a).packets_in == 11)
    assert counters(switch, a).packets_lost == 2


async def test_closed_port_is_gone_and_its_id_is_not_used_again(switch, phones, tools) -> None:
    port, _phone = phones()
    switch.close(port)
    with pytest.raises(SwitchMisuse, match=f"port {port}"):
        switch.stop(port)
    await settled(switch, tools)
    fresh, _udp = switch.open_rtp("127.0.0.1")
    assert fresh != port
    assert [p.port for p in switch.snapshot().ports] == [fresh]


async def test_rtp_ports_are_even_and_run_out_with_an_error(switch, tools) -> None:
    opened = [switch.open_rtp("127.0.0.1") for _ in range(256)]
    assert all(udp % 2 == 0 for _, udp in opened)
    with pytest.raises(SwitchFull, match="256"):
        switch.open_rtp("127.0.0.1")
    for port, _ in opened:
        switch.close(port)
    await settled(switch, tools)
    assert switch.open_player() > 0
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.bind(("127.0.0.1", opened[0][1]))  # the socket was given back
    probe.close()


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda s: s.open_rtp("::1"), "::1"),
        (lambda s: s.open_rtp("203.0.113.9"), "203.0.113.9"),
        (lambda s: s.open_slot(0), "timeslot 0"),
        (lambda s: s.open_slot(32), "timeslot 32"),
        (lambda s: s.hear(99, 98), "port 99"),
        (lambda s: s.load(b""), "0 octets"),
        (lambda s: s.read_tap(7, 100), "tap 7"),
        (lambda s: s.send_digits(1, "12x"), "3 digits"),
        (lambda s: s.set_rtp(s.open_player(), "127.0.0.1", 4, Codec.PCMA, None), "RTP port"),
        (lambda s: s.set_rtp(1, "127.0.0.1", 70000, Codec.PCMA, None), "70000"),
        (lambda s: s.set_rtp(1, "127.0.0.1", 4000, Codec.PCMA, 8), "96 to 127"),
    ],
)
async def test_misuse_names_the_value(switch, call, named) -> None:
    with pytest.raises(SwitchMisuse, match=named):
        call(switch)


async def test_a_stopped_switch_refuses_calls(switch) -> None:
    switch.shut_down()
    with pytest.raises(SwitchMisuse, match="stopped"):
        switch.snapshot()


async def test_held_party_is_neither_sent_to_nor_listened_to(switch, phones, tools) -> None:
    a, pa, _b, pb = await bridged(switch, phones, tools)
    switch.set_rtp(a, "127.0.0.1", pa.port, Codec.PCMA, None, send=False, receive=False)
    await settled(switch, tools)
    pa.heard.clear()
    pa.collect()
    pa.heard.clear()
    pa.send(SILENCE)
    pb.send(SILENCE)
    await asyncio.sleep(0.1)
    assert pa.collect() == []
    assert pb.collect() == []
