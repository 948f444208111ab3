"""Header values, one by one."""

from __future__ import annotations

import pytest

from hal.sip.errors import BadMessage, TooLarge
from hal.sip.headers import CSeq, NameAddr, Reason, Via, parse_auth
from hal.sip.lex import parse_params, quote, split_commas, unquote
from hal.sip.uri import OtherUri, SipUri


@pytest.mark.parametrize(
    ("text", "display", "uri", "tag"),
    [  # RFC 3261 clauses 20.10, 20.20, 20.39
        ('"Mr. Watson" <sip:watson@worcester.bell-telephone.com>', "Mr. Watson", "", ""),
        ('"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s', "A. G. Bell", "", "a48s"),
        ("sip:+12125551212@server.phone2net.com;tag=887s", "", "", "887s"),
        ("Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous", "", "hyh8"),
        ('"a, b; c" <sip:a;x=1@h;lr>;q=0.5;tag=t', "a, b; c", "sip:a;x=1@h;lr", "t"),
    ],
)
def test_name_addr(text: str, display: str, uri: str, tag: str) -> None:
    found = NameAddr.parse(text, "From")
    assert (found.display, found.tag) == (display, tag)
    assert not uri or str(found.uri) == uri
    assert NameAddr.parse(str(found), "From") == found


def test_other_schemes_stay_opaque() -> None:
    found = NameAddr.parse("<tel:+358-555-1234567;postd=pp22>;tag=x", "From").uri
    assert found == OtherUri("tel", "+358-555-1234567;postd=pp22")
    assert found.number == "+358-555-1234567"


@pytest.mark.parametrize(
    "text",
    ['"open <sip:a@b>', "<sip:a@b", "sip:a@b?x=y", "<>", "",
     '"x" sip:a@b', "<sip:a@b>x", "<sip:a@b>;;",
     "<sip:a@b>;=x", '<sip:a@b>;t="x', "<sip:a@@b>", "<sip:%zz@b>"],
)  # fmt: skip
def test_name_addr_refuses(text: str) -> None:
    with pytest.raises(BadMessage):
        NameAddr.parse(text, "To")


@pytest.mark.parametrize(
    ("text", "host", "port", "branch"),
    [
        ("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7",
         "erlang.bell-telephone.com", 5060, "z9hG4bK87asdks7"),
        ("SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;branch=z9hG4bKa7c6a8dlze.1",
         "first.example.com", 4000, "z9hG4bKa7c6a8dlze.1"),
        ("SIP/2.0/TCP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3",
         "[2001:db8::9:1]", None, "z9hG4bKas3"),
    ],
)  # fmt: skip
def test_via(text: str, host: str, port: int | None, branch: str) -> None:
    via = Via.parse(text)
    assert (via.host, via.port, via.branch) == (host, port, branch)
    assert Via.parse(str(via)) == via


def test_received_and_rport_as_in_rfc_3581() -> None:
    """RFC 3581 clause 6.1: the example's Via as the server has it."""
    via = Via.parse("SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff")
    assert str(via.stamped("192.0.2.1", 9988)) == (
        "SIP/2.0/UDP 10.1.1.1:4540;rport=9988;branch=z9hG4bKkjshdyff;received=192.0.2.1"
    )


def test_received_only_when_it_differs() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.1:4540;branch=z9hG4bKk")
    assert via.stamped("192.0.2.1", 9) is via
    assert via.stamped("192.0.2.2", 9).param("received") == "192.0.2.2"


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE 1", "1 INVITE x", "4294967296 A", "-1 A", "1 A@"]
)
def test_cseq_refuses(text: str) -> None:
    with pytest.raises(BadMessage):
        CSeq.parse(text)


def test_reason() -> None:
    """RFC 3326 clause 2, both examples."""
    assert Reason.parse('SIP ;cause=200 ;text="Call completed elsewhere"') == Reason(
        "SIP", 200, "Call completed elsewhere"
    )
    reason = Reason.parse('Q.850 ;cause=16 ;text="Terminated"')
    assert (reason.protocol, reason.cause) == ("Q.850", 16)
    assert Reason.parse(str(reason)) == reason


def test_auth_fields() -> None:
    scheme, fields = parse_auth('Digest realm="a, b", nonce="\\"", qop=auth', "Authorization")
    assert scheme == "digest"
    assert fields == {"realm": "a, b", "nonce": '"', "qop": "auth"}


@pytest.mark.parametrize(
    "text", ["Digest a", "Digest a=1, a=2", 'Digest a="x', "", 'Digest a="x"y']
)
def test_auth_refuses(text: str) -> None:
    with pytest.raises(BadMessage):
        parse_auth(text, "Authorization")


def test_quotes() -> None:
    assert unquote(quote('a "b" \\c')) == 'a "b" \\c'


def test_commas_only_outside() -> None:
    text = '"a,b" <sip:x,y@h>, <sip:z@h>'
    assert split_commas(text, "Contact") == ['"a,b" <sip:x,y@h>', "<sip:z@h>"]


def test_too_many() -> None:
    with pytest.raises(TooLarge):
        split_commas(",".join("a" * 200), "Contact")
    with pytest.raises(TooLarge):
        parse_params(";a" * 100, "To")


def test_display_name_cannot_smuggle_a_header() -> None:
    hostile = NameAddr(SipUri("h"), 'x"\r\nVia: y')
    assert "\r" not in str(hostile)
    assert NameAddr.parse(str(hostile), "From").display == 'x"  Via: y'
