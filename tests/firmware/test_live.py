"""The live view: what people read about lines, queues and calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware import live
from firmware.acd.messages import (
    CallEnded,
    Configured,
    LoggedIn,
    OfferAnswered,
    Offered,
    Paused,
    Reachable,
)
from firmware.acd.queue import Acd
from firmware.api import schema
from firmware.call.call import Call, Stage
from firmware.config.schema import Extension, Office, Queue
from firmware.records.messages import CallId
from firmware.records.store import QueueDay
from hal.leg import Direction, Kind, Party, Quality
from hal.lines.analog import State
from hal.sip.agent import Registration

AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NAMES = {"201": "Anna"}


@pytest.fixture
def acd() -> Acd:
    made = Acd()
    made.advance(Configured((Queue(id="sales", name="Sales", members=("201",)),), NAMES), 0.0)
    return made


@pytest.fixture
def call(make_leg: Any) -> Call:
    leg = make_leg(Kind.LINE, Direction.INCOMING)
    made = Call(CallId("c1"), "incoming", leg, AT, began=0.0, line=1, queue="sales")
    made.party = Party("0215557788", "Alice Example")
    return made


def test_every_state_of_a_line_has_a_word_on_the_page() -> None:
    assert set(live._LINE_STATES) == set(State)


def test_a_waiting_call_says_its_place(acd: Acd, call: Call) -> None:
    call.stage = Stage.WAITING
    acd.advance(LoggedIn("201"), 1.0)
    acd.advance(Offered(CallId("c0"), "sales"), 2.0)
    acd.advance(Offered(call.id, "sales"), 3.0)
    view = live.call(call, acd, NAMES, AT, 10.0)
    assert (view.position, view.words) == (2, "waiting in Sales, second in line")


def test_an_offered_call_says_whose_phone_rings(acd: Acd, call: Call) -> None:
    call.stage = Stage.OFFERING
    acd.advance(Reachable("201", True), 0.0)
    acd.advance(LoggedIn("201"), 1.0)
    acd.advance(Offered(call.id, "sales"), 2.0)
    view = live.call(call, acd, NAMES, AT, 10.0)
    assert (view.words, view.agent_name) == ("waiting in Sales, ringing Anna", "Anna")


def test_the_days_sums_take_in_who_waits_and_talks_now(acd: Acd) -> None:
    acd.advance(LoggedIn("201"), 1.0)
    acd.advance(Offered(CallId("c0"), "sales"), 2.0)
    view = live.queue("sales", acd, {"sales": QueueDay("sales", 5, 3, 1, 1)}, 12.0)
    assert (view.waiting, view.longest_wait_s) == (1, 10.0)
    assert (view.offered_today, view.answered_today, view.abandoned_today) == (6, 3, 1)


def test_a_wait_goes_on_while_phones_ring(acd: Acd, call: Call) -> None:
    call.stage, call.since = Stage.OFFERING, 9.0
    call.priority, call.collected = 5, {"customer number": "1234"}
    acd.advance(Reachable("201", True), 0.0)
    acd.advance(LoggedIn("201"), 1.0)
    acd.advance(Offered(call.id, "sales", skills={"french": 2}), 2.0)
    view = live.call(call, acd, NAMES, AT, 10.0)
    assert view.skills == {"french": 2}
    assert view.waiting_since == AT - timedelta(seconds=8)
    assert view.expected_wait_s is None  # nobody was served in the last hour
    assert (view.priority, view.collected) == (5, {"customer number": "1234"})


def test_the_expected_wait_is_place_by_mean_handling_time_by_agents(acd: Acd, call: Call) -> None:
    acd.advance(LoggedIn("201"), 1.0)
    acd.serving["sales"].handling.add(120.0, 2.0)
    acd.advance(Offered(CallId("c0"), "sales"), 2.0)
    acd.advance(Offered(call.id, "sales"), 3.0)
    assert live.call(call, acd, NAMES, AT, 10.0).expected_wait_s == 240.0
    view = live.queue("sales", acd, {"sales": QueueDay("sales", 5, 2, 1, 2)}, 10.0)
    assert (view.expected_wait_s, view.strategy, view.left_today) == (360.0, "longest_idle", 2)
    assert (view.waits_told, view.wait_error_s, view.wait_bias_s) == (0, None, None)
    acd.serving["sales"].accuracy.add(90.0, 130.0)
    view = live.queue("sales", acd, {"sales": QueueDay("sales", 5, 2, 1, 2)}, 10.0)
    assert (view.waits_told, view.wait_error_s, view.wait_bias_s) == (1, 40.0, -40.0)
    assert view.offered_today == (
        view.answered_today + view.abandoned_today + view.left_today + view.waiting
    )


@pytest.mark.parametrize(("extend_s", "may_extend"), [(0, False), (60, True)])
def test_a_wrap_up_says_when_it_ends(call: Call, extend_s: int, may_extend: bool) -> None:
    rule = Queue(id="s", name="S", members=("201",), wrap_up_s=15, wrap_up_extend_s=extend_s)
    acd = Acd()
    acd.advance(Configured((rule,), NAMES), 0.0)
    for event in (Reachable("201", True), LoggedIn("201"), Offered(call.id, "s")):
        acd.advance(event, 1.0)
    acd.advance(OfferAnswered(call.id, "201"), 2.0)
    view = live.agent(acd.agents["201"], acd, "Anna", AT, 20.0)
    assert (view.state, view.ends_at, view.may_extend) == ("on_call", None, False)
    assert view.then == "ready"
    acd.advance(Paused("201", "Lunch"), 20.0)
    view = live.agent(acd.agents["201"], acd, "Anna", AT, 20.0)
    assert (view.state, view.then) == ("on_call", "paused")
    acd.advance(CallEnded(call.id), 20.0)
    view = live.agent(acd.agents["201"], acd, "Anna", AT, 25.0)
    assert (view.state, view.may_extend) == ("wrap_up", may_extend)
    assert view.ends_at == AT + timedelta(seconds=10)


def test_times_are_told_on_the_wall_clock(acd: Acd) -> None:
    entry = acd.agents["201"]
    entry.since = 40.0
    view = live.agent(entry, acd, "Anna", AT, 100.0)
    assert view.since == AT - timedelta(seconds=60)
    assert view.queues == ["Sales"]


def test_an_extension_without_a_phone_is_listed_as_such() -> None:
    office = Office(
        extensions=(
            Extension(number="201", name="Anna", secret="secret-201"),
            Extension(number="202", name="Ben", secret="secret-202", forward_always="201"),
        )
    )
    phone = Registration("201", "sip:x", "udp:127.0.0.1:5070", "baresip", "udp", 55.0, True)
    views = live.phones(office, [phone])
    assert [(v.extension, v.is_registered, v.address, v.forward) for v in views] == [
        ("201", True, "udp:127.0.0.1:5070", ""),
        ("202", False, "", "201"),
    ]


def test_a_phone_that_calls_itself_by_no_known_letters_can_be_shown() -> None:
    office = Office(extensions=(Extension(number="201", name="Anna", secret="secret-201"),))
    phone = Registration("201", "sip:x", "udp:127.0.0.1:5070", "T\udcfcr 1", "udp", 55.0, True, 4)
    [view] = live.phones(office, [phone])
    assert view.watches == 4
    assert view.user_agent == r"T\udcfcr 1"
    assert view.model_dump_json()


@pytest.mark.parametrize(
    ("severities", "word"),
    [([], "ok"), (["warning"], "warning"), (["warning", "error"], "trouble")],
)
def test_health_in_one_word(severities: list[Any], word: str) -> None:
    troubles = [
        schema.Trouble(code="c", what="w", why="y", do="d", since=AT, severity=s)
        for s in severities
    ]
    assert live.health(troubles) == word


def test_how_a_call_sounds_is_shown_while_it_lasts(
    acd: Acd, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.call(call, acd, NAMES, AT, 10.0).sound == []
    now = Quality("opus", True, 500, 500, 2.5, 4.0, None, None, 12.0, -18.0, 4.1)
    monkeypatch.setattr(type(call.caller), "quality", lambda leg: now)
    (sound,) = live.call(call, acd, NAMES, AT, 10.0).sound
    assert (sound.grade, sound.codec, sound.loss_percent) == ("Good", "opus", 2.5)
    assert sound.words.startswith("Good (4.1), wideband sound, encrypted: 2 % of what the phone")
