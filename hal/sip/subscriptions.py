"""Subscriptions: phones that want to be told what others do (RFC 6665, notifier's side).

Pure: wire, timers and what there is to tell are injected.
Tests: tests/hal/sip/test_subscriptions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hal.sip.flow import Flow
from hal.sip.message import Request, Response, respond
from hal.sip.registrar import Binding
from hal.sip.stack import Stack
from hal.sip.transactions import Transaction
from hal.sip.watch import Source, Talker

PACKAGES: Final = ("dialog", "message-summary", "presence")
ALLOW_EVENTS: Final = ("Allow-Events", ", ".join(PACKAGES))

Authenticate = Callable[[Request, Flow], str | Response]


class Subscriptions:
    """All subscriptions of one stack."""

    def __init__(self, stack: Stack, authenticate: Authenticate, source: Source) -> None:
        self._stack, self._authenticate, self._source = stack, authenticate, source

    def receive(self, transaction: Transaction) -> None:
        """A SUBSCRIBE, whether it begins a subscription or belongs to one."""
        request = transaction.request
        if request.to.tag:
            transaction.answer(481)
        else:
            transaction.respond(respond(request, 489, ALLOW_EVENTS, reason="Bad Event"))

    def moved(self, talker: Talker) -> None:
        """A call of a phone changed its state."""

    def changed(self, *entities: str) -> None:
        """Something about these may have changed: whoever watches them is told, if it has."""

    def flow_closed(self, flow: Flow) -> None:
        """A connection is gone, and with it who subscribed over it."""

    def forget(self, binding: Binding) -> None:
        """A phone signed out or does not answer."""

    def close(self) -> None:
        """Closing down: tell every subscriber to come back later."""
