"""What is shown of an agent is true in every state, says since when, and is left by every way out.

One row for each state: how it comes about at 10 s, what is shown when the phone is lost at 20 s,
what half a minute later, and when the phone is back at 60 s. By what the pages see (live.agent).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from firmware import live
from firmware.acd import invariants
from firmware.acd import messages as m
from firmware.acd.queue import Acd
from firmware.config.schema import Queue
from firmware.records.messages import CallId

NINE: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
A: Final = CallId("a")
SALES: Final = Queue(
    id="sales", name="Sales", members=("201", "202"), wrap_up_s=15, max_wait_s=7200, ring_s=60
)


class Office:
    """A core, and the clock of the office."""

    def __init__(self) -> None:
        self.acd, self.now = Acd(), 0.0
        self.feed(m.Configured((SALES,), {}), m.Reachable("201", True))

    def feed(self, *events: m.Event) -> None:
        for event in events:
            self.acd.advance(event, self.now)
            assert invariants.broken(self.acd) == invariants.drifted(self.acd, self.now) == []

    def until(self, now: float) -> None:
        while (due := self.acd.next_deadline()) is not None and due <= now:
            self.now = max(self.now, due)
            self.feed(m.Tick())
        self.now = now
        self.feed(m.Tick())

    @property
    def shown(self) -> tuple[str, str, float]:
        """State, what is said beside it, and how many seconds after nine it began."""
        now = NINE + timedelta(seconds=self.now)
        seen = live.agent(self.acd.agents["201"], self.acd, "Anna", now, self.now)
        return seen.state, seen.reason, (seen.since - NINE).total_seconds()


@dataclass(frozen=True)
class Row:
    state: str
    before: Sequence[m.Event]
    """At 5 s."""
    comes_by: Sequence[m.Event]
    """At 10 s."""
    lost: tuple[str, float]
    """Shown while the phone is lost, and since when."""
    later: tuple[str, float]
    back: tuple[str, float]
    reason: str = ""
    name: str = ""


LOG_IN = m.LoggedIn("201")
CALL = m.Offered(A, "sales")
ANSWER = m.OfferAnswered(A, "201")
ENDED = m.CallEnded(A)

ROWS = [
    Row("logged_out", [], [], ("logged_out", 0), ("logged_out", 0), ("logged_out", 0)),
    Row("ready", [], [LOG_IN], ("unreachable", 20), ("unreachable", 20), ("ready", 60)),
    Row("offered", [LOG_IN], [CALL], ("unreachable", 20), ("unreachable", 20), ("offered", 60)),
    Row(
        "offered", [LOG_IN, CALL], [m.Confirming(A, "201")],
        ("unreachable", 20), ("unreachable", 20), ("offered", 60), name="told what call it is",
    ),
    # the call itself goes on or ends by its own supervision, and is told then
    Row("on_call", [LOG_IN, CALL], [ANSWER], ("on_call", 10), ("on_call", 10), ("on_call", 10)),
    Row(
        "wrap_up", [LOG_IN, CALL, ANSWER], [ENDED],
        ("wrap_up", 10), ("unreachable", 25), ("ready", 60),
    ),
    Row(
        "paused", [LOG_IN], [m.Paused("201", "tea")],
        ("paused", 10), ("paused", 10), ("paused", 10), "tea",
    ),
    Row(
        "dnd", [LOG_IN], [m.Configured((SALES,), {}, frozenset({"201"}))],
        ("dnd", 10), ("dnd", 10), ("dnd", 10),
    ),
    Row(
        "unreachable", [LOG_IN], [m.Reachable("201", False)],
        ("unreachable", 10), ("unreachable", 10), ("ready", 60),
    ),
    *(
        Row(
            "busy", [LOG_IN], [m.PhoneBusy("201", True, kind)],
            ("unreachable", 20), ("unreachable", 20), ("busy", 60), kind, name=kind,
        )
        for kind in ("internal", "outgoing", "incoming")
    ),
]  # fmt: skip
NAMES = [" ".join(filter(None, (row.state, row.name))) for row in ROWS]


@pytest.fixture(params=ROWS, ids=NAMES)
def row(request: pytest.FixtureRequest) -> Row:
    found: Row = request.param
    return found


@pytest.fixture
def office(row: Row) -> Office:
    """In the state of the row since 10 s."""
    made = Office()
    made.until(5.0)
    made.feed(*row.before)
    made.until(10.0)
    made.feed(*row.comes_by)
    return made


def test_every_state_has_its_since(office: Office, row: Row) -> None:
    office.until(12.0)
    began = 5.0 if row.name == "told what call it is" else 10.0
    expected = (row.state, row.reason, 0.0 if row.state == "logged_out" else began)
    assert office.shown == expected


def test_a_lost_phone_leaves_nobody_in_a_wrong_state(office: Office, row: Row) -> None:
    office.until(20.0)
    office.feed(m.Reachable("201", False))
    assert office.shown[::2] == row.lost
    office.until(50.0)
    assert office.shown[::2] == row.later
    office.until(60.0)
    office.feed(m.Reachable("201", True))
    assert office.shown[::2] == row.back


WAYS_OUT: dict[str, Callable[[Office], None]] = {
    "the agent logs out": lambda office: office.feed(m.LoggedOut("201")),
    "the office takes them out of the queue": lambda office: office.feed(
        m.Configured((SALES.model_copy(update={"members": ("202",)}),), {})
    ),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_state_is_left_when_the_agent_goes(office: Office, way: str) -> None:
    office.until(20.0)
    WAYS_OUT[way](office)
    if A in office.acd.joined:
        assert office.shown == ("on_call", "", 10.0)  # nobody is cut off
        office.until(30.0)
        office.feed(ENDED)
    assert "201" not in office.acd.agents or office.shown[0] == "logged_out"
    office.feed(m.Abandoned(A))
    office.until(40.0)
    assert office.acd.next_deadline() is None


@pytest.mark.parametrize("state", ["busy", "paused", "unreachable", "dnd"])
def test_what_keeps_an_agent_from_calls_ends_in_ready_and_the_next_call(state: str) -> None:
    row = next(row for row in ROWS if row.state == state)
    office = Office()
    office.feed(*row.before, *row.comes_by)
    office.until(10.0)
    office.feed(CALL)
    assert office.shown[0] == state
    office.until(20.0)
    office.feed(
        {
            "busy": m.PhoneBusy("201", False),
            "paused": m.Readied("201"),
            "unreachable": m.Reachable("201", True),
            "dnd": m.Configured((SALES,), {}),
        }[state]
    )
    assert office.shown == ("offered", "", 20.0)


def test_the_states_of_the_table_are_all_there_are() -> None:
    assert {row.state for row in ROWS} == set(live.AgentState.__args__)
