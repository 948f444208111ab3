"""The registrar: which phones are signed in, where, and until when.

RFC 3261 clause 10.3, digest by digest.py, flows as in RFC 5626 (a phone is reached along the
path its REGISTER came, and by its `+sip.instance` known again after it restarts on another port).
Pure: requests in, responses and events out. Bindings can be exported and taken up again, so a
restart of the core does not silence the phones. Left out: GRUU, Path, third-party registration.
Tests: tests/hal/sip/test_agent.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, NotRequired, TypedDict

from hal.sip.digest import MAX_NONCES, Doorkeeper, SignIn, Verdict
from hal.sip.errors import BadMessage, SipError
from hal.sip.fill import Fill
from hal.sip.flow import Flow
from hal.sip.headers import NameAddr
from hal.sip.lex import number
from hal.sip.message import Request, Response, respond
from hal.sip.offers import MAX_PHONES, Offers
from hal.sip.shutout import MAX_SOURCES, Admission, Shut, ShutOut
from hal.sip.timers import Timers
from hal.sip.uri import SipUri, parse_uri, unescape

logger = logging.getLogger(__name__)

MIN_EXPIRES_S: Final = 60
MAX_EXPIRES_S: Final = 7200
DEFAULT_EXPIRES_S: Final = 3600
"""RFC 3261 clause 10.2.1.1."""
MAX_BINDINGS: Final = 2000
"""Of all extensions."""
MAX_CONTACTS: Final = 10
"""Per extension; the one nearest to its end makes room."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One phone signed in to one extension."""

    extension: str
    contact: SipUri
    flow: Flow
    expires_at: float
    """Seconds on the stack's clock."""
    instance: str = ""
    user_agent: str = ""
    call_id: str = ""
    cseq: int = 0
    is_reachable: bool = True
    account: str = ""
    """User name it signed in with: the extension itself, or the phone's own."""

    @property
    def key(self) -> str:
        """What makes it the same phone again: its instance, else its address."""
        return self.instance or str(self.contact)


