"""What the core takes up again when it begins: worked out from the records of before its start.

Pure: rows in, one event for the core out (`messages.Resumed`), moments turned into times of the
core's clock. The same rules as in the core, so that a restart changes nothing:

- Since log-in today: a log-in is a wish for calls of who was logged out; midnight begins anew. A
  call counts as answered when the agent took it, its time as talked when it ended.
- Idle since the end of the last queue call; log-in counts as one for who had none today.
- Whoever was gone without an answer has lost the place they held, the restart's own victims too;
  to join the queue again takes the place up, in time or not.

- Who wrote the notes of a call has the rest of that time, counted on while there was no core.

Leaves out: calls of before the start (there are none any more), and the moment an agent rests
between two offers. Reading the rows: firmware.records.before_start.
Tests: tests/firmware/acd/test_resume.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from firmware.acd.agent import Presence
from firmware.acd.messages import Earlier, Handled, PlaceLost, Resumed, Talked, Told, WrapUp
from firmware.records.before_start import BeforeStart, Notes, Wish
from firmware.records.kpi import Result
from firmware.records.messages import StayRow

RESTART: Final = "restart"
"""Cause of a stay that a restart of the box cut off."""

_PRESENCES: Final = {presence.value: presence for presence in Presence}


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments of the office as times of the core's clock: the present one is both."""

    at: datetime
    now: float

    def of(self, moment: datetime) -> float:
        """Never later than now: the office's clock may have been set back."""
        return min(self.now, self.now - (self.at - moment).total_seconds())


def resumed(
    before: BeforeStart,
    midnight: datetime,
    clock: Clock,
    repeat_s: Mapping[str, int],
) -> Resumed:
    """What there is to take up. `repeat_s`: by queue, within what a place lost is given back."""
    return Resumed(
        tuple(_agents(before, midnight, clock)),
        tuple(
            Talked(talk.number, talk.agent, clock.of(talk.at))
            for talk in sorted(before.talks, key=lambda talk: talk.at)
            if talk.number
        ),
        tuple(_lost(before.stays, clock, repeat_s)),
        tuple(_handled(before.stays, before.notes, clock)),
        dict(before.last_offered or {}),
        _last_answered(before.stays),
        tuple(Told(one.queue, one.told_s, one.waited_s) for one in before.promises),
    )


# -- agents --------------------------------------------------------------------------------------


def _agents(before: BeforeStart, midnight: datetime, clock: Clock) -> Iterator[Earlier]:
    wishes: dict[str, list[Wish]] = defaultdict(list)
    calls: dict[str, list[StayRow]] = defaultdict(list)
    for wish in before.wishes:
        wishes[wish.agent].append(wish)
    for stay in before.stays:
        if stay.result is Result.ANSWERED:
            calls[stay.agent].append(stay)
    notes = {one.agent: _wrap_up(one, clock) for one in before.notes}
    for agent in sorted(wishes.keys() | calls.keys()):
        counted = _counted(agent, wishes[agent], calls[agent], midnight, clock)
        was = _wishing(counted, wishes[agent], before.paused_since, clock)
        not_taken = before.not_taken.get(agent, 0)
        yield replace(was, unanswered=not_taken, wrap_up=notes.get(agent))


def _counted(
    agent: str, wishes: Iterable[Wish], calls: Iterable[StayRow], midnight: datetime, clock: Clock
) -> Earlier:
    log_in = max(_log_ins(wishes), default=None)
    since = max((m for m in (log_in, midnight) if m is not None), default=midnight)
    had = [(_taken(stay), _over(stay), stay.talk_s + stay.hold_s) for stay in calls]
    last = max((over for _, over, _ in had), default=None)
    has_talked = last is not None and last >= midnight
    ends = [last] if has_talked or log_in is None else [last, log_in]
    idle = max((end for end in ends if end is not None), default=None)
    return Earlier(
        agent,
        answered=sum(taken >= since for taken, _, _ in had),
        talk_s=round(sum(long for _, over, long in had if over >= since), 3),
        idle_since=clock.of(idle) if idle is not None else None,
        has_talked=has_talked,
    )


def _log_ins(wishes: Iterable[Wish]) -> Iterator[datetime]:
    presence = Presence.OUT.value
    for wish in wishes:
        if presence == Presence.OUT.value != wish.presence:
            yield wish.at
        presence = wish.presence


