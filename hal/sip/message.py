"""SIP messages: octets to `Request` or `Response` and back (RFC 3261 clauses 7, 18.3, 25).

Pure. `parse` and `bytes()` are inverses; folded lines are unfolded, compact names written out,
header values kept as text and read when asked for (and then once). `check` refuses what a
server must refuse before it looks further; `refusal` makes the answer to octets that `parse`
refused. Left out: bare LF line ends, multipart bodies (kept as octets).

Vectors: tests/vectors/rfc4475, rfc5118. Tests: tests/hal/sip/test_message.py, test_torture.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar, overload

from hal.sip.errors import BadMessage, TooLarge
from hal.sip.headers import CSeq, NameAddr, Via
from hal.sip.lex import is_token, number, split_commas
from hal.sip.uri import OtherUri, Uri, parse_uri

MAX_MESSAGE: Final = 65_535
"""Octets, the UDP maximum (RFC 3261 clause 18.1.1)."""
MAX_HEADERS: Final = 128
MAX_LINE: Final = 8_192
"""Octets of one header after unfolding; RFC 4475's long request stays below 1 000."""

COMPACT: Final = {
    "a": "Accept-Contact",  # RFC 3841
    "b": "Referred-By",  # RFC 3892
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",  # RFC 6665
    "r": "Refer-To",  # RFC 3515
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",  # RFC 6665
    "v": "Via",
    "x": "Session-Expires",  # RFC 4028
}
_KNOWN: Final = {
    name.lower(): name
    for name in (
        "Accept", "Alert-Info", "Allow", "Allow-Events", "Authorization", "Call-ID", "Call-Info",
        "Contact", "Content-Encoding", "Content-Length", "Content-Type", "CSeq", "Date", "Event",
        "Expires", "From", "Join", "Max-Forwards", "Min-Expires", "Min-SE", "P-Asserted-Identity",
        "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "RAck", "RSeq", "Reason",
        "Record-Route", "Refer-Sub", "Refer-To", "Referred-By", "Remote-Party-ID", "Replaces",
        "Require", "Retry-After", "Route", "Session-Expires", "Subscription-State", "Supported",
        "To", "Unsupported", "User-Agent", "Via", "WWW-Authenticate",
    )
} | COMPACT  # fmt: skip
SINGLE: Final = ("Call-ID", "CSeq", "From", "To", "Max-Forwards", "Content-Type", "Expires")
"""Headers that may come once (RFC 3261 clause 7.3.1: no comma list in their grammar)."""

_SINGLE: Final = frozenset(SINGLE)
_SPELT: Final = {name: name for name in _KNOWN.values()}
"""Names as nearly everybody writes them, which need no further look."""

_FOLD: Final = re.compile(r"[ \t]*\r\n[ \t]+")
_VERSION: Final = re.compile(r"SIP/[0-9]+\.[0-9]+\Z", re.IGNORECASE)

Headers = tuple[tuple[str, str], ...]
_M = TypeVar("_M", "Request", "Response")
_T = TypeVar("_T")


class _once(Generic[_T]):
    """A decorator: what is read from a message when asked for, and then kept in its `__dict__`.

    functools.cached_property does the same behind a lock, which costs more than most reading."""

    def __init__(self, read: Callable[[Any], _T]) -> None:
        self._read, self._name = read, ""
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, message: None, owner: type) -> _once[_T]: ...
    @overload
    def __get__(self, message: object, owner: type) -> _T: ...
    def __get__(self, message: object | None, owner: type) -> _once[_T] | _T:
        if message is None:
            return self
        value = self._read(message)
        message.__dict__[self._name] = value
        return value


