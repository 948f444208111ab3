"""What the screens show."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from firmware.api.schema import Box, Event, LineTest, Live
from firmware.console import screens

ALL = (
    screens.status, screens.lines, screens.calls, screens.phones, screens.agents, screens.queues,
    screens.callbacks,
)  # fmt: skip


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.__name__)
def test_every_screen_fits_a_terminal(live: Live, screen) -> None:
    shown = screen(live)
    assert max(map(len, shown)) <= 79
    assert all(line.isprintable() for line in shown)


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.__name__)
def test_an_empty_box_says_so_in_words(screen) -> None:
    box = Box(name="New", version="0.1.0", is_simulated=False, uptime_s=1, state="ok")
    shown = screen(Live(at=datetime(2026, 3, 2, tzinfo=UTC), seq=0, box=box))
    assert any("No" in line for line in shown)


def test_a_trouble_says_what_why_and_what_to_do(live: Live) -> None:
    shown = "\n".join(screens.status(live))
    assert "! the line board does not answer (error, since 1:15)" in shown
    assert "why: no heartbeat for 3 s" in shown
    assert "do:  check that the HAT sits firmly" in shown
    assert "up 2:13:20" in shown
    assert "12.3 GB" in shown


def test_lines_show_their_voltage(live: Live) -> None:
    shown = screens.lines(live)
    assert shown[2].split() == ["1", "Line", "1", "idle", "48.1", "V", "idle,", "48.1", "V"]
    assert shown[-1] == "! line 2: x"


def test_a_call_shows_who_and_what_it_does(live: Live) -> None:
    row = screens.calls(live)[2]
    assert row.startswith("20260302-095845-7f3a  1")
    assert "0215557788" in row
    assert "Alice?" in row


def test_a_callback_shows_its_place_and_what_became_of_it(live: Live) -> None:
    row = screens.callbacks(live)[2]
    assert row.split()[:5] == ["sales", "1", "0215557788", "Alice", "1:15"]
    assert "was not reached" in row


def test_a_phone_that_is_missing_is_called_so(live: Live) -> None:
    assert "not signed in" in screens.phones(live)[2]


def test_lamps_are_counted(live: Live) -> None:
    assert not any("Lamps" in row for row in screens.phones(live))
    phone = live.phones[0].model_copy(update={"watches": 12})
    watched = live.model_copy(update={"phones": [phone, *live.phones[1:]]})
    assert screens.phones(watched)[-1] == "Lamps kept up to date: 12, phones that have them: 1."


def test_a_line_test_gives_the_verdict_first() -> None:
    result = LineTest(is_ok=False, words="No dial tone within 3 s.", figures={"level_dbm0": -60.5})
    assert screens.line_test(3, result) == [
        "Line 3: NOT OK. No dial tone within 3 s.",
        "  level_dbm0: -60.5",
    ]


def test_an_event_is_one_line_with_its_number_and_time() -> None:
    at = datetime(2026, 3, 2, 9, 8, 7, tzinfo=UTC)
    shown = screens.event(Event(seq=42, at=at, kind="call.started", text="line 1 rings", call="c1"))
    assert shown == "    42 09:08:07 line 1 rings [c1]"
