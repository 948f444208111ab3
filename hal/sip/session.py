"""Session timers: how long a call may go on without a sign of life, and who gives it (RFC 4028).

Pure. Reads and writes Session-Expires and Min-SE of INVITE, UPDATE and their answers, and runs the
clock: whoever has the part of the refresher renews at half the interval (again at half of what is
left, should that fail), and who hears no renewal ends the call a little before the interval is over
(clause 10). A phone without timers is never held to any: no answer of it names an interval, so no
clock runs. Sending is done in renegotiation.py. Left out: what proxies do (clause 8).
Tests: tests/hal/sip/test_session.py, test_session_calls.py, test_sipp.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.lex import number, param, parse_params
from hal.sip.message import Headers, Message, Request, Response
from hal.sip.stack import SUPPORTED, unheard
from hal.sip.timers import Timer, Timers

logger = logging.getLogger(__name__)

INTERVAL_S: Final = 1800
"""What we ask for: half an hour, the value telephones come with."""
MIN_SE_S: Final = 90
"""The shortest interval anybody may ask for (clause 5)."""
MAX_SE_S: Final = 86_400
"""The longest minimum of a peer that we follow: a day without a sign of life is no supervision."""
MAX_RAISES: Final = 3
"""How often one call is asked again with a longer interval."""
LEAST_WAIT_S: Final = 10.0
"""Between two attempts to renew."""
EXTENSION: Final = "timer"


class Refresher(Enum):
    """Who renews, as the header says it: the caller or the called of that one transaction."""

    UAC = "uac"
    UAS = "uas"


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """`1800;refresher=uac`."""

    interval_s: int
    refresher: Refresher | None = None

    @staticmethod
    def parse(text: str) -> SessionExpires:
        """Read the header's value; other parameters are let through (clause 4)."""
        seconds, semicolon, rest = text.partition(";")
        interval_s = number(seconds, "Session-Expires", 0, 2**32 - 1)
        who = param(parse_params(semicolon + rest, "Session-Expires"), "refresher")
        if who is None:
            return SessionExpires(interval_s)
        try:
            return SessionExpires(interval_s, Refresher(who.lower()))
        except ValueError:
            raise BadMessage("Session-Expires refresher", who, "uac or uas") from None

    def __str__(self) -> str:
        who = "" if self.refresher is None else f";refresher={self.refresher.value}"
        return f"{self.interval_s}{who}"


def read(message: Message) -> SessionExpires | None:
    """What a message says about the interval."""
    text = message.first("Session-Expires")
    return None if text is None else SessionExpires.parse(text)


def min_se(message: Message) -> int:
    """The shortest interval the sender takes; 90 s when it does not say (clause 5)."""
    text = message.first("Min-SE")
    if text is None:
        return MIN_SE_S
    return number(text.partition(";")[0], "Min-SE", 0, 2**32 - 1)


def knows_timers(message: Message) -> bool:
    """The sender has session timers."""
    return EXTENSION in (option.lower() for option in message.values("Supported"))


def too_brief(request: Request) -> bool:
    """It must be refused with 422 and `MIN_SE` (clause 9); never one of a phone without timers,
    which would not understand. `BadMessage` if it cannot be read; behind this granting cannot
    fail."""
    asked, _ = read(request), min_se(request)
    return asked is not None and asked.interval_s < MIN_SE_S and knows_timers(request)


MIN_SE: Final = ("Min-SE", str(MIN_SE_S))


