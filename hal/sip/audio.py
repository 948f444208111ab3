"""The one audio stream of a session description: what they can, what we offer, what we answer.

RFC 3264 offers and answers for PCMA and PCMU (RFC 3551), G.722 (RFC 3551 clause 4.5.2: RTP clock
8000 though it samples at 16 000), Opus (RFC 7587: always `opus/48000/2`) and telephone-event
(RFC 4733), as RTP/AVP or AVPF (RFC 4585), or encrypted as RTP/SAVP or SAVPF with SDES keys. Keys in
an RTP/AVP stream are taken as well: phones set to "encrypt if the other can" write it so.

Pure. The order of an offer, PCMA, PCMU, G722, OPUS (`PLAIN`): the box is A-law at 8 kHz inside, so
for a line or a conference wideband would cost decoding and be thrown away. When the leg at the
other side is known to be a phone, what that can do goes first, best first (`best_for`), so that two
phones come to one codec, whose packets are passed on untouched. A phone that is answered by a menu
or a queue gets wideband at once (`READY`; G.722 before Opus, as more telephones have it): if it is
put through to one that can the same, nothing need change then. Numbers of dynamic payload types are
those the far end gave, once it gave some (RFC 3264 clause 5.1).

Left out: IPv6, multicast, video and further streams (answered with port 0), ICE, DTLS-SRTP,
rtcp-mux, RTP packets of other than 20 ms from us (`ptime` is a wish; theirs may have any length).
Tests: tests/hal/sip/test_audio.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.lex import number
from hal.sip.sdes import Crypto, NotOurs, first_of_ours
from hal.sip.sdp import Direction, Lines, Sdp, Stream, is_ip
from hal.switch.face import Codec

BEST: Final = (Codec.OPUS, Codec.G722, Codec.PCMA, Codec.PCMU)
"""By how they sound; between the last two A-law, which the box is inside."""
PLAIN: Final = (Codec.PCMA, Codec.PCMU, Codec.G722, Codec.OPUS)
"""By what they cost, where nothing is gained by wideband: the order of an offer to anybody."""
DTMF_PAYLOAD: Final = 101
"""The dynamic type we offer for telephone-event; most phones use the same."""
READY: Final = (Codec.G722, Codec.OPUS, Codec.PCMA, Codec.PCMU)
"""By how likely the next phone has it too, wideband first: the order of an answer in time."""
RATE_HZ: Final = {Codec.PCMU: 8000, Codec.PCMA: 8000, Codec.G722: 16_000, Codec.OPUS: 48_000}
"""How often each samples."""
PROTOCOLS: Final = {"RTP/AVP": False, "RTP/AVPF": False, "RTP/SAVP": True, "RTP/SAVPF": True}
"""What we take: is it encrypted?"""

PAYLOADS: Final = frozenset((*range(64), *range(96, 128)))
"""Between them a packet would look like RTCP (RFC 5761 clause 4)."""
UNSPECIFIED: Final = "0.0.0.0"
"""As an address: hold, as it was before RFC 3264."""

_ENCODINGS: Final = {
    Codec.PCMU: "PCMU/8000",
    Codec.PCMA: "PCMA/8000",
    Codec.G722: "G722/8000",
    Codec.OPUS: "opus/48000/2",
}
_STATIC: Final = {str(c.value): _ENCODINGS[c] for c in (Codec.PCMU, Codec.PCMA, Codec.G722)}
_CODECS: Final = {
    "pcmu/8000": Codec.PCMU,
    "pcma/8000": Codec.PCMA,
    "g722/8000": Codec.G722,
    "g722/16000": Codec.G722,  # a common mistake: RFC 3551 clause 4.5.2 explains the 8000
    "opus/48000/2": Codec.OPUS,
}
_EVENTS: Final = "telephone-event/"


@dataclass(frozen=True, slots=True)
class Audio:
    """The far end's audio stream, as much of it as we use."""

    ip: str
    port: int
    formats: Mapping[Codec, int]
    """What it can do, in its order, each with its payload type."""
    events: Mapping[int, int]
    """Payload types of telephone-event by their clock, Hz."""
    direction: Direction
    """Seen from the far end; 0.0.0.0 (the hold of RFC 2543) takes receiving away."""
    index: int = 0
    """Which `m=` line it is."""
    proto: str = "RTP/AVP"
    crypto: Crypto | None = None
    """Their key; None: not encrypted."""
    rtcp: tuple[str, int] | None = None
    """Where they take RTCP, if not on the next port (RFC 3605)."""

    def choose(self, order: Iterable[Codec]) -> Chosen:
        """The first codec of `order` that they can do; they can do one at least."""
        codec = next((c for c in order if c in self.formats), next(iter(self.formats)))
        clock_hz = 48_000 if codec is Codec.OPUS and 48_000 in self.events else 8000
        return Chosen(codec, self.formats[codec], self.events.get(clock_hz), clock_hz)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is spoken."""

    codec: Codec
    payload: int
    dtmf_payload: int | None
    """None: they take no telephone-event, digits are tones."""
    dtmf_clock_hz: int = 8000


def best_for(can: Iterable[Codec]) -> tuple[Codec, ...]:
    """An order for who is to talk with somebody who can do these: the best of them first, then
    the rest, for the case that nothing is common."""
    theirs = set(can)
    first = tuple(codec for codec in BEST if codec in theirs)
    return (*first, *(codec for codec in PLAIN if codec not in theirs))


# -- reading ----------------------------------------------------------------------------------


def find_audio(sdp: Sdp) -> Audio:
    """The first audio stream we can carry, an encrypted one before others (phones offer both, for
    the case that the other cannot); `NoCommonMedia` says why there is none."""
    found: list[Audio] = []
    why = "no audio stream"
    for index, stream in enumerate(sdp.streams):
        if stream.kind == "audio" and stream.port != 0:
            try:
                found.append(_audio(sdp, stream, index))
            except NoCommonMedia as error:
                why = str(error)
    if not found:
        raise NoCommonMedia(why)
    return next((audio for audio in found if audio.crypto), found[0])


def _audio(sdp: Sdp, stream: Stream, index: int) -> Audio:
    if stream.proto not in PROTOCOLS:
        raise NoCommonMedia(f"audio as {stream.proto[:40]}, expected RTP/AVP or RTP/SAVP")
    crypto = _crypto(stream)
    formats, events = _formats(stream)
    if not formats:
        names = ", ".join(f"{codec.value} ({codec.name})" for codec in PLAIN[:3])
        what = " ".join(stream.formats)[:60]
        raise NoCommonMedia(f"audio formats {what}, expected {names} or opus")
    ip = _connection(sdp, stream)
    direction = _direction(sdp, stream)
    if ip == UNSPECIFIED:
        direction = Direction.of(direction.sends, False)
    rtcp = _rtcp(stream, ip)
    return Audio(ip, stream.port, formats, events, direction, index, stream.proto, crypto, rtcp)


def _crypto(stream: Stream) -> Crypto | None:
    try:
        return first_of_ours(stream.attributes("crypto"))
    except NotOurs as error:
        if PROTOCOLS[stream.proto]:
            raise NoCommonMedia(f"audio as {stream.proto}: {error}") from None
        return None


def _formats(stream: Stream) -> tuple[dict[Codec, int], dict[int, int]]:
    """Codecs and events in the order of the m= line; of a codec listed twice the first counts."""
    encodings = dict(_STATIC)
    for value in stream.attributes("rtpmap"):
        payload, _, encoding = value.partition(" ")
        encodings[payload] = encoding.strip()
    formats: dict[Codec, int] = {}
    events: dict[int, int] = {}
    for payload in stream.formats:
        if not (payload.isascii() and payload.isdigit()) or int(payload[:4]) not in PAYLOADS:
            continue
        encoding = encodings.get(payload, "").lower()
        if encoding.startswith(_EVENTS):
            clock = encoding.removeprefix(_EVENTS).partition("/")[0]
            if clock in ("8000", "48000") and int(payload) >= 96:
                events.setdefault(int(clock), int(payload))
        elif codec := _CODECS.get(encoding.removesuffix("/1")):
            formats.setdefault(codec, int(payload))
    return formats, events


def _connection(sdp: Sdp, stream: Stream) -> str:
    """Address of the stream's own c= line, else of the session's; only literals."""
    for kind, value in (*stream.lines, *sdp.lines):
        if kind == "c":
            words = value.split()
            address = words[2].partition("/")[0] if len(words) == 3 else ""
            if not is_ip(address) or ":" in address or _is_for_many(address):
                raise NoCommonMedia(f"c={value[:60]}, expected the IPv4 address of one telephone")
            return address
    raise NoCommonMedia("no c= line")


@lru_cache(maxsize=1024)  # the same few phones in every call
def _is_for_many(address: str) -> bool:
    """Audio of a call must not be poured over the whole office."""
    return IPv4Address(address).is_multicast or address == "255.255.255.255"


def _direction(sdp: Sdp, stream: Stream) -> Direction:
    for lines in (stream.lines, sdp.lines):
        for kind, value in lines:
            if kind == "a" and value in Direction._value2member_map_:
                return Direction(value)
    return Direction.SENDRECV


def _rtcp(stream: Stream, ip: str) -> tuple[str, int] | None:
    """`a=rtcp:53020` or `a=rtcp:53020 IN IP4 126.16.64.4`; what is not so is passed over: reports
    are a help, not the call."""
    for value in stream.attributes("rtcp"):
        words = value.split()
        try:
            port = number(words[0] if words else "", "a=rtcp", 1, 65_535)
        except BadMessage:
            return None
        if len(words) == 1 and ip != UNSPECIFIED:
            return ip, port
        if len(words) == 4 and is_ip(words[3]) and ":" not in words[3] and words[3] != UNSPECIFIED:
            return words[3], port
    return None


# -- writing ----------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Offer:
    """What an offer lists."""

    order: tuple[Codec, ...] = PLAIN
    numbers: Mapping[Codec, int] = field(default_factory=dict)
    """Payload types the far end gave; the rest have ours."""
    dtmf_payload: int | None = DTMF_PAYLOAD
    dtmf_clock_hz: int = 8000
    crypto: tuple[Crypto, ...] = ()
    """Our keys, one for each suite."""
    proto: str = "RTP/AVP"


def describe(local: Local, offer: Offer | None = None) -> Sdp:
    """An offer."""
    offer = offer or Offer()
    formats = {codec: offer.numbers.get(codec, codec.value) for codec in offer.order}
    events = (offer.dtmf_payload, offer.dtmf_clock_hz)
    stream = _stream(local, offer.proto, formats, events, local.direction, offer.crypto)
    return Sdp(local.session_lines, (stream,))


def answer(
    offer: Sdp, audio: Audio, chosen: Chosen, local: Local, crypto: Crypto | None = None
) -> Sdp:
    """The answer that takes `chosen` from `offer` and refuses every other stream (port 0).
    `crypto`: our key under their tag."""
    direction = Direction.of(
        local.direction.sends and audio.direction.receives,
        local.direction.receives and audio.direction.sends,
    )
    formats = {chosen.codec: chosen.payload}
    events = (chosen.dtmf_payload, chosen.dtmf_clock_hz)
    ours = (crypto,) if crypto else ()
    taken = _stream(local, audio.proto, formats, events, direction, ours)
    streams = tuple(
        taken if i == audio.index else Stream(s.kind, 0, s.proto, s.formats)
        for i, s in enumerate(offer.streams)
    )
    return Sdp(local.session_lines, streams)


def _stream(
    local: Local,
    proto: str,
    codecs: Mapping[Codec, int],
    events: tuple[int | None, int],
    direction: Direction,
    crypto: tuple[Crypto, ...],
) -> Stream:
    formats = [str(payload) for payload in codecs.values()]
    lines = [("a", f"rtpmap:{payload} {_ENCODINGS[c]}") for c, payload in codecs.items()]
    if Codec.OPUS in codecs:
        lines.append(("a", f"fmtp:{codecs[Codec.OPUS]} useinbandfec=1"))
    payload, clock_hz = events
    if payload is not None:
        formats.append(str(payload))
        lines.append(("a", f"rtpmap:{payload} {_EVENTS}{clock_hz}"))
        lines.append(("a", f"fmtp:{payload} 0-15"))
    lines += [("a", f"crypto:{one}") for one in crypto]
    lines += [("a", "ptime:20"), ("a", direction.value)]
    return Stream("audio", local.port, proto, tuple(formats), tuple(lines))
