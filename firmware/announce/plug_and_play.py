"""Plug and Play of telephones: a new phone asks by multicast who sets it up, and is told where.

RFC 3261 and 6665 as far as makers follow them (Snom "PnP Config", Yealink, Fanvil, Grandstream
"Plug and Play"): SUBSCRIBE for `ua-profile` to 224.0.1.75, answered by 200 and a NOTIFY with the
address of the files. Pure: datagrams in, datagrams out. Everything is sent to where the question
came from, and only inside the office's own networks, so that nobody can have others answered at;
questions are limited by source and in all. Phones do without a branch in Via and other rules:
what a server must refuse is not looked for here. The answer to NOTIFY is not waited for; phones
ask again by themselves. Shell: plug_and_play_task.py.
Tests: tests/firmware/announce/test_plug_and_play.py (the makers' own messages).
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from hal.sip.errors import SipError
from hal.sip.message import Headers, Request, parse, respond
from hal.sip.uri import SipUri, unescape

GROUP: Final = "224.0.1.75"
"""sip.mcast.net (IANA)."""
PORT: Final = 5060
LONGEST: Final = 4096
ASKS_A_MINUTE: Final = 12
"""Per source: a phone repeats itself five times at each start."""
ASKS_A_SECOND: Final = 20
"""In all."""
MOST_SOURCES: Final = 256
_MAC = re.compile(r"(?:MAC[=:]?)?([0-9A-Fa-f]{12})")
_VENDOR = re.compile(r'vendor="?([A-Za-z]{1,20})', re.IGNORECASE)

Source = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the box is."""

    host: str
    port: int
    """Of the socket that answers."""
    files_url: str
    """Ends in a slash."""


class PlugAndPlay:
    """Answers questions."""

    def __init__(self) -> None:
        self._asks: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._second, self._count = 0, 0
        self.refused = 0

    def receive(self, data: bytes, source: Source, place: Place, now: float) -> list[bytes]:
        """What to send to `source`; nothing if it is no question of a phone of the office."""
        if len(data) > LONGEST or not _is_office(source[0]):
            return []
        try:
            request = parse(data)
            if not isinstance(request, Request) or not _is_question(request):
                return []
            if not self._may_ask(source[0], now):
                self.refused += 1
                return []
            tag = f"{abs(hash((request.call_id, source))):x}"[:12]
            contact = ("Contact", f"<sip:{place.host}:{place.port}>")
            accepted = respond(request, 200, contact, ("Expires", "0"), tag=tag)
            return [bytes(accepted), bytes(_notify(request, source, place, tag))]
        except SipError:
            return []

    def _may_ask(self, source: str, now: float) -> bool:
        if int(now) != self._second:
            self._second, self._count = int(now), 0
        self._count += 1
        began, count = self._asks.get(source, (now, 0))
        if now - began >= 60:
            began, count = now, 0
        self._asks[source] = began, count + 1
        self._asks.move_to_end(source)
        while len(self._asks) > MOST_SOURCES:
            self._asks.popitem(last=False)
        return count < ASKS_A_MINUTE and self._count <= ASKS_A_SECOND


def files_of(request: Request, url: str) -> str:
    """The address for the phone that asks: some append the file's name, others take it whole."""
    mac, vendor = _mac(request), _VENDOR.search(request.first("Event") or "")
    match vendor and vendor[1].lower():
        case "snom" if mac:
            return f"{url}{mac}.xml"
        case "fanvil" if mac:
            return f"{url}{mac}.cfg"
        case _:
            return url


def _is_question(request: Request) -> bool:
    event = (request.first("Event") or "").partition(";")[0].strip().lower()
    accepts = request.first("Accept")
    if {request.method, request.cseq.method} != {"SUBSCRIBE"} or event != "ua-profile":
        return False
    return accepts is None or "application/url" in accepts.lower()


def _notify(request: Request, source: Source, place: Place, tag: str) -> Request:
    ip, port = source
    body = files_of(request, place.files_url).encode()
    headers: Headers = (
        ("Via", f"SIP/2.0/UDP {place.host}:{place.port};branch=z9hG4bKpnp{tag};rport"),
        ("Max-Forwards", "20"),
        ("From", str(request.to.with_tag(tag))),
        ("To", str(request.from_)),
        ("Call-ID", request.call_id),
        ("CSeq", "1 NOTIFY"),
        ("Contact", f"<sip:{place.host}:{place.port}>"),
        ("Event", request.first("Event") or "ua-profile"),
        ("Subscription-State", "terminated;reason=timeout"),
        ("Content-Type", "application/url"),
    )
    return Request("NOTIFY", SipUri(ip, port=port), headers, body)


def _mac(request: Request) -> str:
    for uri in (request.uri, request.from_.uri):
        if isinstance(uri, SipUri) and (found := _MAC.fullmatch(unescape(uri.user or ""))):
            return found[1].lower()
    return ""


def _is_office(ip: str) -> bool:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return address.is_private or address.is_link_local or address.is_loopback
