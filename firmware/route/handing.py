"""What a visit needs of whoever hands it on (transfer_task.Transfer).

Pure. Tested with both, in tests/firmware/route/test_transfer.py.
"""

from __future__ import annotations

from typing import Protocol

from firmware.call.keys import Heard
from firmware.call.transfer import Event
from hal.leg import Leg, Released


class Handing(Protocol):
    """One party being handed on."""

    @property
    def asker(self) -> Leg:
        """Who asked for it."""
        ...

    def feed(self, event: Event) -> None:
        """Something happened."""
        ...

    def released(self, leg: Leg, event: Released, typed: Heard | None) -> None:
        """A leg is gone; `typed`: what it asked for by hanging up."""
        ...

    def failed(self, released: Released) -> None:
        """The way to the target ends in nothing."""
        ...

    def settle(self) -> None:
        """The asker and the party are together again, and it is known that they are."""
        ...

    def held(self, leg: Leg, is_held: bool) -> None:
        """A party puts the call on hold or takes it back."""
        ...

    def rings(self, leg: Leg, early_media: bool) -> None:
        """The target's phone rings."""
        ...

    def typed(self, heard: Heard) -> None:
        """The asker typed something."""
        ...

    def key(self, leg: Leg) -> None:
        """Any key of a phone of the office."""
        ...
