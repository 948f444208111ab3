"""What stands on the board while the recorder has trouble, and what is only told."""

import pytest

from firmware.call import ship
from firmware.call.story import Story
from firmware.recorder_news import RecorderNews
from firmware.records.messages import EventRow
from firmware.trouble import Troubles


class Office:
    def __init__(self) -> None:
        self.board, self.told = Troubles(), list[EventRow]()
        self.news = RecorderNews(self.board, Story(self.told.append))

    def hears(self, *codes: str) -> set[str]:
        for code in codes:
            self.news.trouble(ship.Trouble(code, f"{code} happened.", "Why.", "Do."))
        return {trouble.code for _, trouble in self.board.standing()}


@pytest.mark.parametrize("code", ["disk_full", "storage_failed", "storage_slow", "recorder_fault"])
def test_a_trouble_of_the_storage_stands_until_it_is_over(code: str) -> None:
    assert Office().hears(code) == {f"recorder.{code}"}
    assert Office().hears(code, "storage_ok") == set()
    assert Office().hears(code, "recorder_back") == set(), "the new one would tell it again"


@pytest.mark.parametrize("code", ["recorder_away", "recorder_unknown"])
def test_a_recorder_that_is_away_stands_until_it_is_back(code: str) -> None:
    assert Office().hears(code, "storage_ok") == {f"recorder.{code}"}
    assert Office().hears(code, "recorder_back") == set()


def test_lost_audio_is_told_exactly_and_does_not_stand_for_ever() -> None:
    office = Office()
    assert office.hears("audio_lost") == set()
    assert [event.text for event in office.told] == ["audio_lost happened. Why. Do."]
