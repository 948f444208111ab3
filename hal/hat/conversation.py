"""The conversation with the HAT: where it stands and what moves it, as one table.

Pure. What follows from a move is session.py's. Rules: board/PROTOCOL.md, order and retries.
Tests: tests/hal/hat/test_conversation.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class State(Enum):
    """Where the conversation stands."""

    SEEKING = "seeking"  # hello sent, no answer (yet, or any more)
    UP = "up"
    RESYNCING = "resyncing"  # the HAT talks but does not know this conversation
    INCOMPATIBLE = "incompatible"  # the HAT speaks another protocol version


class Happening(Enum):
    """What moves it."""

    WELCOME = "welcome"  # our hello answered in our version
    WRONG_VERSION = "wrong version"
    STRANGER = "stranger"  # heartbeat of another conversation
    SILENT = "silent"
    DEAF = "deaf"  # the HAT talks but acknowledges nothing
    DEVICE_LOST = "device lost"


TABLE: Final[Mapping[tuple[State, Happening], State]] = {
    (State.SEEKING, Happening.WELCOME): State.UP,
    (State.SEEKING, Happening.WRONG_VERSION): State.INCOMPATIBLE,
    (State.UP, Happening.STRANGER): State.RESYNCING,
    (State.UP, Happening.SILENT): State.SEEKING,
    (State.UP, Happening.DEAF): State.SEEKING,
    (State.UP, Happening.DEVICE_LOST): State.SEEKING,
    (State.RESYNCING, Happening.WELCOME): State.UP,
    (State.RESYNCING, Happening.WRONG_VERSION): State.INCOMPATIBLE,
    (State.RESYNCING, Happening.SILENT): State.SEEKING,
    (State.RESYNCING, Happening.DEVICE_LOST): State.SEEKING,
    (State.INCOMPATIBLE, Happening.WELCOME): State.UP,
    (State.INCOMPATIBLE, Happening.SILENT): State.SEEKING,
    (State.INCOMPATIBLE, Happening.DEVICE_LOST): State.SEEKING,
}
IGNORED: Final[frozenset[tuple[State, Happening]]] = frozenset(
    {
        (State.SEEKING, Happening.STRANGER),  # we are not in a conversation yet
        (State.SEEKING, Happening.SILENT),  # already said
        (State.SEEKING, Happening.DEVICE_LOST),
        (State.UP, Happening.WELCOME),  # answer to a repeated hello
        (State.RESYNCING, Happening.STRANGER),
        (State.INCOMPATIBLE, Happening.STRANGER),
        (State.INCOMPATIBLE, Happening.WRONG_VERSION),  # already said
    }
)


def advance(state: State, happening: Happening) -> State | None:
    """The state that follows; None if `happening` leaves all as it is."""
    after = TABLE.get((state, happening))
    if after is None and (state, happening) not in IGNORED:
        raise AssertionError(f"HAT session: {happening} is not possible in {state}")
    return after
