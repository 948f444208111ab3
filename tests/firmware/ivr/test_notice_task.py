"""The announcement that calls are recorded, on a stand-in switch."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.config.schema import Recording
from firmware.ivr.notice_task import MOST_KEYS, Notice
from hal.leg import PortId
from hal.switch.face import Played

PORT = PortId(7)


class Given:
    """One announcement, and what came of it."""

    def __init__(self, switch: Any, **rule: Any) -> None:
        self.switch, self.audio = switch, Audio(switch)
        self.audio.shelf.stock({("law", "en"): b"l", ("box-not-recorded", "en"): b"n"})
        self.objections = 0
        self.ended: list[str] = []
        rules = Recording.model_validate({"announcement": "law", "opt_out_key": "9"} | rule)
        self.notice = Notice(rules, PORT, "en", self.audio, self.objected, self.ended.append)
        self.notice.begin()

    def objected(self) -> None:
        self.objections += 1

    def hears(self) -> bytes:
        return bytes(self.switch.sounds[self.switch.plays[PORT]][-1:])

    def to_its_end(self) -> None:
        self.audio.played(Played(PORT, self.switch.plays[PORT]))


@pytest.fixture
def given(switch: Any) -> Given:
    return Given(switch)


def test_keys_pressed_meanwhile_are_for_what_follows(given: Given) -> None:
    given.notice.pressed("1")
    given.notice.pressed("2")
    assert given.ended == []
    given.to_its_end()
    assert given.ended == ["12"]
    assert given.objections == 0


def test_who_objects_is_told_that_it_was_heard(given: Given) -> None:
    given.notice.pressed("9")
    assert given.objections == 1
    assert given.hears() == b"n"
    given.notice.pressed("9")
    given.to_its_end()
    assert (given.objections, given.ended) == (1, ["9"])


def test_an_announcement_that_is_not_there_holds_nobody_up(switch: Any) -> None:
    assert Given(switch, announcement="none").ended == [""]


def test_who_hung_up_goes_nowhere(given: Given) -> None:
    given.notice.leave()
    given.notice.pressed("9")
    assert (given.ended, given.objections, given.audio.waiting) == ([], 0, 0)


def test_a_caller_who_leans_on_a_key(given: Given) -> None:
    for _ in range(1000):
        given.notice.pressed("5")
    given.to_its_end()
    assert given.ended == ["5" * MOST_KEYS]
