"""Which digests a phone is offered: SHA-256 above MD5, or MD5 alone where the phone knows no more.

RFC 8760 clause 2.4: one challenge per algorithm, the preferred on top; a phone takes the first it
knows. Telephones built on libre 1.x (baresip 1.0) give up on a second challenge whatever its
order, and so do some tools that send no User-Agent; they are told by name. Whoever else comes
again without credentials was puzzled, and is offered MD5 alone from then on: once and for all is
cheaper than a call that fails. Nobody gains by that: MD5 is among the offers anyhow.

Pure. Used by registrar.py. Tests: tests/hal/sip/test_offers.py, test_baresip.py, test_linphone.py.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

MAX_PHONES: Final = 1024
MD5_ONLY: Final = ("baresip v0.", "baresip v1.", "sipp")
"""How the User-Agent of those begins, in lower case."""
SIMPLEST: Final = "MD5"


@dataclass(slots=True)
class _Phone:
    salt: str
    """Of the challenge it has not answered."""
    is_puzzled: bool = False


class Offers:
    """What each phone made of its challenges, by address and user."""

    def __init__(self, algorithms: tuple[str, ...]) -> None:
        """`algorithms`: all of ours, best first."""
        self._algorithms = algorithms
        self._phones: OrderedDict[tuple[str, str], _Phone] = OrderedDict()

    def __len__(self) -> int:
        return len(self._phones)

    def choose(self, ip: str, user: str, user_agent: str, salt: str) -> tuple[str, ...]:
        """The algorithms of a challenge. `salt` is the same when the same request comes again,
        which only says that our answer was lost."""
        if len(self._algorithms) == 1 or SIMPLEST not in self._algorithms:
            return self._algorithms
        if _knows_md5_only(user_agent):
            return (SIMPLEST,)
        phone = self._phones.setdefault((ip, user), _Phone(salt))
        self._phones.move_to_end((ip, user))
        if len(self._phones) > MAX_PHONES:
            self._phones.popitem(last=False)
        if phone.salt not in ("", salt):
            phone.is_puzzled = True
        phone.salt = salt
        return (SIMPLEST,) if phone.is_puzzled else self._algorithms

    def answered(self, ip: str, user: str) -> None:
        """It sent credentials, so it understood."""
        if (phone := self._phones.get((ip, user))) is not None:
            phone.salt = ""


def _knows_md5_only(user_agent: str) -> bool:
    name = user_agent.lower()
    return not name or name.startswith(MD5_ONLY)
