"""Subscriptions: phones that want to be told what others do (RFC 6665, notifier's side).

SUBSCRIBE begins, renews, ends or just asks (Expires 0); it is signed as a call is. Packages:
`dialog` (RFC 4235), `message-summary` (RFC 3842), `presence` (RFC 3856). What there is to tell is
read anew each time from the calls themselves and from a `Source`, so that nothing is counted and
nothing can drift; it is sent when it differs from what went out last. A restart of the box forgets
all subscriptions: a phone's next SUBSCRIBE gets 481 and it begins anew (clause 4.1.2.1).

A phone that refuses a NOTIFY, or leaves it unanswered for 32 s (timer F), is told no more until it
subscribes anew; so is one that signed out, whose connection closed or that stopped answering.

Everything is bounded: subscriptions of one extension and in all, NOTIFYs a second, one NOTIFY
under way for each. Left out: resource lists (RFC 4662), subscribing to others, PUBLISH. Pure: wire
and timers are injected. One subscription's table: subscription.py.
Tests: tests/hal/sip/test_subscriptions.py.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from hal.leg import LegId, State
from hal.sip.dialog import Dialog
from hal.sip.errors import OutOfOrder
from hal.sip.flow import Flow
from hal.sip.message import Request, Response, respond
from hal.sip.pace import Pace
from hal.sip.registrar import Binding
from hal.sip.stack import USER_AGENT, Stack, new_tag
from hal.sip.subscribe import (
    MIN_EXPIRES_S,
    accepts,
    address_of,
    event_of,
    expires_of,
    retry_after,
)
from hal.sip.subscription import (
    PACKAGES,
    QUIET,
    Content,
    Do,
    Event,
    Package,
    Subscription,
    advance,
)
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received, Transaction
from hal.sip.watch import Source, Talk, Talker

logger = logging.getLogger(__name__)

ALLOW_EVENTS: Final = ("Allow-Events", ", ".join(PACKAGES))

MAX_OF_ONE: Final = 150
"""Of one extension: two phones with expansion keys. Beyond it the one that would end first makes
room, so that a phone which forgets its subscriptions can go on making new ones."""
MAX_IN_ALL: Final = 5000
"""About 1.5 kB each. Beyond it new ones get 503."""
GATHER_S: Final = 0.02
"""Changes are looked at together: one call's answer moves several legs at once."""
LOOK: Final = 200
"""Subscriptions looked at in one turn, about 2 ms; more wait for the next."""
RECHECK_S: Final = 5.0
"""How often everything is looked at without being told to, in case a change was not reported."""
SWEEP_S: Final = 1.0

Authenticate = Callable[[Request, Flow], str | Response]


@dataclass(frozen=True, slots=True)
class SubscriptionsSnapshot:
    """Who watches what, in figures."""

    subscriptions: int
    by_package: dict[str, int]
    entities: int
    """Different things that are watched."""
    waiting: int
    """NOTIFYs that wait for their turn."""
    notified: int
    """NOTIFYs sent since the start."""
    lost: int
    """Subscriptions that ended because the phone refused or did not answer."""
    crowded_out: int
    """Subscriptions that ended because there were too many."""


