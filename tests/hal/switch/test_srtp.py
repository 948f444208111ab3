"""SRTP of RTP ports against libsrtp (by pylibsrtp), through real sockets."""

from __future__ import annotations

import asyncio

import pytest
from pylibsrtp import Error, Policy, Session

from hal.switch.errors import SwitchMisuse
from hal.switch.face import Codec, SrtpKeys

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
OURS, THEIRS = bytes(range(30)), bytes(range(100, 130))


class SecurePhone:
    """A phone of the fixtures with libsrtp between it and the network."""

    def __init__(self, phone, keys: SrtpKeys) -> None:
        profile = SUITES[keys.suite]
        outbound = Policy(keys.theirs, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
        inbound = Policy(keys.ours, Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
        self.phone, self.keys = phone, keys
        self._send, self._receive = Session(policy=outbound), Session(policy=inbound)
        self.heard: list[bytes] = []
        """Whole RTP packets, in the clear."""

    def send(self, payload: bytes, payload_type: int = 8) -> bytes:
        protected = self._send.protect(self.phone.packet(payload, payload_type))
        self.phone.send_raw(protected)
        self.phone.sequence += 1
        self.phone.timestamp += len(payload)
        return protected

    def collect(self) -> list[bytes]:
        while True:
            try:
                octets = self.phone.socket.recv(2000)
            except BlockingIOError:
                return self.heard
            self.heard.append(self._receive.unprotect(octets))

    def payloads(self) -> list[bytes]:
        return [packet[12:] for packet in self.collect()]


@pytest.fixture
def secured(switch, tools):
    """Makes a phone with SRTP on a fresh port."""
    made = []

    def make(suite: str = "AES_CM_128_HMAC_SHA1_80", sequence: int = 100):
        keys = SrtpKeys(suite, OURS, THEIRS)
        port, udp = switch.open_rtp("127.0.0.1")
        phone = tools.Phone(udp, ssrc=0x5000 + len(made), sequence=sequence)
        made.append(phone)
        switch.set_rtp(port, "127.0.0.1", phone.port, Codec.PCMA, 101, srtp=keys)
        return port, SecurePhone(phone, keys)

    yield make
    for phone in made:
        phone.socket.close()


async def settled(switch, tools) -> None:
    ticks = switch.snapshot().ticks
    await tools.until(lambda: switch.snapshot().ticks >= ticks + 2)


def join(switch, a, b) -> None:
    switch.hear(a, b)
    switch.hear(b, a)


def fresh(phone) -> None:
    phone.collect()
    phone.heard.clear()


@pytest.mark.parametrize("suite", SUITES)
async def test_secure_and_plain_phone_are_forwarded_to_each_other(
    switch, secured, phones, tools, suite
) -> None:
    (a, pa), (b, pb) = secured(suite), phones()
    join(switch, a, b)
    await settled(switch, tools)
    fresh(pa)
    fresh(pb)
    before = switch.packets_forwarded
    said = [bytes([n]) * 160 for n in range(20)]
    for part in said:
        pa.send(part)
        pb.send(part[::-1])
    await tools.until(lambda: len(pa.collect()) == len(pb.collect()) == 20)
    assert [p.payload for p in pb.heard] == said
    assert pa.payloads() == said
    assert switch.packets_forwarded - before == 40
    assert switch.counters(a).is_encrypted
    assert not switch.counters(b).is_encrypted


async def test_two_secure_phones_have_keys_of_their_own(switch, secured, tools) -> None:
    (a, pa), (b, pb) = secured(), secured("AES_CM_128_HMAC_SHA1_32")
    join(switch, a, b)
    await settled(switch, tools)
    fresh(pb)
    for number in range(10):
        pa.send(bytes([number]) * 160)
    await tools.until(lambda: len(pb.collect()) == 10)
    assert pb.payloads() == [bytes([n]) * 160 for n in range(10)]


async def test_what_the_mixer_makes_is_secure_as_well(switch, secured, tools) -> None:
    _port, phone = secured()
    await tools.until(lambda: len(phone.collect()) >= 5)
    assert set(phone.payloads()) == {b"\xd5" * 160}


async def test_the_number_turns_and_hold_and_resume_go_on(switch, secured, phones, tools) -> None:
    """RFC 3711 3.3.1: turns are counted by both ends and never sent. The same keys again are the
    same stream; libsrtp would refuse everything if they began anew."""
    (a, pa), (b, pb) = secured(sequence=65530), phones()
    join(switch, a, b)
    await settled(switch, tools)
    fresh(pb)
    for _ in range(12):
        pa.send(b"\x01" * 160)
    await tools.until(lambda: len(pb.collect()) == 12)
    phone = pa.phone
    for receive in (False, True):
        switch.set_rtp(a, "127.0.0.1", phone.port, Codec.PCMA, 101, receive=receive, srtp=pa.keys)
    switch.set_rtp(a, "127.0.0.1", phone.port, Codec.PCMA, 101)
    switch.set_rtp(a, "127.0.0.1", phone.port, Codec.PCMA, 101, srtp=pa.keys)
    await settled(switch, tools)
    fresh(pb)
    pa.collect()
    for _ in range(12):
        pa.send(b"\x02" * 160)
        pb.send(b"\x03" * 160)
    await tools.until(lambda: len(pb.collect()) == 12)
    await tools.until(lambda: pa.payloads().count(b"\x03" * 160) == 12)
    assert switch.counters(a).packets_refused == 0


async def test_new_keys_take_the_place_of_the_old(switch, secured, phones, tools) -> None:
    (a, pa), (b, pb) = secured(), phones()
    join(switch, a, b)
    await settled(switch, tools)
    pa.send(b"\x01" * 160)
    await tools.until(lambda: len(pb.collect()) >= 1)
    keys = SrtpKeys("AES_CM_128_HMAC_SHA1_32", THEIRS, OURS)
    switch.set_rtp(a, "127.0.0.1", pa.phone.port, Codec.PCMA, 101, srtp=keys)
    await settled(switch, tools)
    again = SecurePhone(pa.phone, keys)
    while True:
        try:
            pa.phone.socket.recv(2000)
        except BlockingIOError:
            break
    fresh(pb)
    again.send(b"\x04" * 160)
    pb.send(b"\x05" * 160)
    await tools.until(lambda: len(pb.collect()) == 1 and len(again.collect()) == 1)
    assert (pb.heard[0].payload, again.payloads()[0]) == (b"\x04" * 160, b"\x05" * 160)


async def test_what_fails_authentication_never_locks_the_source(
    switch, secured, phones, tools
) -> None:
    (a, pa), (b, pb) = secured(), phones()
    join(switch, a, b)
    await settled(switch, tools)
    fresh(pb)
    stranger = tools.Phone(pa.phone.switch_port, ssrc=0x666)
    liar = SecurePhone(stranger, SrtpKeys("AES_CM_128_HMAC_SHA1_80", THEIRS, OURS))
    stranger.send(b"\x02" * 160)  # plain
    liar.send(b"\x02" * 160)  # by another key
    pa.phone.send(b"\x02" * 160)  # plain from the right address
    await tools.until(lambda: switch.counters(a).packets_refused == 3)
    replayed = pa.send(b"\x01" * 160)
    pa.phone.send_raw(replayed)
    await tools.until(lambda: switch.counters(a).packets_refused == 4)
    await asyncio.sleep(0.05)
    assert [p.payload for p in pb.collect()] == [b"\x01" * 160]
    with pytest.raises(BlockingIOError):
        stranger.socket.recv(2000)
    stranger.socket.close()


async def test_libsrtp_refuses_other_keys_than_ours(switch, secured, tools) -> None:
    """The check of the check: what we send is not taken under another key."""
    _port, phone = secured()
    wrong = Session(policy=Policy(THEIRS, Policy.SSRC_ANY_INBOUND))
    await tools.until(lambda: len(phone.collect()) >= 1)
    octets = None
    while octets is None:
        try:
            octets = phone.phone.socket.recv(2000)
        except BlockingIOError:
            await asyncio.sleep(0.01)
    with pytest.raises(Error):
        wrong.unprotect(octets)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (SrtpKeys("AEAD_AES_128_GCM", OURS, THEIRS), "AEAD_AES_128_GCM"),
        (SrtpKeys("AES_CM_128_HMAC_SHA1_80", OURS[1:], THEIRS), "our SRTP key of 29 octets"),
        (SrtpKeys("AES_CM_128_HMAC_SHA1_80", OURS, THEIRS + b"x"), "their SRTP key of 31 octets"),
    ],
)
async def test_keys_that_cannot_be_are_named(switch, keys, named) -> None:
    port, _ = switch.open_rtp("127.0.0.1")
    with pytest.raises(SwitchMisuse, match=named):
        switch.set_rtp(port, "127.0.0.1", 4000, Codec.PCMA, None, srtp=keys)