class Saved(TypedDict):
    """A binding as plain data. Only the time left is kept: the box may have no clock."""

    account: NotRequired[str]

    extension: str
    contact: str
    transport: str
    ip: str
    port: int
    listener: int
    expires_in_s: float
    instance: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A phone signed in, moved or renewed."""

    binding: Binding


@dataclass(frozen=True, slots=True)
class Unbound:
    """A phone signed out, or its time ran out."""

    binding: Binding
    why: str


@dataclass(frozen=True, slots=True)
class SignInFailed:
    """Somebody tried a wrong password or an unknown user."""

    user: str
    ip: str
    why: str


RegistrarEvent = Bound | Unbound | SignInFailed


class Registrar:
    """Bindings of all extensions."""

    def __init__(
        self, doorkeeper: Doorkeeper, timers: Timers, on_event: Callable[[RegistrarEvent], None]
    ) -> None:
        self._doorkeeper, self._timers, self._on_event = doorkeeper, timers, on_event
        self._bindings: dict[str, dict[str, Binding]] = {}
        self._offers = Offers(doorkeeper.algorithms)
        self.shut_out = ShutOut()
        self.on_shut_out: Callable[[Shut], None] = lambda shut: None
        """Somebody guesses passwords and is not listened to for a while."""

    def __len__(self) -> int:
        return sum(len(held) for held in self._bindings.values())

    def fills(self) -> tuple[Fill, ...]:
        """How full the tables are."""
        return (
            Fill("phones signed in", len(self), MAX_BINDINGS),
            Fill("nonces used", len(self._doorkeeper.nonces), MAX_NONCES),
            Fill("phones offered a choice of digests", len(self._offers), MAX_PHONES),
            Fill("addresses that sign in", len(self.shut_out), MAX_SOURCES),
        )

    def authenticate(self, request: Request, flow: Flow) -> str | Response:
        """The extension of who signed the request, or the response that refuses it."""
        signed = self._sign_in(request, flow)
        return signed.extension if isinstance(signed, SignIn) else signed

    def _sign_in(self, request: Request, flow: Flow) -> SignIn | Response:
        now = self._timers.clock()
        found = self._doorkeeper.check(request, now, flow.ip)
        if found.verdict in (Verdict.GOOD, Verdict.WRONG, Verdict.UNKNOWN_USER):
            self._offers.answered(flow.ip, found.user)
            if self.shut_out.admit(flow.ip, found.user, now) is Admission.SHUT:
                # Also for the right password: whoever guesses must not learn that it was.
                return respond(request, 403, reason="Forbidden (user or password)")
        match found.verdict:
            case Verdict.GOOD:
                self.shut_out.right(flow.ip, found.user, now)
                return found
            case Verdict.WRONG | Verdict.UNKNOWN_USER:
                # The same answer for both: nobody may learn which extensions exist.
                self._blame(found, flow, now)
                return respond(request, 403, reason="Forbidden (user or password)")
            case _:
                return self._challenge(request, flow, found.verdict is Verdict.STALE)

    def _challenge(self, request: Request, flow: Flow, is_stale: bool) -> Response:
        now = self._timers.clock()
        salt = f"{request.via.branch} {request.call_id} {request.cseq}"
        user = getattr(request.from_.uri, "user", None) or ""
        agent = request.first("User-Agent") or ""
        algorithms = self._offers.choose(flow.ip, user[:64], agent, salt)
        challenge = self._doorkeeper.challenge(now, salt, is_stale, flow.ip, algorithms)
        return respond(request, 401, *challenge)

    def _blame(self, found: SignIn, flow: Flow, now: float) -> None:
        shut = self.shut_out.wrong(flow.ip, found.user[:64], found.proof, now)
        self._on_event(SignInFailed(found.user, flow.ip, found.verdict.value))
        if shut is not None:
            logger.warning(
                "%s%s is shut out for %.0f s: %s",
                shut.source, f" as {shut.user!r}" if shut.user else "", shut.until - now, shut.why,
            )  # fmt: skip
            self.on_shut_out(shut)

    def register(self, request: Request, flow: Flow) -> Response:
        """Answer a REGISTER (RFC 3261 clause 10.3)."""
        if not isinstance(request.to.uri, SipUri):
            return respond(request, 404)
        signed = self._sign_in(request, flow)
        if isinstance(signed, Response):
            return signed
        if unescape(request.to.uri.user or "") not in (signed.extension, signed.user):
            self._on_event(SignInFailed(signed.user, flow.ip, f"may not sign in {request.to.uri}"))
            return respond(request, 403)
        return self._change(signed, request, flow)

    def _change(self, signed: SignIn, request: Request, flow: Flow) -> Response:
        user = signed.extension
        default_s = _expires(request.first("Expires"), DEFAULT_EXPIRES_S)
        if "*" in request.values("Contact"):
            return self._remove_all(signed, request)
        wanted = [(c, _expires(c.param("expires"), default_s)) for c in request.contacts]
        if any(0 < expires_s < MIN_EXPIRES_S for _, expires_s in wanted):
            return respond(request, 423, ("Min-Expires", str(MIN_EXPIRES_S)))
        if len(self) + len(wanted) > MAX_BINDINGS and any(expires_s for _, expires_s in wanted):
            logger.warning("! sign-in of %s refused: %d phones are signed in", user, len(self))
            return respond(request, 503, ("Retry-After", "300"))
        changes = [self._binding(signed, request, flow, c, e) for c, e in wanted]
        if any(self._is_old(change) for change in changes):
            return respond(request, 500, reason="CSeq out of order")
        for change in changes:
            self._apply(change)
        return self._listing(user, request)

    def _remove_all(self, signed: SignIn, request: Request) -> Response:
        """Every phone of this account: others of the extension stay."""
        if len(request.values("Contact")) != 1 or request.first("Expires") != "0":
            raise BadMessage("Contact", "*", "alone and with Expires: 0")
        for binding in self.of(signed.extension):
            if binding.account == signed.user:
                self._drop(binding, "signed out")
        return self._listing(signed.extension, request)

    def _binding(
        self, signed: SignIn, request: Request, flow: Flow, contact: NameAddr, expires_s: int
    ) -> Binding:
        if not isinstance(contact.uri, SipUri):
            raise BadMessage("Contact", str(contact.uri), "a sip address")
        return Binding(
            signed.extension,
            contact.uri,
            flow,
            self._timers.clock() + min(expires_s, MAX_EXPIRES_S),
            contact.param("+sip.instance") or "",
            (request.first("User-Agent") or "")[:128],
            request.call_id,
            request.cseq.number,
            account=signed.user,
        )

    def _is_old(self, change: Binding) -> bool:
        known = self._bindings.get(change.extension, {}).get(change.key)
        return known is not None and known.call_id == change.call_id and known.cseq >= change.cseq

    def _apply(self, binding: Binding) -> None:
        if binding.expires_at <= self._timers.clock():
            known = self._bindings.get(binding.extension, {}).get(binding.key)
            if known is not None:
                self._drop(known, "signed out")
            return
        held = self._bindings.setdefault(binding.extension, {})
        if binding.key not in held and len(held) >= MAX_CONTACTS:
            self._drop(min(held.values(), key=lambda b: b.expires_at), "too many phones")
        self._keep(binding)
        self._on_event(Bound(binding))

    def _keep(self, binding: Binding) -> None:
        self._bindings.setdefault(binding.extension, {})[binding.key] = binding
        left_s = binding.expires_at - self._timers.clock()
        self._timers.start(left_s, lambda: self._expire(binding))

    def _expire(self, binding: Binding) -> None:
        known = self._bindings.get(binding.extension, {}).get(binding.key)
        if known is not None and known.expires_at <= self._timers.clock():
            self._drop(known, "expired")

    def _drop(self, binding: Binding, why: str) -> None:
        held = self._bindings.get(binding.extension, {})
        held.pop(binding.key, None)
        if not held:
            self._bindings.pop(binding.extension, None)
        self._on_event(Unbound(binding, why))

    def _listing(self, user: str, request: Request) -> Response:
        now = self._timers.clock()
        contacts = [
            ("Contact", f"<{b.contact}>;expires={max(1, round(b.expires_at - now))}")
            for b in self.of(user)
        ]
        return respond(request, 200, *contacts)

    def sign_out(self, account: str) -> None:
        """Forget the phones that signed in with an account, which is no longer good."""
        for binding in self.all():
            if binding.account == account:
                self._drop(binding, "its account was changed or removed")

    def of(self, extension: str) -> tuple[Binding, ...]:
        """The phones of one extension."""
        return tuple(self._bindings.get(extension, {}).values())

    def all(self) -> tuple[Binding, ...]:
        """Every phone signed in."""
        return tuple(b for held in self._bindings.values() for b in held.values())

    def mark(self, binding: Binding, is_reachable: bool) -> bool:
        """Note what qualifying found; True if that is news about a binding still held."""
        held = self._bindings.get(binding.extension, {})
        known = held.get(binding.key)
        if known is None or known.flow != binding.flow or known.is_reachable is is_reachable:
            return False
        held[binding.key] = replace(known, is_reachable=is_reachable)
        return True

    def save(self) -> tuple[Saved, ...]:
        """All bindings as plain data."""
        now = self._timers.clock()
        return tuple(
            Saved(
                account=b.account,
                extension=b.extension,
                contact=str(b.contact),
                transport=b.flow.transport,
                ip=b.flow.ip,
                port=b.flow.port,
                listener=b.flow.listener,
                expires_in_s=b.expires_at - now,
                instance=b.instance,
                user_agent=b.user_agent,
            )
            for b in self.all()
        )

    def restore(self, saved: Iterable[Saved]) -> None:
        """Take bindings up again. A TCP phone comes back unreachable until it connects anew; what
        is not understood is left out."""
        for row in saved:
            try:
                self._take_up(row)
            except (KeyError, TypeError, ValueError, SipError) as error:
                # Of another release, or spoilt: this phone signs in again by itself.
                logger.warning("saved registration %.200r left out: %r", row, error)

    def _take_up(self, row: Saved) -> None:
        contact = parse_uri(row["contact"], "saved contact")
        left_s = min(float(row["expires_in_s"]), MAX_EXPIRES_S)
        if not isinstance(contact, SipUri) or left_s <= 0:
            return
        port = number(str(row["port"]), "saved port", 1, 65535)
        flow = Flow(row["transport"], row["ip"], port, row["listener"])
        binding = Binding(
            row["extension"], contact, flow, self._timers.clock() + left_s, row["instance"],
            row["user_agent"], is_reachable=row["transport"] == "udp",
            account=row.get("account", row["extension"]),
        )  # fmt: skip
        self.shut_out.right(flow.ip, binding.account, self._timers.clock())
        self._keep(binding)
        self._on_event(Bound(binding))


def _expires(text: str | None, default_s: int) -> int:
    """Seconds; RFC 3261 clause 20.19 lets a server read nonsense as its default."""
    if text is None:
        return default_s
    try:
        return number(text, "Expires", 0, 2**32 - 1)
    except BadMessage:
        return DEFAULT_EXPIRES_S
