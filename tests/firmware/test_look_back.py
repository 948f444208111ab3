"""A core that ends at any moment, and the one after it: the same agents, counts and callers.

Random days through the real core; what it says goes into a real store as the box tells it; a second
core resumes from there and must be as the first was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.acd import messages
from firmware.acd.agent import Presence, Work
from firmware.acd.queue import Acd, NotNow
from firmware.acd.resume import Clock, resumed
from firmware.acd.words import about, measured
from firmware.config.schema import Extension, Office, Queue, Site
from firmware.config.subscriber import subscriber
from firmware.config.waiting import Comfort
from firmware.look_back import look_back
from firmware.records.messages import CallId, EventRow
from firmware.records.store import Records

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
EVENING = MIDNIGHT - timedelta(hours=1)
TEAM = ("201", "202", "203", "204")
NUMBERS = ("0215550011", "021 555 0012", "0027215550013", "")
QUEUES = (
    Queue(
        id="sales", name="Sales", members=TEAM[:3], sticky_s=20, repeat_caller_s=300, wrap_up_s=20,
        max_unanswered=2, auto_pause_s=3600, max_wait_s=300, wrap_up_extend_s=30, buffer_s=3,
        comfort=Comfort(tell_wait=True),
    ),
    Queue(id="repair", name="Repair", members=TEAM[1:], strategy="round_robin", wrap_up_s=0,
          repeat_caller_s=30),
)  # fmt: skip
OFFICE = Office(
    site=Site(timezone="UTC", country="ZA"),
    extensions=tuple(Extension(number=n, name=n, secret="1" * 16 + n) for n in (*TEAM, "205")),
    queues=QUEUES,
)


class Box:
    """A core whose words go into the records, as queue_task and a visit tell them."""

    def __init__(self, records: Records) -> None:
        self.records, self.now, self.calls = records, 0.0, 0
        self.events: list[EventRow] = []
        self.is_before_midnight = True
        self.said: list[messages.Command] = []
        """Since the day began."""
        self.acd = Acd(Random(1))
        self.feed(messages.Configured(QUEUES, {}))
        for phone in (*TEAM, "205"):
            self.feed(messages.Reachable(phone, True))

    @property
    def at(self) -> datetime:
        return EVENING + timedelta(seconds=self.now)

    def tell(self, kind: str, call: CallId | None = None, **data: Any) -> None:
        self.events.append(EventRow(self.at, kind, "", call, data=data))

    def feed(self, event: messages.Event) -> None:
        if self.is_before_midnight and self.at >= MIDNIGHT:
            self.is_before_midnight = False
            self.feed(messages.DayBegan())
        try:
            commands = self.acd.advance(event, self.now)
        except NotNow:
            return
        self.said += commands
        for command in commands:
            match command:
                case messages.Offer(call, agent, queue):
                    self.tell("queue.offered", call, agent=agent, queue=queue)
                case messages.Join(call, agent, queue, waited_s, told):
                    data = {"agent": agent, "queue": queue, "waited_s": waited_s}
                    self.tell("queue.answered", call, **data, **measured(told))
                case messages.Taken(call, by, queue, waited_s, told):
                    data = {"agent": by, "queue": queue, "waited_s": waited_s}
                    self.tell("queue.answered", call, **data, **measured(told))
                case messages.Leave(call, queue, reason, _, waited_s):
                    self.tell("queue.left", call, reason=reason.value, waited_s=waited_s)
                    self.tell("call.ended", call, by="box")
                case messages.Withdraw() | messages.Drop() | messages.Repaired():
                    pass
                case _:
                    told = about(command, command.agent, self.now)
                    self.tell(told.kind, **told.data)

    def comes(self, queue: str, number: str) -> None:
        self.calls += 1
        call = CallId(f"20261121-{self.calls:06}")
        self.tell("call.started", call, caller_number=number)
        self.tell("queue.joined", call, queue=queue)
        self.feed(messages.Offered(call, queue, subscriber(number, OFFICE.site.country)))

    def ends(self, call: CallId) -> None:
        if call in self.acd.waiting:
            self.tell("queue.abandoned", call)
            self.feed(messages.Abandoned(call))
        else:
            self.tell("queue.ended", call)
            self.feed(messages.CallEnded(call))
        self.tell("call.ended", call, by="caller")

    def step(self, chance: Random) -> None:
        self.now = round(self.now + chance.uniform(0.5, 9.0), 3)
        acd, agent = self.acd, chance.choice(TEAM)
        offers = [(w.call, a) for w in acd.waiting.values() for a in w.ringing]
        calls = [*acd.waiting, *acd.joined, *acd.taken]
        match chance.choices(range(11), (6, 8, 1, 4, 2, 1, 4, 1, 2, 2, 2))[0]:
            case 0:
                self.comes(chance.choice(("sales", "repair")), chance.choice(NUMBERS))
            case 1 if offers:
                self.feed(messages.OfferAnswered(*chance.choice(offers)))
            case 2 if offers:
                self.feed(messages.OfferFailed(*chance.choice(offers), "refused"))
            case 3 if calls:
                self.ends(chance.choice(calls))
            case 4:
                self.feed(messages.LoggedIn(agent, chance.choice(("", "", "205"))))
            case 5:
                self.feed(messages.LoggedOut(agent))
            case 6:
                self.feed(messages.Readied(agent))
            case 7:
                self.feed(messages.Paused(agent, "tea"))
            case 8 if acd.waiting:
                self.feed(messages.PickedUp(chance.choice([*acd.waiting]), agent))
            case 9 if acd.waiting:
                acd.outlook(chance.choice([*acd.waiting]), self.now)
            case 10:
                self.feed(messages.WrapUpExtended(agent))
        self.feed(messages.Tick())

    def passes(self, seconds: float) -> None:
        """With a tick at each deadline."""
        until = self.now + seconds
        while (due := self.acd.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.feed(messages.Tick())
        self.now = until
        self.feed(messages.Tick())

    def all_hang_up(self) -> None:
        """One after the other."""
        for call in [*self.acd.waiting, *self.acd.joined, *self.acd.taken]:
            self.passes(1.0)
            self.ends(call)

    def crash(self) -> None:
        """What was told is in the records; what was under way is closed there."""
        self.records.append(*(replace(e, seq=n) for n, e in enumerate(self.events, start=1)))
        self.records.recover()

    def goes_on_as(self, other: Acd) -> Box:
        """Another core from the same moment on."""
        box = Box(self.records)
        box.acd, box.now, box.calls = other, self.now, self.calls
        box.is_before_midnight, box.said = self.is_before_midnight, []
        return box


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    made = Records(tmp_path / "records.db")
    yield made
    made.close()


def after(box: Box) -> Acd:
    """The next core, at the same moment."""
    acd = Acd(Random(1))
    acd.advance(messages.Configured(QUEUES, {}), box.now)
    for phone in (*TEAM, "205"):
        acd.advance(messages.Reachable(phone, True), box.now)
    before = look_back(box.records, OFFICE, box.at)
    assert before is not None
    repeat_s = {q.id: q.repeat_caller_s for q in QUEUES}
    midnight = box.at.replace(hour=0, minute=0, second=0)
    acd.advance(resumed(before, midnight, Clock(box.at, box.now), repeat_s), box.now)
    return acd


@pytest.mark.parametrize("seed", range(5))
def test_the_next_core_is_as_the_one_before(records: Records, seed: int) -> None:
    box, chance = Box(records), Random(seed)
    for _ in range((150, 500, 740, 780, 900)[seed]):
        box.step(chance)
    box.crash()
    again = after(box)
    for extension, was in box.acd.agents.items():
        agent = again.agents[extension]
        assert agent.wish[:3] == was.wish[:3]
        assert agent.back_at == pytest.approx(was.back_at, abs=0.1)
        assert agent.answered == was.answered
        is_talking = was.work is Work.ON_CALL or extension in {b for b, _, _ in takers(box)}
        if not is_talking:
            assert agent.talk_s == pytest.approx(was.talk_s, abs=0.1)
            assert agent.has_talked == was.has_talked
            if was.presence is not Presence.OUT or was.has_talked:
                assert agent.idle_since == pytest.approx(was.idle_since, abs=0.1)
    for queue, serving in box.acd.serving.items():
        view = again.serving[queue].view
        assert view.last_offered == serving.view.last_offered
        assert view.last_answered == serving.view.last_answered
        if not box.acd.joined and not box.acd.taken:
            mean = serving.handling.mean_s(box.now)
            assert again.serving[queue].handling.mean_s(box.now) == pytest.approx(mean, abs=0.2)


def takers(box: Box) -> list[tuple[str, str, float]]:
    return list(box.acd._takers.values())


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_the_next_core_knows_the_callers(records: Records, seed: int) -> None:
    box, chance = Box(records), Random(seed)
    for _ in range(300):
        box.step(chance)
    talking = {number for _, number, _ in takers(box)} | set(box.acd._numbers.values())
    waiting = {(w.queue, w.number) for w in box.acd.waiting.values()}
    box.crash()
    again = after(box)
    for number in {subscriber(n, "ZA") for n in NUMBERS} - talking:
        assert again.regulars.agent_of(number, box.now, 1e9) == box.acd.regulars.agent_of(
            number, box.now, 1e9
        )
    for queue in QUEUES:
        for number in (subscriber(n, "ZA") for n in NUMBERS):
            within_s = queue.repeat_caller_s
            place = again.regulars.regain(queue.id, number, box.now, within_s)
            if (queue.id, number) not in waiting:
                was = box.acd.regulars.regain(queue.id, number, box.now, within_s)
                assert place == pytest.approx(was, abs=0.1)


def test_who_waited_when_the_box_ended_has_their_place_back(records: Records) -> None:
    box = Box(records)
    box.feed(messages.LoggedIn("201"))
    box.comes("sales", "0215550011")
    box.now = 40.0
    box.comes("sales", "0215550012")
    box.crash()
    box.now = 60.0
    again = after(box)
    again.advance(messages.Offered(CallId("x"), "sales", "+27215550013"), 60.0)
    again.advance(messages.Offered(CallId("y"), "sales", "+27215550012"), 61.0)
    assert [again.position(CallId(c)) for c in ("y", "x")] == [1, 2]


def test_a_pause_goes_on_since_it_began_and_ends_when_it_would_have(records: Records) -> None:
    box = Box(records)
    box.feed(messages.LoggedIn("201"))
    for n in (10.0, 20.0):
        box.now = n
        box.comes("sales", "")
        [entry] = [w for w in box.acd.waiting.values() if w.ringing]
        box.feed(messages.OfferFailed(entry.call, "201", "refused"))
        box.ends(entry.call)
    assert box.acd.agents["201"].shown == "paused"
    box.crash()
    box.now = 100.0
    agent = after(box).agents["201"]
    assert (agent.shown, agent.since) == ("paused", 20.0)
    assert agent.reason == "did not answer 2 calls in a row"
    assert agent.back_at == pytest.approx(3620.0)


def test_records_that_cannot_be_read_are_no_fault(tmp_path: Path) -> None:
    away = Records(tmp_path / "nowhere" / "records.db", read_only=True)
    assert look_back(away, OFFICE, MIDNIGHT) is None


def shape(command: messages.Command) -> tuple[object, ...]:
    """What was done to whom, without words and times."""
    names = ("call", "agent", "by", "queue", "state", "reason", "presence", "in_a_row")
    return (type(command).__name__, *(getattr(command, name, None) for name in names))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    steps=st.integers(20, 160),
    before_s=st.floats(0, 40),
    down_s=st.floats(5.5, 45),
)
def test_a_core_that_was_cut_goes_on_as_one_that_was_not(
    seed: int, steps: int, before_s: float, down_s: float
) -> None:
    """Nobody is on the line when it happens; what follows is the same day for both."""
    with TemporaryDirectory() as folder, closing(Records(Path(folder) / "records.db")) as records:
        box, chance = Box(records), Random(seed)
        for _ in range(steps):
            box.step(chance)
        box.all_hang_up()
        box.passes(before_s)
        box.crash()
        box.passes(down_s)
        again = box.goes_on_as(after(box))
        box.said.clear()
        for extension, was in box.acd.agents.items():
            agent = again.acd.agents[extension]
            assert (agent.work, agent.told, agent.unanswered) == (
                was.work,
                was.told,
                was.unanswered,
            )
            assert agent.deadline == pytest.approx(was.deadline, abs=0.01)
            if was.shown in ("wrap_up", "paused"):
                assert agent.since == pytest.approx(was.since, abs=0.01)
        for queue, serving in box.acd.serving.items():
            other = again.acd.serving[queue]
            assert other.accuracy.count == serving.accuracy.count
            assert other.accuracy.bias_s == pytest.approx(serving.accuracy.bias_s, abs=0.01)
            mean_s = serving.handling.mean_s(box.now)
            assert other.handling.mean_s(box.now) == pytest.approx(mean_s, abs=0.01)
        here, there = Random(seed + 1), Random(seed + 1)
        for _ in range(60):
            box.step(here)
            again.step(there)
        assert [shape(c) for c in again.said] == [shape(c) for c in box.said]


def test_notes_go_on_since_they_began_for_the_rest_of_their_time(records: Records) -> None:
    box = Box(records)
    box.feed(messages.LoggedIn("201"))
    box.comes("sales", "")
    [entry] = box.acd.waiting.values()
    box.feed(messages.OfferAnswered(entry.call, "201"))
    box.now = 100.0
    box.ends(entry.call)
    box.now = 105.0
    box.crash()
    box.now = 110.0
    again = after(box)
    agent = again.agents["201"]
    assert (agent.shown, agent.since, agent.deadline) == ("wrap_up", 100.0, 120.0)
    again.advance(messages.WrapUpExtended("201"), 115.0)
    assert agent.deadline == 150.0
    again.advance(messages.Tick(), 150.0)
    assert agent.shown == "ready"
    assert not agent.is_available(150.0)  # the buffer of 3 s
    assert again.serving["sales"].handling.mean_s(150.0) == 150.0


def test_notes_that_were_over_by_the_start_count_as_long_as_they_would_have(
    records: Records,
) -> None:
    box = Box(records)
    box.feed(messages.LoggedIn("201"))
    box.comes("sales", "")
    [entry] = box.acd.waiting.values()
    box.feed(messages.OfferAnswered(entry.call, "201"))
    box.now = 100.0
    box.ends(entry.call)
    box.crash()
    box.now = 121.0
    again = after(box)
    agent = again.agents["201"]
    assert (agent.shown, agent.rest_until) == ("ready", 123.0)
    assert again.serving["sales"].handling.mean_s(121.0) == 120.0
