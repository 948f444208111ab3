"""Callbacks, without lines."""

from __future__ import annotations

import random
from functools import partial

import pytest

from firmware.config.subscriber import subscriber
from firmware.ivr.callback import (
    MISSED_S,
    MOST,
    MOST_MISSED,
    OPEN,
    Callbacks,
    Event,
    Full,
    Rule,
    State,
    UnexpectedEvent,
)

RULE = Rule(tries=2, rest_s=60, expires_s=1000)
ALICE, BOB = "0215557788", "0215550001"
SOUTH_AFRICAN = partial(subscriber, country="ZA")


def test_the_way_to_an_agent() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", held_since=10, now=40)
    steps = (Event.TURN_CAME, Event.ANSWERED, Event.CONFIRMED, Event.TALKED)
    states = [book.advance(ALICE, step, 100) for step in steps]
    assert states == [State.DIALLING, State.ASKED, State.QUEUED, State.DONE]
    assert book.open == {}


def test_once_per_number_with_the_better_place() -> None:
    book = Callbacks(RULE)
    first = book.take(ALICE, "sales", held_since=50, now=60)
    assert book.take(ALICE, "sales", held_since=20, now=70) is first
    assert book.take(ALICE, "help", held_since=1, now=80) is first
    assert (first.held_since, first.queue, len(book.open)) == (20, "sales", 1)


def test_once_per_subscriber_whatever_the_form_of_the_number() -> None:
    book = Callbacks(RULE, SOUTH_AFRICAN)
    first = book.take(ALICE, "sales", 50, 60)
    for form in ("+27215557788", "0027215557788", "+27 21 555 7788"):
        assert book.take(form, "sales", 50, 60) is first
    assert list(book.open) == [ALICE]
    abroad = book.take("+15215557788", "sales", 50, 60)  # whose last nine digits are the same
    assert list(book.open.values()) == [first, abroad]


def test_the_country_is_changed_meanwhile() -> None:
    book = Callbacks(RULE, SOUTH_AFRICAN)
    book.take("030123456", "sales", 50, 60)
    assert book.find("+4930123456") is None
    book.whose = partial(subscriber, country="DE")
    assert book.find("+4930123456") is book.open["030123456"]


def test_places_in_order() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", held_since=50, now=60)
    book.take(BOB, "sales", held_since=20, now=70)
    assert [one.number for one in book.kept("sales")] == [BOB, ALICE]
    book.advance(BOB, Event.TURN_CAME, 80)
    assert [one.number for one in book.kept("sales")] == [ALICE]
    assert book.kept("help") == []


def test_who_is_not_reached_is_tried_again_and_then_given_up() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", 0, 0)
    book.advance(ALICE, Event.TURN_CAME, 10)
    assert book.advance(ALICE, Event.NOT_REACHED, 20) is State.RESTING
    assert book.next_deadline() == 80
    assert book.tick(79) == []
    assert book.kept("sales") == []
    book.tick(80)
    assert [one.held_since for one in book.kept("sales")] == [0]
    book.advance(ALICE, Event.TURN_CAME, 90)
    book.advance(ALICE, Event.ANSWERED, 95)
    assert book.advance(ALICE, Event.NOT_REACHED, 100) is State.GIVEN_UP  # a machine answered
    assert book.next_deadline() is None


def test_who_was_never_reached_is_shown_until_somebody_talks_with_them() -> None:
    book = Callbacks(RULE, SOUTH_AFRICAN)
    for number in (ALICE, BOB):
        book.take(number, "sales", 0, 0)
    book.advance(BOB, Event.CANCELLED, 10)  # need not be called
    book.tick(1000)
    assert [one.state for one in book.missed.values()] == [State.GIVEN_UP]
    assert book.forget_missed("+27215557788") is not None
    assert book.forget_missed(ALICE) is None
    book.take(ALICE, "sales", 2000, 2000)
    book.tick(3000)
    book.tick(2000 + MISSED_S)
    assert book.missed == {}


def test_who_was_never_reached_and_asks_again_is_open_again() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", 0, 0)
    book.tick(1000)
    book.take(ALICE, "sales", 2000, 2000)
    assert (list(book.open), book.missed) == ([ALICE], {})


def test_not_everybody_ever_missed_is_kept() -> None:
    book = Callbacks(RULE)
    for n in range(MOST_MISSED + 5):
        book.take(f"021555{n:04}", "sales", n, n)
        book.tick(n + RULE.expires_s)
    assert len(book.missed) == MOST_MISSED
    assert "0215550004" not in book.missed


def test_one_expires_but_not_while_it_is_dialled() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", 0, 0)
    book.take(BOB, "sales", 0, 0)
    book.advance(BOB, Event.TURN_CAME, 999)
    assert book.next_deadline() == 1000
    assert [one.number for one in book.tick(1000)] == [ALICE]
    assert list(book.open) == [BOB]


def test_who_calls_again_needs_no_callback() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", 0, 0)
    assert book.advance(ALICE, Event.CALLED_THEMSELVES, 5) is State.DONE


def test_what_does_not_fit_is_refused_by_name() -> None:
    book = Callbacks(RULE)
    book.take(ALICE, "sales", 0, 0)
    with pytest.raises(UnexpectedEvent, match="callback to 0215557788: answered while kept"):
        book.advance(ALICE, Event.ANSWERED, 1)


def test_no_more_than_can_be_kept() -> None:
    book = Callbacks(RULE)
    for n in range(MOST):
        book.take(f"021555{n:04}", "sales", 0, 0)
    with pytest.raises(Full, match="200 callbacks are kept already"):
        book.take(ALICE, "sales", 0, 0)


def test_random_days_end_with_nothing_left_over() -> None:
    dice = random.Random(5)
    for _ in range(100):
        book, now = Callbacks(RULE), 0.0
        for _ in range(60):
            now += dice.uniform(0, 40)
            number = dice.choice((ALICE, BOB))
            book.take(number, "sales", now, now)
            try:
                book.advance(number, dice.choice(list(Event)), now)
            except UnexpectedEvent:
                continue
            assert all(one.state in OPEN and one.tries <= 2 for one in book.open.values())
        for number in list(book.open):
            book.advance(number, Event.CANCELLED, now)
        assert book.open == {}
