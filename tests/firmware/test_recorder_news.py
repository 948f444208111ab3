"""What stands on the board while the recorder has trouble, and what is only told."""

import pytest

from firmware.call import ship
from firmware.call.story import Story
from firmware.recorder_news import RecorderNews
from firmware.records.messages import EventRow
from firmware.trouble import Troubles
from recorder.messages import RecordingId


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


def test_a_recording_that_is_kept_is_told_with_what_is_missing_of_it() -> None:
    office = Office()
    for missing_s in (0.0, 1.25):
        office.news.kept(ship.Done(RecordingId("r1"), "r1.opus", 9000, 60.0, missing_s))
    assert [event.text for event in office.told] == [
        "recording of 60.0 s is on the medium",
        "recording of 60.0 s is on the medium, 1.2 s missing",
    ]
    assert office.told[0].data["recording"] == "r1"
