"""The signalling of phones for people: who guesses passwords, how full it is, and traces.

Shell: asks hal.sip, tells the story, keeps the newest trace files. Implements
`firmware.api.face.SipSide`. Nothing is decided here.

Tests: tests/firmware/test_sip_side.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from firmware.api.errors import conflict, not_found, unavailable
from firmware.api.sip_schema import (
    AllowRequest,
    ShutOutNow,
    SipNow,
    TableFill,
    TraceNow,
    TraceRequest,
)
from firmware.call.story import Story, legible
from hal.sip.capture_task import CaptureState
from hal.sip.phones_task import PhonesSnapshot
from hal.sip.shutout import Shut

logger = logging.getLogger(__name__)

KEPT: Final = 10
"""Trace files; the oldest make room."""


class Phones(Protocol):
    """What is needed of hal.sip.phones_task.Phones."""

    def snapshot(self) -> PhonesSnapshot: ...
    def allow(self, address: str) -> bool: ...
    async def trace(self, path: Path, seconds: float) -> CaptureState: ...
    def stop_trace(self) -> None: ...


class SipSide:
    """See firmware.api.face.SipSide. `phones` is set once they are made."""

    phones: Phones

    def __init__(
        self, story: Story, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`folder`: of the trace files."""
        self._story, self._folder, self._clock = story, folder, clock

    def shut_out(self, shut: Shut) -> None:
        """Somebody guesses passwords; `until` in seconds from now."""
        until = self._clock() + timedelta(seconds=shut.until)
        whom = f"{shut.source} as {shut.user}" if shut.user else shut.source
        self._story.tell(
            "phone.shut_out",
            f"sign-ins of phones from {whom} are not listened to until {until:%H:%M:%S} UTC: "
            f"{shut.why}. If that is a phone of the office, correct its password; to let it in "
            f"sooner: callbox allow {shut.source}",
            address=shut.source,
            user=shut.user,
            seconds=round(shut.until),
        )

    def now(self) -> SipNow:
        """The signalling at this moment."""
        seen, at = self.phones.snapshot(), self._clock()
        return SipNow(
            messages_in=seen.agent.messages_in,
            messages_refused=seen.agent.messages_refused,
            messages_rate_limited=seen.messages_rate_limited,
            sign_ins_failed=seen.agent.sign_ins_failed,
            tables=[TableFill(what=t.what, used=t.used, limit=t.limit) for t in seen.tables],
            shut_out=[
                ShutOutNow(
                    address=shut.source,
                    user=legible(shut.user),
                    until=at + timedelta(seconds=shut.until),
                    why=legible(shut.why),
                )
                for shut in seen.shut_out
            ],
            trace=_trace(seen.trace) if seen.trace is not None else None,
        )

    def allow(self, request: AllowRequest) -> None:
        """Listen again to an address."""
        if not self.phones.allow(request.address):
            raise not_found(f"address {request.address!r}", "one that is shut out")
        self._story.tell(
            "phone.allowed",
            f"sign-ins from {request.address} are listened to again"
            + (f", by {request.who}" if request.who else ""),
            address=request.address,
        )

    async def trace(self, request: TraceRequest) -> TraceNow:
        """Begin a trace, or end the one that runs."""
        if not request.seconds:
            return self._end_trace()
        path = self._folder / f"phones-{self._clock():%Y%m%d-%H%M%S-%f}.pcap"
        try:
            state = await self.phones.trace(path, request.seconds)
            await asyncio.to_thread(_clear, self._folder)
        except OSError as error:
            raise unavailable(f"the trace {path} cannot be written: {error.strerror}") from error
        who = f", by {request.who}" if request.who else ""
        self._story.tell(
            "phone.trace",
            f"what phones and box say to each other is written to {path} for "
            f"{request.seconds:.0f} s{who}. Keep that file to yourself: passwords can be guessed "
            "from it",
            path=str(path),
        )
        return _trace(state)

    def _end_trace(self) -> TraceNow:
        self.phones.stop_trace()
        if (state := self.phones.snapshot().trace) is None:
            raise conflict("no trace was begun since the core started")
        return _trace(state)


def _trace(state: CaptureState) -> TraceNow:
    return TraceNow(
        path=state.path,
        is_running=state.is_running,
        messages=state.messages,
        octets=state.octets,
        left_out=state.left_out,
        ends_in_s=state.ends_in_s,
        why_ended=state.why_ended,
    )


def _clear(folder: Path) -> None:
    """Names sort by time."""
    for old in sorted(folder.glob("phones-*.pcap"))[:-KEPT]:
        old.unlink(missing_ok=True)
