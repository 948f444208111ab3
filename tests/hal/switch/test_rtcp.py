"""RTCP of RTP ports, held against packets made by hand (RFC 3550 clause 6.4) and tshark."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from hal.switch.face import Codec, SrtpKeys

NTP_1970 = 2208988800
SILENCE = b"\xd5" * 160


@pytest.fixture
def reports():
    """Where a phone takes RTCP."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    yield made
    made.close()


@pytest.fixture
def talking(switch, tools, reports):
    """A port whose phone takes its reports at `reports`."""
    made = []

    def make(codec=Codec.PCMA, srtp=None):
        port, udp = switch.open_rtp("127.0.0.1")
        phone = tools.Phone(udp, ssrc=0xABCD0001, sequence=100, timestamp=8000)
        made.append(phone)
        rtcp = ("127.0.0.1", reports.getsockname()[1])
        switch.set_rtp(port, "127.0.0.1", phone.port, codec, 101, srtp=srtp, rtcp=rtcp)
        return port, phone

    yield make
    for phone in made:
        phone.socket.close()


async def receive(reports: socket.socket, seconds: float = 6.0) -> bytes:
    return await asyncio.wait_for(
        asyncio.get_running_loop().sock_recv(reports, 2000), timeout=seconds
    )


def parts(compound: bytes) -> list[tuple[int, int, bytes]]:
    """Each packet of a compound: count, type, what follows its header."""
    found, at = [], 0
    while at < len(compound):
        first, kind, words = struct.unpack_from(">BBH", compound, at)
        assert first & 0xE0 == 0x80
        found.append((first & 31, kind, compound[at + 4 : at + 4 + 4 * words]))
        at += 4 + 4 * words
    assert at == len(compound)
    return found