class Session:
    """The timer of one call."""

    def __init__(
        self, timers: Timers, on_renew: Callable[[], None], on_expired: Callable[[str], None]
    ) -> None:
        """`on_renew`: send a refresh now. `on_expired`: the call must end, and why."""
        self._timers, self._on_renew, self._on_expired = timers, on_renew, on_expired
        self._wanted_s = INTERVAL_S
        self._min_s = 0
        """The largest Min-SE heard in a 422; 0: none."""
        self._raises = 0
        self._ends_at = 0.0
        self._renewal: Timer | None = None
        self._end: Timer | None = None
        self.interval_s: int | None = None
        """As agreed; None: no timer runs."""
        self.is_ours = False
        """We are the refresher."""

    # -- our requests -----------------------------------------------------------------------------

    def asking(self) -> Headers:
        """For an INVITE or UPDATE of ours. The first leaves open who renews, the others keep it
        (clauses 7.1 and 7.4)."""
        refresher = None
        if self.interval_s is not None:
            refresher = Refresher.UAC if self.is_ours else Refresher.UAS
        wanted = SessionExpires(self.interval_s or self._wanted_s, refresher)
        least = (("Min-SE", str(self._min_s)),) if self._min_s else ()
        return (SUPPORTED, ("Session-Expires", str(wanted)), *least)

    def agreed(self, response: Response) -> None:
        """A 2xx to a request of ours (clause 7.2)."""
        try:
            granted = read(response)
        except BadMessage as error:
            logger.debug("! session timer: %s", error)
            granted = None
        if granted is None:
            self.stop()
        else:
            self._run(max(granted.interval_s, MIN_SE_S), granted.refresher is not Refresher.UAS)

    def raised(self, response: Response) -> bool:
        """A 422: True if it is worth asking again, now with a longer interval (clause 7.3)."""
        try:
            least_s = min_se(response)
        except BadMessage as error:
            logger.debug("! session timer: %s", error)
            return False
        asked_s = self.interval_s or self._wanted_s
        if not asked_s < least_s <= MAX_SE_S or self._raises >= MAX_RAISES:
            return False
        self._raises += 1
        self._min_s = self._wanted_s = least_s
        if self.interval_s is not None:
            self.interval_s = least_s
        return True

    # -- their requests ---------------------------------------------------------------------------

    def granting(self, request: Request) -> Headers:
        """For our 2xx to their INVITE or UPDATE; the clock runs from here (clause 9)."""
        asked, is_able = read(request), knows_timers(request)
        if asked is None and not is_able:
            self.stop()
            return (SUPPORTED,)
        if asked is not None and asked.interval_s < MIN_SE_S:
            self.stop()  # added on the way to a phone that could not be told 422
            return (SUPPORTED,)
        interval_s = INTERVAL_S
        if asked is not None:
            interval_s = min(asked.interval_s, max(INTERVAL_S, min_se(request)))
        refresher = self._refresher(asked, is_able)
        self._run(interval_s, refresher is Refresher.UAS)
        expires = ("Session-Expires", str(SessionExpires(interval_s, refresher)))
        return (SUPPORTED, expires, *((("Require", EXTENSION),) if is_able else ()))

    def _refresher(self, asked: SessionExpires | None, is_able: bool) -> Refresher:
        """Table 2 of clause 9. Left open, it stays who it is; at first the phone, whose packets
        also keep its way through a NAT open, if it asked for a timer at all."""
        if not is_able:
            return Refresher.UAS
        if asked is not None and asked.refresher is not None:
            return asked.refresher
        if self.interval_s is not None:
            return Refresher.UAS if self.is_ours else Refresher.UAC
        return Refresher.UAS if asked is None else Refresher.UAC

    # -- the clock --------------------------------------------------------------------------------

    def stop(self) -> None:
        """No timer any more."""
        for timer in (self._renewal, self._end):
            if timer is not None:
                timer.stop()
        self._renewal = self._end = self.interval_s = None

    def close(self) -> None:
        """The call is over: no timer, and nothing that leads back to the call."""
        self.stop()
        self._on_renew, self._on_expired = unheard, unheard

    def _run(self, interval_s: int, is_ours: bool) -> None:
        self.stop()
        self.interval_s, self.is_ours = interval_s, is_ours
        left_s = interval_s - min(32.0, interval_s / 3)  # clause 10
        self._ends_at = self._timers.clock() + left_s
        self._end = self._timers.start(left_s, self._expire)
        if is_ours:
            self._renewal = self._timers.start(interval_s / 2, self._renew)

    def _renew(self) -> None:
        again_s = (self._ends_at - self._timers.clock()) / 2
        if again_s >= LEAST_WAIT_S:
            self._renewal = self._timers.start(again_s, self._renew)
        self._on_renew()

    def _expire(self) -> None:
        interval_s = self.interval_s
        self.stop()
        if self.is_ours:
            self._on_expired(
                f"the phone did not confirm within {interval_s} s that the call goes on"
            )
        else:
            self._on_expired(f"the phone did not renew the call within {interval_s} s")
