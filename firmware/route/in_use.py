"""Whose phones are on which calls, kept up call by call: with a hundred calls in progress, looking
at all of them at each change of one costs more than leading it.

Pure. Leaves out the queue's agents, of whom the queue knows. Used by attend_task.py.
Tests: tests/firmware/route/test_in_use.py.
"""

from __future__ import annotations

from collections.abc import Iterable


class PhonesInUse:
    """Extensions by call, and calls by extension."""

    def __init__(self) -> None:
        self._by_call: dict[str, frozenset[str]] = {}
        self._calls: dict[str, dict[str, str]] = {}
        """Of each extension in use: its calls in the order in which they came, and their kinds."""

    def note(self, call: str, kind: str, extensions: Iterable[str]) -> list[str]:
        """These are the phones of a call now; empty once it is over. Returns whose phones have
        come into use by it, or are in use no more."""
        before, now = self._by_call.get(call, frozenset()), frozenset(extensions)
        if now == before:
            return []
        if now:
            self._by_call[call] = now
        else:
            del self._by_call[call]
        came = [extension for extension in now - before if self._came(extension, call, kind)]
        went = [extension for extension in before - now if self._went(extension, call)]
        return sorted(came + went)

    def _came(self, extension: str, call: str, kind: str) -> bool:
        """True for its first call."""
        calls = self._calls.setdefault(extension, {})
        calls[call] = kind
        return len(calls) == 1

    def _went(self, extension: str, call: str) -> bool:
        """True for its last call."""
        calls = self._calls[extension]
        del calls[call]
        if not calls:
            del self._calls[extension]
        return not calls

    def kind(self, extension: str) -> str | None:
        """What kind of call its newest one is; None if its phone is not in use."""
        calls = self._calls.get(extension)
        return None if calls is None else calls[next(reversed(calls))]
