"""The published torture messages, each through the whole agent: what it answers, by clause.

`final` is the status a UDP registrar and callee must give, None where silence is right (responses
that belong to nothing). 401 means understood and challenged. Where our answer differs from the
first reading of the clause, `why` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hal.sip.audio import find_audio
from hal.sip.errors import BadMessage
from hal.sip.flow import Flow
from hal.sip.message import Request, check, parse
from hal.sip.sdp import Sdp
from hal.sip.uri import SipUri
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net

VECTORS = Path(__file__).parents[2] / "vectors"
PEER = Flow("udp", "192.0.2.200", 5060)


@dataclass(frozen=True)
class Case:
    file: str
    clause: str
    final: int | None
    why: str = ""


RFC4475 = (
    Case("wsinv", "3.1.1.1", 481, "its To has a tag: a re-INVITE for a call we do not know"),
    Case("intmeth", "3.1.1.2", 405),
    Case("esc01", "3.1.1.3", 401),
    Case("escnull", "3.1.1.4", 401),
    Case("esc02", "3.1.1.5", 405, "RE%47IST%45R is not REGISTER"),
    Case("lwsdisp", "3.1.1.6", 200),
    Case("longreq", "3.1.1.7", 401),
    Case("dblreq", "3.1.1.8", 401),
    Case("semiuri", "3.1.1.9", 200),
    Case("transports", "3.1.1.10", 200),
    Case("mpart01", "3.1.1.11", 405, "MESSAGE is not for a telephone box"),
    Case("unreason", "3.1.1.12", None),
    Case("noreason", "3.1.1.13", None),
    Case("badinv01", "3.1.2.1", 400),
    Case("clerr", "3.1.2.2", 400),
    Case("ncl", "3.1.2.3", 400),
    Case("scalar02", "3.1.2.4", 400),
    Case("scalarlg", "3.1.2.5", None),
    Case("quotbal", "3.1.2.6", 400),
    Case("ltgtruri", "3.1.2.7", 400),
    Case("lwsruri", "3.1.2.8", 400),
    Case("lwsstart", "3.1.2.9", 400),
    Case("trws", "3.1.2.10", 400),
    Case("escruri", "3.1.2.11", 400),
    Case(
        "baddate", "3.1.2.12", 401, "the clause allows leaving a bad Date unread; we never read it"
    ),
    Case("regbadct", "3.1.2.13", 400),
    Case("badaspec", "3.1.2.14", 200, "the clause allows it: spaces in <> leave no doubt"),
    Case("baddn", "3.1.2.15", 400, "the stored file ends before its empty line"),
    Case("badvers", "3.1.2.16", 505),
    Case("mismatch01", "3.1.2.17", 400),
    Case("mismatch02", "3.1.2.18", 400, "the clause also allows 501"),
    Case("bigcode", "3.1.2.19", None),
    Case("badbranch", "3.2.1", 200),
    Case("insuf", "3.3.1", 400),
    Case("unkscm", "3.3.2", 416),
    Case("novelsc", "3.3.3", 416),
    Case("unksm2", "3.3.4", 404),
    Case("bext01", "3.3.5", 420),
    Case("invut", "3.3.6", 415),
    Case("regaut01", "3.3.7", 401),
    Case("multi01", "3.3.8", 400),
    Case("mcl01", "3.3.9", 400),
    Case("bcast", "3.3.10", None),
    Case("zeromf", "3.3.11", 200, "we are where it was going: 483 is for who forwards"),
    Case("cparam01", "3.3.12", 401),
    Case("cparam02", "3.3.13", 401),
    Case("regescrt", "3.3.14", 401),
    Case("sdp01", "3.3.15", 401),
    Case("inv2543", "3.4.1", 401),
)
RFC5118 = (
    Case("ipv6-good", "4.1", 401),
    Case("ipv6-bad", "4.2", 400),
    Case("port-ambiguous", "4.3", 401),
    Case("port-unambiguous", "4.4", 401),
    Case("via-received-param-with-delim", "4.5", 481, "a BYE that belongs to no dialog"),
    Case("via-received-param-no-delim", "4.5", 200),
    Case("ipv6-in-sdp", "4.6", 401),
    Case("mult-ip-in-header", "4.7", 481, "a BYE that belongs to no dialog"),
    Case("mult-ip-in-sdp", "4.8", 401),
    Case("ipv4-mapped-ipv6", "4.9", 401),
    Case("ipv6-bug-abnf-3-colons", "4.10", 200),
    Case("ipv6-correct-abnf-2-colons", "4.10", 200),
)


def _final(switch: FakeSwitch, data: bytes) -> list[int]:
    """The different final statuses the agent sends for one datagram."""
    net = Net()
    Box(net, switch).agent.receive(data, PEER)
    net.run(0.1)
    found = {int(sent.split(b" ")[1]) for _, sent in net.log if sent.startswith(b"SIP/2.0 ")}
    return sorted(found - {100})


@pytest.mark.parametrize("case", RFC4475, ids=lambda case: f"{case.clause} {case.file}")
def test_rfc4475(switch: FakeSwitch, case: Case) -> None:
    data = (VECTORS / "rfc4475" / f"{case.file}.dat").read_bytes()
    assert _final(switch, data) == ([] if case.final is None else [case.final])


@pytest.mark.parametrize("case", RFC5118, ids=lambda case: f"{case.clause} {case.file}")
def test_rfc5118(switch: FakeSwitch, case: Case) -> None:
    data = (VECTORS / "rfc5118" / case.file).read_bytes()
    assert _final(switch, data) == ([] if case.final is None else [case.final])


def test_every_clause_of_the_rfcs_is_in_the_tables() -> None:
    """The clauses of their tables of contents; 3.1.1.1 to 3.4.1, and 4.1 to 4.10."""
    many = {"3.1.1": 13, "3.1.2": 19, "3.2": 1, "3.3": 15, "3.4": 1}
    clauses = [f"{part}.{n + 1}" for part, count in many.items() for n in range(count)]
    assert [case.clause for case in RFC4475] == clauses
    assert len(clauses) == 49
    assert {case.clause for case in RFC5118} == {f"4.{n}" for n in range(1, 11)}


def test_every_published_message_is_in_the_tables() -> None:
    assert {c.file for c in RFC4475} == {p.stem for p in (VECTORS / "rfc4475").glob("*.dat")}
    published = {p.name for p in (VECTORS / "rfc5118").iterdir()} - {"README.md"}
    assert {c.file for c in RFC5118} == published


def _request(file: str) -> Request:
    message = parse((VECTORS / file).read_bytes())
    assert isinstance(message, Request)
    check(message)
    return message


def test_wsinv_is_read_to_the_last_header() -> None:
    request = _request("rfc4475/wsinv.dat")
    assert request.from_.display == 'J Rosenberg \\"'
    assert request.from_.tag == "98asjd8"
    assert len(request.values("Via")) == 3
    assert request.cseq.number == 9
    assert request.first("Max-Forwards") == "0068"
    assert request.contacts[0].display == 'Quoted string ""'
    assert request.contacts[0].param("q") == "0.33"


def test_semicolon_in_user_belongs_to_user() -> None:
    uri = _request("rfc4475/semiuri.dat").uri
    assert isinstance(uri, SipUri)
    assert (uri.user, uri.host) == ("user;par=u%40example.net", "example.com")


def test_escaped_null_octets_stay_apart() -> None:
    one, two = (c.uri for c in _request("rfc4475/escnull.dat").contacts)
    assert str(one) != str(two)


def test_contact_parameters_are_told_from_uri_parameters() -> None:
    bare = _request("rfc4475/cparam01.dat").contacts[0]
    assert bare.param("unknownparam") == ""
    inside = _request("rfc4475/cparam02.dat").contacts[0]
    assert inside.param("unknownparam") is None
    assert isinstance(inside.uri, SipUri)
    assert inside.uri.params == (("unknownparam", None),)


def test_double_request_reads_the_first() -> None:
    assert _request("rfc4475/dblreq.dat").method == "REGISTER"


def test_port_without_brackets_is_part_of_the_address() -> None:
    uri = _request("rfc5118/port-ambiguous").uri
    assert isinstance(uri, SipUri)
    assert (uri.host, uri.port) == ("[2001:db8::10:5070]", None)


def test_audio_of_its_own_family_is_found() -> None:
    audio = find_audio(Sdp.parse(_request("rfc5118/mult-ip-in-sdp").body))
    assert (audio.ip, audio.port) == ("192.0.2.1", 22334)


@pytest.mark.parametrize(
    "host", ["h:99999999", "h:0", "h:65536", "h:-1", "h:5060x", "[::1", "[::1]x", "h h"]
)
def test_a_bad_via_port_is_refused(host: str) -> None:
    data = (
        f"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP {host}\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
    message = parse(data.encode())
    with pytest.raises(BadMessage, match="Via"):
        check(message)
