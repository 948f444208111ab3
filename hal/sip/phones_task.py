"""Phones: the whole SIP side of the box behind one class.

Shell: sockets and the clock around agent.py. Usage:

    phones = Phones(switch, account_for, listen=[("udp", "0.0.0.0", 5060)], on_offered=..., ...)
    group.create_task(phones.run(), name="phones")
    await phones.opened.wait()      # phones.ports has the real ports
    leg = phones.dial("201", Party("5551234", "Ann"), timeout_s=20)

`switch.listener` belongs to who joins the legs: it gives `DigitHeard` and `MediaLost` to
the leg whose `port` they name (`digit_heard`, `media_lost`).
Tests: tests/hal/sip/test_phones_task.py, test_baresip.py, test_sipp.py.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hal.leg import Cause, Leg, Party
from hal.sip.agent import Agent, AgentSnapshot, Registration
from hal.sip.call import SipCall
from hal.sip.capture_task import Capture, CaptureState
from hal.sip.digest import AccountFor, Doorkeeper
from hal.sip.fill import Fill
from hal.sip.flow import Flow
from hal.sip.message import Headers
from hal.sip.qualify import INTERVAL_S
from hal.sip.registrar import Saved, SignInFailed
from hal.sip.shutout import Shut
from hal.sip.timers import Timers
from hal.sip.transactions import MAX_TRANSACTIONS
from hal.sip.transport_task import Listen, Transport
from hal.sip.watch import Source
from hal.switch.errors import SwitchError
from hal.switch.face import AudioSwitch

logger = logging.getLogger(__name__)

RING_S: Final = 180.0
"""How long a phone rings at most (RFC 3261 clause 16.6, timer C). Who calls gives up sooner, after
the time that the office set up."""
MAX_TIMERS: Final = 8 * MAX_TRANSACTIONS
"""Each transaction has four at most, stopped ones are kept until their time; beside them two for
each phone, call and subscription."""


@dataclass(frozen=True, slots=True)
class PhonesSnapshot:
    """The stack and its sockets."""

    agent: AgentSnapshot
    ports: tuple[int, ...]
    tcp_connections: int
    """TCP and TLS."""
    messages_rate_limited: int
    tables: tuple[Fill, ...]
    """All that grows with what comes in, and how far it may."""
    shut_out: tuple[Shut, ...]
    """Who guesses passwords and is not listened to; `until` in seconds from now."""
    trace: CaptureState | None


class Phones:
    """Every SIP phone of the box."""

    def __init__(
        self,
        switch: AudioSwitch,
        accounts: AccountFor,
        *,
        listen: Sequence[Listen] = (("udp", "0.0.0.0", 5060), ("tcp", "0.0.0.0", 5060)),
        local_ip: str | None = None,
        tls: ssl.SSLContext | None = None,
        realm: str = "callbox",
        algorithms: tuple[str, ...] = ("SHA-256", "MD5"),
        on_offered: Callable[[SipCall], None],
        on_registered: Callable[[str, bool], None] = lambda extension, is_reachable: None,
        on_sign_in_failed: Callable[[SignInFailed], None] = lambda event: None,
        qualify_s: float = INTERVAL_S,
        restored: Iterable[Saved] = (),
        watched: Source | None = None,
        on_shut_out: Callable[[Shut], None] = lambda shut: None,
    ) -> None:
        """`watched`: what phones may watch beside each other's calls. `on_shut_out`: somebody
        guesses passwords; `until` in seconds from now. `tls`: certificate and key of the TLS
        listeners (certificate.py makes it)."""
        self.opened = asyncio.Event()
        """Set while the sockets are bound and `ports` is true."""
        self._restored = tuple(restored)
        self._timers = Timers(time.monotonic, self._wake_at)  # by which the event loop goes, too
        self._alarm: asyncio.TimerHandle | None = None
        self._transport = Transport(list(listen), self._receive, self._closed, local_ip, tls)
        self._agent = Agent(
            self._transport,
            self._timers,
            switch,
            Doorkeeper(realm, accounts, algorithms),
            on_offered,
            on_registered,
            on_sign_in_failed,
            qualify_s,
            watched,
            self._transport.lag,
        )
        self._agent.registrar.on_shut_out = lambda shut: on_shut_out(
            replace(shut, until=shut.until - self._timers.clock())
        )

    async def run(self) -> None:
        """Bind, serve until cancelled, close. `OSError` when a port is taken."""
        await self._transport.open()
        try:
            self._agent.registrar.restore(self._restored)
            self._restored = ()
            self.opened.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._transport.sweep(), name="sip sweep")
        finally:
            self.opened.clear()
            self._release_all()
            self._agent.subscriptions.close()
            self._cancel_alarm()
            self.stop_trace()
            await self._transport.close()

    def _release_all(self) -> None:
        """Closing down: tell every phone once, so that none stays in a dead call."""
        for leg in self.calls:
            try:
                leg.release(Cause.NETWORK_OUT_OF_ORDER)
            except SwitchError as error:
                logger.debug("! %s: its audio port was gone: %s", leg.id, error)

    @property
    def ports(self) -> tuple[int, ...]:
        """The real port of each `listen` entry, in order, once `opened`."""
        return self._transport.ports

    def dial(
        self,
        extension: str,
        caller: Party,
        *,
        timeout_s: float = RING_S,
        headers: Headers = (),
        like: Leg | None = None,
        is_auto_answer: bool = False,
    ) -> SipCall:
        """Ring all phones of an extension. Never fails itself: the outcome is an event. `like`:
        the leg they will talk with; `is_auto_answer`: they are asked to answer by themselves."""
        return self._agent.dial(
            extension,
            caller,
            timeout_s=timeout_s,
            headers=headers,
            like=like,
            is_auto_answer=is_auto_answer,
        )

    def is_reachable(self, extension: str) -> bool:
        """At least one phone is signed in to it and answers."""
        return self._agent.is_reachable(extension)

    def registrations(self) -> tuple[Registration, ...]:
        """Every phone signed in."""
        return self._agent.registrations()

    @property
    def calls(self) -> tuple[SipCall, ...]:
        """Legs that are not released."""
        return self._agent.calls

    def changed(self, *entities: str) -> None:
        """Something about these may have changed: phones that watch them are told, if it has."""
        self._agent.subscriptions.changed(*entities)

    def all_changed(self) -> None:
        """As `changed`, of everything that is watched."""
        self._agent.subscriptions.all_changed()

    def bindings(self) -> tuple[Saved, ...]:
        """The registrations as plain data (JSON), for `restore` after a restart."""
        return self._agent.registrar.save()

    def restore(self, saved: Iterable[Saved]) -> None:
        """Take registrations up again (or give them to the constructor as `restored`)."""
        self._agent.registrar.restore(saved)

    def sign_out(self, account: str) -> None:
        """Forget the phones that signed in with an account that was changed or removed."""
        self._agent.registrar.sign_out(account)

    def snapshot(self) -> PhonesSnapshot:
        """For console, API and tests."""
        transport = self._transport
        now = self._timers.clock()
        standing = self._agent.registrar.shut_out.standing(now)
        return PhonesSnapshot(
            self._agent.snapshot(),
            self.ports,
            len(transport.connections),
            transport.rates.refused,
            (
                *self._agent.fills(),
                *transport.fills(),
                Fill("timers", len(self._timers), MAX_TIMERS),
            ),
            tuple(replace(shut, until=shut.until - now) for shut in standing),
            transport.capture.state() if transport.capture is not None else None,
        )

    def allow(self, address: str) -> bool:
        """Listen again to sign-ins from an address; False if it was not shut out."""
        return self._agent.registrar.shut_out.release(address)

    async def trace(self, path: Path, seconds: float) -> CaptureState:
        """Write all messages to a pcap file from now on, instead of to the one before. `OSError`
        when the file cannot be made."""
        self.stop_trace()
        capture = Capture(path, seconds)
        await asyncio.to_thread(capture.begin)
        self._transport.capture = capture
        return capture.state()

    def stop_trace(self) -> None:
        """End the trace, if one runs; what was noted is still written."""
        if self._transport.capture is not None:
            self._transport.capture.stop()

    def _receive(self, data: bytes, flow: Flow) -> None:
        self._agent.receive(data, flow)

    def _closed(self, flow: Flow) -> None:
        self._agent.flow_closed(flow)

    def _wake_at(self, at: float) -> None:
        self._cancel_alarm()
        self._alarm = asyncio.get_running_loop().call_at(at, self._fire)

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _fire(self) -> None:
        self._alarm = None
        try:
            self._timers.fire()
        except Exception:
            # The boundary of one timer: the others go on.
            logger.exception("a SIP timer failed")
        finally:
            if (at := self._timers.next_at) is not None and self._alarm is None:
                self._wake_at(at)
