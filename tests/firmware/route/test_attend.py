"""Calls led through menu, queue and people, with stand-ins for legs and switch.

The same stories run through real parts in tests/scenarios."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.call.story import Story
from firmware.call.tape_task import Tapes
from firmware.config.schema import (
    Destination,
    Extension,
    Line,
    Menu,
    Office,
    Prompt,
    Queue,
    Recording,
)
from firmware.records.messages import CallId, CallRow, EventRow, Outcome
from firmware.records.rebuild import rebuilt
from firmware.route.attend_task import Attendant, NoSuchCall
from firmware.route.desk import Desk
from hal.leg import (
    Answered,
    Cause,
    Digit,
    Direction,
    HangupBy,
    Held,
    Kind,
    Party,
    Progress,
    Released,
    State,
)
from hal.switch.errors import SwitchFull
from hal.switch.face import Played

OFFICE = Office(
    lines=(Line(number=1, name="Main", destination=Destination(to="menu", id="main")),),
    extensions=tuple(
        Extension(number=n, name=name, secret=f"secret-{n}")
        for n, name in (("201", "Anna"), ("202", "Ben"))
    ),
    menus=(
        Menu(
            id="main",
            name="Main",
            greeting="hello",
            options={
                "1": Destination(to="queue", id="sales"),
                "2": Destination(to="extension", id="202"),
                "3": Destination(to="message", id="closed"),
            },
        ),
    ),
    queues=(
        Queue(
            id="sales",
            name="Sales",
            members=("201", "202"),
            on_empty=Destination(to="message", id="closed"),
        ),
    ),
    prompts=(
        Prompt(id="hello", name="Hello", texts={"en": "Hello"}),
        Prompt(id="closed", name="Closed", texts={"en": "Closed"}),
    ),
)
BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


class Shelf:
    """Where recordings would go."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []

    def open(self, recording_id: str, call_id: str, started_at: str, meta: Any, read: Any) -> None:
        assert datetime.fromisoformat(started_at).tzinfo is not None
        self.opened.append(call_id)

    def close(self, recording_id: str, meta: Any) -> None:
        self.closed.append(meta["agent"])


class Place:
    """An office with stand-in carriers, and what came of its calls."""

    def __init__(self, switch: Any, make_leg: Any) -> None:
        self.switch, self.make_leg = switch, make_leg
        self.rows: list[CallRow] = []
        self.events: list[EventRow] = []
        self.dialled: dict[str, Any] = {}
        self.free = [1]
        self.shelf = Shelf()
        audio = Audio(switch)
        audio.shelf.stock({("hello", "en"): b"h", ("closed", "en"): b"c"})
        audio.shelf.music = switch.load(b"music")
        story = Story(self.events.append)
        loop = asyncio.get_running_loop()
        tapes = Tapes(switch, self.shelf, story)
        self.desk = Desk(OFFICE, audio, tapes, story, self, self.Lines(self), loop, self.keep)
        self.attendant = Attendant(self.desk)
        self.queues = self.attendant.queues
        for agent in ("201", "202"):
            self.queues.reachable(agent, True)

    def keep(self, row: CallRow) -> None:
        self.rows.append(row)

    def dial(self, extension: str, caller: Party, **how: Any) -> Any:
        leg = self.make_leg(Kind.PHONE, Direction.OUTGOING, caller=caller, called=Party(extension))
        self.dialled[extension] = leg
        return leg

    class Lines:
        def __init__(self, place: Place) -> None:
            self.place = place

        def free_lines(self) -> list[int]:
            return self.place.free

        def dial(self, line: int, digits: str, caller: Party) -> Any:
            leg = self.place.make_leg(
                Kind.LINE, Direction.OUTGOING, caller=caller, called=Party(digits)
            )
            self.place.dialled[digits] = leg
            return leg

    def ring(self, caller: Party) -> Any:
        leg = self.make_leg(Kind.LINE, Direction.INCOMING, caller=caller)
        self.attendant.line_offered(leg, 1)
        return leg

    def phone(self, extension: str, number: str) -> Any:
        leg = self.make_leg(
            Kind.PHONE, Direction.INCOMING, caller=Party(extension), called=Party(number)
        )
        self.attendant.phone_offered(leg)
        return leg

    def kinds(self) -> list[str]:
        return [e.kind for e in self.events]


@pytest.fixture
async def place(switch: Any, make_leg: Any) -> Place:
    return Place(switch, make_leg)


async def test_a_caller_reaches_an_agent_and_is_recorded(place: Place, alice: Party) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    assert line.state is State.ANSWERED
    line.far(Digit("1", "inband"))
    phone = place.dialled["201"]
    assert phone.caller == alice
    phone.far(Answered())
    assert place.switch.hears == {(line.port, phone.port), (phone.port, line.port)}
    assert place.switch.taps == {line.port}
    line.far(BYE)
    (row,) = place.rows
    assert (row.outcome, row.agent, row.agent_name, row.queue, row.digits, row.ended_by) == (
        Outcome.ANSWERED,
        "201",
        "Anna",
        "sales",
        "1",
        "caller",
    )
    assert phone.told == ["release NORMAL"]
    assert place.switch.hears == set()
    assert place.switch.taps == set()
    assert (place.shelf.opened, place.shelf.closed) == ([row.id], ["201"])
    assert place.queues.core.agents["201"].shown == "wrap_up"
    assert place.attendant.visits == {}


