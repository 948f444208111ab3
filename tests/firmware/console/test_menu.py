"""The menu as a technician meets it."""

from __future__ import annotations

import pytest

from firmware.api.errors import CoreAway, Refused
from firmware.api.schema import Event, LineTest, Live
from firmware.api.sip_schema import ShutOutNow, SipNow, TableFill, TraceNow
from firmware.console.menu import (
    SCREENS,
    AskAllow,
    AskEvents,
    AskLive,
    AskSip,
    AskTest,
    AskTrace,
    Menu,
    Quit,
    Show,
    State,
)
from tests.firmware.console.conftest import NOON

AWAY = CoreAway("the call core is not running", "nothing listens", "start it")


def text(acts: list) -> str:
    return "".join(act.text for act in acts if isinstance(act, Show))


def asks(acts: list) -> list:
    return [act for act in acts if not isinstance(act, Show)]


@pytest.fixture
def menu() -> Menu:
    menu = Menu()
    menu.start()
    return menu


def test_it_says_at_once_that_there_is_no_sign_in() -> None:
    shown = text(Menu().start())
    assert "no sign-in" in shown
    assert all(f"  {screen.key}  {screen.title}\r\n" in shown for screen in SCREENS)
    assert max(map(len, shown.split("\r\n"))) < 80
    assert shown.endswith("> ")


@pytest.mark.parametrize("screen", SCREENS[:5], ids=lambda screen: screen.title)
def test_a_screen_asks_the_box_and_shows_it(menu: Menu, live: Live, screen) -> None:
    assert asks(menu.receive(f"{screen.key}\r")) == [AskLive()]
    shown = text(menu.answered(live))
    assert f"== {screen.title} ==" in shown
    assert screen.draw(live)[-1] in shown


def test_enter_shows_the_same_again(menu: Menu, live: Live) -> None:
    menu.receive("2\r")
    menu.answered(live)
    assert asks(menu.receive("\r")) == [AskLive()]


@pytest.mark.parametrize("screen", SCREENS[:5], ids=lambda screen: screen.title)
def test_every_screen_has_its_help(menu: Menu, live: Live, screen) -> None:
    menu.receive(f"{screen.key}\r")
    menu.answered(live)
    shown = text(menu.receive("?\r"))
    assert f"{screen.title}: {screen.help[:30]}" in shown


def test_help_in_the_menu_explains_every_screen(menu: Menu) -> None:
    shown = text(menu.receive("?\r")) + text(menu.receive("\r")) + text(menu.receive("\r"))
    assert all(f"{screen.key} {screen.title}: " in shown for screen in SCREENS)


def test_more_than_a_screenful_waits_for_enter(menu: Menu, many_events: list[Event]) -> None:
    assert asks(menu.receive("7\r")) == [AskEvents(40)]
    first = text(menu.answered(many_events))
    assert first.count("\r\n") == 20
    assert "11 more lines: Enter" in first
    rest = text(menu.receive("\r"))
    assert "event 30" in rest
    assert rest.endswith("\r\n> ")


def test_a_wrong_command_is_named(menu: Menu) -> None:
    assert "'boom' is not a command: expected 1 to 8" in text(menu.receive("boom\r"))


@pytest.mark.parametrize(
    ("typed", "ask"),
    [
        ("8", AskSip()), ("trace phones", AskTrace(60)), ("trace phones 5", AskTrace(5)),
        ("trace stop", AskTrace(0)), ("allow 192.0.2.9", AskAllow("192.0.2.9")),
    ],
)  # fmt: skip
def test_the_signalling_of_phones(menu: Menu, typed: str, ask: object) -> None:
    assert asks(menu.receive(f"{typed}\r")) == [ask]
    now = SipNow(
        messages_in=1, messages_refused=0, messages_rate_limited=0, sign_ins_failed=3,
        tables=[TableFill(what="calls", used=2, limit=9)],
        shut_out=[ShutOutNow(address="203.0.113.9", until=NOON, why="guessing")],
        trace=TraceNow(path="/run/t.pcap", is_running=False, why_ended="the time is over"),
    )  # fmt: skip
    shown = text(menu.answered(now))
    assert "Shut out: 203.0.113.9, until 10:00:00 UTC: guessing" in shown
    assert "ended: the time is over" in shown
    assert "calls" in shown
    assert asks(menu.receive("\r")) == [AskSip()]


