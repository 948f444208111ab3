"""The books of queues and agents, kept from the events: every stay in a queue, every state of an
agent.

Pure. One fold over the box's events in their order makes the rows of `stays` and `agent_times`;
the store runs it within the transactions that write the events, and over all old events for a
database that has no such tables yet. So a report and a live figure that rest on the same event
cannot disagree, and what a crash left open is closed in one way only.

How a stay ends: `queue.answered`, `queue.abandoned`, `queue.left` decide it; `call.ended` does if
none of them came. The agent's part ends with `queue.ended`, a transfer, parking, or the call. A
stay that was cut off by a restart of the box has left, cause `restart`. Wrap-up belongs to the
stay that the agent answered last.

Leaves out: the figures (kpi.py, reports.py). Tests: tests/firmware/records/test_ledger.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from firmware.records.kpi import Result
from firmware.records.messages import AgentTime, CallId, EventRow, StayRow

RECOVERED: Final = "box.recovered"
"""Kind of the event that closes what a crash or a stop left open, at the time it happened."""
AGENT_STATE: Final = "agent.state"
KEPT_CALLS: Final = 200
"""Ended calls of which a late word of the queue is still understood."""

Key = tuple[str, int]


@dataclass(slots=True)
class Caller:
    """What is known of a call under way."""

    line: int | None = None
    number: str = ""
    name: str = ""
    stays: list[StayRow] = field(default_factory=list)
    is_over: bool = False


class Ledger:
    """Takes events; keeps open what is open; gives out the rows that changed."""

    def __init__(
        self,
        callers: Mapping[CallId, Caller] | None = None,
        times: Iterable[AgentTime] = (),
        answered: Iterable[StayRow] = (),
    ) -> None:
        """What was open in the books: callers with their stays, the agents' present states, and
        the stays to which these belong."""
        self._callers: dict[CallId, Caller] = dict(callers or {})
        self._times = {time.agent: time for time in times}
        self._answered = {stay.agent: stay for stay in answered}
        """The stay each agent answered last."""
        self._over_lately = deque(c for c, known in self._callers.items() if known.is_over)
        self._stays_changed: dict[Key, StayRow] = {}
        self._times_changed: dict[int, AgentTime] = {}

    def take(self, event: EventRow) -> None:
        """Book an event, which has its number."""
        if event.kind == RECOVERED:
            self._close_all(event.at)
        elif event.kind == AGENT_STATE:
            self._agent(event)
        elif event.call is not None and (book := _BOOK.get(event.kind)) is not None:
            book(self, event.call, event)

    def changes(self) -> tuple[list[StayRow], list[AgentTime]]:
        """What must be written since the last time this was asked."""
        changed = list(self._stays_changed.values()), list(self._times_changed.values())
        self._stays_changed, self._times_changed = {}, {}
        return changed

    @property
    def callers(self) -> Mapping[CallId, Caller]:
        """The calls under way, and some that are over."""
        return self._callers

    @property
    def has_open(self) -> bool:
        """Something is open that a restart would have to close."""
        return bool(self._times) or any(not c.is_over for c in self._callers.values())

    # -- calls ---------------------------------------------------------------------------------

    def _started(self, call: CallId, event: EventRow) -> None:
        line = event.data.get("line")
        caller = self._caller(call)
        caller.line = line if isinstance(line, int) else None
        self._identified(call, event)

    def _identified(self, call: CallId, event: EventRow) -> None:
        caller = self._caller(call)
        caller.number = _text(event, "caller_number")
        caller.name = _text(event, "caller_name")
        for stay in list(caller.stays):
            self._put(replace(stay, caller_number=caller.number, caller_name=caller.name))

    def _joined_queue(self, call: CallId, event: EventRow) -> None:
        caller = self._caller(call)
        for stay in _open(caller):  # led on to another queue
            if stay.result is Result.WAITING:
                self._decide(stay, event.at, Result.LEFT, cause="moved")
            else:
                self._end(stay, event.at)
        self._put(
            StayRow(
                call,
                len(caller.stays) + 1,
                _text(event, "queue"),
                event.at,
                line=caller.line,
                caller_number=caller.number,
                caller_name=caller.name,
            )
        )

    def _answer(self, call: CallId, event: EventRow) -> None:
        if (stay := self._undecided(call)) is None:
            return
        agent = _text(event, "agent")
        stay = self._decide(stay, event.at, Result.ANSWERED, event, agent=agent)
        now = self._times.get(agent)
        if now is not None and now.state == "wrap_up":  # ended by picking up another call
            self._finish(now, event.at)
        if now is None or now.state != "on_call":  # else: taken beside a call that has wrap-up
            self._answered[agent] = stay

    def _abandon(self, call: CallId, event: EventRow) -> None:
        if (stay := self._undecided(call)) is not None:
            self._decide(stay, event.at, Result.ABANDONED, event)

    def _leave(self, call: CallId, event: EventRow) -> None:
        if (stay := self._undecided(call)) is not None:
            self._decide(stay, event.at, Result.LEFT, event, cause=_text(event, "reason"))

    def _hold(self, call: CallId, event: EventRow) -> None:
        for stay in _talking(self._caller(call)):
            if stay.held_since is None:
                self._put(replace(stay, held_since=event.at))

    def _resume(self, call: CallId, event: EventRow) -> None:
        for stay in _talking(self._caller(call)):
            self._put(_resumed(stay, event.at))

    def _part_over(self, call: CallId, event: EventRow) -> None:
        for stay in _talking(self._caller(call)):
            self._end(stay, event.at)

    def _transferred(self, call: CallId, event: EventRow) -> None:
        answered = [s for s in self._caller(call).stays if s.result is Result.ANSWERED]
        if answered and _text(event, "transferred_by") in ("", answered[-1].agent):
            self._end(replace(answered[-1], is_transferred=True), event.at)

    def _over(self, call: CallId, event: EventRow) -> None:
        caller, by = self._caller(call), _text(event, "by")
        cause = "" if by == "caller" else by
        for stay in list(caller.stays):
            if stay.result is Result.WAITING:
                self._decide(stay, event.at, Result.ABANDONED, cause=cause)
            elif stay is caller.stays[-1] and stay.result is Result.ABANDONED:
                self._put(replace(stay, cause=cause))
            elif stay.is_open:
                joined = by == "transfer"
                self._end(replace(stay, is_transferred=stay.is_transferred or joined), event.at)
        if not caller.is_over:
            caller.is_over = True
            self._over_lately.append(call)
        while len(self._over_lately) > KEPT_CALLS:
            del self._callers[self._over_lately.popleft()]

    # -- one stay ------------------------------------------------------------------------------

    def _caller(self, call: CallId) -> Caller:
        return self._callers.setdefault(call, Caller())

    def _undecided(self, call: CallId) -> StayRow | None:
        """The stay that the queue decides now. After the end of the call that may be the one
        which was booked as given up for want of a word of the queue."""
        caller = self._caller(call)
        last = caller.stays[-1] if caller.stays else None
        if last is None or last.result is Result.WAITING:
            return last
        return last if caller.is_over and last.result is Result.ABANDONED else None

    def _decide(
        self,
        stay: StayRow,
        at: datetime,
        result: Result,
        event: EventRow | None = None,
        cause: str = "",
        agent: str = "",
    ) -> StayRow:
        waited = event.data.get("waited_s") if event is not None else None
        decided = replace(
            stay,
            result=result,
            cause=cause,
            agent=agent,
            decided_at=at,
            wait_s=float(waited) if isinstance(waited, int | float) else _s(stay.offered_at, at),
            is_open=result is Result.ANSWERED and not self._caller(stay.call).is_over,
        )
        self._put(decided)
        return decided

    def _end(self, stay: StayRow, at: datetime) -> None:
        """The agent's part is over."""
        if not stay.is_open or stay.decided_at is None:
            return self._put(stay)
        stay = _resumed(stay, at)
        talk_s = max(0.0, _s(stay.decided_at or at, at) - stay.hold_s)
        self._put(replace(stay, talk_s=round(talk_s, 3), is_open=False))

    def _put(self, stay: StayRow) -> None:
        stays = self._caller(stay.call).stays
        if stay.number > len(stays):
            stays.append(stay)
        else:
            stays[stay.number - 1] = stay
        known = self._answered.get(stay.agent)
        if known is not None and (known.call, known.number) == (stay.call, stay.number):
            if stay.wrap_up_s != known.wrap_up_s:
                stay = replace(stay, wrap_up_s=known.wrap_up_s)
            self._answered[stay.agent] = stay
            stays[stay.number - 1] = stay
        self._stays_changed[stay.call, stay.number] = stay

    # -- agents --------------------------------------------------------------------------------

    def _agent(self, event: EventRow) -> None:
        agent, state = _text(event, "agent"), _text(event, "state")
        if (before := self._times.pop(agent, None)) is not None:
            self._finish(before, event.at)
        stay = self._answered.get(agent)
        is_about = stay is not None and state in ("on_call", "wrap_up")
        now = AgentTime(
            event.seq,
            agent,
            state,
            _text(event, "reason"),
            event.at,
            call=stay.call if stay is not None and is_about else "",
            number=stay.number if stay is not None and is_about else 0,
        )
        self._times[agent] = self._times_changed[now.seq] = now

    def _finish(self, time: AgentTime, at: datetime) -> None:
        seconds = _s(time.from_at, at)
        self._times_changed[time.seq] = replace(time, until_at=at, seconds=seconds)
        stay = self._answered.get(time.agent)
        is_about = stay is not None and (stay.call, stay.number) == (time.call, time.number)
        if time.state != "wrap_up" or stay is None or not is_about:
            return
        stay = replace(stay, wrap_up_s=round(stay.wrap_up_s + seconds, 3))
        self._answered[time.agent] = self._stays_changed[stay.call, stay.number] = stay
        caller = self._callers.get(stay.call)
        if caller is not None and len(caller.stays) >= stay.number:
            caller.stays[stay.number - 1] = stay

    def _close_all(self, at: datetime) -> None:
        for caller in list(self._callers.values()):
            for stay in _open(caller):
                if stay.result is Result.WAITING:
                    self._decide(stay, at, Result.LEFT, cause="restart")
                else:
                    self._end(stay, at)
        writing = {time.agent for time in self._times.values() if time.state == "wrap_up"}
        for time in list(self._times.values()):
            self._finish(time, at)
        self._callers.clear()
        self._over_lately.clear()
        self._times.clear()
        # who wrote notes goes on with them after a restart: they belong to the same stay
        self._answered = {who: stay for who, stay in self._answered.items() if who in writing}


