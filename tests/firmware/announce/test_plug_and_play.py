"""Questions as the makers print them in their documents, and the answers."""

from __future__ import annotations

import pytest

from firmware.announce.plug_and_play import (
    ASKS_A_MINUTE,
    ASKS_A_SECOND,
    MOST_SOURCES,
    Place,
    PlugAndPlay,
)
from hal.sip.message import Request, Response, parse

PLACE = Place("192.168.1.5", 40000, "https://192.168.1.5:8443/provision/")
PHONE = ("192.168.10.67", 5060)


def wire(text: str) -> bytes:
    return (text.strip().replace("\n", "\r\n") + "\r\n\r\n").encode()


# service.snom.com, "PnP Config", trace of a SUBSCRIBE.
SNOM = wire(
    """
SUBSCRIBE sip:MAC%3a00135E874B49@intern.snom.de SIP/2.0
Via: SIP/2.0/UDP 192.168.10.67:5060;rport
From: <sip:MAC%3a00135E874B49@intern.snom.de>;tag=658512961
To: <sip:MAC%3a00135E874B49@intern.snom.de>
Call-ID: 1930770594@192.168.10.67
CSeq: 1 SUBSCRIBE
Event: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"
Expires: 0
Accept: application/url
Contact: <sip:192.168.10.67:5060>
Content-Length: 0
"""
)
# AudioCodes 400HD administrator's manual, clause "Obtaining Firmware".
AUDIOCODES = wire(
    """
SUBSCRIBE sip:224.0.1.75:5060 SIP/2.0
From: <sip:00000001@10.13.2.37:5060>;tag=87a5a8-25020d0a-13c4-50029-386d4398-66dc40c-386d4398
To: <sip:224.0.1.75:5060>
Call-ID: 8884c8-25020d0a-13c4-50029-386d4398-3e2bcb8e-386d4398
CSeq: 1 SUBSCRIBE
Via: SIP/2.0/UDP 10.13.2.37:5060;rport;branch=z9hG4bK-386d4398-6ad00ca2-7ca3606e
Expires: 0
Event: ua-profile;profile-type="application";model="440HD";version="2.2.2"
Max-Forwards: 70
Supported: replaces,100rel
Accept: application/url
Contact: <sip:00000001@10.13.2.37:5060>
User-Agent: AUDC-IPPhone/2.2.2
Content-Length: 0
"""
)
# Planet VIP-1120PT user's manual, clause 2.2.1.
PLANET = wire(
    """
SUBSCRIBE sip:MAC=00304fa99948@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP 192.168.1.45:5060;branch=z9hG4bK3102710241234624733
From: <sip:MAC=00304fa99948@224.0.1.75>
To: <sip:MAC=00304fa99948@224.0.1.75>
Call-ID: 322432620212850-163241588724467@192.168.1.45
CSeq: 1 SUBSCRIBE
Contact: <sip:192.168.1.45:5060>
Max-Forwards: 70
User-Agent: PLANET VIP-2140PT
Expires: 0
Event:ua-profile;profile-type="device";vendor="PLANET";model="VIP-2140PT";version="2.0.3.2991"
Accept: application/url
Content-Length: 0
"""
)


def answers(data: bytes, source: tuple[str, int] = PHONE) -> tuple[Response, Request]:
    accepted, notify = map(parse, PlugAndPlay().receive(data, source, PLACE, 0.0))
    assert isinstance(accepted, Response)
    assert isinstance(notify, Request)
    return accepted, notify


@pytest.mark.parametrize("data", [SNOM, AUDIOCODES, PLANET], ids=["Snom", "AudioCodes", "Planet"])
def test_a_phone_is_told_where_its_files_are(data: bytes) -> None:
    asked = parse(data)
    accepted, notify = answers(data)
    assert (accepted.status, accepted.call_id) == (200, asked.call_id)
    assert accepted.first("Via") == asked.first("Via")
    assert notify.body == b"https://192.168.1.5:8443/provision/"
    assert notify.content_type == "application/url"
    assert notify.first("Event") == asked.first("Event")
    assert notify.call_id == asked.call_id
    assert notify.to.tag == asked.from_.tag
    assert notify.from_.tag == accepted.to.tag != ""
    assert (notify.first("Subscription-State") or "").startswith("terminated")
    assert str(notify.uri) == "sip:192.168.10.67:5060"


@pytest.mark.parametrize(
    ("vendor", "url"),
    [(b"snom", b"00135e874b49.xml"), (b"Fanvil", b"00135e874b49.cfg"), (b"Yealink", b""),
     (b"Grandstream", b"")],
)  # fmt: skip
def test_some_append_the_name_of_the_file_and_some_do_not(vendor: bytes, url: bytes) -> None:
    _, notify = answers(SNOM.replace(b'vendor="OEM"', b'vendor="' + vendor + b'"'))
    assert notify.body == b"https://192.168.1.5:8443/provision/" + url


def test_a_repeated_question_gets_the_same_answer() -> None:
    desk = PlugAndPlay()
    first = desk.receive(SNOM, PHONE, PLACE, 0.0)
    assert desk.receive(SNOM, PHONE, PLACE, 0.5) == first


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, SNOM[:50], SNOM.replace(b"SUBSCRIBE", b"INVITE"),
     SNOM.replace(b"ua-profile", b"presence"), SNOM.replace(b"application/url", b"text/plain"),
     SNOM.replace(b"CSeq: 1 SUBSCRIBE\r\n", b""), SNOM.replace(b"Call-ID", b"X-Call"),
     SNOM.replace(b"Content-Length: 0", b"X: " + b"x" * 5000),
     wire("SIP/2.0 200 OK\nVia: SIP/2.0/UDP h\nCSeq: 1 SUBSCRIBE")],
)  # fmt: skip
def test_what_is_no_question_is_not_answered(data: bytes) -> None:
    assert PlugAndPlay().receive(data, PHONE, PLACE, 0.0) == []


@pytest.mark.parametrize("ip", ["8.8.8.8", "203.0.114.7", "nonsense"])
def test_who_is_not_of_the_office_is_not_answered(ip: str) -> None:
    assert PlugAndPlay().receive(SNOM, (ip, 5060), PLACE, 0.0) == []


def test_one_source_is_answered_so_often_a_minute() -> None:
    desk = PlugAndPlay()
    counts = [len(desk.receive(SNOM, PHONE, PLACE, float(n))) for n in range(50)]
    assert sum(map(bool, counts)) == ASKS_A_MINUTE
    assert desk.refused == 50 - ASKS_A_MINUTE
    assert desk.receive(SNOM, PHONE, PLACE, 60.0)


def test_many_sources_are_answered_so_often_a_second_and_remembered_in_part() -> None:
    desk = PlugAndPlay()
    sources = [(f"10.0.{n // 250}.{n % 250}", 5060) for n in range(1000)]
    assert sum(bool(desk.receive(SNOM, s, PLACE, 7.5)) for s in sources) == ASKS_A_SECOND
    assert len(desk._asks) == MOST_SOURCES
