"""Callers' identities as a port hears them: each told once, though two modems may read it.

Pure: a message as octets or keys and its time in samples go in. The messages themselves:
callerid.py. Shell: switch.py. Tests: tests/hal/switch/test_identities.py.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from hal.leg import PortId
from hal.switch.callerid import Identity, parse_dtmf, parse_fsk
from hal.switch.face import CallerIdHeard

logger = logging.getLogger(__name__)

SAME_IDENTITY_SAMPLES: Final = 16_000
"""V.23 and Bell 202 are near enough that both modems may read one message: 2 s apart at most."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a port has heard last, and by which receiver."""

    form: str
    identity: Identity
    at_samples: int


class Identities:
    """Of all ports."""

    def __init__(self) -> None:
        self._last: dict[PortId, _Read] = {}

    def heard(
        self, port: PortId, form: str, message: bytes, at_samples: int
    ) -> CallerIdHeard | None:
        """A receiver has read a message; None if it names no caller, or another receiver has read
        the same just now."""
        is_dtmf = form == "dtmf"
        identity = parse_dtmf(message.decode("latin-1")) if is_dtmf else parse_fsk(message)
        if identity is None:
            logger.debug("! port=%s caller ID %s is not a call: %s", port, form, message.hex())
            return None
        before = self._last.get(port)
        now = self._last[port] = _Read(form, identity, at_samples)
        if before is not None and _is_same_message(before, now):
            return None
        return CallerIdHeard(
            port,
            form,
            identity.number,
            identity.name,
            identity.number_absent,
            identity.name_absent,
        )

    def forget(self, port: PortId) -> None:
        """The port is closed."""
        self._last.pop(port, None)


def _is_same_message(before: _Read, now: _Read) -> bool:
    return (
        before.form != now.form
        and before.identity == now.identity
        and now.at_samples - before.at_samples < SAME_IDENTITY_SAMPLES
    )
