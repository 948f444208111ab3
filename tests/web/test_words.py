"""Times, sizes and states as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from firmware.records.messages import Outcome
from web import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (7.9, "0:07"), (754, "12:34"), (3723, "1:02:03"), (-5, "0:00")],
)
def test_span(seconds: float, said: str) -> None:
    assert words.span(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(40, "40 s"), (720, "12 min"), (15120, "4 h 12 min"), (274000, "3 days 4 h")],
)
def test_long_span(seconds: float, said: str) -> None:
    assert words.long_span(seconds) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [(512, "512 B"), (1200, "1.2 kB"), (672_000, "672 kB"), (27.4e9, "27 GB"), (None, "unknown")],
)
def test_size(octets: float | None, said: str) -> None:
    assert words.size(octets) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 21, 0, 5), "Today"),
        (datetime(2026, 11, 20, 23, 59), "Yesterday"),
        (datetime(2026, 11, 13), "Fri 13 Nov"),
        (datetime(2025, 12, 31), "Wed 31 Dec 2025"),
    ],
)
def test_day(at: datetime, said: str) -> None:
    assert words.day(at, date(2026, 11, 21)) == said


def test_local_time_of_the_office() -> None:
    at = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert words.local(at, words.zone("Africa/Johannesburg")).isoformat() == (
        "2026-11-21T00:30:00+02:00"
    )


def test_unknown_zone_is_utc() -> None:
    assert str(words.zone("Mars/Olympus")) == "UTC"


def test_every_outcome_has_words() -> None:
    assert set(words.OUTCOME) == set(Outcome)


def test_unknown_state_is_shown_as_it_is() -> None:
    assert words.label(words.AGENT, "on_break") == words.Label("on break", "calm")


def test_a_badge_is_not_repeated_beside_itself() -> None:
    assert words.beyond("in use, 24 mA", "in use") == "24 mA"
    assert words.beyond("off hook", "in use") == "off hook"
    assert words.beyond("idle", "idle") == ""


def test_a_callback_names_the_caller_once() -> None:
    assert words.parties("outgoing", "Alice", "0215557788", "0215557788") == "called back Alice"
    assert words.parties("outgoing", "Front desk", "206", "0118804422") == "Front desk → 0118804422"
    assert words.parties("internal", "Anna", "201", "") == "Anna → Unknown"
