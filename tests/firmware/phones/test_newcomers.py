"""The list of unknown phones: short, honest, and not to be flooded."""

from __future__ import annotations

from firmware.phones.newcomers import (
    ASKS_A_MINUTE,
    FORGET_S,
    MOST,
    MOST_PER_SOURCE,
    MOST_SOURCES,
    Newcomers,
)


def ask(newcomers: Newcomers, mac: str, address: str = "192.0.2.9", now: float = 0.0) -> bool:
    return newcomers.asked(mac, "yealink", "T31P", address, "Yealink SIP-T31P", now)


def test_only_the_first_question_is_news() -> None:
    newcomers = Newcomers()
    assert ask(newcomers, "001565000001")
    assert not ask(newcomers, "001565000001", now=60.0)
    [one] = newcomers.all(61.0)
    assert (one.mac, one.since, one.last) == ("001565000001", 0.0, 60.0)


def test_a_second_source_under_the_same_name_does_not_take_its_place() -> None:
    newcomers = Newcomers()
    ask(newcomers, "001565000001", "192.0.2.9")
    assert not ask(newcomers, "001565000001", "192.0.2.66")
    found = newcomers.get("001565000001", 1.0)
    assert found is not None
    assert found.address == "192.0.2.9"


def test_one_source_cannot_fill_the_list() -> None:
    newcomers = Newcomers()
    news = [ask(newcomers, f"0015650000{n:02x}") for n in range(20)]
    assert sum(news) == MOST_PER_SOURCE
    assert newcomers.unlisted == 20 - MOST_PER_SOURCE
    assert ask(newcomers, "001565ffffff", "192.0.2.10")


def test_many_sources_push_nobody_off() -> None:
    newcomers = Newcomers()
    ask(newcomers, "001565ffffff", "192.0.2.10")
    for n in range(300):
        ask(newcomers, f"00156500{n:04x}", f"198.51.100.{n}", 1.0)
    assert len(list(newcomers.all(2.0))) == MOST
    assert newcomers.get("001565ffffff", 2.0) is not None


def test_who_went_away_is_forgotten() -> None:
    newcomers = Newcomers()
    ask(newcomers, "001565000001")
    assert not list(newcomers.all(FORGET_S + 1))
    assert ask(newcomers, "001565000001", now=FORGET_S + 2)


def test_questions_are_limited_by_source_and_minute() -> None:
    newcomers = Newcomers()
    allowed = [newcomers.may_ask("192.0.2.9", 0.5 * n) for n in range(100)]
    assert sum(allowed) == ASKS_A_MINUTE
    assert newcomers.may_ask("192.0.2.10", 50.0)
    assert newcomers.may_ask("192.0.2.9", 61.0)


def test_the_count_of_questions_is_bounded() -> None:
    newcomers = Newcomers()
    for n in range(3 * MOST_SOURCES):
        newcomers.may_ask(f"source {n}", 0.0)
    assert len(newcomers._asks) == MOST_SOURCES
