"""Messages: exact inverse, limits, damage."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.errors import BadMessage, TooLarge
from hal.sip.message import (
    MAX_HEADERS,
    MAX_MESSAGE,
    Request,
    Response,
    check,
    parse,
    refusal,
    respond,
)
from hal.sip.uri import SipUri

# RFC 3261 clause 24.2, F1, with its contact and lengths.
F1 = (
    b"INVITE sip:bob@biloxi.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
    b"Max-Forwards: 70\r\n"
    b"To: Bob <sip:bob@biloxi.com>\r\n"
    b"From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    b"Call-ID: a84b4c76e66710\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"Contact: <sip:alice@pc33.atlanta.com>\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)
VECTORS = sorted((Path(__file__).parents[2] / "vectors").glob("rfc4475/*.dat"))

_token = st.text(string.ascii_letters + string.digits + "-.!%*_+`'~", min_size=1, max_size=12)
_value = st.text(
    st.characters(blacklist_characters="\r\n\x00", blacklist_categories=("Cs", "Zs", "Cc")),
    max_size=30,
)
_headers = st.lists(
    st.tuples(_token.filter(lambda t: t.lower() not in ("l", "content-length")), _value), max_size=8
)


def test_canonical_text_comes_back_octet_for_octet() -> None:
    assert bytes(parse(F1)) == F1


def test_fields_of_f1() -> None:
    request = parse(F1)
    assert isinstance(request, Request)
    assert (request.method, request.uri) == ("INVITE", SipUri("biloxi.com", "bob"))
    assert request.via.branch == "z9hG4bKnashds8"
    assert (request.from_.display, request.from_.tag) == ("Alice", "1928301774")
    assert request.cseq.number == 314159
    assert request.body == b"v=0\n"


@given(_token, _headers, st.binary(max_size=50))
def test_request_is_its_own_inverse(
    method: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    request = parse(bytes(Request(method, SipUri("h"), tuple(headers), body)))
    assert parse(bytes(request)) == request
    assert request.body == body


@given(st.integers(100, 699), _value, _headers, st.binary(max_size=50))
def test_response_is_its_own_inverse(
    status: int, reason: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    response = parse(bytes(Response(status, reason, tuple(headers), body)))
    assert parse(bytes(response)) == response
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (status, reason)


@pytest.mark.parametrize("end", range(len(F1)))
def test_truncated_anywhere_is_refused(end: int) -> None:
    with pytest.raises(BadMessage):
        parse(F1[:end])


def test_octets_behind_the_length_are_dropped() -> None:
    assert parse(F1 + b"trailing") == parse(F1)


def test_compact_and_folded_headers_read_as_full_ones() -> None:
    short = F1.replace(b"Via:", b"v:").replace(b"From: ", b"f  :\r\n \t").replace(b"To:", b"T:")
    assert parse(short) == parse(F1)


@given(st.data())
def test_any_damage_gives_a_message_or_a_typed_error(data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.sampled_from(VECTORS)).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        message = parse(bytes(octets))
        check(message)
    except BadMessage as error:
        answer = refusal(bytes(octets), error)
        assert answer is None or answer.startswith(b"SIP/2.0 ")
    else:
        assert parse(bytes(message)) == message


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(BadMessage):
        check(parse(noise))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"x" * (MAX_MESSAGE + 1), "message"),
        (b"A sip:a SIP/2.0\r\n" + b"x: y\r\n" * (MAX_HEADERS + 1) + b"\r\n", "headers"),
        (b"A sip:a SIP/2.0\r\nx: " + b"y" * 9000 + b"\r\n\r\n", "header x"),
        (b"A sip:" + b"a" * 3000 + b" SIP/2.0\r\n\r\n", "Request-URI"),
    ],
)
def test_limits(data: bytes, what: str) -> None:
    with pytest.raises(TooLarge, match=what):
        parse(data)


def test_lone_line_ends_in_a_header_are_refused() -> None:
    with pytest.raises(BadMessage, match="CR and LF"):
        parse(F1.replace(b"Max-Forwards: 70", b"Subject: a\nVia: b"))


def test_response_copies_what_the_standard_names() -> None:
    request = parse(F1)
    assert isinstance(request, Request)
    response = respond(request, 486, tag="x")
    assert [name for name, _ in response.headers] == ["Via", "To", "From", "Call-ID", "CSeq"]
    assert response.to.tag == "x"
    assert str(response) == "486 Busy Here"


def test_refusal_never_answers_an_ack_or_a_response() -> None:
    error = BadMessage("x", "y", "z")
    assert refusal(F1.replace(b"INVITE sip", b"ACK sip"), error) is None
    assert refusal(b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", error) is None
    assert refusal(F1, error) is not None


@pytest.mark.parametrize("count", [1_000, 30_000])
def test_hostile_quotes_take_linear_time(count: int) -> None:
    """The classic exponential cases: nested quoting and endless parameters, ended early."""
    data = F1.replace(b"Alice <", b'"' + b"\\\\" * count + b" <")
    with pytest.raises(BadMessage):
        check(parse(data))
