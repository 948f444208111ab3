"""What is kept of every call: the rows that reports, pages and searches read.

Pure. Events are append-only and are the truth; `CallRow` is the summary written when a call
ends (and rebuilt from the events if it is missing after a crash). Times are UTC; durations come
from the monotonic clock. Store: `store.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from firmware.records.kpi import Result

CallId = NewType("CallId", str)
"""Unique for ever: `20261121-093005-7f3a`, UTC date, time and four random hex digits."""


class Outcome(Enum):
    """How a call ended, from the caller's point of view."""

    ANSWERED = "answered"  # talked to a person
    ABANDONED = "abandoned"  # hung up while waiting in the queue or while a phone rang
    IN_MENU = "in_menu"  # hung up, or was let go, in a menu or announcement
    OVERFLOWED = "overflowed"  # left the queue by time-out, full or empty and reached nobody
    BUSY = "busy"  # outgoing or internal: called side busy or refused
    NO_ANSWER = "no_answer"  # outgoing or internal: nobody picked up
    MISSED = "missed"  # gave up while the line was still ringing, before the box answered
    FAILED = "failed"  # technical


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened. `kind`: `call.started`, `leg.answered`, `queue.joined`,
    `agent.state`, `line.state`, `box.trouble`, ...; `text`: the same in plain words."""

    at: datetime
    kind: str
    text: str
    call: CallId | None = None
    leg: str | None = None
    data: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    seq: int = 0
    """Set by the store: order of writing, no gaps."""

    def numbered(self, seq: int) -> EventRow:
        """The same, with its number: made for everything that happens, and `replace` takes more
        than twice as long."""
        return EventRow(self.at, self.kind, self.text, self.call, self.leg, self.data, seq)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call as a whole."""

    id: CallId
    started_at: datetime
    direction: str  # `incoming`, `outgoing`, `internal`
    outcome: Outcome
    ended_at: datetime
    ended_by: str
    """`caller`, `agent`, `called`, `box`, `fault`, or `transfer`: joined with another call."""
    cause: int  # ITU-T Q.850
    line: int | None = None
    caller_number: str = ""
    caller_name: str = ""
    caller_why_unknown: str = ""
    called: str = ""
    digits: str = ""
    """Menu keys pressed, in order."""
    queue: str = ""
    agent: str = ""
    """Extension that talked to the caller (the last one, if several)."""
    agent_name: str = ""
    answered_at: datetime | None = None
    """The box answered the line."""
    queued_at: datetime | None = None
    joined_at: datetime | None = None
    """A person and the caller were joined."""
    wait_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    total_s: float = 0.0
    recording: str = ""


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording and where it is. state: `open`, `done`, `interrupted`, `deleted`."""

    id: str
    call: CallId
    state: str
    path: str = ""
    octets: int = 0
    duration_s: float = 0.0
    missing_s: float = 0.0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class StayRow:
    """One caller's stay in one queue: from joining it to the end of its agent's part."""

    call: CallId
    number: int
    """1 for the first stay of the call, 2 for the next."""
    queue: str
    offered_at: datetime
    result: Result = Result.WAITING
    cause: str = ""
    """Of LEFT, why: `timeout`, `full`, `empty`, ...; of ABANDONED who ended it, if not the caller:
    `box`, `fault`."""
    decided_at: datetime | None = None
    """When it was answered, abandoned or left."""
    wait_s: float = 0.0
    agent: str = ""
    talk_s: float = 0.0
    """Without hold."""
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    is_transferred: bool = False
    line: int | None = None
    caller_number: str = ""
    caller_name: str = ""
    held_since: datetime | None = None
    is_open: bool = True
    """Waits, or talks with the agent."""


@dataclass(frozen=True, slots=True)
class AgentTime:
    """An agent in one state, from then to then."""

    seq: int
    """Of the event that began it."""
    agent: str
    state: str
    reason: str
    from_at: datetime
    until_at: datetime | None = None
    """None: still so."""
    seconds: float = 0.0
    """Once it is over."""
    call: str = ""
    number: int = 0
    """Of wrap-up: the stay it belongs to."""


@dataclass(frozen=True, slots=True)
class StaysWanted:
    """Which stays make a figure; empty fields do not narrow. Times are of the offering, or of the
    decision (answered, abandoned, left) with `is_by_decision`."""

    since: datetime | None = None
    until: datetime | None = None
    queue: str = ""
    agent: str = ""
    line: int | None = None
    result: Result | None = None
    cause: str = ""
    within_s: float | None = None
    """Waited so long at most."""
    over_s: float | None = None
    """Waited longer than that."""
    below_s: float | None = None
    """Waited less than that."""
    is_transferred: bool | None = None
    is_by_decision: bool = False


@dataclass(frozen=True, slots=True)
class AnswersWanted:
    """Which answers after a call make a figure. Of `of` only period, queue, agent and line
    narrow."""

    of: StaysWanted = field(default_factory=StaysWanted)
    scale: str = ""
    """`csat` or `nps`."""
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class DispositionsWanted:
    """Which dispositions, as set by agents, make a figure. Of `of` only period, queue, agent and
    line narrow."""

    of: StaysWanted = field(default_factory=StaysWanted)
    code: int | None = None
    is_resolved: bool | None = None
    is_counted: bool = False
    """Only those that say whether the matter was settled."""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for in the calls; empty fields do not narrow. Newest first."""

    text: str = ""
    """Part of a number or a name, caller's, called's or agent's."""
    since: datetime | None = None
    until: datetime | None = None
    line: int | None = None
    agent: str = ""
    queue: str = ""
    direction: str = ""
    outcome: Outcome | None = None
    limit: int = 50
    offset: int = 0
    stays: StaysWanted | None = None
    """Only calls with such a stay in a queue: what opens behind a figure of a report."""
    answers: AnswersWanted | None = None
    """Only calls whose caller gave such an answer."""
    dispositions: DispositionsWanted | None = None
    """Only calls for which an agent set such a disposition."""
    is_served: bool = False
    """Only callers whom a menu served."""
    ids: tuple[str, ...] | None = None
    """Only these."""
