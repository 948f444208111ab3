"""The whole box at one moment, as pages and console show it: built from what each part says.

Pure: snapshots in, `firmware.api.schema` models out.

Tests: tests/firmware/test_live.py.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast

from firmware.acd.agent import Agent, Presence, Work
from firmware.acd.queue import Acd, Waiting
from firmware.api import schema
from firmware.call import quality
from firmware.call.call import Call, Stage
from firmware.call.story import legible
from firmware.config.schema import Office
from firmware.records.store import QueueDay
from firmware.route.dispositions import Handled
from firmware.trouble import Trouble
from hal.lines.analog import State
from hal.lines.messages import LineStatus
from hal.sip.agent import Registration

AgentState = Literal[
    "logged_out",
    "ready",
    "offered",
    "on_call",
    "wrap_up",
    "paused",
    "dnd",
    "unreachable",
    "busy",
]


def moment(at: datetime, now: float, then: float) -> datetime:
    """Wall-clock time (UTC) of the monotonic time `then`, seen from `at` = `now`."""
    return at.astimezone(UTC) - timedelta(seconds=now - then)


def troubles(standing: Iterable[tuple[datetime, Trouble]]) -> list[schema.Trouble]:
    """The board of troubles."""
    return [
        schema.Trouble(
            code=t.code, what=t.what, why=t.why, do=t.do, since=since, severity=t.severity
        )
        for since, t in standing
    ]


def health(found: Iterable[schema.Trouble]) -> Literal["ok", "warning", "trouble"]:
    """The box's state in one word."""
    kinds = {t.severity for t in found}
    if "error" in kinds:
        return "trouble"
    return "warning" if kinds else "ok"


_LINE_STATES: Final[Mapping[State, str]] = {
    State.DOWN: "down",
    State.ABSENT: "unplugged",
    State.IDLE: "idle",
    State.IN_USE: "parallel",
    State.ALERTED: "ringing",
    State.RINGING: "ringing",
    State.OFFERED: "ringing",
    State.DECLINED: "ringing",
    State.CLAIMED: "ringing",
    State.ANSWERING: "in use",
    State.TALKING: "in use",
    State.BLIND: "in use",
    State.RINGBACK: "in use",
    State.SEIZING: "dialling",
    State.AWAITING: "dialling",
    State.DIALLING: "dialling",
    State.CALLING: "dialling",
    State.LEARNING: "guard",
    State.GUARD: "guard",
    State.STUCK: "in use",
    State.TESTING: "in use",
}
"""The line supervisor's states in the fewer words of the pages."""


def line(status: LineStatus, name: str, call: str | None, off: Container[int]) -> schema.Line:
    """One line. `off`: numbers of the lines the office has switched off."""
    is_off = status.number in off
    fault = status.fault
    return schema.Line(
        number=status.number,
        name=name,
        state="disabled" if is_off else _LINE_STATES[status.state],
        words="switched off in the settings" if is_off else status.words,
        volts=status.volts,
        milliamps=status.milliamps,
        call=call,
        trouble=f"{fault.what}: {fault.why}. {fault.what_to_do}" if fault else "",
    )


def agent(
    entry: Agent,
    acd: Acd,
    name: str,
    at: datetime,
    now: float,
    handled: Handled | None = None,
) -> schema.Agent:
    """One agent. `handled`: the call of which they may say how it ended."""
    return schema.Agent(
        extension=entry.extension,
        name=name,
        state=cast(AgentState, entry.shown),  # derived there, listed there
        since=moment(at, now, entry.since),
        reason=entry.why,
        call=entry.call,
        queues=[q.name for q in acd.queues.values() if entry.extension in q.members],
        calls_answered=entry.answered,
        talk_s=round(entry.talk_s, 3),
        phone=entry.phone,
        is_reachable=entry.is_reachable,
        then=_THEN[entry.presence],
        ends_at=_end(entry, at, now),
        may_extend=entry.work is Work.WRAP_UP and _extends(entry, acd),
        noted=_noted(handled) if handled is not None else None,
    )


def _noted(handled: Handled) -> schema.Noted:
    code = handled.set.code if handled.set is not None else 0
    return schema.Noted(call=handled.call, queue=handled.queue, code=code)


_THEN: Final[Mapping[Presence, Literal["ready", "paused", "logged_out"]]] = {
    Presence.READY: "ready",
    Presence.PAUSED: "paused",
    Presence.OUT: "logged_out",
}


def _end(entry: Agent, at: datetime, now: float) -> datetime | None:
    """When what an agent is shown to do ends by itself."""
    end = {"wrap_up": entry.deadline, "paused": entry.back_at}.get(entry.shown)
    return moment(at, now, end) if end is not None else None


def _extends(entry: Agent, acd: Acd) -> bool:
    rule = acd.queues.get(entry.queue)
    return rule is not None and rule.wrap_up_extend_s > 0


def queue(
    queue_id: str, acd: Acd, day: Mapping[str, QueueDay], now: float, callbacks: int = 0
) -> schema.Queue:
    """One queue, now and today. Calls still waiting or talking count as offered today.
    `callbacks`: so many callers of it are to be called back."""
    waiting = [w for w in acd.waiting.values() if w.queue == queue_id]
    members = acd.members_of(queue_id)
    told = acd.serving[queue_id].accuracy
    done = day.get(queue_id, QueueDay(queue_id, 0, 0, 0, 0))
    talking = sum(1 for extension in acd.joined.values() if acd.agents[extension].queue == queue_id)
    talking += sum(1 for picked_up_from in acd.taken.values() if picked_up_from == queue_id)
    return schema.Queue(
        id=queue_id,
        name=acd.queues[queue_id].name,
        waiting=len(waiting),
        longest_wait_s=max((now - w.since for w in waiting), default=0.0),
        agents_ready=sum(1 for a in members if a.shown == "ready"),
        agents_logged_in=sum(1 for a in members if a.presence is not Presence.OUT),
        offered_today=done.offered + len(waiting) + talking,
        answered_today=done.answered + talking,
        abandoned_today=done.abandoned,
        left_today=done.left_otherwise,
        strategy=acd.queues[queue_id].strategy,
        expected_wait_s=acd.expected_wait_s(queue_id, len(waiting) + 1, now),
        callbacks=callbacks,
        waits_told=told.count,
        wait_error_s=told.mean_error_s,
        wait_bias_s=told.bias_s,
    )