@pytest.mark.parametrize("typed", ["trace", "trace phones 0", "trace phones x", "allow"])
def test_half_an_order_is_no_command(menu: Menu, typed: str) -> None:
    assert "is not a command" in text(menu.receive(f"{typed}\r"))


def test_quitting_is_for_local_terminals(menu: Menu) -> None:
    assert asks(menu.receive("q\r")) == []
    assert asks(Menu(is_local=True).receive("q\r")) == [Quit()]


def test_watching_asks_at_every_tick_until_enter(menu: Menu, live: Live) -> None:
    menu.receive("2\r")
    menu.answered(live)
    assert menu.tick_s is None
    assert asks(menu.receive("w\r")) == [AskLive()]
    assert "watching" in text(menu.answered(live))
    assert menu.tick_s
    assert menu.tick() == [AskLive()]
    menu.receive("\r")
    assert menu.state is State.COMMAND
    assert menu.tick() == []


def test_there_must_be_something_to_watch(menu: Menu) -> None:
    assert "Choose a screen first" in text(menu.receive("w\r"))
    assert menu.state is State.COMMAND


def test_a_line_test_is_asked_step_by_step(menu: Menu) -> None:
    assert "Line (1-8)" in text(menu.receive("6\r"))
    assert "'9': expected a line from 1 to 8" in text(menu.receive("9\r"))
    assert "dial tone" in text(menu.receive("?\r"))
    assert "(s)tatus" in text(menu.receive("3\r"))
    assert "'x': expected s, t, l or r" in text(menu.receive("x\r"))
    assert "1004 Hz" in text(menu.receive("?\r"))
    acts = menu.receive("level\r")
    assert asks(acts) == [AskTest(3, "level")]
    assert "Testing line 3" in text(acts)
    shown = text(menu.answered(LineTest(is_ok=True, words="-18 dBm0.", figures={"erl_db": 14.0})))
    assert "Line 3: OK. -18 dBm0." in shown
    assert "erl_db: 14.0" in shown
    assert menu.state is State.COMMAND


@pytest.mark.parametrize("typed", ["6\r\r", "6\r1\r\r", "6\r1\x03", "6\r0\r"], ids=repr)
def test_a_line_test_can_be_left_at_any_point(menu: Menu, typed: str) -> None:
    assert asks(menu.receive(typed)) == []
    assert menu.state is State.COMMAND


def test_a_refusal_is_said_in_the_boxs_words(menu: Menu) -> None:
    menu.receive("6\r1\rt\r")
    assert "No: line 1 is in use" in text(menu.refused(Refused(409, "line 1 is in use")))
    assert menu.state is State.COMMAND


def test_a_core_that_is_away_is_said_once_and_asked_until_it_is_back(
    menu: Menu, live: Live
) -> None:
    menu.receive("1\r")
    shown = text(menu.away(AWAY))
    assert "not running" in shown
    assert "why: nothing listens" in shown
    assert "do:  start it" in shown
    assert menu.tick() == [AskLive()]
    assert menu.away(AWAY) == []
    menu.tick()
    shown = text(menu.answered(live))
    assert "is back" in shown
    assert "== Status ==" in shown
    assert menu.state is State.COMMAND


def test_the_menu_can_be_used_while_the_core_is_away(menu: Menu) -> None:
    menu.receive("1\r")
    menu.away(AWAY)
    menu.receive("\r")
    assert menu.state is State.COMMAND
    assert menu.tick() == []


def test_watching_survives_a_restart_of_the_core_as_a_prompt(menu: Menu, live: Live) -> None:
    menu.receive("2\r")
    menu.answered(live)
    menu.receive("w\r")
    menu.away(AWAY)
    assert menu.state is State.AWAY
    assert "is back" in text(menu.answered(live))