def _open(caller: Caller) -> list[StayRow]:
    return [stay for stay in caller.stays if stay.is_open]


def _talking(caller: Caller) -> list[StayRow]:
    return [stay for stay in _open(caller) if stay.result is Result.ANSWERED]


def _resumed(stay: StayRow, at: datetime) -> StayRow:
    if stay.held_since is None:
        return stay
    hold_s = stay.hold_s + _s(stay.held_since, at)
    return replace(stay, hold_s=round(hold_s, 3), held_since=None)


def _s(start: datetime, end: datetime) -> float:
    """Never negative: the clock of a box without one may have been set in between."""
    return round(max(0.0, (end - start).total_seconds()), 3)


def _text(event: EventRow, name: str) -> str:
    return str(event.data.get(name) or "")


_BOOK: Final[Mapping[str, Callable[[Ledger, CallId, EventRow], None]]] = {
    "call.started": Ledger._started,
    "call.identified": Ledger._identified,
    "queue.joined": Ledger._joined_queue,
    "queue.answered": Ledger._answer,
    "queue.abandoned": Ledger._abandon,
    "queue.left": Ledger._leave,
    "queue.ended": Ledger._part_over,
    "call.held": Ledger._hold,
    "call.transferring": Ledger._hold,
    "call.resumed": Ledger._resume,
    "call.joined": Ledger._resume,
    "call.conference": Ledger._resume,
    "call.parked": Ledger._part_over,
    "call.transferred": Ledger._transferred,
    "call.ended": Ledger._over,
}
KINDS: Final = (*_BOOK, AGENT_STATE, RECOVERED)
"""The events that the books are made of."""
