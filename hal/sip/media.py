"""One call's audio: its switch port, and what was agreed about it (RFC 3264).

Pure apart from the switch it is given. Knows which side holds: a party that sends only, is
inactive or gives 0.0.0.0 holds us; our own hold offers sendonly, so that music can be sent.

Which codec: before the first answer as `match` wished, else by the orders of audio.py. From then on
the codec stays, through holds and renewals and whatever else the party's offers list, until `match`
finds that both legs of a conversation gain by another: then it alone is offered, as nothing else
would do. Encrypted calls stay encrypted, with the same keys, so that the streams go on (RFC 4568
clause 7.1.4). Left out: more than one stream.
Tests: tests/hal/sip/test_media.py, test_calls.py.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hal.leg import PortId, Quality
from hal.quality import of_counters
from hal.sip.audio import (
    BEST,
    DTMF_PAYLOAD,
    PLAIN,
    PROTOCOLS,
    RATE_HZ,
    READY,
    UNSPECIFIED,
    Audio,
    Chosen,
    Local,
    Offer,
    answer,
    best_for,
    describe,
    find_audio,
)
from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.message import Message
from hal.sip.sdes import KEY_OCTETS, SUITES, Crypto
from hal.sip.sdp import Direction, Sdp
from hal.sip.secrecy import Encryption
from hal.switch.errors import SwitchError
from hal.switch.face import AudioSwitch, Codec, SrtpKeys

SDP: tuple[str, str] = ("Content-Type", "application/sdp")
DYNAMIC: Final = range(96, 128)


class Media:
    """The audio of one call, from opening the port to closing it."""

    def __init__(self, switch: AudioSwitch, local_ip: str, like: Media | None = None) -> None:
        """`like`: the audio of the leg they will talk with, if it is a phone."""
        self._switch, self._ip = switch, local_ip
        self.port: PortId
        self.port, self._udp_port = switch.open_rtp(local_ip)
        self._session = secrets.randbits(48)
        self._version = 0
        self._last: bytes = b""
        self._remote: Audio | None = None
        self._chosen: Chosen | None = None
        self._wish: Codec | None = None
        """What `match` found and the party does not speak yet."""
        self._can: dict[Codec, int] = {}
        """What the party said that it can do, with its payload types."""
        self.keeps_rate = False
        """A phone whose microphone does not follow when the codec changes to another rate."""
        self.is_plain = False
        """It will talk with what has no wideband."""
        self._keys: dict[str, bytes] = {}
        """Ours, made when first needed: most calls of an office are plain."""
        self._offered: set[Encryption] = set()
        """How our last offers went out: to several phones, they may differ."""
        self._is_again = False
        """The last offer was one within the call."""
        self._order = self._listed = PLAIN if like is None else like.suits
        """What the next offer lists if nothing is wished, and what the last one listed. An answer
        that lists several means the first of ours that it lists: that is what they will send (RFC
        3264 clause 7), and the switch takes one at a time."""
        self._quality: Quality | None = None
        self.is_held_by_us = False
        self._is_open = True

    @property
    def is_held_by_party(self) -> bool:
        """They do not take our audio."""
        return self._remote is not None and not self._remote.direction.receives

    @property
    def is_encrypted(self) -> bool:
        """The party encrypts, and so do we."""
        return self._remote is not None and self._remote.crypto is not None

    # -- which codec ----------------------------------------------------------------------------

    @property
    def has_said(self) -> bool:
        """The party told what it can do."""
        return bool(self._can)

    @property
    def can(self) -> tuple[Codec, ...]:
        """What the party can do as far as it said; anything, before it said something."""
        return tuple(self._can) or BEST

    @property
    def suits(self) -> tuple[Codec, ...]:
        """In which order to offer audio to somebody who is to talk with this party."""
        is_wide = self.codec is not None and RATE_HZ[self.codec] > 8000
        order = tuple(codec for codec in best_for(self.can) if self.may_take(codec))
        first = (self.codec,) if self.codec is not None and is_wide else ()
        return tuple(dict.fromkeys((*first, *order, *best_for(self.can))))

    def may_take(self, codec: Codec) -> bool:
        """The party can do it, and can change to it if it speaks another now."""
        now = self._chosen.codec if self._chosen is not None else codec
        is_followed = not self.keeps_rate or RATE_HZ[now] == RATE_HZ[codec]
        return codec in self.can and is_followed

    @property
    def codec(self) -> Codec | None:
        """What is spoken, or will be once an offer of ours is taken."""
        return self._wish or (self._chosen.codec if self._chosen is not None else None)

    @property
    def is_to_offer(self) -> bool:
        """The party is to change its codec, so it must be asked."""
        return self._wish is not None and self._chosen is not None

    def know(self, offer: Audio) -> None:
        """An offer came that is answered later."""
        self._can.update(offer.formats)

    def wish(self, codec: Codec) -> None:
        """Speak this from the next offer or answer on."""
        is_spoken = self._chosen is not None and self._chosen.codec is codec
        self._wish = None if is_spoken else codec

    def refused(self) -> None:
        """Our offer was refused: all stays as it was, and this codec is not asked for again."""
        if self._wish is not None and self._chosen is not None:
            self._can.pop(self._wish, None)
            self._wish = None

    # -- offer and answer -----------------------------------------------------------------------

    def offer(self, first: Encryption | None = None) -> bytes:
        """Our description as an offer, in the direction we now want. `first`: of a new call, to
        one of its phones; later ones stay with what was agreed."""
        self._is_again = first is None
        if first is not None:
            self._offered.add(first)
            keys = () if first is Encryption.NEVER else self._crypto_lines()
            what = Offer(self._order, crypto=keys, proto=first.proto)
        else:
            what = self._what_to_offer()
        self._listed = what.order
        return self._write(lambda local: bytes(describe(local, what)))

    def answer(self, body: bytes) -> bytes:
        """Take an offer: the audio follows it, and this is the answer to send.
        `NoCommonMedia` or `BadMessage` leave everything as it was."""
        offer = Sdp.parse(body)
        audio = find_audio(offer)
        if self.is_encrypted and audio.crypto is None:
            raise NoCommonMedia(f"audio as {audio.proto}, expected it encrypted as before")
        chosen = audio.choose(self._preferred())
        crypto = audio.crypto and replace(audio.crypto, key=self._key(audio.crypto.suite))
        self._order = (chosen.codec,)
        self._follow(audio, chosen)
        return self._write(lambda local: bytes(answer(offer, audio, chosen, local, crypto)))

    def take_answer(self, body: bytes) -> None:
        """The answer to our offer has come; errors as in `answer`."""
        audio = self._checked(find_audio(Sdp.parse(body)))
        self._order = self._listed
        self._follow(audio, audio.choose(self._order))

    def _checked(self, audio: Audio) -> Audio:
        """An answer is encrypted as it was offered (RFC 4568 clause 5.1.3), and stays so."""
        crypto, ours = audio.crypto, self._offered
        if crypto is not None and ours == {Encryption.NEVER}:
            crypto = None  # a key nobody asked for
        how = Encryption.of(audio := replace(audio, crypto=crypto))
        if self.is_encrypted and self._is_again and crypto is None:
            raise NoCommonMedia(f"an answer as {audio.proto}, expected it encrypted as before")
        is_fine = how in ours or (how is Encryption.NEVER and Encryption.IF_POSSIBLE in ours)
        if not is_fine or PROTOCOLS[audio.proto] > (crypto is not None):
            raise NoCommonMedia(f"an answer as {audio.proto}, expected what was offered")
        if crypto is not None and crypto.tag != SUITES.index(crypto.suite) + 1:
            raise NoCommonMedia(f"a=crypto: tag {crypto.tag}, expected one that was offered")
        return audio

    def _preferred(self) -> tuple[Codec, ...]:
        """For an answer: what was matched, what is spoken, what may be of use."""
        spoken = (self._chosen.codec,) if self._chosen is not None else ()
        wished = (self._wish,) if self._wish is not None else ()
        return (*wished, *spoken, *(PLAIN if self.is_plain else READY))

    def _what_to_offer(self) -> Offer:
        """In a call; or to a phone that has left it to us to begin."""
        order = self._order
        if self._wish is not None:
            order = best_for((self._wish,)) if self._chosen is None else (self._wish,)
        if self._chosen is None or self._remote is None:
            self._offered = {Encryption.NEVER}
            return Offer(order)
        self._offered = {Encryption.of(self._remote)}
        numbers, dtmf_payload = self._numbers(order, self._chosen)
        clock_hz, proto, agreed = (
            self._chosen.dtmf_clock_hz,
            self._remote.proto,
            self._remote.crypto,
        )
        keys = tuple(one for one in self._crypto_lines() if agreed and one.suite == agreed.suite)
        return Offer(order, numbers, dtmf_payload, clock_hz, keys, proto)

    def _numbers(self, order: tuple[Codec, ...], chosen: Chosen) -> tuple[dict[Codec, int], int]:
        """Payload types: a number keeps its meaning for the whole call (RFC 3264 clause 8.3.2)."""
        taken = {*self._can.values(), chosen.dtmf_payload}
        dtmf_payload = chosen.dtmf_payload or _free(DTMF_PAYLOAD, taken)
        taken.add(dtmf_payload)
        numbers = {c: self._can[c] if c in self._can else _free(c.value, taken) for c in order}
        return numbers, dtmf_payload

    def _crypto_lines(self) -> tuple[Crypto, ...]:
        """Each suite with a key of ours, under the tag that it always has."""
        return tuple(Crypto(tag, suite, self._key(suite)) for tag, suite in enumerate(SUITES, 1))

    def _key(self, suite: str) -> bytes:
        """Our key for a suite, the same for the whole call."""
        if (key := self._keys.get(suite)) is None:
            key = self._keys[suite] = secrets.token_bytes(KEY_OCTETS)
        return key

    def _follow(self, audio: Audio, chosen: Chosen) -> None:
        self._remote, self._chosen, self._wish = audio, chosen, None
        self._can.update(audio.formats)
        if not self._is_open:
            return
        they, theirs = audio.direction, audio.crypto
        has_address = audio.ip != UNSPECIFIED
        self._switch.set_rtp(
            self.port,
            audio.ip,
            audio.port,
            chosen.codec,
            chosen.dtmf_payload,
            send=they.receives and has_address,
            receive=they.sends and not self.is_held_by_us,
            payload=None if chosen.payload == chosen.codec.value else chosen.payload,
            srtp=None if theirs is None else self._srtp(theirs),
            rtcp=audio.rtcp,
        )

    def _srtp(self, theirs: Crypto) -> SrtpKeys:
        return SrtpKeys(theirs.suite, self._key(theirs.suite), theirs.key)

    def _write(self, write: Callable[[Local], bytes]) -> bytes:
        """The version rises exactly when the text changes (RFC 3264 clause 8)."""
        direction = Direction.of(True, not self.is_held_by_us)
        local = Local(self._ip, self._udp_port, self._session, self._version, direction)
        if (same := write(local)) != self._last:
            self._version += 1
            self._last = write(replace(local, version=self._version))
            return self._last
        return same

    # -- how it sounds --------------------------------------------------------------------------

    def quality(self) -> Quality | None:
        """As measured so far; once closed, as it was. None before there was any audio."""
        if self._is_open and self._chosen is not None:
            with contextlib.suppress(SwitchError):  # shut down first: what was measured stays true
                self._quality = of_counters(self._switch.counters(self.port)) or self._quality
        return self._quality

    def close(self) -> None:
        """Give the port back; later calls do nothing."""
        if self._is_open:
            self.quality()
            self._is_open = False
            self._switch.close(self.port)


def match(one: Media, other: Media) -> None:
    """Have both speak one codec: a wideband one that is spoken already, else the best that both
    can. The same again changes nothing, in whatever order they are named. Of who said nothing yet
    (an INVITE without an offer) nothing is expected: it is offered what the other speaks."""
    spoken = [m.codec for m in (one, other) if m.codec is not None]
    if one.has_said and other.has_said:
        spoken = [codec for codec in spoken if RATE_HZ[codec] > 8000]
    for codec in (*spoken, *BEST):
        if one.may_take(codec) and other.may_take(codec):
            one.wish(codec)
            other.wish(codec)
            return


def has_sdp(message: Message) -> bool:
    """True if the body is a session description."""
    return bool(message.body) and message.content_type == "application/sdp"


def require_sdp(message: Message) -> bytes:
    """The description in an answer; `BadMessage` if there is none."""
    if not has_sdp(message):
        raise BadMessage("body", message.content_type, "application/sdp")
    return message.body


def keeps_rate(user_agent: str | None) -> bool:
    """True for a telephone known to go on recording at the old rate when its codec changes, so
    that it falls silent: baresip 1.0 and before."""
    return (user_agent or "").lower().startswith(("baresip v0.", "baresip v1."))


def _free(wanted: int, taken: set[int | None]) -> int:
    """`wanted` if it is nobody's, else the first dynamic payload type that is free."""
    found = next((n for n in (wanted, *DYNAMIC) if n not in taken), wanted)
    taken.add(found)
    return found
