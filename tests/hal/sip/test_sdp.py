"""Session descriptions as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.errors import BadMessage
from hal.sip.sdp import Sdp, is_ip

# RFC 3264 clause 10.1 (Alice's first offer): audio with PCMU, two videos.
ALICE = (
    b"v=0\r\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\r\ns=\r\n"
    b"c=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    b"m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    b"m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n"
)


def test_inverse() -> None:
    assert bytes(Sdp.parse(ALICE)) == ALICE


def test_streams_and_attributes() -> None:
    found = Sdp.parse(ALICE)
    assert [s.kind for s in found.streams] == ["audio", "video", "video"]
    assert found.streams[0].attributes("rtpmap") == ["0 PCMU/8000"]
    assert found.streams[0].attributes("crypto") == []


@pytest.mark.parametrize(
    "text",
    [b"", b"v=1\r\n", b"v=0\r\nm=audio\r\n",
     b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n", b"v=0\r\nx\r\n",
             b"v=0\r\n" * 500]
)  # fmt: skip
def test_broken(text: bytes) -> None:
    with pytest.raises(BadMessage):
        Sdp.parse(text)


def test_addresses_are_literals() -> None:
    assert is_ip("192.0.2.7")
    assert is_ip("2001:db8::1")
    assert not is_ip("host.example")
    assert not is_ip("fe80::1%eth0")


@given(st.binary(max_size=200))
def test_damage_gives_a_description_or_a_typed_error(noise: bytes) -> None:
    try:
        found = Sdp.parse(ALICE[:100] + noise)
    except BadMessage:
        return
    assert Sdp.parse(bytes(found)) == found
