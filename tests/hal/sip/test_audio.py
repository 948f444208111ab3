"""The audio stream of a description: what is read, offered, answered and refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.audio import (
    PLAIN,
    Local,
    Offer,
    answer,
    best_for,
    describe,
    find_audio,
)
from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.sdes import Crypto
from hal.sip.sdp import Direction, Sdp
from hal.switch.face import Codec

# RFC 3264 clause 10.1 (Alice's first offer): audio with PCMU, two videos.
ALICE = (
    b"v=0\r\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\r\ns=\r\n"
    b"c=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    b"m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    b"m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n"
)
LOCAL = Local("192.0.2.1", 40_000, 7, 1)

# As softphones list them: RFC 7587 clause 7 for Opus, RFC 4733 clause 7.1.1 for events.
SOFTPHONE = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 49170 RTP/AVP 111 9 0 8 96 97\r\n"
    b"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
    b"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:96 telephone-event/48000\r\na=rtpmap:97 telephone-event/8000\r\n"
)


def offered(formats: str, *attributes: str, proto: str = "RTP/AVP") -> Sdp:
    rows = "".join(f"a={a}\r\n" for a in attributes)
    return Sdp.parse(
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
        + f"m=audio 49170 {proto} {formats}\r\n{rows}".encode()
    )


def test_audio_is_taken_and_video_refused() -> None:
    offer = Sdp.parse(ALICE)
    audio = find_audio(offer)
    assert (audio.ip, audio.port, dict(audio.formats)) == ("192.0.2.7", 49170, {Codec.PCMU: 0})
    reply = answer(offer, audio, audio.choose(PLAIN), LOCAL)
    assert [(s.kind, s.port) for s in reply.streams] == [
        ("audio", 40_000), ("video", 0), ("video", 0),
    ]  # fmt: skip
    assert reply.streams[0].formats == ("0",)


@pytest.mark.parametrize(
    ("formats", "codec"),
    [("0 8", Codec.PCMA), ("18 0", Codec.PCMU), ("8", Codec.PCMA), ("9 0", Codec.PCMU)],
)
def test_cheap_is_taken_where_nothing_is_gained(formats: str, codec: Codec) -> None:
    assert find_audio(offered(formats)).choose(PLAIN).codec is codec


def test_a_softphone_with_everything() -> None:
    audio = find_audio(Sdp.parse(SOFTPHONE))
    assert dict(audio.formats) == {Codec.OPUS: 111, Codec.G722: 9, Codec.PCMU: 0, Codec.PCMA: 8}
    opus = audio.choose(best_for([Codec.PCMA, Codec.OPUS]))
    assert (opus.codec, opus.payload) == (Codec.OPUS, 111)
    # RFC 4733 clause 2.1: events run by the clock of the audio they stand in for.
    assert (opus.dtmf_payload, opus.dtmf_clock_hz) == (96, 48_000)
    plain = audio.choose(PLAIN)
    assert (plain.codec, plain.dtmf_payload, plain.dtmf_clock_hz) == (Codec.PCMA, 97, 8000)


def test_the_answer_repeats_the_offerers_numbers() -> None:
    offer = Sdp.parse(SOFTPHONE)
    audio = find_audio(offer)
    reply = answer(offer, audio, audio.choose((Codec.OPUS,)), LOCAL).streams[0]
    assert reply.formats == ("111", "96")
    assert reply.attributes("rtpmap") == ["111 opus/48000/2", "96 telephone-event/48000"]


@pytest.mark.parametrize(
    ("formats", "rtpmap", "found"),
    [
        ("97", "97 PCMA/8000", {Codec.PCMA: 97}),
        ("97", "97 pcmu/8000/1", {Codec.PCMU: 97}),
        ("9", "9 G722/16000", {Codec.G722: 9}),
        ("8 97", "97 opus/48000", {Codec.PCMA: 8}),  # RFC 7587 clause 7: always two channels
        ("8 97", "97 PCMA/16000", {Codec.PCMA: 8}),
        ("8 97", "97 PCMA/8000/2", {Codec.PCMA: 8}),
        ("8 80", "80 opus/48000/2", {Codec.PCMA: 8}),  # RFC 5761 clause 4: would look like RTCP
        ("8 200", "200 opus/48000/2", {Codec.PCMA: 8}),
        ("8 1x", "1x opus/48000/2", {Codec.PCMA: 8}),
    ],
)
def test_names_decide_what_a_number_means(
    formats: str, rtpmap: str, found: dict[Codec, int]
) -> None:
    assert dict(find_audio(offered(formats, f"rtpmap:{rtpmap}")).formats) == found


def test_an_offer_for_somebody_who_can_do_these() -> None:
    assert best_for([Codec.PCMU, Codec.G722]) == (
        Codec.G722, Codec.PCMU, Codec.PCMA, Codec.OPUS,
    )  # fmt: skip
    assert best_for([]) == PLAIN


@pytest.mark.parametrize(
    ("theirs", "ours", "answered"),
    [  # RFC 3264 clause 6.1
        ("sendrecv", Direction.SENDRECV, "sendrecv"),
        ("sendonly", Direction.SENDRECV, "recvonly"),
        ("recvonly", Direction.SENDRECV, "sendonly"),
        ("inactive", Direction.SENDRECV, "inactive"),
        ("sendrecv", Direction.SENDONLY, "sendonly"),
        ("sendonly", Direction.SENDONLY, "inactive"),
    ],
)
def test_directions(theirs: str, ours: Direction, answered: str) -> None:
    offer = offered("0", theirs)
    audio = find_audio(offer)
    local = Local("192.0.2.1", 40_000, 7, 1, ours)
    reply = answer(offer, audio, audio.choose(PLAIN), local)
    assert ("a", answered) in reply.streams[0].lines


def test_session_direction_and_old_hold() -> None:
    session = Sdp.parse(ALICE.replace(b"t=0 0\r\n", b"t=0 0\r\na=sendonly\r\n"))
    assert find_audio(session).direction is Direction.SENDONLY
    old = Sdp.parse(ALICE.replace(b"192.0.2.7", b"0.0.0.0"))
    assert not find_audio(old).direction.receives


@pytest.mark.parametrize(
    ("value", "found"),
    [  # RFC 3605 clause 2.1, with its own examples
        ("53020", ("192.0.2.7", 53020)),
        ("53020 IN IP4 126.16.64.4", ("126.16.64.4", 53020)),
        ("53020 IN IP6 2001:2345:6789:ABCD:EF01:2345:6789:ABCD", None),  # audio goes by IPv4
        ("53020 IN IP4 0.0.0.0", None),
        ("0", None),
        ("70000", None),
        ("", None),
        ("53020 IN IP4 host.example", None),
    ],
)
def test_where_reports_go(value: str, found: tuple[str, int] | None) -> None:
    assert find_audio(offered("8", f"rtcp:{value}")).rtcp == found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"RTP/AVP 0\r", b"RTP/AVP 18\r"), "PCMA"),
        ((b"RTP/AVP 0\r", b"RTP/SAVP 0\r"), "crypto"),
        ((b"RTP/AVP 0\r", b"UDP/TLS/RTP/SAVPF 0\r"), "RTP/AVP"),
        ((b"audio 49170", b"audio 0"), "no audio"),
        ((b"192.0.2.7", b"host.example"), "IPv4 address"),
        ((b"192.0.2.7", b"224.2.1.1/127"), "one telephone"),
        ((b"192.0.2.7", b"255.255.255.255"), "one telephone"),
        ((b"IN IP4 192.0.2.7", b"IN IP6 2001:db8::7"), "IPv4 address"),
        ((b"c=IN IP4 192.0.2.7\r\n", b""), "c="),
    ],
)
def test_nothing_in_common(change: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(NoCommonMedia, match=why):
        find_audio(Sdp.parse(ALICE.replace(*change)))


KEY = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"  # RFC 4568 clause 9.1's example


@pytest.mark.parametrize("proto", ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"])
def test_keys_are_taken_and_the_protocol_answered_as_offered(proto: str) -> None:
    offer = offered("8", f"crypto:3 AES_CM_128_HMAC_SHA1_80 {KEY}", proto=proto)
    audio = find_audio(offer)
    assert audio.crypto is not None
    assert audio.crypto.key == b"YS___semctl () {\t220;}\n}\nunles"
    ours = Crypto(3, audio.crypto.suite, bytes(30))
    reply = answer(offer, audio, audio.choose(PLAIN), LOCAL, ours).streams[0]
    assert reply.proto == proto
    assert reply.attributes("crypto") == [f"3 AES_CM_128_HMAC_SHA1_80 inline:{'A' * 40}"]


def test_encrypted_goes_before_plain_whatever_the_order() -> None:
    """Phones that can do without offer two streams, one of which is to be refused."""
    rows = (
        b"m=audio 40000 RTP/AVP 8\r\n"
        b"m=audio 40002 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " + KEY.encode() + b"\r\n"
    )
    offer = Sdp.parse(b"v=0\r\nc=IN IP4 192.0.2.7\r\n" + rows)
    audio = find_audio(offer)
    assert (audio.index, audio.port) == (1, 40002)
    ours = Crypto(1, "AES_CM_128_HMAC_SHA1_80", bytes(30))
    reply = answer(offer, audio, audio.choose(PLAIN), LOCAL, ours)
    assert [s.port for s in reply.streams] == [0, 40_000]


def test_our_offer() -> None:
    offer = describe(LOCAL)
    assert offer.streams[0].head == "audio 40000 RTP/AVP 8 0 9 107 101"
    assert offer.streams[0].attributes("rtpmap") == [
        "8 PCMA/8000",
        "0 PCMU/8000",
        "9 G722/8000",
        "107 opus/48000/2",
        "101 telephone-event/8000",
    ]
    assert Sdp.parse(bytes(offer)) == offer
    assert find_audio(offer).choose(PLAIN).dtmf_payload == 101


def test_our_offer_with_keys() -> None:
    keys = (Crypto(1, "AES_CM_128_HMAC_SHA1_80", b"k" * 30),)
    offer = describe(LOCAL, Offer((Codec.PCMA,), crypto=keys, proto="RTP/SAVP"))
    assert offer.streams[0].head == "audio 40000 RTP/SAVP 8 101"
    assert find_audio(offer).crypto == keys[0]


@given(st.text(alphabet="0189 :/abcopus48\n=", max_size=80))
def test_damaged_attributes_are_passed_over_or_refused(noise: str) -> None:
    try:
        audio = find_audio(Sdp.parse(SOFTPHONE + b"a=rtpmap:" + noise.encode() + b"\r\n"))
    except (BadMessage, NoCommonMedia):
        return
    assert audio.choose(PLAIN).codec in Codec