async def test_the_agent_hangs_up_first(place: Place, alice: Party) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    place.dialled["201"].far(Answered())
    place.dialled["201"].far(BYE)
    assert line.told == ["release NORMAL"]
    assert place.rows[0].ended_by == "agent"


async def test_a_caller_who_gives_up_while_the_phone_rings(place: Place, alice: Party) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    line.far(BYE)
    assert place.dialled["201"].told == ["release NO_ANSWER"]
    assert place.rows[0].outcome is Outcome.ABANDONED
    assert place.queues.core.agents["201"].shown == "ready"


async def test_a_caller_who_gives_up_in_the_menu(place: Place, alice: Party) -> None:
    line = place.ring(alice)
    line.far(BYE)
    assert place.rows[0].outcome is Outcome.IN_MENU


async def test_nobody_logged_in_is_told_so_and_let_go(place: Place, alice: Party) -> None:
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    sound = place.switch.plays[line.port]
    assert place.switch.sounds[sound].endswith(b"c")
    place.desk.audio.played(Played(line.port, sound))
    assert line.told == ["release NORMAL"]
    assert place.rows[0].outcome is Outcome.OVERFLOWED
    assert place.rows[0].ended_by == "box"


async def test_hold_gives_the_caller_music_and_resume_gives_the_agent_back(
    place: Place, alice: Party
) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    phone = place.dialled["201"]
    phone.far(Answered())
    phone.far(Held(True))
    assert place.switch.hears == set()
    assert place.switch.sounds[place.switch.plays[line.port]] == b"music"
    phone.far(Held(False))
    assert (line.port, phone.port) in place.switch.hears
    assert line.port not in place.switch.plays


async def test_one_extension_calls_another_and_is_busy_for_the_queue(
    place: Place, alice: Party
) -> None:
    place.queues.log_in("201")
    phone = place.phone("201", "202")
    assert phone.state is State.ALERTED
    assert place.queues.core.agents["201"].shown == "busy"
    place.dialled["202"].far(Answered())
    assert phone.state is State.ANSWERED
    place.dialled["202"].far(BYE)
    assert place.rows[0].direction == "internal"
    assert place.rows[0].agent == "202"
    assert place.queues.core.agents["201"].shown == "ready"


async def test_an_extension_calls_outside_and_hears_the_network(place: Place) -> None:
    phone = place.phone("201", "00215557788")
    line = place.dialled["0215557788"]
    line.far(Progress(early_media=True))
    assert phone.state is State.ANSWERED
    assert (phone.port, line.port) in place.switch.hears
    line.far(Answered())
    phone.far(BYE)
    row = place.rows[0]
    assert (row.direction, row.called, row.line, row.agent) == (
        "outgoing",
        "0215557788",
        1,
        "201",
    )
    assert row.outcome is Outcome.ANSWERED


async def test_a_caller_who_can_hear_the_far_end_unanswered_is_answered_when_that_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = place.phone("201", "202")
    monkeypatch.setattr(type(phone), "progress", lambda leg: True)
    other = place.dialled["202"]
    other.far(Progress(early_media=True))
    assert phone.state is not State.ANSWERED
    assert (phone.port, other.port) in place.switch.hears
    other.far(Answered())
    assert phone.state is State.ANSWERED


