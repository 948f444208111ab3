"""Asking every phone now and then whether it is there: OPTIONS (RFC 3261 clause 11).

Pure. Any answer, even a refusal, is a sign of life; silence for `PATIENCE_S` or a connection that
is gone makes a phone unreachable until it answers again.
Tests: tests/hal/sip/test_agent.py.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from typing import Final

from hal.sip.dialog import MAX_FORWARDS
from hal.sip.message import Request
from hal.sip.registrar import Binding
from hal.sip.stack import ACCEPT, Stack, new_tag
from hal.sip.timers import Timer
from hal.sip.transactions import Outcome, Received

INTERVAL_S: Final = 20.0
"""With `PATIENCE_S` a dead phone is known within 30 s. Keeps a NAT's UDP mapping open as well
(often 30 to 60 s)."""

PATIENCE_S: Final = 8.0
"""By then OPTIONS has been sent five times (0, 0.5, 1.5, 3.5, 7.5 s): a call must not wait longer
on a phone that was unplugged."""

Key = tuple[str, str]
"""Extension and what the registrar knows the phone by."""


class Qualifier:
    """One round of OPTIONS per binding."""

    def __init__(
        self,
        stack: Stack,
        on_verdict: Callable[[Binding, bool], None],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._stack, self._on_verdict, self._interval_s = stack, on_verdict, interval_s
        self._timers: dict[Key, Timer] = {}

    def watch(self, binding: Binding, is_urgent: bool = False) -> None:
        """Start or go on asking this phone; `is_urgent`: at once."""
        self.forget(binding)
        # Spread out, so that fifty phones restored together are not asked together.
        delay_s = 0.0 if is_urgent else self._interval_s * random.uniform(0.8, 1.0)
        key = (binding.extension, binding.key)
        self._timers[key] = self._stack.timers.start(delay_s, lambda: self._ask(binding))

    def forget(self, binding: Binding) -> None:
        """The binding is gone, or was replaced."""
        timer = self._timers.pop((binding.extension, binding.key), None)
        if timer is not None:
            timer.stop()

    def _ask(self, binding: Binding) -> None:
        self.watch(binding)
        ip, _ = self._stack.wire.local(binding.flow)
        host = f"[{ip}]" if ":" in ip else ip
        request = Request(
            "OPTIONS",
            binding.contact,
            (
                MAX_FORWARDS,
                ("From", f"<sip:callbox@{host}>;tag={new_tag()}"),
                ("To", f"<{binding.contact}>"),
                ("Call-ID", secrets.token_hex(16)),
                ("CSeq", "1 OPTIONS"),
                self._stack.contact(binding.flow, binding.contact),
                ACCEPT,
            ),
        )

        patience = self._stack.timers.start(PATIENCE_S, lambda: self._on_verdict(binding, False))

        def heard(outcome: Outcome) -> None:
            patience.stop()
            self._on_verdict(binding, isinstance(outcome, Received))

        self._stack.transactions.request(request, binding.flow, heard)
