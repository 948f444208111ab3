"""Callbacks as they are remembered across a restart: plain JSON, with the wall clock's times.

Pure. Durations run by the monotonic clock, which begins anew with the machine. A box without a
clock may read a time that lies ahead: it counts as now.

Tests: tests/firmware/route/test_callbacks.py.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from firmware.ivr.callback import Callback, State

logger = logging.getLogger(__name__)

_TIMES: Final = ("held_since", "asked_at")
_PLAIN: Final[Mapping[str, type]] = {
    "number": str,
    "queue": str,
    "tries": int,
    "name": str,
    "language": str,
    "priority": int,
    "owner": str,
    "collected": dict,
    "is_not_recorded": bool,
    "by": str,
    "why": str,
}


def callback_to(one: Callback, at: datetime, now: float) -> dict[str, object]:
    """`at` is the wall clock's time of `now`."""
    kept: dict[str, object] = {name: getattr(one, name) for name in _PLAIN}
    for name in (*_TIMES, "next_at"):
        kept[name] = (at + timedelta(seconds=getattr(one, name) - now)).astimezone(UTC).isoformat()
    return {**kept, "skills": dict(one.skills), "state": one.state.value}


def callback_from(entry: object, at: datetime, now: float) -> Callback | None:
    """Inverse of `callback_to`; None if it is not understood."""
    if not isinstance(entry, Mapping):
        return None
    try:
        plain: dict[str, Any] = {name: _of(entry, name, kind) for name, kind in _PLAIN.items()}
        plain |= {name: now - _age_s(entry[name], at) for name in _TIMES}
        plain["skills"] = _skills(entry.get("skills", {}))  # kept since callers may ask for some
        rests_s = (datetime.fromisoformat(entry["next_at"]) - at).total_seconds()
        state = State(entry["state"])
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("a callback is not understood, and left out: %s", error)
        return None
    return Callback(**plain, next_at=now + rests_s, state=state)


def _of(entry: Mapping[Any, Any], name: str, kind: type) -> Any:
    value = entry[name]
    if type(value) is not kind:
        raise ValueError(f"{name} {value!r}: expected {kind.__name__}")
    if isinstance(value, dict):
        return {str(key): str(word) for key, word in value.items()}
    return value


def _skills(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping) or not all(type(level) is int for level in value.values()):
        raise ValueError(f"skills {value!r}: expected a level of each")
    return {str(skill): level for skill, level in value.items()}


def _age_s(text: str, at: datetime) -> float:
    return max(0.0, (at - datetime.fromisoformat(text)).total_seconds())
