"""A day of a queue, told the way the box tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from firmware.records.messages import CallId, CallRow, EventRow, Outcome

Data = dict[str, str | int | float | bool | None]


class Story:
    """Collects events and summaries; seconds count from `began`."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self.rows: list[EventRow | CallRow] = []

    def at(self, second: float) -> datetime:
        return self.began + timedelta(seconds=second)

    def tell(self, second: float, kind: str, call: str | None = None, **data: Any) -> None:
        self.rows.append(
            EventRow(self.at(second), kind, kind, CallId(call) if call else None, data=dict(data))
        )

    def state(self, second: float, agent: str, state: str, reason: str = "") -> None:
        self.tell(second, "agent.state", agent=agent, state=state, reason=reason)

    def offered(self, second: float, call: str, queue: str = "sales", **data: Any) -> None:
        self.tell(second, "call.started", call, **{"direction": "incoming", "line": 1, **data})
        self.tell(second, "queue.joined", call, queue=queue)

    def answered(self, second: float, call: str, agent: str, waited_s: float) -> None:
        self.tell(second, "queue.answered", call, agent=agent, waited_s=waited_s)
        self.state(second, agent, "on_call")
        self.tell(second, "call.joined", call, agent=agent)

    def abandoned(self, second: float, call: str, waited_s: float, by: str = "caller") -> None:
        self.tell(second, "queue.abandoned", call, waited_s=waited_s)
        self.ended(second, call, by, Outcome.ABANDONED)

    def left(self, second: float, call: str, cause: str, waited_s: float) -> None:
        self.tell(second, "queue.left", call, reason=cause, waited_s=waited_s)
        self.ended(second, call, "box", Outcome.OVERFLOWED)

    def ended(
        self, second: float, call: str, by: str = "caller", outcome: Outcome = Outcome.ANSWERED
    ) -> None:
        self.tell(second, "call.ended", call, by=by)
        self.summary(second, call, outcome, by)

    def summary(self, second: float, call: str, outcome: Outcome, by: str, **more: Any) -> None:
        began = next(e.at for e in self.rows if isinstance(e, EventRow) and e.call == call)
        known: Data = {}
        for row in self.rows:
            if isinstance(row, EventRow) and row.call == call:
                known |= row.data
        values = {
            "direction": "incoming",
            "line": known.get("line"),
            "caller_number": known.get("caller_number") or "",
            "queue": known.get("queue") or "",
            "agent": known.get("agent") or "",
            "joined_at": self.at(second) if outcome is Outcome.ANSWERED else None,
            **more,
        }
        self.rows.append(
            CallRow(CallId(call), began, outcome=outcome, ended_at=self.at(second), ended_by=by,
                    cause=16, **values)
        )  # fmt: skip


LOG = (
    # result, w, talk, hold, wrap-up (shared definitions of the figures, section 4)
    ("answered", 5, 180, 0, 30),
    ("answered", 12, 240, 30, 20),
    ("answered", 18, 120, 0, 10),
    ("answered", 20, 60, 0, 15),
    ("transferred", 21, 300, 60, 40),
    ("answered", 45, 90, 0, 5),
    ("answered", 70, 150, 10, 30),
    ("abandoned", 3, 0, 0, 0),
    ("abandoned", 5, 0, 0, 0),
    ("abandoned", 15, 0, 0, 0),
    ("abandoned", 40, 0, 0, 0),
    ("overflow", 120, 0, 0, 0),
)
"""T = 20 s, s = 5 s; two agents logged in 1800 s each, paused 600 s together."""


def the_log(began: datetime) -> Story:
    """The log as events: Anna (201) takes the odd answered calls, Ben (202) the even ones, one
    after the other; both log in at 0 and out at 1800, and are paused 300 s each at the end."""
    story = Story(began)
    for agent in ("201", "202"):
        story.state(0, agent, "ready")
    free_at = {"201": 130.0, "202": 130.0}
    for n, (result, w, talk, hold, wrap) in enumerate(LOG, 1):
        call = f"c{n}"
        if result in ("answered", "transferred"):
            agent = "201" if n % 2 else "202"
            at = free_at[agent]
            story.offered(at - w, call)
            story.answered(at, call, agent, w)
            story.tell(at + 10, "call.held", call)
            story.tell(at + 10 + hold, "call.resumed", call)
            over = at + talk + hold
            if result == "transferred":
                story.tell(over, "call.transferred", call, transferred_by=agent, to="203")
                story.ended(over + 33, call)
            else:
                story.ended(over, call)
            story.state(over, agent, "wrap_up")
            story.state(over + wrap, agent, "ready")
            free_at[agent] = over + wrap + w  # the next one waits in the meantime
        else:
            story.offered(100 + n, call)
            if result == "abandoned":
                story.abandoned(100 + n + w, call, w)
            else:
                story.left(100 + n + w, call, "timeout", w)
    for agent in ("201", "202"):
        story.state(1490, agent, "paused", "lunch")
        story.state(1790, agent, "ready")
        story.state(1800, agent, "logged_out")
    story.rows.sort(key=lambda row: row.at if isinstance(row, EventRow) else row.ended_at)
    return story