class Subscriptions:
    """All subscriptions of one stack."""

    def __init__(self, stack: Stack, authenticate: Authenticate, source: Source) -> None:
        self._stack, self._authenticate, self._source = stack, authenticate, source
        self._all: dict[tuple[str, str], Subscription] = {}
        self._of_entity: dict[str, dict[tuple[str, str], Subscription]] = {}
        self._of_watcher: dict[str, dict[tuple[str, str], Subscription]] = {}
        self._talkers: dict[str, dict[LegId, Talker]] = {}
        self._dirty: dict[str, None] = {}
        self._due = Pace(stack.timers, self._tell)
        self._gathering: Timer | None = None
        self._sweeping: Timer | None = None
        self._recheck_at = 0.0
        self._notified = self._lost = self._crowded_out = 0

    # -- what phones ask ------------------------------------------------------------------------

    def receive(self, transaction: Transaction) -> None:
        """A SUBSCRIBE, whether it begins a subscription or belongs to one."""
        request = transaction.request
        package, event_id = event_of(request)
        if package is None:
            transaction.respond(respond(request, 489, ALLOW_EVENTS, reason="Bad Event"))
        elif request.to.tag:
            self._renew(transaction, package, event_id)
        elif not accepts(request, package):
            accept = ("Accept", package.content_type)
            transaction.respond(respond(request, 406, accept, reason="Not Acceptable"))
        else:
            self._begin(transaction, package, event_id)

    def _begin(self, transaction: Transaction, package: Package, event_id: str) -> None:
        request, flow = transaction.request, transaction.flow
        watcher = self._authenticate(request, flow)
        if isinstance(watcher, Response):
            (transaction.refuse if watcher.status == 401 else transaction.respond)(watcher)
            return
        expires_s = expires_of(request)
        if 0 < expires_s < MIN_EXPIRES_S:
            transaction.answer(423, ("Min-Expires", str(MIN_EXPIRES_S)))
            return
        entity = request.uri.number or watcher
        subscription = Subscription(
            Dialog.from_invite(request, new_tag(), flow),
            package,
            event_id,
            entity,
            address_of(request, entity),
            watcher,
            self._stack.timers.clock() + expires_s,
        )
        if self._read(subscription) is None:
            logger.debug("! %s: there is no %s to watch", request, entity)
            transaction.answer(404)
        elif len(self._all) >= MAX_IN_ALL:
            logger.warning("extension %s may not watch %s: too many do", watcher, entity)
            transaction.answer(503, ("Retry-After", str(MIN_EXPIRES_S)))
        else:
            self._make_room(watcher)
            self._keep(subscription)
            self._accept(transaction, subscription, expires_s)

    def _make_room(self, watcher: str) -> None:
        mine = self._of_watcher.get(watcher, {})
        if len(mine) >= MAX_OF_ONE:
            self._crowded_out += 1
            self._step(min(mine.values(), key=lambda s: s.expires_at), Event.GONE)

    def _renew(self, transaction: Transaction, package: Package, event_id: str) -> None:
        request = transaction.request
        known = self._all.get((request.call_id, request.to.tag))
        if (
            known is None
            or known.dialog.remote.tag != request.from_.tag
            or (known.package, known.event_id) != (package, event_id)
        ):
            transaction.answer(481)
            return
        expires_s = expires_of(request)
        if 0 < expires_s < MIN_EXPIRES_S:
            transaction.answer(423, ("Min-Expires", str(MIN_EXPIRES_S)))
            return
        try:
            known.dialog.accept(request, transaction.flow)
        except OutOfOrder:
            transaction.answer(500)
            return
        known.dialog.refresh(request)
        known.expires_at = self._stack.timers.clock() + expires_s
        self._accept(transaction, known, expires_s)

    def _accept(self, transaction: Transaction, to: Subscription, expires_s: int) -> None:
        """200 first, then the NOTIFY that every accepted SUBSCRIBE gets (4.2.1.2)."""
        contact = self._stack.contact(transaction.flow, transaction.request.uri)
        expires = ("Expires", str(expires_s))
        transaction.answer(200, contact, expires, ALLOW_EVENTS, tag=to.dialog.local.tag)
        if expires_s:
            self._step(to, Event.REFRESHED)
        else:
            self._end(to, "timeout")

    # -- what happens ---------------------------------------------------------------------------

    def moved(self, talker: Talker) -> None:
        """A call of a phone changed its state, or whom it talks with."""
        mine = self._talkers.setdefault(talker.extension, {})
        if talker.state is State.RELEASED:
            mine.pop(talker.id, None)
        else:
            mine[talker.id] = talker
        if not mine:
            del self._talkers[talker.extension]
        self.changed(talker.extension)

    def changed(self, *entities: str) -> None:
        """Something about these may have changed: whoever watches them is told, if it has."""
        for entity in entities:
            if entity in self._of_entity:
                self._dirty[entity] = None
        if self._dirty and self._gathering is None:
            self._gathering = self._stack.timers.start(GATHER_S, self._look)

    def all_changed(self) -> None:
        """As `changed`, of everything that is watched."""
        self.changed(*self._of_entity)

    def _look(self) -> None:
        """Read what may have changed, not too much in one turn."""
        self._gathering = None
        looked = 0
        while self._dirty and looked < LOOK:
            entity = next(iter(self._dirty))
            del self._dirty[entity]
            for subscription in tuple(self._of_entity.get(entity, {}).values()):
                looked += 1
                content = self._read(subscription)
                if content is None:
                    self._end(subscription, "noresource")
                elif content != subscription.told:
                    self._step(subscription, Event.CHANGED)
        if self._dirty:
            self._gathering = self._stack.timers.start(GATHER_S, self._look)

    def _read(self, subscription: Subscription) -> Content | None:
        entity = subscription.entity
        talkers = self._talkers.get(entity, {}).values()
        talks: tuple[Talk, ...] = tuple(talk for talker in talkers for talk in talker.talks())
        return subscription.package.read(self._source, entity, subscription.watcher, talks)

    def flow_closed(self, flow: Flow) -> None:
        """A connection is gone, and with it who subscribed over it."""
        self._drop(s for s in self._all.values() if s.dialog.flow == flow)

    def forget(self, binding: Binding) -> None:
        """A phone signed out or does not answer."""
        mine = self._of_watcher.get(binding.extension, {}).values()
        self._drop(s for s in mine if s.dialog.flow == binding.flow)

    def _drop(self, gone: Iterable[Subscription]) -> None:
        for subscription in tuple(gone):
            self._step(subscription, Event.GONE)

    def close(self) -> None:
        """Closing down: every subscriber shall begin anew at once, which a restart of 3 s is over
        for. A time to wait (`probation`) is read as five minutes at least by real phones."""
        for subscription in tuple(self._all.values()):
            self._end(subscription, "deactivated")

    # -- one subscription -------------------------------------------------------------------------

    def _keep(self, subscription: Subscription) -> None:
        key = subscription.key
        self._all[key] = subscription
        self._of_entity.setdefault(subscription.entity, {})[key] = subscription
        self._of_watcher.setdefault(subscription.watcher, {})[key] = subscription
        if self._sweeping is None:
            self._sweeping = self._stack.timers.start(SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        """One timer for all: thousands that come and go must not leave thousands behind."""
        now = self._stack.timers.clock()
        for subscription in [s for s in self._all.values() if s.expires_at <= now]:
            self._end(subscription, "timeout")
        if now >= self._recheck_at:
            self._recheck_at = now + RECHECK_S
            self.all_changed()
        again = self._stack.timers.start(SWEEP_S, self._sweep) if self._all else None
        self._sweeping = again

    def _end(self, subscription: Subscription, reason: str) -> None:
        subscription.reason = reason
        self._step(subscription, Event.ENDED)

    def _step(self, subscription: Subscription, event: Event) -> None:
        """Advance by the table."""
        rule = advance(subscription.state, event)
        if rule.to not in QUIET and subscription.rest is not None:
            subscription.rest.stop()
            subscription.rest = None
        subscription.state = rule.to
        for do in rule.do:
            self._act(subscription, do)

    def _act(self, subscription: Subscription, do: Do) -> None:
        match do:
            case Do.NOTIFY:
                self._due.add(subscription.key)
            case Do.REST:
                subscription.rest = self._stack.timers.start(
                    subscription.rest_s, lambda: self._step(subscription, Event.RESTED)
                )
            case Do.LAST:
                self._notify(subscription, f"terminated;reason={subscription.reason}")
            case Do.FORGET:
                self._forget(subscription)

    def _forget(self, subscription: Subscription) -> None:
        key = subscription.key
        self._all.pop(key, None)
        self._due.drop(key)
        for index, name in (
            (self._of_entity, subscription.entity),
            (self._of_watcher, subscription.watcher),
        ):
            held = index.get(name, {})
            held.pop(key, None)
            if not held:
                index.pop(name, None)

    # -- telling -----------------------------------------------------------------------------------

    def _tell(self, key: tuple[str, str]) -> None:
        """Its turn has come."""
        subscription = self._all[key]
        left_s = max(0, round(subscription.expires_at - self._stack.timers.clock()))
        self._notify(subscription, f"active;expires={left_s}")

    def _notify(self, subscription: Subscription, state: str) -> None:
        """One NOTIFY with all there is to tell now (4.2.2)."""
        dialog, package = subscription.dialog, subscription.package
        content = self._read(subscription)
        body = b"" if content is None else content.spell(subscription.uri, subscription.version)
        subscription.told = content
        subscription.version += 1
        subscription.rest_s = package.rest_s
        request = dialog.request(
            "NOTIFY",
            self._stack.contact(dialog.flow, dialog.target),
            subscription.event,
            ("Subscription-State", state),
            USER_AGENT,
            *((("Content-Type", package.content_type),) if body else ()),
            body=body,
        )
        self._notified += 1
        self._stack.transactions.request(
            request, dialog.flow, lambda outcome: self._heard(subscription, outcome)
        )

    def _heard(self, subscription: Subscription, outcome: Outcome) -> None:
        response = outcome.message if isinstance(outcome, Received) else None
        if response is None or not isinstance(response, Response):
            self._refused(subscription, "no answer")
        elif response.status < 200:
            return
        elif response.status < 300:
            self._step(subscription, Event.ACCEPTED)
        elif (later_s := retry_after(response)) is not None:
            subscription.rest_s = later_s
            self._step(subscription, Event.PUT_OFF)
        else:
            self._refused(subscription, str(response))

    def _refused(self, subscription: Subscription, why: str) -> None:
        """It does not want to know, or is not there: over, without a word (4.2.2)."""
        if subscription.key in self._all:
            self._lost += 1
            logger.info(
                "extension %s at %s watches %s no longer: %s",
                subscription.watcher, subscription.dialog.flow, subscription.entity, why,
            )  # fmt: skip
        self._step(subscription, Event.REFUSED)

    def __len__(self) -> int:
        return len(self._all)

    def made_by(self, binding: Binding) -> int:
        """How many a phone has."""
        mine = self._of_watcher.get(binding.extension, {}).values()
        return sum(s.dialog.flow == binding.flow for s in mine)

    def snapshot(self) -> SubscriptionsSnapshot:
        """For console, API and tests."""
        return SubscriptionsSnapshot(
            len(self._all),
            dict(Counter(s.package.name for s in self._all.values())),
            len(self._of_entity),
            len(self._due),
            self._notified,
            self._lost,
            self._crowded_out,
        )
