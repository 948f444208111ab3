"""Who guesses passwords, and for how long nobody listens to them.

Pure: time is an argument. Every wrong sign-in costs the source of it a point, points wear off, and
at a limit the source is slowed and then shut out: one minute at first, twice as long each time, an
hour at most. What matters for an office:

- The same credentials again count nothing: whoever repeats them learns nothing new, and a phone
  does so whenever an answer of ours was lost.
- From the office's own networks only *different users* count against an address; trying one user
  over and over shuts out that user at that address and nobody else: a mistyped password is that.
- A user who signed in well from an address before is judged apart from it: the good phones behind
  a shared address keep working while somebody else there guesses.
- Only sign-ins are refused. Flows of registered phones and calls in progress never come here.

An IPv6 source is its /64: whoever has one address of it has all. Left out: sources that work
together, which long random passwords answer. Shell: registrar.py asks. Tests:
tests/hal/sip/test_shutout.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

MAX_SOURCES: Final = 1024
MAX_USERS: Final = 32
"""Of one source."""
STRANGER_POINTS: Final = 10.0
"""Wrong sign-ins of a source outside, or different users from one inside."""
USER_POINTS: Final = 20.0
"""Wrong sign-ins of one user from one address."""
SLOW_POINTS: Final = 3.0
"""From here on the refusal comes late."""
SLOW_S: Final = 2.0
WEAR_POINTS_PER_S: Final = 1 / 60
"""A phone with a wrong password that tries every minute or slower is never shut out."""
FIRST_S: Final = 60.0
LONGEST_S: Final = 3600.0
FORGET_S: Final = 24 * 3600.0
"""After a day without a wrong sign-in the next one counts as the first."""

OWN_NETWORKS: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # RFC 1918
        "127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10", "fc00::/7",
    )
)  # fmt: skip


class Admission(Enum):
    """What becomes of a sign-in before its password is looked at."""

    OPEN = "open"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Shut:
    """A source, or one user at it, is not listened to for a while."""

    source: str
    """Address, or the /64 of IPv6."""
    user: str
    """Empty: whoever it says it is, but for users who signed in well from there."""
    until: float
    """On the stack's clock."""
    why: str


@dataclass(slots=True)
class _Tally:
    """Points of a source or of a user, and the sentence they led to."""

    points: float = 0.0
    at: float = 0.0
    times: int = 0
    until: float = 0.0

    def add(self, limit: float, now: float) -> bool:
        """One point more; True if that shuts out."""
        if now - self.at > FORGET_S:
            self.times = 0
        self.points = max(0.0, self.points - (now - self.at) * WEAR_POINTS_PER_S) + 1
        self.at = now
        if self.points < limit:
            return False
        self.until = now + min(LONGEST_S, FIRST_S * 2**self.times)
        self.times = min(self.times + 1, 16)
        self.points = limit / 2  # the next sentence comes sooner
        return True

    def left(self, now: float) -> float:
        """Points that have not worn off."""
        return max(0.0, self.points - (now - self.at) * WEAR_POINTS_PER_S)


@dataclass(slots=True)
class _User:
    tally: _Tally = field(default_factory=_Tally)
    proof: str = ""
    """The last wrong answer to a challenge."""
    is_known: bool = False
    """Signed in well from here."""


@dataclass(slots=True)
class _Source:
    tally: _Tally = field(default_factory=_Tally)
    users: OrderedDict[str, _User] = field(default_factory=OrderedDict)

    def user(self, name: str) -> _User:
        found = self.users.setdefault(name, _User())
        self.users.move_to_end(name)
        if len(self.users) > MAX_USERS:
            strangers = (key for key, user in self.users.items() if not user.is_known)
            del self.users[next(strangers, next(iter(self.users)))]
        return found


def is_own(ip: str) -> bool:
    """An address of a network that offices have inside."""
    address = ip_address(ip.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in OWN_NETWORKS)


class ShutOut:
    """All sources that failed lately."""

    def __init__(self, is_own: Callable[[str], bool] = is_own) -> None:
        self._is_own = is_own
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self.refused = 0
        """Sign-ins that were not looked at."""

    def __len__(self) -> int:
        return len(self._sources)

    def admit(self, ip: str, user: str, now: float) -> Admission:
        """May this user try from there?"""
        source = self._sources.get(source_of(ip))
        if source is None:
            return Admission.OPEN
        known = source.users.get(user)
        is_shut = known is not None and known.tally.until > now
        if source.tally.until > now and not (known is not None and known.is_known):
            is_shut = True
        self.refused += is_shut
        return Admission.SHUT if is_shut else Admission.OPEN

    def wrong(self, ip: str, user: str, proof: str, now: float) -> Shut | None:
        """A wrong sign-in; the sentence if it was one too many."""
        name = source_of(ip)
        source = self._source(name, now)
        is_new = user not in source.users
        entry = source.user(user)
        if proof and proof == entry.proof:
            return None
        entry.proof = proof
        is_inside = self._is_own(ip)
        if (is_inside or entry.is_known) and entry.tally.add(USER_POINTS, now):
            why = f"wrong passwords for {user!r} again and again"
            return Shut(name, user, entry.tally.until, why)
        counts = is_new if is_inside else not entry.is_known
        if counts and source.tally.add(STRANGER_POINTS, now):
            return Shut(name, "", source.tally.until, "wrong users or passwords again and again")
        return None

    def right(self, ip: str, user: str, now: float) -> None:
        """A good sign-in: this user is known there from now on."""
        entry = self._source(source_of(ip), now).user(user)
        entry.tally, entry.proof, entry.is_known = _Tally(), "", True

    def delay_s(self, ip: str, now: float) -> float:
        """How long the refusal of a wrong sign-in that just came is held back."""
        source = self._sources.get(source_of(ip))
        if source is None or not source.users:
            return 0.0
        latest = source.users[next(reversed(source.users))]
        points = max(source.tally.left(now), latest.tally.left(now))
        return SLOW_S if points > SLOW_POINTS else 0.0

    def release(self, ip: str) -> bool:
        """Listen to this source again at once, and forget what it did; False if it was heard."""
        source = self._sources.get(ip) or self._sources.get(source_of(ip))
        if source is None:
            return False
        tallies = [source.tally, *(user.tally for user in source.users.values())]
        was_shut = any(tally.until for tally in tallies)
        source.tally = _Tally()
        for user in source.users.values():
            user.tally = _Tally()
        return was_shut

    def standing(self, now: float) -> tuple[Shut, ...]:
        """Everybody who is shut out now."""
        found: list[Shut] = []
        for name, source in self._sources.items():
            if source.tally.until > now:
                found.append(Shut(name, "", source.tally.until, "guessing"))
            found += [
                Shut(name, who, user.tally.until, "guessing")
                for who, user in source.users.items()
                if user.tally.until > now
            ]
        return tuple(found)

    def _source(self, name: str, now: float) -> _Source:
        found = self._sources.setdefault(name, _Source())
        self._sources.move_to_end(name)
        if len(self._sources) > MAX_SOURCES:
            # Who is shut out stays so, as long as there is somebody else to forget.
            free = (key for key, source in self._sources.items() if source.tally.until <= now)
            del self._sources[next(free, next(iter(self._sources)))]
        return found


def source_of(ip: str) -> str:
    """What is shut out together: an IPv4 address, a /64 of IPv6."""
    if ":" not in ip:
        return ip
    address = IPv6Address(ip.partition("%")[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address) >> 64 << 64, 64)))
