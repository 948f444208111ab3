"""The bridge of one call: carries out on the switch who of its parties hears whom, or music.

Shell over `Audio`, without tasks. Keeps what it has set and changes only what differs, so that two
phones that go on talking are not disturbed by what happens around them. What is right:
conference.py. A sound that is being played to a party (tones, prompts) is stopped when what the
party hears changes, and left alone otherwise.

Tests: tests/firmware/call/test_bridge.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firmware.call.audio import Audio
from firmware.call.conference import Hearing, hearing
from hal.leg import Leg, LegId, PortId, State


class Bridge:
    """Who hears whom in one call."""

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._talking: tuple[Leg, ...] = ()
        self._waiting: tuple[Leg, ...] = ()
        self._holding: set[LegId] = set()
        self._set = Hearing()

    def talk(self, *talking: Leg, waiting: Sequence[Leg] = ()) -> None:
        """From now on `talking` hear each other, and `waiting` hear music."""
        self._talking, self._waiting = talking, tuple(waiting)
        self._settle()

    def hold(self, leg: Leg, is_held: bool) -> None:
        """A party puts the call on hold, or takes it back."""
        if is_held:
            self._holding.add(leg.id)
        else:
            self._holding.discard(leg.id)
        self._settle()

    def leave(self, leg: Leg) -> None:
        """A party is gone: nobody hears it any more."""
        self._holding.discard(leg.id)
        self._talking = tuple(one for one in self._talking if one is not leg)
        self._waiting = tuple(one for one in self._waiting if one is not leg)
        self._settle()

    def is_held_by(self, leg: Leg) -> bool:
        """This party has put the call on hold."""
        return leg.id in self._holding

    @property
    def is_on_hold(self) -> bool:
        """Somebody of those who talk has put the call on hold."""
        return any(leg.id in self._holding for leg in self._talking)

    def _settle(self) -> None:
        before = self._set
        after = self._set = hearing(
            _ports(self._talking),
            _ports(leg for leg in (*self._talking, *self._waiting) if leg.id in self._holding),
            _ports(self._waiting),
        )
        for listener, source in before.pairs - after.pairs:
            self._audio.unhear(listener, source)
        for port in before.music - after.music:
            self._audio.quiet(port)
        for listener, source in after.pairs - before.pairs:
            self._audio.quiet(listener)
            self._audio.hear(listener, source)
        for port in after.music - before.music:
            self._audio.music(port)


def _ports(legs: Iterable[Leg]) -> list[PortId]:
    return [leg.port for leg in legs if leg.port is not None and leg.state is not State.RELEASED]
