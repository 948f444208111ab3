"""Where a call for a person goes: to the phone, somewhere else, or nowhere, and why in words.

Pure. Asked before the phone rings (`before`) and again when it rang in vain (`after`). What
people set up is in firmware.config.schema.Extension; a phone can ask for another number itself
(a SIP 302), which counts as one more forward. Rules that hold whoever set up what:

- a call is forwarded at most HOPS times and comes to nobody twice, so two people may stand in for
  each other, and two phones that redirect to each other end the call instead of a storm;
- a target means what the person could dial: who may not call outside cannot forward there;
- do not disturb is "busy" to callers, but `forward_always` comes first;
- calls of a queue are offered by firmware.acd to the agent's own phone and never get here: a
  caller who waits for an agent must not end at somebody's mobile.

The caller's number stays on every display. Shell: attend_task.py.
Tests: tests/firmware/route/test_forwarding.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from firmware.config.check import HOPS
from firmware.config.schema import Extension, Office
from firmware.route.desk import Failure, Unreached
from firmware.route.numbers import (
    Nowhere,
    ToExtension,
    ToLine,
    ToMenu,
    ToQueue,
    resolve,
)
from hal.leg import Cause


class Why(Enum):
    """Why a call does not end at the person's phone."""

    ALWAYS = "forwards all calls"
    DND = "is not to be disturbed"
    BUSY = "is busy"
    NO_ANSWER = "did not answer"
    UNREACHABLE = "cannot be reached"
    PHONE = "has a phone that asks for another number"


_FAILED: Final = {
    Failure.BUSY: Why.BUSY,
    Failure.NO_ANSWER: Why.NO_ANSWER,
    Failure.UNREACHABLE: Why.UNREACHABLE,
}
_CAUSE: Final = {
    Why.ALWAYS: Cause.DESTINATION_OUT_OF_ORDER,
    Why.DND: Cause.USER_BUSY,
    Why.BUSY: Cause.USER_BUSY,
    Why.NO_ANSWER: Cause.NO_ANSWER,
    Why.UNREACHABLE: Cause.SUBSCRIBER_ABSENT,
    Why.PHONE: Cause.DESTINATION_OUT_OF_ORDER,
}


@dataclass(frozen=True, slots=True)
class Ring:
    """The person's phone is to ring."""


@dataclass(frozen=True, slots=True)
class Forward:
    """The call goes on."""

    to: ToExtension | ToLine | ToQueue | ToMenu
    number: str
    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The call can go no further."""

    cause: Cause
    words: str
    target: str = ""
    """Where the person or their phone wanted it to go, if anywhere."""


def before(
    office: Office, person: Extension, is_busy: bool, trail: tuple[str, ...]
) -> Ring | Forward | Stop:
    """Before the phone rings. `trail`: extensions the call came to, this one last."""
    if person.forward_always:
        return _on(office, person, Why.ALWAYS, person.forward_always, trail)
    if person.do_not_disturb:
        return _on(office, person, Why.DND, person.forward_busy, trail)
    if is_busy and not person.call_waiting:
        return _on(office, person, Why.BUSY, person.forward_busy, trail)
    return Ring()


def after(
    office: Office, person: Extension, unreached: Unreached, trail: tuple[str, ...]
) -> Forward | Stop:
    """When the phone did not take the call."""
    if unreached.redirect:
        return _on(office, person, Why.PHONE, unreached.redirect, trail)
    why = _FAILED[unreached.failure]
    target = person.forward_busy if why is Why.BUSY else person.forward_no_answer
    return _on(office, person, why, target, trail, unreached.cause)


def _on(
    office: Office,
    person: Extension,
    why: Why,
    target: str,
    trail: tuple[str, ...],
    cause: Cause | None = None,
) -> Forward | Stop:
    cause = cause or _CAUSE[why]
    who = f"{person.name} ({person.number}) {why.value}"
    if not target:
        return Stop(cause, who)
    if len(trail) > HOPS:
        return Stop(cause, f"{who}, and the call was forwarded {HOPS} times already", target)
    match resolve(office, target, person.number):
        case ToExtension(other) if other.number in trail:
            words = f"{who}, and the call came to {other.name} ({target}) already"
            return Stop(cause, words, target)
        case ToExtension() | ToLine() | ToQueue() | ToMenu() as to:
            return Forward(to, target, f"{who}: forwarded to {_named(to)}")
        case Nowhere(wrong):
            return Stop(cause, f"{who}, and cannot be forwarded: {wrong}", target)
        case _:
            return Stop(cause, f"{who}, and calls cannot be forwarded to {target}", target)


def _named(to: ToExtension | ToLine | ToQueue | ToMenu) -> str:
    match to:
        case ToExtension(person):
            return f"{person.name} ({person.number})"
        case ToLine(digits):
            return f"{digits} outside"
        case ToQueue(queue):
            return f"the queue {queue.name}"
        case ToMenu(menu):
            return f"the menu {menu.name}"
