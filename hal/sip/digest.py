"""Digest sign-in, the server's side: challenges, nonces, and checking what a phone answers.

RFC 7616 and 8760 (SHA-256 and MD5, qop=auth), and RFC 2617 phones without qop. Pure: time is an
argument, secrets come from a callable. A nonce carries its birth time and a keyed hash over that
and the address it was given to, so only used ones are remembered (bounded) and credentials
that name one prove that their sender gets our answers: nobody is blamed for a forged address.
Each count of a nonce is good once, also when requests overtake each other, which makes a
recorded sign-in worthless. Left out: auth-int, -sess algorithms, user name hashing.
Vectors: RFC 2617 clause 3.5, RFC 7616 clause 3.9.1. Tests: tests/hal/sip/test_digest.py.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.headers import parse_auth
from hal.sip.message import Request


@dataclass(frozen=True, slots=True)
class Account:
    """What one user name signs in with, and to which extension. A phone may have an account of
    its own (`201-a1b2c3`), so that losing it costs no other phone of the extension anything."""

    secret: str
    extension: str


AccountFor = Callable[[str], Account | str | None]
"""The account of a user name; None if there is none. A plain secret: the account of the extension
of that very name."""

_HASH: Final[Mapping[str, Callable[[bytes], hashlib._Hash]]] = {
    "md5": hashlib.md5,
    "sha-256": hashlib.sha256,
}
NONCE_LIFE_S: Final = 300.0
REPEAT_S: Final = 32.0
"""Longer than any transaction repeats its request."""
WINDOW: Final = 31
"""How far a request may be overtaken by later ones of the same phone."""
MASK: Final = (1 << WINDOW + 1) - 1
MAX_NONCES: Final = 4096
"""Used nonces remembered; forgetting one early only costs its phone a new challenge."""


class Verdict(Enum):
    """What a sign-in came to."""

    GOOD = "good"
    NONE = "no credentials"
    STALE = "nonce expired or used before"
    WRONG = "wrong password"
    UNKNOWN_USER = "unknown user"
    WRONG_REALM = "other realm"
    UNKNOWN_ALGORITHM = "algorithm not offered"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Verdict and the user name it is about; when good, the extension it stands for."""

    verdict: Verdict
    user: str = ""
    extension: str = ""
    proof: str = ""
    """The phone's own answer to the challenge: another one for each password it tries."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The fields a digest is made from, as the phone sent them."""

    user: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "md5"
    qop: str = ""
    nc: str = ""
    cnonce: str = ""

    @staticmethod
    def parse(value: str) -> Credentials | None:
        """Read an Authorization value; None for a scheme other than Digest."""
        scheme, fields = parse_auth(value, "Authorization")
        if scheme != "digest":
            return None
        for name in ("username", "realm", "nonce", "uri", "response"):
            if name not in fields:
                raise BadMessage("Authorization", value[:20], f"the field {name}")
        return Credentials(
            fields["username"],
            fields["realm"],
            fields["nonce"],
            fields["uri"],
            fields["response"].lower(),
            fields.get("algorithm", "MD5").lower(),
            fields.get("qop", "").lower(),
            fields.get("nc", ""),
            fields.get("cnonce", ""),
        )

    def expected(self, method: str, secret: str) -> str:
        """What `response` must be (RFC 7616 clause 3.4.1; without qop RFC 2069's form)."""
        make = _HASH[self.algorithm]

        def digest(*parts: str) -> str:
            return make(":".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

        who = digest(self.user, self.realm, secret)
        what = digest(method, self.uri)
        if self.qop:
            return digest(who, self.nonce, self.nc, self.cnonce, self.qop, what)
        return digest(who, self.nonce, what)


class Nonces:
    """Makes nonces and knows which counts of each were used."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._used: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """The highest count, and one bit for each of those just below it."""

    def __len__(self) -> int:
        return len(self._used)

    def make(self, now: float, salt: str, ip: str = "") -> str:
        """A fresh nonce for that address. The same `salt` soon after gives the same one: a request
        that is repeated must get the same challenge although nobody remembers it (RFC 3261
        clause 8.2.7)."""
        at = now // REPEAT_S * REPEAT_S
        body = f"{int(at * 1000):x}.{self._seal(salt)[:16]}"
        return f"{body}.{self._seal(body + ip)}"

    def is_good(self, nonce: str, now: float, ip: str = "") -> bool:
        """We gave it to that address, lately."""
        body, _, seal = nonce.rpartition(".")
        sealed = self._seal(body + ip)
        if not hmac.compare_digest(seal.encode("utf-8", "replace"), sealed.encode()):
            return False
        return 0 <= now - int(body.partition(".")[0], 16) / 1000 <= NONCE_LIFE_S

    def use(self, nonce: str, nc: str, now: float, ip: str = "") -> bool:
        """True, and remembered, if the nonce is good and this count of it was not used. Counts
        may overtake each other by `WINDOW` (as RFC 4302 clause 3.4.3 does it for packets)."""
        count = _count(nc)
        if not self.is_good(nonce, now, ip):
            return False
        highest, window = self._used.get(nonce, (0, 0))
        if count > highest:
            window = (window << min(count - highest, WINDOW + 1) | 1) & MASK
            highest = count
        elif count == 0 or highest - count > WINDOW or window >> (highest - count) & 1:
            return False
        else:
            window |= 1 << (highest - count)
        self._used[nonce] = highest, window
        self._used.move_to_end(nonce)
        while len(self._used) > MAX_NONCES:
            self._used.popitem(last=False)
        return True

    def _seal(self, body: str) -> str:
        text = body.encode("utf-8", "surrogateescape")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:32]


def _count(nc: str) -> int:
    """The nonce count; a phone without qop has none and may use each nonce once."""
    if not nc:
        return 1
    if len(nc) != 8 or any(c not in "0123456789abcdefABCDEF" for c in nc):
        raise BadMessage("Authorization nc", nc, "8 hexadecimal digits")
    return int(nc, 16)


class Doorkeeper:
    """Challenges requests and checks the answers, for one realm."""

    def __init__(
        self,
        realm: str,
        account_for: AccountFor,
        algorithms: tuple[str, ...] = ("MD5",),
        key: bytes | None = None,
    ) -> None:
        """`algorithms` are those offered unless a challenge says otherwise, best first; both are
        always accepted."""
        self.realm, self.algorithms = realm, algorithms
        self._account_for = account_for
        self._nonces = Nonces(key or secrets.token_bytes(32))

    @property
    def nonces(self) -> Nonces:
        return self._nonces

    def challenge(
        self,
        now: float,
        salt: str,
        is_stale: bool = False,
        ip: str = "",
        algorithms: tuple[str, ...] = (),
    ) -> tuple[tuple[str, str], ...]:
        """WWW-Authenticate headers, one per algorithm in our order (RFC 8760 clause 2.4)."""
        nonce = self._nonces.make(now, salt, ip)
        stale = ", stale=true" if is_stale else ""
        return tuple(
            (
                "WWW-Authenticate",
                f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={name}, '
                f'qop="auth"{stale}',
            )
            for name in algorithms or self.algorithms
        )

    def check(self, request: Request, now: float, ip: str = "") -> SignIn:
        """Judge the first Digest credentials for our realm.

        The uri field is hashed but not compared with the Request-URI: several clients send
        their server's address there, and the nonce count already forbids using it twice.
        """
        verdict = SignIn(Verdict.NONE)
        for name, value in request.headers:
            if name == "Authorization" and (given := Credentials.parse(value)) is not None:
                if given.realm == self.realm:
                    return self._judge(given, request.method, now, ip)
                verdict = SignIn(Verdict.WRONG_REALM, given.user)
        return verdict

    def _judge(self, given: Credentials, method: str, now: float, ip: str) -> SignIn:
        if given.algorithm not in _HASH or given.qop not in ("", "auth"):
            return SignIn(Verdict.UNKNOWN_ALGORITHM, given.user)
        if not self._nonces.is_good(given.nonce, now, ip):
            return SignIn(Verdict.STALE, given.user)
        account = self._account_for(given.user)
        if isinstance(account, str):
            account = Account(account, given.user)
        expected = given.expected(method, account.secret if account else secrets.token_hex(8))
        is_right = hmac.compare_digest(given.response.encode("utf-8", "replace"), expected.encode())
        if account is None:
            return SignIn(Verdict.UNKNOWN_USER, given.user, proof=given.response)
        if not is_right:
            return SignIn(Verdict.WRONG, given.user, proof=given.response)
        if not self._nonces.use(given.nonce, given.nc, now, ip):
            return SignIn(Verdict.STALE, given.user)
        return SignIn(Verdict.GOOD, given.user, account.extension)