def sender_report(ssrc: int, ntp: int = 0, blocks: bytes = b"") -> bytes:
    body = struct.pack(">IQIII", ssrc, ntp, 0, 0, 0) + blocks
    return struct.pack(">BBH", 0x80 | len(blocks) // 24, 200, len(body) // 4) + body


def block(about: int, lost: int = 0, jitter: int = 0, lsr: int = 0, dlsr: int = 0) -> bytes:
    loss = lost & 0xFFFFFF
    return struct.pack(">IIIIII", about, loss, 0, jitter, lsr, dlsr)


def tshark(compound: bytes, folder: Path) -> str:
    text, pcap = folder / "packet.txt", folder / "packet.pcap"
    text.write_text(" ".join(["000000", *(f"{octet:02x}" for octet in compound)]) + "\n")
    subprocess.run(["text2pcap", "-q", "-u", "5004,5005", text, pcap], check=True)
    words = ["tshark", "-r", pcap, "-d", "udp.port==5005,rtcp", "-V"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


async def test_a_report_says_what_was_sent_and_what_was_missed(
    switch, talking, tools, reports
) -> None:
    port, phone = talking()
    for number in range(50):
        if number in (10, 11, 30):
            phone.sequence += 1
            phone.timestamp += 160
        else:
            phone.send(SILENCE)
    theirs = sender_report(phone.ssrc, ntp=0x1111_2222_3333_4444)
    reports.sendto(theirs, ("127.0.0.1", phone.switch_port + 1))
    sr, sdes = parts(await receive(reports))
    out = phone.collect()
    count, kind, body = sr
    assert (count, kind) == (1, 200)
    ssrc, ntp, stamp, packets, octets = struct.unpack_from(">IQIII", body)
    assert ssrc == out[0].ssrc
    assert abs((ntp >> 32) - NTP_1970 - time.time()) < 2
    assert octets == 160 * packets
    assert packets <= len(phone.collect()) <= packets + 3
    of_packet = out[packets - 1].timestamp  # the clock of the report is that of the audio
    assert 0 <= (stamp - of_packet) % 2**32 <= 1600
    about, loss, newest, _jitter, lsr, dlsr = struct.unpack_from(">IIIIII", body, 24)
    assert (about, loss & 0xFFFFFF, newest) == (phone.ssrc, 3, 149)
    assert loss >> 24 == 3 * 256 // 50
    assert lsr == 0x2222_3333
    assert 0 < dlsr < 6 * 65536
    count, kind, body = sdes
    assert (count, kind, body[:4], body[4]) == (1, 202, struct.pack(">I", ssrc), 1)
    assert re.fullmatch(rb"[0-9a-f]{24}", body[6 : 6 + body[5]])
    assert switch.counters(port).packets_lost == 3


async def test_reports_are_taken_apart_by_tshark_and_end_with_bye(
    switch, talking, tools, reports, tmp_path
) -> None:
    port, phone = talking()
    await tools.until(lambda: len(phone.collect()) >= 3)
    phone.send(SILENCE)
    await tools.until(lambda: switch.counters(port).packets_in == 1)
    switch.close(port)
    compound = await receive(reports)
    assert [kind for _, kind, _ in parts(compound)] == [200, 202, 203]
    said = tshark(compound, tmp_path)
    assert "Sender Report" in said
    assert "Goodbye (203)" in said
    assert "Type: CNAME (user and domain) (1)" in said
    assert "Malformed" not in said
    assert "RTCP frame length check: OK" in said


async def test_the_partys_report_shows_in_the_counters(switch, talking, tools, reports) -> None:
    port, phone = talking()
    await tools.until(lambda: phone.collect())
    ours = phone.heard[0].ssrc
    seen = switch.counters(port)
    assert (seen.far_lost, seen.far_jitter_ms, seen.round_trip_ms) == (None, None, None)
    now = int((time.time() + NTP_1970) * 65536) & 0xFFFFFFFF
    lsr, dlsr = (now - 65536) & 0xFFFFFFFF, 65536 - 65536 // 10  # 100 ms on the way
    theirs = sender_report(phone.ssrc, blocks=block(0x99) + block(ours, 7, 80, lsr, dlsr))
    reports.sendto(theirs, ("127.0.0.1", phone.switch_port + 1))
    await tools.until(lambda: switch.counters(port).far_lost is not None)
    seen = switch.counters(port)
    assert (seen.far_lost, seen.far_jitter_ms) == (7, 10.0)
    assert seen.round_trip_ms == pytest.approx(100, abs=60)


async def test_the_jitter_of_opus_is_on_its_own_clock(switch, talking, tools, reports) -> None:
    port, phone = talking(codec=Codec.OPUS)
    await tools.until(lambda: phone.collect())
    theirs = sender_report(1, blocks=block(phone.heard[0].ssrc, -1, 480))
    reports.sendto(theirs, ("127.0.0.1", phone.switch_port + 1))
    await tools.until(lambda: switch.counters(port).far_lost is not None)
    seen = switch.counters(port)
    assert (seen.far_lost, seen.far_jitter_ms, seen.round_trip_ms) == (0, 10.0, None)


async def test_what_never_reached_us_is_not_counted_as_lost_on_the_way_out(
    switch, talking, phones, tools, reports
) -> None:
    (a, pa), (b, pb) = talking(), phones()
    switch.hear(a, b)
    switch.hear(b, a)
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks >= ticks + 2)
    had = len(pa.collect())
    for number in range(20):
        pb.sequence += 5 if number == 10 else 1  # 4 are lost before us
        pb.send(SILENCE)
        pb.sequence -= 1
    await tools.until(lambda: len(pa.collect()) == had + 20)
    theirs = sender_report(1, blocks=block(pa.heard[0].ssrc, 6))  # 2 more after us
    reports.sendto(theirs, ("127.0.0.1", pa.switch_port + 1))
    await tools.until(lambda: switch.counters(a).far_lost is not None)
    assert switch.counters(a).far_lost == 2
    assert switch.counters(b).packets_lost == 4


async def test_reports_of_strangers_and_junk_only_count(switch, talking, tools, reports) -> None:
    port, phone = talking()
    await tools.until(lambda: phone.collect())
    good = sender_report(1, blocks=block(phone.heard[0].ssrc, 9))
    chance = random.Random(3)
    junk = [
        b"",
        good[:3],
        good[:-4],  # a block that is not there
        b"\xa0" + good[1:],  # padding in the first packet
        b"\x40" + good[1:],  # version 1
        good + b"\x81\xca\xff\xff",  # SDES longer than the datagram
        good + b"\x81",
        struct.pack(">BBH", 0x80, 8, 1) + b"1234",  # a packet type of RTP
        b"\x9f" + good[1:],  # 31 blocks
        *(bytes([0x80, 200, 9]) + chance.randbytes(chance.randrange(80)) for _ in range(50)),
    ]
    for octets in junk:
        reports.sendto(octets, ("127.0.0.1", phone.switch_port + 1))
    await tools.until(lambda: switch.counters(port).packets_refused == len(junk))
    alone = struct.pack(">BBHI4s", 0x80, 204, 2, 1, b"PING")  # APP, as baresip begins with
    reports.sendto(alone, ("127.0.0.1", phone.switch_port + 1))
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.2", 0))
    stranger.sendto(good, ("127.0.0.1", phone.switch_port + 1))
    stranger.close()
    await tools.until(lambda: switch.counters(port).packets_refused == len(junk) + 1)
    assert switch.counters(port).far_lost is None


async def test_reports_of_a_secure_port_are_srtcp(switch, talking, tools, reports) -> None:
    from pylibsrtp import Policy, Session

    keys = SrtpKeys("AES_CM_128_HMAC_SHA1_32", bytes(range(30)), bytes(range(50, 80)))
    port, phone = talking(srtp=keys)
    profile = Policy.SRTP_PROFILE_AES128_CM_SHA1_32
    await tools.until(lambda: phone.collect())
    ours = phone.heard[0].ssrc
    outbound = Session(Policy(keys.theirs, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
    inbound = Session(Policy(keys.ours, Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
    plain = sender_report(1, blocks=block(ours, 5))
    reports.sendto(plain, ("127.0.0.1", phone.switch_port + 1))
    await tools.until(lambda: switch.counters(port).packets_refused == 1)
    protected = outbound.protect_rtcp(plain)
    reports.sendto(protected, ("127.0.0.1", phone.switch_port + 1))
    await tools.until(lambda: switch.counters(port).far_lost == 5)
    switch.close(port)
    octets = await receive(reports)
    kinds = [kind for _, kind, _ in parts(inbound.unprotect_rtcp(octets))]
    assert kinds in ([200, 202], [200, 202, 203])
