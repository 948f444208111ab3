"""Events through a wire that loses, repeats and reorders: each is told once and in order."""

from __future__ import annotations

from random import Random

import pytest

from hal.hat.codec import Numbered
from hal.hat.inbox import Inbox
from hal.hat.messages import RingEnded
from hal.hat.outbox import WINDOW


def event(number: int) -> Numbered:
    return Numbered(number, number * 10, RingEnded(1, number))


def numbers(due: list[Numbered]) -> list[int]:
    return [item.number for item in due]


def test_one_that_is_ahead_waits_for_the_missing_one() -> None:
    inbox = Inbox()
    assert numbers(inbox.put(event(1))) == [1]
    assert numbers(inbox.put(event(3))) == []
    assert inbox.last == 1
    assert numbers(inbox.put(event(2))) == [2, 3]
    assert inbox.is_told(event(3))
    assert numbers(inbox.put(event(3))) == []


def test_no_more_than_a_window_is_kept() -> None:
    inbox = Inbox()
    assert numbers(inbox.put(event(1 + WINDOW))) == []  # no honest board sends it yet
    for number in range(1, WINDOW + 1):
        assert numbers(inbox.put(event(number))) == [number]
    assert not inbox.is_told(event(1 + WINDOW))


def test_a_new_conversation_numbers_afresh() -> None:
    inbox = Inbox()
    inbox.put(event(2))
    inbox.restart(40)
    assert inbox.last == 39
    assert numbers(inbox.put(event(40))) == [40]
    inbox.restart(0)
    assert inbox.last == 0xFFFFFFFF


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_wire_does_all_are_told_once_in_order(seed: int) -> None:
    random, inbox, told = Random(seed), Inbox(), list[int]()
    while len(told) < 100:
        sent = [event(inbox.last + 1 + random.randrange(WINDOW)) for _ in range(5)]
        for item in random.sample(sent * 2, 5):
            told += numbers(inbox.put(item))
    assert told == list(range(1, len(told) + 1))