def _wishing(
    agent: Earlier, wishes: list[Wish], paused_since: Mapping[str, datetime], clock: Clock
) -> Earlier:
    """With what they wanted last, and since when."""
    if not wishes:
        return agent
    last = wishes[-1]
    presence = _PRESENCES.get(last.presence, Presence.OUT)
    began = clock.of(last.at)
    return replace(
        agent,
        presence=presence,
        reason=last.reason,
        phone=last.phone,
        since=clock.of(paused_since.get(agent.agent, last.at)),
        back_at=began + last.back_in_s if last.back_in_s is not None else None,
    )


def _wrap_up(notes: Notes, clock: Clock) -> WrapUp:
    """Its end may lie before now: then it was over meanwhile."""
    began, long_s = clock.of(notes.began), (notes.until - notes.began).total_seconds()
    return WrapUp(notes.agent, notes.queue, clock.of(notes.talk_from), began, began + long_s)


def _taken(stay: StayRow) -> datetime:
    return stay.decided_at or stay.offered_at


def _over(stay: StayRow) -> datetime:
    return _taken(stay) + timedelta(seconds=stay.talk_s + stay.hold_s)


# -- callers -------------------------------------------------------------------------------------


def _lost(
    stays: Iterable[StayRow], clock: Clock, repeat_s: Mapping[str, int]
) -> Iterator[PlaceLost]:
    """Places that nobody has taken up since."""
    lost: dict[tuple[str, str], PlaceLost] = {}
    held: dict[tuple[str, int], float] = {}
    for moment, is_gone, stay in sorted(_steps(stays), key=lambda step: step[:2]):
        at, key, name = clock.of(moment), (stay.queue, stay.caller_number), (stay.call, stay.number)
        if is_gone:
            lost[key] = PlaceLost(*key, held[name], at)
            continue
        before = lost.pop(key, None)
        is_regained = before is not None and at - before.at <= repeat_s.get(stay.queue, 0)
        held[name] = before.held_since if before is not None and is_regained else at
    yield from sorted(lost.values(), key=lambda place: place.at)


def _steps(stays: Iterable[StayRow]) -> Iterator[tuple[datetime, bool, StayRow]]:
    """Each caller who is known joins, and is perhaps gone without an answer."""
    for stay in stays:
        if stay.caller_number:
            yield stay.offered_at, False, stay
            if _is_lost(stay):
                yield max(_taken(stay), stay.offered_at), True, stay


def _is_lost(stay: StayRow) -> bool:
    is_cut_off = stay.result is Result.LEFT and stay.cause == RESTART
    return stay.result is Result.ABANDONED or is_cut_off


def _handled(stays: Iterable[StayRow], notes: Iterable[Notes], clock: Clock) -> Iterator[Handled]:
    """In the order in which they were dealt with; the core forgets those that are too old. Of
    calls whose notes were being written those that are over by now, as if no core had ended."""
    stays = [stay for stay in stays if stay.result is Result.ANSWERED]
    ends = {id(stay): one.until for one in notes if (stay := _stay_of(one, stays)) is not None}
    usual = ((_over(s) + timedelta(seconds=s.wrap_up_s), s) for s in stays)
    done = [(ends.get(id(stay), over), stay) for over, stay in usual]
    for over, stay in sorted(done, key=lambda pair: pair[0]):
        if id(stay) not in ends:
            yield Handled(stay.queue, stay.talk_s + stay.hold_s + stay.wrap_up_s, clock.of(over))
        elif over <= clock.at:
            yield Handled(stay.queue, (over - _taken(stay)).total_seconds(), clock.of(over))


def _stay_of(notes: Notes, stays: Iterable[StayRow]) -> StayRow | None:
    """The stay which the notes are about: of this agent's, the one that ended as they began."""
    own = [s for s in stays if (s.agent, s.queue) == (notes.agent, notes.queue)]
    return min(own, key=lambda stay: abs(_over(stay) - notes.began), default=None)


def _last_answered(stays: Iterable[StayRow]) -> Mapping[str, str]:
    answered = [stay for stay in stays if stay.result is Result.ANSWERED]
    return {stay.queue: stay.agent for stay in sorted(answered, key=_taken)}
