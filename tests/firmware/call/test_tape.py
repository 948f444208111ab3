"""A call's recording: begun once, ended once, told to the shipper with what the file should say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from firmware.call.call import Call
from firmware.call.story import Story
from firmware.call.tape_task import Tapes
from firmware.records.messages import CallId, EventRow
from hal.leg import Direction, Kind, Party
from hal.switch.errors import SwitchFull
from recorder.stream import recording_id


class Shelf:
    """The shipper's end."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, str, str, dict[str, str]]] = []
        self.closed: list[tuple[str, dict[str, str]]] = []
        self.read: Callable[[int], tuple[int, bytes]] | None = None

    def open(self, recording_id: str, call_id: str, started_at: str, meta: Any, read: Any) -> None:
        self.opened.append((recording_id, call_id, started_at, meta))
        self.read = read

    def close(self, recording_id: str, meta: Any) -> None:
        self.closed.append((recording_id, meta))


@pytest.fixture
def call(make_leg: Any) -> Call:
    at = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    made = Call(CallId("c1"), "incoming", make_leg(Kind.LINE, Direction.INCOMING), at, began=10.0)
    made.party = Party("0215557788", "Alice Example")
    made.line = 3
    return made


def test_a_recording_says_whose_call_it_is_and_who_took_it(call: Call, switch: Any) -> None:
    shelf, events = Shelf(), list[EventRow]()
    tapes = Tapes(switch, shelf, Story(events.append))
    tapes.start(call, now=15.0)
    call.agent, call.agent_name, call.queue = "201", "Anna", "sales"
    tapes.end(call)
    ((name, opened_for, started_at, meta),) = shelf.opened
    assert recording_id(name) == call.recording
    assert (opened_for, started_at) == ("c1", "2026-03-02T07:00:05+00:00")
    assert (meta["caller"], meta["line"], meta["agent"]) == ("0215557788", "3", "")
    ((closed, last),) = shelf.closed
    assert closed == name
    assert (last["agent"], last["agent_name"], last["queue"]) == ("201", "Anna", "sales")
    assert [event.kind for event in events] == ["recording.started", "recording.ended"]
    assert switch.taps == set()


def test_starting_and_ending_twice_does_it_once(call: Call, switch: Any) -> None:
    shelf = Shelf()
    tapes = Tapes(switch, shelf, Story())
    for _ in range(2):
        tapes.start(call, now=11.0)
    for _ in range(2):
        tapes.end(call)
    assert (len(shelf.opened), len(shelf.closed)) == (1, 1)


def test_a_leg_without_audio_is_not_recorded(call: Call, switch: Any) -> None:
    shelf = Shelf()
    call.caller.port = None
    Tapes(switch, shelf, Story()).start(call, now=11.0)
    assert shelf.opened == []
    assert call.recording == ""


def test_a_call_goes_on_without_a_tap(call: Call, switch: Any, monkeypatch: Any) -> None:
    def refuse(port: int) -> int:
        raise SwitchFull("tap on port 1: no memory left")

    shelf, events = Shelf(), list[EventRow]()
    monkeypatch.setattr(switch, "open_tap", refuse)
    tapes = Tapes(switch, shelf, Story(events.append))
    tapes.start(call, now=11.0)
    tapes.end(call)
    assert (call.recording, shelf.opened, shelf.closed) == ("", [], [])
    assert [(e.kind, e.text) for e in events] == [
        ("recording.failed", "not recorded: tap on port 1: no memory left")
    ]


def test_a_recording_that_cannot_be_opened_or_closed_leaves_no_tap(
    call: Call, switch: Any, monkeypatch: Any
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("recording is open already")

    shelf = Shelf()
    tapes = Tapes(switch, shelf, Story())
    with monkeypatch.context() as patch:
        patch.setattr(shelf, "open", refuse)
        tapes.start(call, now=11.0)
    assert switch.taps == set()
    tapes.start(call, now=12.0)
    monkeypatch.setattr(shelf, "close", refuse)
    with pytest.raises(ValueError, match="open already"):
        tapes.end(call)
    assert switch.taps == set()
