"""Whose turn a callback is, against callers who wait on the line."""

from __future__ import annotations

import pytest

from firmware.ivr.callback_turn import Scene, line_for, why_now

FREE, FIRST = "an agent is free, or will be in a moment", "first in line, and others wait behind"


@pytest.mark.parametrize(
    ("scene", "why"),
    [
        (Scene(ahead=0, behind=0, at_work=1, soon=1), FREE),
        (Scene(ahead=0, behind=3, at_work=1, soon=1), FREE),
        (Scene(ahead=1, behind=0, at_work=2, soon=1), ""),  # a live caller came first
        (Scene(ahead=1, behind=0, at_work=2, soon=2), FREE),
        (Scene(ahead=0, behind=0, at_work=1, soon=0), ""),  # nobody overtakes: it can wait
        (Scene(ahead=0, behind=1, at_work=1, soon=0), FIRST),
        (Scene(ahead=1, behind=1, at_work=3, soon=0), ""),
        (Scene(ahead=0, behind=5, at_work=0, soon=0), ""),  # all logged out, paused, cut off
    ],
)
def test_a_turn(scene: Scene, why: str) -> None:
    assert why_now(scene) == why


def test_a_busy_hour_overtakes_nobody() -> None:
    """One agent without wrap-up, a caller every minute, calls of a minute: never free. The place
    kept in the third minute is dialled before a caller who came in the fourth is served."""
    served = list[str]()
    line = [(0.0, "a"), (1.0, "b"), (2.0, "c")]
    kept = (2.5, "callback")
    for minute in range(3, 12):
        line.append((minute, f"caller {minute}"))
        ahead = sum(since < kept[0] for since, _ in line)
        scene = Scene(ahead, len(line) - ahead, at_work=1, soon=0)
        if why_now(scene) and kept not in line and "callback" not in served:
            line.append(kept)
        line.sort()
        served.append(line.pop(0)[1])
    assert served[:5] == ["a", "b", "c", "callback", "caller 3"]


@pytest.mark.parametrize(
    ("free", "keep_free", "line"),
    [([1, 2, 3], 0, 3), ([1, 2, 4], 0, 2), ([], 0, None), ([3], 1, None), ([1, 3], 1, 3)],
)
def test_the_line(free: list[int], keep_free: int, line: int | None) -> None:
    assert line_for(free, (1, 2, 3), keep_free) == line
