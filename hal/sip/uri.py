"""SIP and SIPS addresses (RFC 3261 clause 19.1), and other schemes as opaque text.

Pure. `parse_uri` and `str()` are inverses: escapes are kept as received; `number` gives the
user part without them. A port is 1..65535 or the address is refused: a port out of range that
reaches `sendto` kills an asyncio socket for good. IPv6 references per RFC 5118, with the third
colon that RFC 3261's own grammar allows. Left out: full comparison rules (19.1.4).
Tests: tests/hal/sip/test_uri.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from hal.sip.errors import BadMessage, TooLarge
from hal.sip.lex import MAX_PARAMS, Params, format_params, number, param

MAX_URI: Final = 2048
"""Octets; RFC 4475 clause 3.1.1.7 has one of about 500."""

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*\Z")
# `#` is not in the grammar but dialled unescaped by many telephones (`*21#`).
_USER: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/%#]+\Z")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,%]*\Z")
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9\-._]{0,254})\Z")
_PARAM: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()\[\]/:&+$%]+\Z")
_HEADERS: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()\[\]/?:+$%=&]+\Z")
_OPAQUE: Final = re.compile(r"[!-~]+\Z")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class SipUri:
    """`sip:user:password@host:port;params?headers`, escapes as on the wire."""

    host: str
    """Host name, IPv4 literal, or IPv6 literal in its brackets."""
    user: str | None = None
    port: int | None = None
    params: Params = ()
    scheme: str = "sip"
    password: str | None = None
    headers: str = ""
    """What follows `?`, as received."""

    @property
    def number(self) -> str:
        """The user part as people write it: escapes resolved, parameters inside it kept off."""
        return unescape((self.user or "").partition(";")[0])

    @property
    def transport(self) -> str:
        """The transport parameter in lower case, `` if absent."""
        return (param(self.params, "transport") or "").lower()

    def __str__(self) -> str:
        userinfo = ""
        if self.user is not None:
            secret = "" if self.password is None else f":{self.password}"
            userinfo = f"{self.user}{secret}@"
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{userinfo}{self.host}{port}{format_params(self.params)}{headers}"


@dataclass(frozen=True, slots=True)
class OtherUri:
    """An address of a scheme we do not speak (`tel:`, `http:`, ...)."""

    scheme: str
    opaque: str

    @property
    def number(self) -> str:
        """The digits of a `tel:` address (RFC 3966), else ``."""
        return self.opaque.partition(";")[0] if self.scheme == "tel" else ""

    def __str__(self) -> str:
        return f"{self.scheme}:{self.opaque}"


Uri = SipUri | OtherUri


def unescape(text: str) -> str:
    """Resolve `%HH`; octets that are not UTF-8 stay as surrogates."""
    if "%" not in text:
        return text
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode(
        "utf-8", "surrogateescape"
    )


def escape_user(text: str) -> str:
    """A number or name as the user part of an address (RFC 3261 clause 25.1 `user`)."""
    return quote(text, safe="-_.!~*'()&=+$,", errors="surrogateescape")


@lru_cache(maxsize=1024)  # the same few phones in every message
def parse_uri(text: str, where: str = "URI") -> Uri:
    """Read an address; `BadMessage` says what is wrong with it."""
    if len(text) > MAX_URI:
        raise TooLarge(where, len(text), MAX_URI, 414)
    scheme, colon, rest = text.partition(":")
    if not colon or not _SCHEME.match(scheme):
        raise BadMessage(where, text, "a scheme and a colon")
    scheme = scheme.lower()
    if scheme not in ("sip", "sips"):
        if not _OPAQUE.match(rest):
            raise BadMessage(where, text, "printable octets without spaces")
        return OtherUri(scheme, rest)
    userinfo, at, rest = rest.partition("@") if "@" in rest else ("", "", rest)
    user, password = _parse_userinfo(userinfo, where) if at else (None, None)
    address, headers = _split_headers(rest, where)
    hostport, semicolon, params = address.partition(";")
    host, port = parse_hostport(hostport, where)
    return SipUri(
        host,
        user,
        port,
        _parse_params(params, where) if semicolon else (),
        scheme,
        password,
        headers,
    )


def _parse_userinfo(text: str, where: str) -> tuple[str, str | None]:
    user, colon, password = text.partition(":")
    if not _USER.match(user) or _BAD_ESCAPE.search(user):
        raise BadMessage(f"{where} user", user, "unreserved or escaped octets")
    if not _PASSWORD.match(password) or _BAD_ESCAPE.search(password):
        raise BadMessage(f"{where} password", "(hidden)", "unreserved or escaped octets")
    return user, password if colon else None


def _split_headers(text: str, where: str) -> tuple[str, str]:
    address, mark, headers = text.partition("?")
    if mark and (not _HEADERS.match(headers) or _BAD_ESCAPE.search(headers)):
        raise BadMessage(f"{where} headers", headers, "name=value pairs, escaped")
    return address, headers


def _parse_params(text: str, where: str) -> Params:
    pieces = text.split(";")
    if len(pieces) > MAX_PARAMS:
        raise TooLarge(f"{where} parameters", len(pieces), MAX_PARAMS, 414)
    found: list[tuple[str, str | None]] = []
    for piece in pieces:
        name, equals, value = piece.partition("=")
        if not _PARAM.match(name) or (equals and not _PARAM.match(value)):
            raise BadMessage(f"{where} parameter", piece, "name or name=value")
        if _BAD_ESCAPE.search(piece):
            raise BadMessage(f"{where} parameter", piece, "two hexadecimal digits behind %")
        found.append((name, value if equals else None))
    return tuple(found)


def parse_hostport(text: str, where: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[v6]` or `[v6]:port`."""
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or not is_ipv6(host[1:]):
            raise BadMessage(f"{where} host", text, "an IPv6 address in brackets")
        host += "]"
        if rest and not rest.startswith(":"):
            raise BadMessage(f"{where} host", text, "a colon behind the bracket")
        colon, port = rest[:1], rest[1:]
    else:
        host, colon, port = text.partition(":")
        if not _HOST.match(host):
            raise BadMessage(f"{where} host", host, "a host name or address")
    return host, number(port, f"{where} port", 1, 65535) if colon else None


def is_ipv6(text: str) -> bool:
    """True for an IPv6 literal; three colons in a row are read as two (RFC 5118 clause 4.10)."""
    try:
        IPv6Address(text.replace(":::", "::"))
    except AddressValueError:
        return False
    return "%" not in text