async def test_into_a_line_that_may_be_answered_already_the_caller_can_speak(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = place.phone("201", "00215557788")
    monkeypatch.setattr(type(phone), "progress", lambda leg: True)
    place.dialled["0215557788"].far(Progress(early_media=True, is_answer_guessed=True))
    assert phone.state is State.ANSWERED


@pytest.mark.parametrize(
    ("number", "cause"), [("299", "UNALLOCATED"), ("00215557788", "NO_CIRCUIT")]
)
async def test_a_call_that_cannot_be_made_is_refused(place: Place, number: str, cause: str) -> None:
    place.free = []
    phone = place.phone("201", number)
    assert phone.told == [f"release {cause}"]
    assert place.rows[0].ended_by == "box"


async def test_a_call_can_be_ended_by_order(place: Place, alice: Party) -> None:
    line = place.ring(alice)
    (call,) = place.attendant.visits
    place.attendant.hang_up(call)
    assert line.told == ["release NORMAL"]
    with pytest.raises(NoSuchCall, match="is not in progress"):
        place.attendant.hang_up(call)


async def test_stopping_the_box_ends_every_call_and_frees_its_lines(
    place: Place, alice: Party
) -> None:
    place.queues.log_in("201")
    talking, waiting = place.ring(alice), place.ring(alice)
    for line in (talking, waiting):
        line.far(Digit("1", "inband"))
    place.dialled["201"].far(Answered())
    place.attendant.end_all("the box is being stopped")
    assert [line.told for line in (talking, waiting)] == [["release TEMPORARY_FAILURE"]] * 2
    assert [row.ended_by for row in place.rows] == ["box", "box"]
    assert place.attendant.visits == {}
    assert place.switch.taps == set()


async def test_recording_can_be_switched_off(place: Place, alice: Party) -> None:
    place.attendant.configure(OFFICE.model_copy(update={"recording": Recording(is_enabled=False)}))
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    place.dialled["201"].far(Answered())
    assert place.shelf.opened == []


async def test_the_timeline_tells_the_whole_story(place: Place, alice: Party) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    place.dialled["201"].far(Answered())
    line.far(BYE)
    told = [k for k in place.kinds() if not k.startswith("agent.")]
    assert told == [
        "call.started",
        "route.to",
        "call.answered",
        "menu.entered",
        "menu.key",
        "route.to",
        "queue.joined",
        "queue.offered",
        "queue.answered",
        "recording.started",
        "call.joined",
        "call.ended",
        "recording.ended",
    ]


async def test_the_events_of_a_call_that_is_cut_off_say_what_its_row_would(
    place: Place, alice: Party
) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    place.dialled["201"].far(Answered())
    events = [event for event in place.events if event.call]
    made = rebuilt(events[0].call, events)
    line.far(BYE)
    (kept,) = place.rows
    for field in (
        "id", "direction", "line", "caller_number", "caller_name", "digits", "queue", "agent",
        "agent_name", "recording",
    ):  # fmt: skip
        assert getattr(made, field) == getattr(kept, field), field
    assert made.outcome is Outcome.FAILED


# -- a fault in one call ---------------------------------------------------------------------------


def refuse(*_: object, **__: object) -> None:
    raise SwitchFull("port 7: the audio thread is behind with its commands")


async def test_a_fault_in_a_call_ends_that_call_and_is_told(
    place: Place, alice: Party, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    monkeypatch.setattr(place.switch, "hear", refuse)
    place.dialled["201"].far(Answered())  # raises nothing: a carrier must not notice
    assert line.told == ["release TEMPORARY_FAILURE"]
    assert place.dialled["201"].told == ["release TEMPORARY_FAILURE"]
    assert place.rows[0].ended_by == "fault"
    assert place.kinds().count("call.fault") == 1
    assert place.queues.core.agents["201"].shown == "wrap_up"
    assert place.attendant.visits == {}
    assert "the audio thread is behind" in caplog.text


async def test_an_end_that_fails_halfway_still_frees_line_agent_and_record(
    place: Place, alice: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.queues.log_in("201")
    line = place.ring(alice)
    line.far(Digit("1", "inband"))
    place.dialled["201"].far(Answered())
    monkeypatch.setattr(place.shelf, "close", refuse)
    monkeypatch.setattr(place.switch, "unhear", refuse)
    place.dialled["201"].far(BYE)
    assert line.told == ["release NORMAL"]
    assert place.queues.core.agents["201"].shown == "wrap_up"
    assert [row.ended_by for row in place.rows] == ["agent"]
    assert place.attendant.visits == {}


async def test_a_menu_that_fails_on_its_own_ends_the_call(
    place: Place, alice: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its timers and sounds call it from the event loop, where nobody hears an exception."""
    line = place.ring(alice)
    monkeypatch.setattr(place.desk.loop, "call_later", refuse)
    port, sound = line.port, place.switch.plays[line.port]
    place.desk.audio.played(Played(port, sound))
    assert line.state is State.RELEASED
    assert place.rows[0].outcome is Outcome.FAILED


async def test_an_agent_does_not_stay_on_a_call_that_nobody_leads(place: Place) -> None:
    """A call in the queue without a visit: never meant to be, and put right by itself."""
    place.queues.log_in("201")
    place.queues.offer(CallId("ghost"), "sales")
    assert place.queues.core.waiting == {}
    assert place.queues.core.agents["201"].shown == "ready"


async def test_nothing_waits_for_a_sound_of_an_ended_call(place: Place, alice: Party) -> None:
    line = place.ring(alice)
    line.far(Digit("3", "inband"))
    line.far(BYE)
    assert place.desk.audio.waiting == 0


async def test_what_a_phone_says_in_no_known_letters_can_be_stored_and_sent(place: Place) -> None:
    place.phone("201", "5\udcfc")
    place.phone("201", "202")
    place.dialled["202"].far(Released(Cause.USER_BUSY, HangupBy.PARTY, "486 Besetzt \udcfc"))
    assert [row.called for row in place.rows] == ["5\\udcfc", "202"]
    texts = "".join(event.text for event in place.events)
    assert texts.encode("utf-8").decode() == texts
    assert "486 Besetzt \\udcfc" in texts
