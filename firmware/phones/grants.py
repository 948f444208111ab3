"""Who may have the file of a phone: one give-out per approval, in time, to who asked.

Pure: time is an argument (monotonic seconds). A grant is either for a MAC address, and then only
for the network address that asked under it (empty: the first that asks; for phones approved
before they were plugged in), or for a token, which an app got by a code on the screen. Taking a
grant removes it. The table goes to a file as plain data; there the time left is kept, not the
time, because the box may have no clock.

What this cannot do: a thief in the office's network who takes over the approved phone's MAC *and*
network address and is faster gets the file instead. Then the real phone stays without, the page
says to which address the file went, and removing the phone there makes that file worthless.

Shell: set_up_task.py. Tests: tests/firmware/phones/test_grants.py.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final

WAIT_S: Final = 1800.0
"""Time to restart a phone and have it ask, with a walk to the other end of the building."""


class Taken(Enum):
    """What became of an attempt."""

    GIVEN = "given"
    NONE = "nothing was approved"
    ELSEWHERE = "approved for another address"


@dataclass(frozen=True, slots=True)
class Grant:
    """One approval that was not used yet."""

    mac: str
    address: str
    until: float
    seal: str = ""
    """SHA-256 of the token; empty: by MAC address."""


class Grants:
    """All of them, by MAC address: a new approval takes the place of an older one."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}

    def allow(self, mac: str, address: str, now: float, token: str = "") -> Grant:
        """Approve."""
        seal = _seal(token) if token else ""
        grant = self._grants[mac] = Grant(mac, address, now + WAIT_S, seal)
        return grant

    def take(self, mac: str, address: str, now: float) -> tuple[Taken, Grant | None]:
        """Use the grant of a MAC address up."""
        grant = self.of(mac, now)
        if grant is None or grant.seal:
            return Taken.NONE, None
        if grant.address not in ("", address):
            return Taken.ELSEWHERE, grant
        del self._grants[mac]
        return Taken.GIVEN, grant

    def take_token(self, token: str, now: float) -> Grant | None:
        """Use the grant of a token up; None if there is none (any more)."""
        seal = _seal(token)
        for grant in list(self._grants.values()):
            if grant.seal and hmac.compare_digest(grant.seal, seal) and grant.until > now:
                del self._grants[grant.mac]
                return grant
        return None

    def put_back(self, grant: Grant) -> None:
        """It could not be given after all."""
        self._grants.setdefault(grant.mac, grant)

    def of(self, mac: str, now: float) -> Grant | None:
        """The unused grant of a phone."""
        grant = self._grants.get(mac)
        if grant is not None and grant.until <= now:
            del self._grants[mac]
            return None
        return grant

    def revoke(self, mac: str) -> None:
        """The phone was removed."""
        self._grants.pop(mac, None)

    def save(self, now: float) -> list[dict[str, Any]]:
        """As plain data."""
        return [
            {k: v for k, v in asdict(g).items() if k != "until"} | {"left_s": g.until - now}
            for g in self._grants.values()
            if g.until > now
        ]

    def restore(self, rows: object, now: float) -> None:
        """Inverse of `save`; what is not understood is left out: it can be approved again."""
        for row in rows if isinstance(rows, list) else []:
            if not isinstance(row, Mapping):
                continue
            mac, address, seal = (row.get(name) for name in ("mac", "address", "seal"))
            left_s = row.get("left_s")
            if not (isinstance(mac, str) and isinstance(address, str) and isinstance(seal, str)):
                continue
            if isinstance(left_s, int | float) and 0 < left_s <= WAIT_S:
                self._grants[mac] = Grant(mac, address, now + left_s, seal)


def _seal(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