def call(entry: Call, acd: Acd, names: Mapping[str, str], at: datetime, now: float) -> schema.Call:
    """One call in progress."""
    position = acd.position(entry.id) or None
    waits = acd.waiting.get(entry.id)
    agent_now = entry.agent or (waits.agent if waits is not None else None) or ""
    return schema.Call(
        id=entry.id,
        direction=cast(Literal["incoming", "outgoing", "internal"], entry.direction),
        stage=entry.stage.value,
        words=words(entry, acd, names, position, agent_now),
        started_at=entry.started_at,
        since=moment(at, now, entry.since),
        line=entry.line,
        caller_number=entry.party.number,
        caller_name=entry.party.name,
        caller_why_unknown=entry.party.why_unknown,
        called=entry.called,
        queue=entry.queue,
        position=position,
        waiting_since=moment(at, now, waits.since) if waits is not None else None,
        expected_wait_s=_expected(waits, position, acd, now),
        priority=entry.priority,
        skills=dict(waits.demand.skills) if waits is not None else {},
        collected=dict(entry.collected),
        agent=agent_now,
        agent_name=names.get(agent_now, ""),
        digits=entry.digits,
        is_recorded=bool(entry.recording),
        sound=sound(entry),
    )


def _expected(waits: Waiting | None, position: int | None, acd: Acd, now: float) -> float | None:
    if waits is None or position is None or waits.queue not in acd.queues:
        return None
    return acd.expected_wait_s(waits.queue, position, now)


def sound(entry: Call) -> list[schema.Sound]:
    """How each party's audio is."""
    found: list[schema.Sound] = []
    for leg in (entry.caller, entry.other, entry.third):
        if leg is not None and (measured := leg.quality()) is not None:
            found.append(
                schema.Sound(
                    who=leg.address,
                    words=quality.words(measured),
                    grade=quality.grade(measured.mos),
                    mos=measured.mos,
                    codec=measured.codec,
                    is_encrypted=measured.is_encrypted,
                    loss_percent=round(measured.loss_percent, 2),
                    jitter_ms=round(measured.jitter_ms, 1),
                    far_loss_percent=measured.far_loss_percent,
                    far_jitter_ms=measured.far_jitter_ms,
                    round_trip_ms=measured.round_trip_ms,
                    level_dbm0=round(measured.level_dbm0, 1),
                )
            )
    return found


_ORDINALS: Final = ("", "first", "second", "third", "fourth", "fifth")


def words(
    entry: Call, acd: Acd, names: Mapping[str, str], position: int | None, agent_now: str
) -> str:
    """What is going on, for people."""
    who = names.get(agent_now, "") or agent_now
    queue_now = acd.waiting[entry.id].queue if entry.id in acd.waiting else entry.queue
    name = acd.queues[queue_now].name if queue_now in acd.queues else queue_now
    place = _ORDINALS[position] if position and position < len(_ORDINALS) else f"{position}th"
    other = entry.other.called.number if entry.other is not None else entry.called
    now = {
        Stage.RINGING: "ringing, not answered yet",
        Stage.MENU: "hears the menu",
        Stage.MESSAGE: "hears a message",
        Stage.WAITING: f"waiting in {name}, {place} in line",
        Stage.OFFERING: f"waiting in {name}, ringing {who}",
        Stage.DIALLING: f"calling {names.get(other, '') or other}",
        Stage.TALKING: f"talking with {who}" if who else "talking",
        Stage.HELD: f"on hold, with {who}" if who else "on hold",
        Stage.CONFERENCE: f"in a conference with {who}" if who else "in a conference",
        Stage.TRANSFERRING: f"being transferred to {names.get(other, '') or other or 'somebody'}",
        Stage.PARKED: "parked",
        Stage.SURVEY: "is asked how the call was",
        Stage.ENDED: "ending",
    }[entry.stage]
    return f"callback: {now}" if entry.is_callback else now


def phones(office: Office, registrations: Iterable[Registration]) -> list[schema.Phone]:
    """Every extension with the phones signed in to it; one row without a phone if there is none."""
    signed_in = list(registrations)
    found: list[schema.Phone] = []
    for person in office.extensions:
        mine = [r for r in signed_in if r.extension == person.number]
        if not mine:
            found.append(
                schema.Phone(
                    extension=person.number,
                    name=person.name,
                    is_registered=False,
                    is_undisturbed=person.do_not_disturb,
                    forward=person.forward_always,
                )
            )
        found += [
            schema.Phone(
                extension=person.number,
                name=person.name,
                is_registered=True,
                is_reachable=r.reachable,
                address=legible(r.address),
                user_agent=legible(r.user_agent),
                transport=r.transport,
                expires_in_s=max(0.0, r.expires_in_s),
                watches=r.watches,
                is_undisturbed=person.do_not_disturb,
                forward=person.forward_always,
            )
            for r in mine
        ]
    return found
