"""One answer for many pages, also when the answer is that nobody is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firmware.api.errors import CoreAway
from web import parts
from web.parts import Shared


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(parts.time, "monotonic", lambda: now[0])
    return now


def asked_of(answers: Iterator[int | CoreAway]) -> Shared[int]:
    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, CoreAway):
            raise answer
        return answer

    return Shared(ask, keep_s=0.5)


def test_asked_again_only_when_old_or_forgotten(clock: list[float]) -> None:
    shared = asked_of(iter([1, 2, 3]))
    assert [shared.get(), shared.get()] == [1, 1]
    clock[0] += 0.6
    assert shared.get() == 2
    shared.forget()
    assert shared.last() == 2
    assert shared.get() == 3


def test_a_core_that_is_away_is_asked_once_a_second(clock: list[float]) -> None:
    away = CoreAway("away", "hangs", "wait")
    shared = asked_of(iter([away, 7]))
    for _ in range(5):
        with pytest.raises(CoreAway):
            shared.get()
    clock[0] += 1.1
    assert shared.get() == 7
