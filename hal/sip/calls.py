"""All calls of the stack, by Call-ID and our tag, and which of them a Replaces names.

RFC 3261 clause 12 (what a dialog is known by), RFC 3891 clause 3 (matching). Pure. A call that is
over is remembered for a while, so that who comes too late to replace it hears "declined" rather
than "never heard of it"; the memory is bounded. Left out: whether a claim is allowed (replaces.py).
Tests: tests/hal/sip/test_replaces.py, test_calls.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hal.leg import LegId, State
from hal.sip.call import SipCall
from hal.sip.replaces import Replaces, Stage

REMEMBERED: Final = 256
"""Calls that are over, the latest."""

Key = tuple[str, str]
"""Call-ID and our tag."""


class Calls:
    """The register of calls."""

    def __init__(self) -> None:
        self._calls: dict[Key, SipCall] = {}
        self._ended: dict[Key, None] = {}

    def __len__(self) -> int:
        """Those that are released and not forgotten yet included."""
        return len(self._calls)

    def add(self, call: SipCall) -> None:
        self._calls[call.call_id, call.tag] = call

    def get(self, call_id: str, tag: str) -> SipCall | None:
        """Whose requests carry these; also one released whose BYE is still due."""
        return self._calls.get((call_id, tag))

    def forget(self, call_id: str, tag: str) -> None:
        """It is over."""
        if self._calls.pop((call_id, tag), None) is not None:
            self._ended[call_id, tag] = None
            if len(self._ended) > REMEMBERED:
                del self._ended[next(iter(self._ended))]

    def __iter__(self) -> Iterator[SipCall]:
        """Those that are not released."""
        return iter([c for c in self._calls.values() if c.state is not State.RELEASED])

    def named(self, claim: Replaces) -> tuple[SipCall | None, Stage | None]:
        """The call that a claim names, and where its dialog stands. Also with the two tags the
        other way round: whoever learnt of the call by watching a phone may write them as that phone
        has them. Guessing both is as hard either way."""
        tags = claim.to_tag, claim.from_tag
        for ours, theirs in (tags, tags[::-1]):
            if (call := self._calls.get((claim.call_id, ours))) is not None:
                return call, call.stage(theirs)
        has_ended = any((claim.call_id, tag) in self._ended for tag in tags)
        return None, Stage.ENDED if has_ended else None

    def leg_of(self, claim: Replaces, extension: str) -> LegId | None:
        """Only a call of that extension's own: nobody hands on the calls of others."""
        call, stage = self.named(claim)
        if call is None or call.extension != extension or stage in (None, Stage.ENDED):
            return None
        return call.id
