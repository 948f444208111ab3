"""What becomes of agents, in plain words and in figures, as the story tells it.

Pure. The events' data is also what a core goes on from after a restart (resume.py), so each says
all that is needed of it by itself. Whoever tells it: queue_task.py; who reads it again:
firmware.records.before_start. Tests: tests/firmware/acd/test_queue_task.py,
tests/firmware/test_look_back.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from firmware.acd.agent import Presence
from firmware.acd.messages import AboutAgent, AgentChanged, NotTaken, Told, Wished, WrapUp
from firmware.records.before_start import NOT_TAKEN, NOTES, WISH

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Words:
    """One event of the story."""

    kind: str
    text: str
    data: Mapping[str, Value]


def about(command: AboutAgent, who: str, now: float) -> Words:
    """What to tell of an agent. `who`: for people; `now`: on the core's clock."""
    match command:
        case AgentChanged(agent, state, reason):
            said = _STATES.get(state, state.replace("_", " ")) + (f" ({reason})" if reason else "")
            data = {"agent": agent, "state": state, "reason": reason}
            return Words("agent.state", f"{who} {said}", data)
        case Wished():
            return _wish(command, who, now)
        case WrapUp(agent, queue, talk_from, began, until):
            ends_in_s = round(until - now, 3)
            return Words(
                NOTES,
                f"{who} has {ends_in_s:.0f} s more for the notes",
                {
                    "agent": agent,
                    "queue": queue,
                    "talked_s": round(began - talk_from, 3),
                    "began_s": round(now - began, 3),
                    "ends_in_s": ends_in_s,
                },
            )
        case NotTaken(agent, in_a_row):
            calls = "one call" if in_a_row == 1 else f"{in_a_row} calls in a row"
            said = f"did not take {calls}" if in_a_row else "is back: calls not taken do not count"
            return Words(NOT_TAKEN, f"{who} {said}", {"agent": agent, "in_a_row": in_a_row})
        case _:
            assert_never(command)


def _wish(wish: Wished, who: str, now: float) -> Words:
    says = {
        Presence.OUT: "logs out",
        Presence.READY: "takes calls",
        Presence.PAUSED: "takes no calls",
    }[wish.presence]
    at = f" at the phone of {wish.phone}" if wish.phone else ""
    why = f" ({wish.reason})" if wish.reason else ""
    data = {
        "agent": wish.agent,
        "presence": wish.presence.value,
        "reason": wish.reason,
        "phone": wish.phone,
        "back_in_s": None if wish.back_at is None else round(wish.back_at - now, 1),
    }
    return Words(WISH, f"{who} {says}{at}{why}", data)


def measured(told: Told | None) -> dict[str, float]:
    """How right a caller was told how long it would be, as figures beside the answer."""
    if told is None:
        return {}
    return {"told_s": round(told.told_s, 3), "told_ago_s": round(told.waited_s, 3)}


def for_whom(demanded: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Whom a caller waits for, behind "waits in the queue Sales"; empty: for anybody. `words`: what
    somebody does who has a skill."""
    can = [
        words.get(s) or f"has the skill {s}" + (f" {n}" if n > 1 else "")
        for s, n in sorted(demanded.items())
    ]
    return f" for somebody who {' and '.join(can)}" if can else ""


def listed(demanded: Mapping[str, int]) -> dict[str, str]:
    """Skills and levels beside the words: `french 1, bills 2`."""
    told = ", ".join(f"{skill} {level}" for skill, level in sorted(demanded.items()))
    return {"skills": told} if told else {}


_STATES: Final = {
    "logged_out": "is logged out",
    "ready": "is ready",
    "offered": "is being rung",
    "on_call": "is on a call",
    "wrap_up": "is in wrap-up",
    "paused": "is paused",
    "dnd": "is not to be disturbed",
    "unreachable": "cannot be reached: no phone answers",
    "busy": "is on another call",
}
