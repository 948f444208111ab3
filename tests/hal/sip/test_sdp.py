"""Session descriptions: text, offers and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.sdp import Direction, Local, Sdp, answer, describe, find_audio
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


def test_inverse() -> None:
    assert bytes(Sdp.parse(ALICE)) == ALICE


def test_audio_is_taken_and_video_refused() -> None:
    offer = Sdp.parse(ALICE)
    audio = find_audio(offer)
    assert (audio.ip, audio.port, audio.codec) == ("192.0.2.7", 49170, Codec.PCMU)
    reply = answer(offer, audio, LOCAL)
    assert [(s.kind, s.port) for s in reply.streams] == [
        ("audio", 40_000), ("video", 0), ("video", 0),
    ]  # fmt: skip
    assert reply.streams[0].formats == ("0",)


@pytest.mark.parametrize(
    ("formats", "codec"), [("0 8", Codec.PCMA), ("18 0", Codec.PCMU), ("8", Codec.PCMA)]
)
def test_pcma_is_preferred(formats: str, codec: Codec) -> None:
    text = ALICE.replace(b"RTP/AVP 0\r", f"RTP/AVP {formats}\r".encode())
    assert find_audio(Sdp.parse(text)).codec is codec


def test_digits_keep_the_offerers_number() -> None:
    text = ALICE.replace(b"RTP/AVP 0\r\n", b"RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\n")
    offer = Sdp.parse(text)
    audio = find_audio(offer)
    assert audio.dtmf_payload == 97
    assert "97 telephone-event/8000" in answer(offer, audio, LOCAL).streams[0].attributes("rtpmap")


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
    offer = Sdp.parse(ALICE.replace(b"PCMU/8000\r\n", f"PCMU/8000\r\na={theirs}\r\n".encode()))
    local = Local("192.0.2.1", 40_000, 7, 1, ours)
    assert ("a", answered) in answer(offer, find_audio(offer), local).streams[0].lines


def test_session_direction_and_old_hold() -> None:
    session = Sdp.parse(ALICE.replace(b"t=0 0\r\n", b"t=0 0\r\na=sendonly\r\n"))
    assert find_audio(session).direction is Direction.SENDONLY
    old = Sdp.parse(ALICE.replace(b"192.0.2.7", b"0.0.0.0"))
    assert not find_audio(old).direction.receives


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"RTP/AVP 0\r", b"RTP/AVP 9\r"), "PCMA"),
        ((b"RTP/AVP 0\r", b"RTP/SAVP 0\r"), "RTP/AVP"),
        ((b"audio 49170", b"audio 0"), "no audio"),
        ((b"192.0.2.7", b"host.example"), "IP address"),
        ((b"c=IN IP4 192.0.2.7\r\n", b""), "c="),
    ],
)
def test_nothing_in_common(change: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(NoCommonMedia, match=why):
        find_audio(Sdp.parse(ALICE.replace(*change)))


@pytest.mark.parametrize(
    "text",
    [b"", b"v=1\r\n", b"v=0\r\nm=audio\r\n",
     b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n", b"v=0\r\nx\r\n",
             b"v=0\r\n" * 500]
)  # fmt: skip
def test_broken(text: bytes) -> None:
    with pytest.raises(BadMessage):
        Sdp.parse(text)


def test_our_offer() -> None:
    offer = describe(LOCAL)
    assert offer.streams[0].head == "audio 40000 RTP/AVP 8 0 101"
    assert Sdp.parse(bytes(offer)) == offer
    assert find_audio(offer).dtmf_payload == 101


@given(st.binary(max_size=200))
def test_damage_gives_a_description_or_a_typed_error(noise: bytes) -> None:
    try:
        found = Sdp.parse(ALICE[:100] + noise)
    except BadMessage:
        return
    assert Sdp.parse(bytes(found)) == found
