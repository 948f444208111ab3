"""Who is signed in: the account behind the session cookie, checked again with the core.

A session ends when its account is removed or its password changes (within `RECHECK_S`), and it
outlives a core that is away: the last known account counts then. Tests: tests/web/test_access.py.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from typing import Final

from flask import session

from firmware.config.schema import User
from web.face import Core, CoreAway, Refused

RECHECK_S: Final = 20.0
MAX_KEPT: Final = 256
USER: Final = "user"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person signed in to the pages."""

    name: str
    role: str
    extension: str = ""


class Accounts:
    """Accounts as the core has them, kept for `RECHECK_S`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, User | None]] = {}

    def find(self, name: str) -> User | None:
        """The account, asked now; None if there is none. `CoreAway` if nobody answers."""
        try:
            user = self._core.account(name)
        except Refused as refused:
            if refused.status not in (400, 404, 422):
                raise
            user = None
        self._keep(name, user)
        return user

    def current(self, name: str) -> User | None:
        """The account, at most `RECHECK_S` old, or older while the core is away."""
        kept = self._kept.get(name)
        if kept and time.monotonic() - kept[0] < RECHECK_S:
            return kept[1]
        try:
            return self.find(name)
        except CoreAway:
            if kept is None:
                raise
            self._keep(name, kept[1])  # do not wait for a dead core on every request
            return kept[1]

    def forget(self) -> None:
        """Ask again next time: accounts were changed."""
        with self._lock:
            self._kept.clear()

    def _keep(self, name: str, user: User | None) -> None:
        with self._lock:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[name] = (time.monotonic(), user)


def sign_in(user: User) -> None:
    """Begin a fresh session for `user` (what was in the old one is gone)."""
    session.clear()
    session.permanent = True
    session[USER] = {
        "name": user.name,
        "role": user.role,
        "extension": user.extension or "",
        "stamp": _stamp(user),
    }


def visitor(accounts: Accounts) -> Visitor | None:
    """Whoever this request's session belongs to; None if nobody."""
    kept = session.get(USER)
    if not isinstance(kept, dict):
        return None
    try:
        user = accounts.current(str(kept["name"]))
    except CoreAway:  # restarted while the core is away: the signed cookie is all there is
        return Visitor(str(kept["name"]), str(kept["role"]), str(kept["extension"]))
    if user is None or _stamp(user) != kept["stamp"]:
        session.clear()
        return None
    return Visitor(user.name, user.role, user.extension or "")


def _stamp(user: User) -> str:
    """Changes with the password, so that a changed password ends all sessions."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
