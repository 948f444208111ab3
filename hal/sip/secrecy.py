"""How audio is encrypted with each phone, as far as the phone has shown it.

A phone that offers keys in its calls is offered keys in the calls it gets, in the same form; one
that does not is not. Who has shown nothing yet is judged by its signalling: over TLS keys are safe
on their way, so they are offered in the form that binds nobody. A phone that refuses an offer is
asked another way at once (outgoing.py), and what it took is remembered.

Pure. Tests: tests/hal/sip/test_media.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from enum import Enum
from typing import Final

from hal.sip.audio import PROTOCOLS, Audio
from hal.sip.flow import Flow

MAX_PHONES: Final = 1024


class Encryption(Enum):
    """How audio is offered."""

    NEVER = "never"  # RTP/AVP
    IF_POSSIBLE = "if_possible"  # RTP/AVP with keys: whoever cannot encrypt passes them over
    ALWAYS = "always"  # RTP/SAVP
    WITH_FEEDBACK = "with_feedback"  # RTP/SAVPF: as ALWAYS, for phones that insist on that name

    @staticmethod
    def of(audio: Audio) -> Encryption:
        """As this offer or answer has it."""
        if audio.crypto is None:
            return Encryption.NEVER
        named = {one.proto: one for one in _BY_KEYS}
        return named[audio.proto] if PROTOCOLS[audio.proto] else Encryption.IF_POSSIBLE

    @property
    def proto(self) -> str:
        """As the m= line of an offer names it."""
        return {Encryption.ALWAYS: "RTP/SAVP", Encryption.WITH_FEEDBACK: "RTP/SAVPF"}.get(
            self, "RTP/AVP"
        )

    @staticmethod
    def after(refused: Container[Encryption]) -> Encryption | None:
        """What else to try with a phone that has refused these; None: nothing is left."""
        return next((one for one in (*_BY_KEYS, Encryption.NEVER) if one not in refused), None)


_BY_KEYS: Final = (Encryption.ALWAYS, Encryption.WITH_FEEDBACK)


class Secrecy:
    """What is known of each phone: extension and address."""

    def __init__(self) -> None:
        self._shown: OrderedDict[tuple[str, str], Encryption] = OrderedDict()

    def expects(self, extension: str, flow: Flow) -> Encryption:
        """How to offer audio to it."""
        is_tls = flow.transport == "tls"
        unknown = Encryption.IF_POSSIBLE if is_tls else Encryption.NEVER
        return self._shown.get((extension, flow.ip), unknown)

    def learn(self, extension: str, flow: Flow, how: Encryption) -> None:
        """So it offered, or took an offer that it was made otherwise first."""
        key = (extension, flow.ip)
        self._shown[key] = how
        self._shown.move_to_end(key)
        while len(self._shown) > MAX_PHONES:
            self._shown.popitem(last=False)
