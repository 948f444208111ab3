"""What is told to phones that watch somebody or something: the content, without its spelling.

The words of RFC 4235 (dialogs), RFC 3863 (presence) and RFC 3842 (waiting messages), as plain
values. Pure. A watched thing (an *entity*) is a number: an extension, a parking slot, a code.
Spelled in dialog_info.py, pidf.py, message_summary.py; sent by subscriptions.py; for things that
are not phones the content comes from a `Source` outside this package.
Tests: tests/hal/sip/test_watch.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from hal.leg import LegId, Party, State


class TalkState(Enum):
    """State of a dialog as its watched end sees it (RFC 4235 clause 3.7.1)."""

    PROCEEDING = "proceeding"  # it calls, nobody has answered
    EARLY = "early"  # it rings
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Talk:
    """One call of a watched phone, with what another phone needs to pick it up (RFC 3891)."""

    id: str
    state: TalkState
    is_initiator: bool = False
    """The watched end placed the call."""
    remote: Party = field(default_factory=Party)
    """Whom it talks with, rings for or calls."""
    call_id: str = ""
    local_tag: str = ""
    """Of the watched phone."""
    remote_tag: str = ""
    """Of this box."""
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that is told of one entity. No talks: its lamp is dark."""

    talks: tuple[Talk, ...] = ()
    is_open: bool = True
    """It can be reached (RFC 3863 `basic`)."""
    note: str = ""
    """In words, for softphones."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Voice messages of one mailbox (RFC 3842 clause 5.2)."""

    new: int = 0
    old: int = 0
    new_urgent: int = 0
    old_urgent: int = 0


class Talker(Protocol):
    """A call of a phone, as far as it is watched."""

    @property
    def id(self) -> LegId: ...
    @property
    def extension(self) -> str: ...
    @property
    def state(self) -> State: ...
    def talks(self) -> tuple[Talk, ...]:
        """One for each dialog it has; none once it is over."""
        ...


class Source(Protocol):
    """Who knows what there is to watch."""

    def status(self, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Status | None:
        """What the extension `watcher` is told of `entity`, whose phones have these `talks`;
        None if there is no such thing."""
        ...

    def messages(self, entity: str, watcher: str) -> Messages | None:
        """The messages in the mailbox of `entity`; None if it has no mailbox."""
        ...


class Nothing:
    """A source for a box that has nothing to watch."""

    def status(self, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Status | None:
        return None

    def messages(self, entity: str, watcher: str) -> Messages | None:
        return None
