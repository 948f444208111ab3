"""Who hears whom: pairs worked out by hand for two and three parties, held from either side."""

from __future__ import annotations

import pytest

from firmware.call.conference import hearing
from hal.leg import PortId

A, B, C, D = (PortId(n) for n in (1, 2, 3, 4))


def both(one: PortId, other: PortId) -> set[tuple[PortId, PortId]]:
    return {(one, other), (other, one)}


@pytest.mark.parametrize(
    ("talking", "holding", "waiting", "pairs", "music"),
    [
        ([A, B], [], [], both(A, B), []),
        ([A, B], [A], [], set(), [B]),
        ([A, B], [A, B], [], set(), []),
        ([A, B, C], [], [], both(A, B) | both(B, C) | both(A, C), []),
        ([A, B, C], [C], [], both(A, B), []),
        ([A, B, C], [B, C], [], set(), [A]),
        ([A, B], [], [C], both(A, B), [C]),
        ([A, B], [C], [C], both(A, B), []),
        ([], [], [A], set(), [A]),
        ([A], [], [], set(), []),
    ],
    ids=[
        "two talk", "one holds", "both hold", "three talk", "one of three holds",
        "two of three hold", "one waits apart", "who waits holds as well", "alone", "nobody else",
    ],
)  # fmt: skip
def test_hearing(
    talking: list[PortId],
    holding: list[PortId],
    waiting: list[PortId],
    pairs: set[tuple[PortId, PortId]],
    music: list[PortId],
) -> None:
    result = hearing(talking, holding, waiting)
    assert result.pairs == pairs
    assert result.music == set(music)
