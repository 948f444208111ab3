"""Session descriptions: the text (RFC 8866).

Pure. `Sdp.parse` and `bytes()` are inverses: lines are kept as received, in order. What the
audio stream in it says, and what is answered, is in audio.py.
Tests: tests/hal/sip/test_sdp.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from itertools import pairwise
from typing import Final

from hal.sip.errors import BadMessage, TooLarge
from hal.sip.lex import number

MAX_SDP: Final = 16_384
MAX_LINES: Final = 400

Lines = tuple[tuple[str, str], ...]


class Direction(Enum):
    """Who sends, seen from the one who wrote the description (RFC 3264 clause 5.1)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @staticmethod
    def of(sends: bool, receives: bool) -> Direction:
        """The direction with these two facts."""
        if sends:
            return Direction.SENDRECV if receives else Direction.SENDONLY
        return Direction.RECVONLY if receives else Direction.INACTIVE

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)


@dataclass(frozen=True, slots=True)
class Stream:
    """One `m=` line and what belongs to it."""

    kind: str
    port: int
    proto: str
    formats: tuple[str, ...]
    lines: Lines = ()
    """Everything behind the m= line up to the next one."""

    def attributes(self, name: str) -> list[str]:
        """Values of `a=name:value`, in order; '' for a bare `a=name`."""
        return _attributes(self.lines, name)

    @property
    def head(self) -> str:
        return f"{self.kind} {self.port} {self.proto} {' '.join(self.formats)}"


@dataclass(frozen=True, slots=True)
class Sdp:
    """A whole description: session lines, then streams."""

    lines: Lines
    streams: tuple[Stream, ...] = ()

    @staticmethod
    def parse(body: bytes) -> Sdp:
        """Read a description; `BadMessage` names the line."""
        if len(body) > MAX_SDP:
            raise TooLarge("SDP", len(body), MAX_SDP, 413)
        text = body.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        rows = [_line(row) for row in text.split("\n") if row]
        if len(rows) > MAX_LINES:
            raise TooLarge("SDP lines", len(rows), MAX_LINES, 413)
        if not rows or rows[0] != ("v", "0"):
            raise BadMessage("SDP", text[:20], "v=0 first")
        starts = [i for i, (kind, _) in enumerate(rows) if kind == "m"] + [len(rows)]
        streams = [_stream(rows[a][1], tuple(rows[a + 1 : b])) for a, b in pairwise(starts)]
        return Sdp(tuple(rows[: starts[0]]), tuple(streams))

    def __bytes__(self) -> bytes:
        rows = list(self.lines)
        for stream in self.streams:
            rows += [("m", stream.head), *stream.lines]
        return "".join(f"{k}={v}\r\n" for k, v in rows).encode("utf-8", "surrogateescape")


def _line(row: str) -> tuple[str, str]:
    kind, equals, value = row.partition("=")
    if len(kind) != 1 or not equals or not ("a" <= kind <= "z"):
        raise BadMessage("SDP line", row, "a letter and =")
    return kind, value


def _stream(head: str, lines: Lines) -> Stream:
    words = head.split()
    if len(words) < 4:
        raise BadMessage("SDP m=", head, "kind, port, protocol and formats")
    port = number(words[1].partition("/")[0], "SDP port", 0, 65535)
    return Stream(words[0], port, words[2], tuple(words[3:]), lines)


def _attributes(lines: Lines, name: str) -> list[str]:
    found: list[str] = []
    for kind, value in lines:
        if kind == "a":
            key, _, rest = value.partition(":")
            if key == name:
                found.append(rest)
    return found


@lru_cache(maxsize=1024)  # asked for every message sent
def is_ip(text: str) -> bool:
    """True for an IPv4 or IPv6 literal without brackets."""
    for kind in (IPv4Address, IPv6Address):
        try:
            kind(text)
        except AddressValueError:
            continue
        return "%" not in text
    return False