class _Fields:
    """Reading headers; shared by requests and responses."""

    headers: Headers
    body: bytes

    def first(self, name: str) -> str | None:
        """The first value of a header by its canonical name, whole."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def values(self, name: str) -> list[str]:
        """All values of a list header, across lines and commas."""
        found: list[str] = []
        for key, value in self.headers:
            if key == name:
                found += split_commas(value, name)
        return found

    def count(self, name: str) -> int:
        """How many lines this header has."""
        return sum(1 for key, _ in self.headers if key == name)

    def _must(self, name: str) -> str:
        if (value := self.first(name)) is None:
            raise BadMessage(name, "", "the header to be there")
        return value

    @_once
    def via(self) -> Via:
        """The topmost Via."""
        return Via.parse(split_commas(self._must("Via"), "Via")[0])

    @_once
    def cseq(self) -> CSeq:
        return CSeq.parse(self._must("CSeq"))

    @_once
    def call_id(self) -> str:
        value = self._must("Call-ID").strip()
        if not value or " " in value:
            raise BadMessage("Call-ID", value, "a word")
        return value

    @_once
    def from_(self) -> NameAddr:
        return NameAddr.parse(self._must("From"), "From")

    @_once
    def to(self) -> NameAddr:
        return NameAddr.parse(self._must("To"), "To")

    @_once
    def contacts(self) -> list[NameAddr]:
        """Contact values; a lone `*` gives an empty list (see `first`)."""
        return [NameAddr.parse(v, "Contact") for v in self.values("Contact") if v != "*"]

    @_once
    def content_type(self) -> str:
        """Media type in lower case without parameters."""
        return (self.first("Content-Type") or "").partition(";")[0].strip().lower()

    def _tail(self) -> bytes:
        lines = [f"{name}: {value}\r\n" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "".join(lines).encode("utf-8", "surrogateescape") + self.body


# Not slots: the cached properties live in __dict__; a message is still never changed.
@dataclass(frozen=True)
class Request(_Fields):
    """A request: `method uri SIP/2.0`."""

    method: str
    uri: Uri
    headers: Headers = ()
    body: bytes = b""

    def __bytes__(self) -> bytes:
        line = f"{self.method} {self.uri} SIP/2.0\r\n"
        return line.encode("utf-8", "surrogateescape") + self._tail()

    def __str__(self) -> str:
        return f"{self.method} {self.uri}"


@dataclass(frozen=True)
class Response(_Fields):
    """A response: `SIP/2.0 status reason`."""

    status: int
    reason: str
    headers: Headers = ()
    body: bytes = b""

    def __bytes__(self) -> bytes:
        line = f"SIP/2.0 {self.status} {self.reason}\r\n"
        return line.encode("utf-8", "surrogateescape") + self._tail()

    def __str__(self) -> str:
        return f"{self.status} {self.reason}"


Message = Request | Response


def canonical(name: str) -> str:
    """The full, standard spelling of a header name; unknown names stay as they are."""
    return _KNOWN.get(name.lower(), name)


def with_headers(message: _M, *more: tuple[str, str]) -> _M:
    """The message with headers added at the end."""
    return replace(message, headers=(*message.headers, *more))


def with_top_via(message: Request, via: Via) -> Request:
    """The request with its topmost Via value replaced."""
    headers = list(message.headers)
    at = next(i for i, (name, _) in enumerate(headers) if name == "Via")
    _, *others = split_commas(headers[at][1], "Via")
    headers[at] = ("Via", ", ".join([str(via), *others]))
    made = object.__new__(Request)
    # With all that was read from it already: every request that comes in passes here.
    made.__dict__.update(message.__dict__, headers=tuple(headers), via=via)
    return made


def with_to_tag(message: Response, tag: str) -> Response:
    """The response with a tag set in its To."""
    to = str(message.to.with_tag(tag))
    headers = tuple((name, to if name == "To" else value) for name, value in message.headers)
    return replace(message, headers=headers)


def parse(data: bytes) -> Message:
    """Read one whole message (a datagram, or what `stream` cut out); octets behind the
    Content-Length are dropped (RFC 3261 clause 18.3)."""
    head, body = _cut(data)
    if "\r\n " in head or "\r\n\t" in head:
        head = _FOLD.sub(" ", head)
    start, *lines = head.split("\r\n")
    message_headers = _parse_headers(lines)
    body = _trim(body, message_headers)
    # The length is a fact of the body from here on; `bytes()` writes it anew.
    message_headers = tuple(h for h in message_headers if h[0] != "Content-Length")
    if start[:4].upper() == "SIP/":
        return _parse_status(start, message_headers, body)
    return _parse_request(start, message_headers, body)


def _cut(data: bytes) -> tuple[str, bytes]:
    if len(data) > MAX_MESSAGE:
        raise TooLarge("message", len(data), MAX_MESSAGE)
    head, blank, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise BadMessage("message", "end of data", "an empty line behind the headers")
    return head.decode("utf-8", "surrogateescape"), body


def _parse_headers(lines: list[str]) -> Headers:
    if len(lines) > MAX_HEADERS:
        raise TooLarge("headers", len(lines), MAX_HEADERS)
    return tuple(_parse_header(line) for line in lines)


def _parse_header(line: str) -> tuple[str, str]:
    if len(line) > MAX_LINE:
        raise TooLarge(f"header {line[:20]}", len(line), MAX_LINE)
    name, colon, value = line.partition(":")
    known = _SPELT.get(name)
    if known is None or not colon:
        name = name.rstrip(" \t")
        if not colon or not is_token(name):
            raise BadMessage("header", line, "a name and a colon")
        known = canonical(name)
    if "\n" in value or "\r" in value:
        raise BadMessage(f"header {name}", value, "CR and LF only together")
    return known, value.strip(" \t")


def _trim(body: bytes, headers: Headers) -> bytes:
    """Cut the body to its Content-Length; several that differ leave no way to tell (7.3.1)."""
    lengths = {v for name, v in headers if name == "Content-Length"}
    if not lengths:
        return body
    if len(lengths) > 1:
        raise BadMessage("Content-Length", ", ".join(sorted(lengths)), "one value")
    length = number(lengths.pop(), "Content-Length", 0, MAX_MESSAGE)
    if length > len(body):
        raise BadMessage("Content-Length", str(length), f"at most the {len(body)} octets here")
    return body[:length]


def _parse_status(start: str, headers: Headers, body: bytes) -> Response:
    version, _, rest = start.partition(" ")
    status, _, reason = rest.partition(" ")
    if version.upper() != "SIP/2.0":
        raise BadMessage("version", version, "SIP/2.0")
    if len(status) != 3:
        raise BadMessage("status code", status, "three digits")
    return Response(number(status, "status code", 100, 699), reason, headers, body)


def _parse_request(start: str, headers: Headers, body: bytes) -> Request:
    words = start.split(" ")
    if len(words) != 3:
        raise BadMessage("request line", start, "method, address and version, one space between")
    method, address, version = words
    if not _VERSION.match(version):
        raise BadMessage("version", version, "SIP/2.0")
    if version.upper() != "SIP/2.0":
        raise BadMessage("version", version, "SIP/2.0", 505)
    if not is_token(method):
        raise BadMessage("method", method, "a token")
    return Request(method, parse_uri(address, "Request-URI"), headers, body)


def check(message: Message) -> None:
    """Raise `BadMessage` unless the headers every element needs are there, once, and readable."""
    singles = [name for name, _ in message.headers if name in _SINGLE]
    if len(set(singles)) != len(singles):
        name = next(name for name in singles if singles.count(name) > 1)
        raise BadMessage(name, f"{message.count(name)} headers", "one")
    _ = message.via, message.call_id, message.from_, message.to, message.contacts
    if isinstance(message, Response):
        # RFC 3261 clause 8.1.3.3: more than one Via means it was not for us.
        if len(message.values("Via")) != 1:
            raise BadMessage("Via", "several values", "one in a response to us")
        _ = message.cseq
    else:
        _check_request(message)


def _check_request(request: Request) -> None:
    if request.cseq.method != request.method:
        raise BadMessage("CSeq method", request.cseq.method, request.method)
    number(request.first("Max-Forwards") or "70", "Max-Forwards", 0, 255)
    if isinstance(request.uri, OtherUri):
        raise BadMessage("Request-URI scheme", request.uri.scheme, "sip or sips", 416)
    if request.uri.headers:
        raise BadMessage("Request-URI", str(request.uri), "no headers behind ? (19.1.1)")


REASONS: Final = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 413: "Request Entity Too Large",
    414: "Request-URI Too Long", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
    420: "Bad Extension", 422: "Session Interval Too Small", 423: "Interval Too Brief",
    480: "Temporarily Unavailable", 481: "Call Does Not Exist",
    482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
    500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported",
    513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline", 604: "Nowhere Known",
}  # fmt: skip
"""RFC 3261 clause 21; 202 and 489: RFC 6665; 422: RFC 4028."""


def respond(
    request: Request,
    status: int,
    *more: tuple[str, str],
    tag: str = "",
    body: bytes = b"",
    reason: str = "",
) -> Response:
    """A response to `request` (RFC 3261 clause 8.2.6): its Via, From, To, Call-ID and CSeq.
    `tag` is set in To unless the request had one."""
    copied: list[tuple[str, str]] = []
    for name, value in request.headers:
        if name in ("Via", "From", "Call-ID", "CSeq"):
            copied.append((name, value))
        elif name == "To":
            has_tag = bool(request.to.tag)
            copied.append((name, value if has_tag or not tag else str(request.to.with_tag(tag))))
        elif name == "Record-Route" and status < 300:
            copied.append((name, value))
    text = reason or REASONS.get(status, "Refused")
    return Response(status, text, (*copied, *more), body)


def refusal(data: bytes, error: BadMessage) -> bytes | None:
    """The answer to octets that `parse` or `check` refused, None if none is due or possible.

    Only lines that read as headers are copied; answers and ACK are never answered.
    """
    head = data[:MAX_LINE].lstrip(b"\r\n").partition(b"\r\n\r\n")[0]
    start, *lines = _FOLD.sub(" ", head.decode("utf-8", "surrogateescape")).split("\r\n")
    if start[:4].upper() == "SIP/" or start[:4].upper() == "ACK ":
        return None
    wanted = ("Via", "From", "To", "Call-ID", "CSeq")
    copied = tuple(found for found in _readable(lines) if found[0] in wanted)
    if not any(name == "Via" for name, _ in copied):
        return None
    reason = f"{REASONS.get(error.status, 'Bad Request')} ({error.where.split(' ')[0]})"
    return bytes(Response(error.status, reason, copied))


def _readable(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        try:
            yield _parse_header(line)
        except BadMessage:
            continue
