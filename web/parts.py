"""What one running application consists of: its settings, its neighbours, its small memories."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar, cast

from flask import current_app

from firmware.api.routing_schema import ScheduleNow
from firmware.api.schema import ConfigDocument, Live
from web.accounts import Accounts
from web.face import CallStore, Core, CoreAway
from web.floor import day
from web.passwords import Passwords
from web.throttle import Throttle

T = TypeVar("T")
LIVE_KEEP_S = 0.5
CONFIG_KEEP_S = 10.0
HOURS_KEEP_S = 2.0
DAY_KEEP_S = 10.0
AWAY_KEEP_S = 1.0


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Settings of the web process."""

    secret_key: bytes
    shelves: tuple[Path, ...] = ()
    """Folders recordings may be in; empty: any absolute path the records name."""
    is_https: bool = False
    is_behind_proxy: bool = False
    sip_host: str = ""
    """Address phones sign in to; empty: the host name in the browser's address."""
    sip_port: int = 5060
    sip_tls_port: int | None = None
    provision_port: int | None = None
    """Where phones fetch their files over HTTPS; None: nowhere."""
    trust: Path | None = None
    """Certificate that phones may be told to trust."""


class Shared(Generic[T]):
    """One answer of the core for all pages that ask within `keep_s`.

    Twenty open live pages ask the core as often as one does. That it is away is remembered for
    `AWAY_KEEP_S` too: pages that queued behind a core that hangs do not each wait for it in turn.
    """

    def __init__(self, ask: Callable[[], T], keep_s: float) -> None:
        self._ask, self._keep_s = ask, keep_s
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None
        self._away: tuple[float, CoreAway] | None = None

    def get(self) -> T:
        """The answer, at most `keep_s` old."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > self._keep_s:
                self._kept = (time.monotonic(), self._ask_unless_away())
            return self._kept[1]

    def _ask_unless_away(self) -> T:
        if self._away and time.monotonic() - self._away[0] < AWAY_KEEP_S:
            raise self._away[1]
        try:
            answer = self._ask()
        except CoreAway as error:
            self._away = (time.monotonic(), error)
            raise
        self._away = None
        return answer

    def last(self) -> T | None:
        """The last answer however old, for when the core is away."""
        return self._kept[1] if self._kept else None

    def forget(self) -> None:
        """Ask again next time: something was changed."""
        with self._lock:
            if self._kept:
                self._kept = (float("-inf"), self._kept[1])


def known(shared: Shared[T]) -> T | None:
    """The answer now; the last one while the core is away."""
    try:
        return shared.get()
    except CoreAway:
        return shared.last()


@dataclass(slots=True)
class Parts:
    """The application's neighbours and memories; one per process."""

    config: WebConfig
    core: Core
    records: CallStore
    live: Shared[Live]
    office: Shared[ConfigDocument]
    hours: Shared[list[ScheduleNow]]
    """Whether the office is open."""
    day: Shared[day.Day]
    """Today's service levels."""
    accounts: Accounts
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    is_set_up: bool = False


def assemble(config: WebConfig, core: Core, records: CallStore) -> Parts:
    """The parts of an application."""
    office = Shared(core.config, CONFIG_KEEP_S)
    return Parts(
        config,
        core,
        records,
        live=Shared(core.live, LIVE_KEEP_S),
        office=office,
        hours=Shared(core.schedules, HOURS_KEEP_S),
        day=Shared(lambda: day.read(records, office.get().office, datetime.now(UTC)), DAY_KEEP_S),
        accounts=Accounts(core),
    )


def parts() -> Parts:
    """The parts of the application that handles this request."""
    return cast(Parts, current_app.extensions["callbox"])
