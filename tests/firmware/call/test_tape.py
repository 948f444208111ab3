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


class Reels:
    """A switch whose taps have what the test puts on them."""

    def __init__(self) -> None:
        self.on: dict[int, list[tuple[int, bytes]]] = {}
        self.closed: list[int] = []
        self.is_full = False

    def open_tap(self, port: int) -> int:
        if self.is_full:
            raise SwitchFull("no tap is left")
        self.on[port] = []
        return port

    def read_tap(self, tap: int, limit: int) -> tuple[int, bytes]:
        offset, octets = self.on[tap].pop(0) if self.on[tap] else (0, b"")
        assert len(octets) <= limit
        return offset, octets

    def close_tap(self, tap: int) -> None:
        self.closed.append(tap)


def handed_on(call: Call, make_leg: Any) -> None:
    """The party that was called has the caller's seat from now on."""
    call.caller = make_leg(Kind.LINE, Direction.OUTGOING)


def test_a_recording_goes_on_at_another_port_as_one(call: Call, make_leg: Any) -> None:
    reels, shelf = Reels(), Shelf()
    switch: Any = reels
    tapes = Tapes(switch, shelf, Story())
    tapes.start(call, now=11.0)
    first = call.caller.port
    assert first is not None
    assert shelf.read is not None
    reels.on[first] = [(0, b"AaBb")]
    assert shelf.read(100) == (0, b"AaBb")
    reels.on[first] = [(4, b"CcDd"), (12, b"Ee")]  # 8 to 12 was lost: nobody read in time
    handed_on(call, make_leg)
    tapes.move(call)
    second = call.caller.port
    assert second is not None
    assert reels.closed == [first]
    reels.on[second] = [(0, b"fFgG"), (4, b"hH")]
    # what was left comes first, in pieces as small as are asked for, and then the other port's,
    # its channels exchanged: the new caller's seat has what was the other side
    assert [shelf.read(2), shelf.read(100), shelf.read(100)] == [
        (4, b"Cc"), (6, b"Dd"), (12, b"Ee"),
    ]  # fmt: skip
    assert shelf.read(100) == (14, b"FfGg")
    assert shelf.read(100) == (18, b"Hh")
    assert shelf.read(100)[1] == b""
    assert len(shelf.opened) == 1
    tapes.end(call)
    assert reels.closed == [first, second]


def test_a_recording_that_is_moved_back_has_its_sides_as_at_first(
    call: Call, make_leg: Any
) -> None:
    reels, shelf = Reels(), Shelf()
    switch: Any = reels
    tapes = Tapes(switch, shelf, Story())
    tapes.start(call, now=11.0)
    before = call.caller
    handed_on(call, make_leg)
    tapes.move(call)
    tapes.move(call)  # the same port again: nothing to do
    call.caller = before
    tapes.move(call)
    assert before.port is not None
    assert shelf.read is not None
    reels.on[before.port] = [(0, b"Aa")]
    assert shelf.read(100) == (0, b"Aa")


def test_a_recording_that_cannot_follow_ends_and_is_told(call: Call, make_leg: Any) -> None:
    reels, shelf, events = Reels(), Shelf(), list[EventRow]()
    switch: Any = reels
    tapes = Tapes(switch, shelf, Story(events.append))
    tapes.start(call, now=11.0)
    handed_on(call, make_leg)
    reels.is_full = True
    tapes.move(call)
    assert [event.kind for event in events] == [
        "recording.started", "recording.failed", "recording.ended",
    ]  # fmt: skip
    assert len(reels.closed) == 1
    tapes.end(call)
    assert len(shelf.closed) == 1
