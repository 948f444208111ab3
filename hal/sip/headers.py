"""Header values with structure: addresses, Via, CSeq, digest fields, Reason.

RFC 3261 clause 20, RFC 3326 (Reason), RFC 7616 (digest fields). Pure: each type is a frozen
dataclass with `parse` and `str()` as inverses. Left out: headers this box neither reads nor
writes stay plain text in `message.py`. Tests: tests/hal/sip/test_headers.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from hal.sip.errors import BadMessage, TooLarge
from hal.sip.lex import (
    Params,
    format_params,
    is_token,
    number,
    param,
    parse_params,
    quote,
    quoted_end,
    split_outside,
    unquote,
    with_param,
)
from hal.sip.uri import Uri, parse_hostport, parse_uri

MAX_CSEQ: Final = 2**32 - 1
"""RFC 3261 clause 8.1.1.5 says below 2**31 for senders and 32 bits for everybody."""


@dataclass(frozen=True, slots=True)
class NameAddr:
    """`"Display" <uri>;params`, as in From, To, Contact, Route."""

    uri: Uri
    display: str = ""
    params: Params = ()

    @staticmethod
    @lru_cache(maxsize=1024)  # each comes with every message of its call
    def parse(text: str, where: str) -> NameAddr:
        """Read name-addr or addr-spec with header parameters."""
        text = text.strip(" \t")
        display, at = "", 0
        if text.startswith('"'):
            at = quoted_end(text, 0, where)
            display = unquote(text[:at])
            rest = text[at:].lstrip(" \t")
            if not rest.startswith("<"):
                raise BadMessage(where, text, "an address in <> behind the display name")
        opening = text.find("<", at)
        if opening < 0:
            return _addr_spec(text, where)
        if at == 0:
            display = _bare_display(text[:opening], where)
        closing = text.find(">", opening)
        if closing < 0:
            raise BadMessage(where, text, "a closing >")
        # Spaces inside <> break the grammar but carry no doubt (RFC 4475 clause 3.1.2.14).
        uri = parse_uri(text[opening + 1 : closing].strip(" \t"), where)
        return NameAddr(uri, display, parse_params(text[closing + 1 :], where))

    @property
    def tag(self) -> str:
        """The tag parameter, `` if absent."""
        return param(self.params, "tag") or ""

    def param(self, name: str) -> str | None:
        """A header parameter without its quotes."""
        return param(self.params, name)

    def with_tag(self, tag: str) -> NameAddr:
        """The same address with its tag set."""
        return replace(self, params=with_param(self.params, "tag", tag))

    def __str__(self) -> str:
        name = f"{quote(self.display)} " if self.display else ""
        return f"{name}<{self.uri}>{format_params(self.params)}"


def _bare_display(text: str, where: str) -> str:
    """Unquoted display words; commas are let through (RFC 4475 clause 3.1.2.15)."""
    if '"' in text or ">" in text:
        raise BadMessage(where, text, "a display name of words or in quotes")
    return text.strip(" \t")


def _addr_spec(text: str, where: str) -> NameAddr:
    """Without <> everything behind `;` belongs to the header, and `?` is forbidden (20.10)."""
    address, semicolon, params = text.partition(";")
    if "?" in address or "," in address:
        raise BadMessage(where, text, "<> around an address with ? or ,")
    return NameAddr(
        parse_uri(address.strip(" \t"), where), "", parse_params(semicolon + params, where)
    )


@dataclass(frozen=True, slots=True)
class Via:
    """One hop a message came through: `SIP/2.0/UDP host:port;branch=...`."""

    transport: str
    host: str
    port: int | None = None
    params: Params = ()

    @staticmethod
    @lru_cache(maxsize=1024)  # each comes back with every response
    def parse(text: str) -> Via:
        """Read one Via value."""
        sent, semicolon, params = text.partition(";")
        words = sent.split("/", 2)
        if len(words) != 3 or words[0].strip().upper() != "SIP" or words[1].strip() != "2.0":
            raise BadMessage("Via", text, "SIP/2.0/transport", 400)
        transport, _, sent_by = words[2].strip().replace("\t", " ").partition(" ")
        if not is_token(transport):
            raise BadMessage("Via transport", transport, "a token")
        host, port = parse_hostport(":".join(part.strip() for part in sent_by.split(":")), "Via")
        return Via(transport.upper(), host, port, parse_params(semicolon + params, "Via"))

    @property
    def branch(self) -> str:
        """The branch parameter, `` if absent."""
        return param(self.params, "branch") or ""

    def param(self, name: str) -> str | None:
        """A parameter; '' when present without value."""
        return param(self.params, name)

    def stamped(self, ip: str, port: int) -> Via:
        """With received and rport filled in by who got it (RFC 3261 18.2.1, RFC 3581)."""
        params = self.params
        if param(params, "rport") is not None:
            params = with_param(params, "rport", str(port))
        elif self.host.strip("[]") == ip:
            return self
        return replace(self, params=with_param(params, "received", ip))

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {self.host}{port}{format_params(self.params)}"


@dataclass(frozen=True, slots=True)
class CSeq:
    """Sequence number and method."""

    number: int
    method: str

    @staticmethod
    def parse(text: str) -> CSeq:
        """Read `number method`."""
        words = text.split()
        if len(words) != 2:
            raise BadMessage("CSeq", text, "a number and a method")
        if not is_token(words[1]):
            raise BadMessage("CSeq method", words[1], "a token")
        return CSeq(number(words[0], "CSeq", 0, MAX_CSEQ), words[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request was sent (RFC 3326): protocol `Q.850` or `SIP`."""

    protocol: str
    cause: int
    text: str = ""

    @staticmethod
    def parse(value: str) -> Reason:
        """Read one Reason value."""
        protocol, semicolon, rest = value.strip().partition(";")
        params = parse_params(semicolon + rest, "Reason")
        cause = number(param(params, "cause") or "", "Reason cause", 0, 999)
        return Reason(protocol.strip(), cause, param(params, "text") or "")

    def __str__(self) -> str:
        text = f";text={quote(self.text)}" if self.text else ""
        return f"{self.protocol};cause={self.cause}{text}"


def parse_auth(value: str, where: str) -> tuple[str, dict[str, str]]:
    """Scheme and fields of Authorization or WWW-Authenticate, names in lower case."""
    scheme, _, rest = value.strip().partition(" ")
    if not is_token(scheme):
        raise BadMessage(where, value, "a scheme")
    fields: dict[str, str] = {}
    for piece in split_outside(rest, ",", where):
        name, equals, text = piece.partition("=")
        key, text = name.strip().lower(), text.strip()
        if not equals or not is_token(key):
            raise BadMessage(where, piece, "name=value")
        if key in fields:
            raise BadMessage(where, piece, f"{key} only once")
        if text.startswith('"') and quoted_end(text, 0, where) != len(text):
            raise BadMessage(where, piece, "nothing behind the quotes")
        fields[key] = unquote(text)
    if len(fields) > 32:
        raise TooLarge(f"{where} fields", len(fields), 32)
    return scheme.lower(), fields
