"""One call's audio: its switch port, and what was agreed about it (RFC 3264).

Pure apart from the switch it is given. Knows which side holds: a party that sends only, is
inactive or gives 0.0.0.0 holds us; our own hold offers sendonly, so that music can be sent.
Left out: more than one stream. Tests: tests/hal/sip/test_calls.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from hal.leg import PortId
from hal.sip.errors import BadMessage
from hal.sip.message import Message
from hal.sip.sdp import Audio, Direction, Local, Sdp, answer, describe, find_audio
from hal.switch.face import AudioSwitch

SDP: tuple[str, str] = ("Content-Type", "application/sdp")


class Media:
    """The audio of one call, from opening the port to closing it."""

    def __init__(self, switch: AudioSwitch, local_ip: str) -> None:
        self._switch, self._ip = switch, local_ip
        self.port: PortId
        self.port, self._udp_port = switch.open_rtp(local_ip)
        self._session = secrets.randbits(48)
        self._version = 0
        self._last: bytes = b""
        self._remote: Audio | None = None
        self.is_held_by_us = False
        self._is_open = True

    @property
    def is_held_by_party(self) -> bool:
        """They do not take our audio."""
        return self._remote is not None and not self._remote.direction.receives

    def offer(self) -> bytes:
        """Our description as an offer, in the direction we now want."""
        return self._write(lambda local: bytes(describe(local)))

    def answer(self, body: bytes) -> bytes:
        """Take an offer: the audio follows it, and this is the answer to send.
        `NoCommonMedia` or `BadMessage` leave everything as it was."""
        offer = Sdp.parse(body)
        audio = find_audio(offer)
        self._follow(audio)
        return self._write(lambda local: bytes(answer(offer, audio, local)))

    def take_answer(self, body: bytes) -> None:
        """The answer to our offer has come; errors as in `answer`."""
        self._follow(find_audio(Sdp.parse(body)))

    def close(self) -> None:
        """Give the port back; later calls do nothing."""
        if self._is_open:
            self._is_open = False
            self._switch.close(self.port)

    def _follow(self, audio: Audio) -> None:
        self._remote = audio
        if not self._is_open:
            return
        they = audio.direction
        has_address = audio.ip not in ("0.0.0.0", "::")
        self._switch.set_rtp(
            self.port,
            audio.ip,
            audio.port,
            audio.codec,
            audio.dtmf_payload,
            send=they.receives and has_address,
            receive=they.sends and not self.is_held_by_us,
        )

    def _write(self, write: Callable[[Local], bytes]) -> bytes:
        """The version rises exactly when the text changes (RFC 3264 clause 8)."""
        direction = Direction.of(True, not self.is_held_by_us)
        local = Local(self._ip, self._udp_port, self._session, self._version, direction)
        if (same := write(local)) != self._last:
            self._version += 1
            self._last = write(replace(local, version=self._version))
            return self._last
        return same


def has_sdp(message: Message) -> bool:
    """True if the body is a session description."""
    return bool(message.body) and message.content_type == "application/sdp"


def require_sdp(message: Message) -> bytes:
    """The description in an answer; `BadMessage` if there is none."""
    if not has_sdp(message):
        raise BadMessage("body", message.content_type, "application/sdp")
    return message.body
