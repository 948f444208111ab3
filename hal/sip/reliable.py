"""A ringing that is known to be heard: provisional responses with RSeq and PRACK (RFC 3262).

Pure. Only for phones that insist on it (`Require: 100rel`), and only as the called side: our own
INVITEs do not offer it. One response is out at a time; it is repeated until its PRACK comes. One
of them may carry our answer to the offer of the INVITE. Left out: offers in responses and in PRACK.
Tests: tests/hal/sip/test_reliable.py, test_sipp.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.headers import CSeq
from hal.sip.lex import number
from hal.sip.message import Headers, Request
from hal.sip.stack import unheard
from hal.sip.tables import T1_S
from hal.sip.timers import Timer, Timers

EXTENSION: Final = "100rel"
GIVE_UP_S: Final = 64 * T1_S
"""Without a PRACK for so long the INVITE is refused (clause 3)."""


def insists(invite: Request) -> bool:
    """The phone takes provisional responses of this kind only."""
    return EXTENSION in (option.lower() for option in invite.values("Require"))


Send = Callable[[Headers], None]
"""Sends one response with these headers, also each time again."""


class Reliable:
    """The provisional responses of one INVITE, each until the phone has acknowledged it."""

    def __init__(self, timers: Timers, on_unheard: Callable[[], None]) -> None:
        self._timers, self._on_unheard = timers, on_unheard
        self._number = random.randint(1, 2**31 - 1)  # clause 3
        self._waiting: list[Send] = []
        self._repeat: Timer | None = None
        self._end: Timer | None = None
        self.is_out = False
        """One is not acknowledged yet."""
        self._has_begun = False

    def send(self, send: Send) -> None:
        """Send it, and again after T1, 2 T1, 4 T1, ... (clause 3: no upper limit but the end); not
        before the one sent earlier is acknowledged."""
        if self.is_out:
            self._waiting.append(send)
            return
        if self._has_begun:
            self._number += 1
        self.is_out = self._has_begun = True
        self._end = self._timers.start(GIVE_UP_S, self._unheard)
        self._again(send, T1_S)

    def _again(self, send: Send, wait_s: float) -> None:
        self._repeat = self._timers.start(wait_s, lambda: self._again(send, 2 * wait_s))
        send((("Require", EXTENSION), ("RSeq", str(self._number))))

    def acknowledges(self, prack: Request, invite: Request) -> bool:
        """True if this PRACK is for our response; then it is repeated no more. `BadMessage` if its
        RAck cannot be read."""
        sequence, cseq = _read_rack(prack)
        if not self._has_begun or (sequence, cseq) != (self._number, invite.cseq):
            return False
        self._halt()
        if self._waiting:
            self.send(self._waiting.pop(0))
        return True

    def stop(self) -> None:
        """A final response is due."""
        self._waiting.clear()
        self._halt()

    def close(self) -> None:
        """The call is over."""
        self.stop()
        self._on_unheard = unheard

    def _halt(self) -> None:
        self.is_out = False
        for timer in (self._repeat, self._end):
            if timer is not None:
                timer.stop()

    def _unheard(self) -> None:
        self.stop()
        self._on_unheard()


def _read_rack(prack: Request) -> tuple[int, CSeq]:
    """`776656 1 INVITE` (clause 7.2)."""
    first, _, rest = (prack.first("RAck") or "").strip().partition(" ")
    if not rest:
        raise BadMessage("RAck", first, "a number, a CSeq number and a method")
    return number(first, "RAck", 0, 2**32 - 1), CSeq.parse(rest)
