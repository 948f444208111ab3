"""Session descriptions: the text (RFC 8866) and the one audio stream we take from it (RFC 3264).

Pure. `Sdp.parse` and `bytes()` are inverses: lines are kept as received, in order. Audio is
PCMA or PCMU (RFC 3551 static types) with telephone-event (RFC 4733). PCMA goes first, in offers
and in answers: the box is A-law inside, and phones that all speak one codec are forwarded
without being decoded. Left out: video and further streams (answered with port 0), SRTP, ICE.
Tests: tests/hal/sip/test_sdp.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from itertools import pairwise
from typing import Final

from hal.sip.errors import BadMessage, NoCommonMedia, TooLarge
from hal.sip.lex import number
from hal.switch.face import Codec

MAX_SDP: Final = 16_384
MAX_LINES: Final = 400
DTMF_PAYLOAD: Final = 101
"""The dynamic type we offer for telephone-event; most phones use the same."""

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


@dataclass(frozen=True, slots=True)
class Audio:
    """The far end's audio stream, as much of it as we use."""

    ip: str
    port: int
    codec: Codec
    dtmf_payload: int | None
    direction: Direction
    """Seen from the far end; 0.0.0.0 (the hold of RFC 2543) takes receiving away."""
    index: int = 0
    """Which `m=` line it is."""


def find_audio(sdp: Sdp) -> Audio:
    """The first audio stream we can carry; `NoCommonMedia` says why there is none."""
    why = "no audio stream"
    for index, stream in enumerate(sdp.streams):
        if stream.kind != "audio" or stream.port == 0:
            continue
        if stream.proto not in ("RTP/AVP", "RTP/AVPF"):
            why = f"audio as {stream.proto}, expected RTP/AVP"
            continue
        if (codec := _codec(stream)) is None:
            why = f"audio formats {' '.join(stream.formats)[:60]}, expected 8 (PCMA) or 0 (PCMU)"
            continue
        ip = _connection(sdp, stream)
        direction = _direction(sdp, stream)
        if ip in ("0.0.0.0", "::"):
            direction = Direction.of(direction.sends, False)
        return Audio(ip, stream.port, codec, _dtmf_payload(stream), direction, index)
    raise NoCommonMedia(why)


def _codec(stream: Stream) -> Codec | None:
    for codec in (Codec.PCMA, Codec.PCMU):
        if str(codec.value) in stream.formats:
            return codec
    return None


def _dtmf_payload(stream: Stream) -> int | None:
    for value in stream.attributes("rtpmap"):
        payload, _, encoding = value.partition(" ")
        if encoding.strip().lower().startswith("telephone-event/8000") and payload.isdigit():
            return int(payload) if 96 <= int(payload) <= 127 else None
    return None


def _connection(sdp: Sdp, stream: Stream) -> str:
    """Address of the stream's own c= line, else of the session's; only literals."""
    for kind, value in (*stream.lines, *sdp.lines):
        if kind == "c":
            words = value.split()
            address = words[2].partition("/")[0] if len(words) == 3 else ""
            if not is_ip(address):
                raise NoCommonMedia(f"c={value[:60]}, expected an IP address")
            return address
    raise NoCommonMedia("no c= line")


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


def _direction(sdp: Sdp, stream: Stream) -> Direction:
    for lines in (stream.lines, sdp.lines):
        for kind, value in lines:
            if kind == "a" and value in Direction._value2member_map_:
                return Direction(value)
    return Direction.SENDRECV


@dataclass(frozen=True, slots=True)
class Local:
    """Our side of the stream: what `describe` and `answer` write down."""

    ip: str
    port: int
    session: int
    version: int
    direction: Direction = Direction.SENDRECV

    @property
    def session_lines(self) -> Lines:
        family = "IP6" if ":" in self.ip else "IP4"
        return (
            ("v", "0"),
            ("o", f"callbox {self.session} {self.version} IN {family} {self.ip}"),
            ("s", "-"),
            ("c", f"IN {family} {self.ip}"),
            ("t", "0 0"),
        )


def describe(local: Local) -> Sdp:
    """An offer: both codecs and telephone-event."""
    stream = _audio(local, (Codec.PCMA, Codec.PCMU), DTMF_PAYLOAD, local.direction)
    return Sdp(local.session_lines, (stream,))


def answer(offer: Sdp, audio: Audio, local: Local) -> Sdp:
    """The answer that takes `audio` from `offer` and refuses every other stream (port 0)."""
    direction = Direction.of(
        local.direction.sends and audio.direction.receives,
        local.direction.receives and audio.direction.sends,
    )
    taken = _audio(local, (audio.codec,), audio.dtmf_payload, direction)
    streams = tuple(
        taken if i == audio.index else Stream(s.kind, 0, s.proto, s.formats)
        for i, s in enumerate(offer.streams)
    )
    return Sdp(local.session_lines, streams)


def _audio(
    local: Local, codecs: tuple[Codec, ...], dtmf_payload: int | None, direction: Direction
) -> Stream:
    formats = [str(codec.value) for codec in codecs]
    lines = [("a", f"rtpmap:{codec.value} {codec.name}/8000") for codec in codecs]
    if dtmf_payload is not None:
        formats.append(str(dtmf_payload))
        lines.append(("a", f"rtpmap:{dtmf_payload} telephone-event/8000"))
        lines.append(("a", f"fmtp:{dtmf_payload} 0-15"))
    lines += [("a", "ptime:20"), ("a", direction.value)]
    return Stream("audio", local.port, "RTP/AVP", tuple(formats), tuple(lines))
