"""What a caller hears while waiting, without a telephone."""

from __future__ import annotations

import random

import pytest

from firmware.acd.expected_wait import Range, spoken
from firmware.config.callback import CallbackRule
from firmware.config.waiting import Comfort
from firmware.ivr.waiting import (
    IGNORED,
    TABLE,
    Ask,
    Begin,
    Declined,
    Event,
    Leave,
    Music,
    OfferDue,
    PlayAll,
    Pressed,
    PromptEnded,
    Run,
    StartOffer,
    State,
    TimedOut,
    UnexpectedEvent,
    expected,
    place,
)
from firmware.voice.built_in import BUILT_IN, MINUTES

ALL = Comfort(tell_position=True, tell_wait=True, message="saturday", exit_key="0")


def test_welcome_music_and_what_is_said_in_between() -> None:
    run = Run(ALL, "welcome")
    assert run.advance(Begin()) == [PlayAll(("welcome",))]
    assert run.advance(PromptEnded()) == [Music(20)]
    spoken_wait = ("box-wait-between", "box-minutes-2", "box-wait-and", "box-minutes-5")
    told = ("box-wait-place", "box-digit-3", *spoken_wait, "box-wait-minutes", "saturday")
    said = (*told, "box-wait-exit", "box-digit-0")
    assert run.advance(TimedOut(3, Range(2, 4))) == [PlayAll(said)]
    assert run.advance(PromptEnded()) == [Music(60)]
    assert run.advance(Pressed("5")) == []
    assert run.advance(Pressed("0")) == [Leave()]
    assert run.advance(Pressed("0")) == []


def test_a_queue_where_nothing_is_set_plays_music_alone() -> None:
    run = Run(Comfort())
    assert run.advance(Begin()) == [Music(None)]
    assert run.advance(Pressed("0")) == []


def test_what_is_not_known_is_not_said() -> None:
    run = Run(Comfort(tell_wait=True))
    assert run.advance(Begin()) == [Music(20)]
    assert run.advance(TimedOut(1, None)) == [Music(60)]
    assert run.advance(TimedOut(1, Range(0, 1))) == [
        PlayAll(("box-wait-up-to", "box-minutes-1", "box-wait-minute"))
    ]


BACK = CallbackRule(is_offered=True, key="2", offer_after_s=45)
OFFER = PlayAll(("box-callback-offer", "box-digit-2"))


def test_a_callback_is_offered_once_by_the_wait() -> None:
    run = Run(Comfort(), None, BACK)
    assert run.advance(Begin()) == [StartOffer(45), Music(None)]
    assert run.advance(OfferDue()) == [OFFER]
    assert run.advance(PromptEnded()) == [Music(None)]


def test_the_offer_waits_for_the_end_of_what_is_said() -> None:
    run = Run(ALL, "welcome", BACK)
    assert run.advance(Begin()) == [StartOffer(45), PlayAll(("welcome",))]
    assert run.advance(OfferDue()) == []
    assert run.advance(PromptEnded()) == [OFFER]
    assert run.advance(PromptEnded()) == [Music(60)]


def test_the_key_asks_where_to_call_back_and_waiting_goes_on_meanwhile() -> None:
    run = Run(ALL, None, BACK)
    run.advance(Begin())
    assert run.advance(Pressed("2")) == [Ask()]
    assert run.advance(OfferDue()) == []
    assert run.advance(Declined()) == [Music(60)]
    assert run.advance(Pressed("2")) == [Ask()]


def test_without_a_callback_the_key_does_nothing() -> None:
    run = Run(ALL)
    run.advance(Begin())
    assert run.advance(Pressed("2")) == []


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (0, ()),
        (1, ("box-wait-next",)),
        (9, ("box-wait-place", "box-digit-9")),
        (10, ("box-wait-many",)),  # nine are before the tenth
        (200, ("box-wait-many",)),
    ],
)
def test_places(position: int, said: tuple[str, ...]) -> None:
    assert place(position) == said


@pytest.mark.parametrize(
    "seconds", [1, 30, 59, 60, 61, 119, 200, 400, 1000, 2500, 3599, 3601, 9000]
)
def test_the_spoken_range_holds_the_expected_wait(seconds: int) -> None:
    """As a listener understands it: the numbers named, or from nought, or without an end."""
    words = expected(spoken(seconds))
    named = [int(w.removeprefix("box-minutes-")) for w in words if w.startswith("box-minutes-")]
    low = 0 if words[0] == "box-wait-up-to" else named[0]
    high = float("inf") if words[0] == "box-wait-more-than" else named[-1]
    assert low * 60 <= seconds <= high * 60


def test_everything_that_is_said_exists() -> None:
    known = {prompt.id for prompt in BUILT_IN}
    ways = [expected(Range(low, high)) for low in range(70) for high in range(low + 1, 90)]
    ways += [place(n) for n in range(20)]
    assert {prompt for way in ways for prompt in way} <= known
    assert sorted(MINUTES) == list(MINUTES)


def test_random_events_only_advance_or_are_refused() -> None:
    dice = random.Random(3)
    keys = [Pressed("0"), Pressed("1"), Pressed("2")]
    events: list[Event] = [Begin(), PromptEnded(), TimedOut(2), OfferDue(), Declined(), *keys]
    reached = set()
    for _ in range(200):
        run = Run(ALL, "welcome", BACK)
        run.advance(Begin())
        for _ in range(8):
            try:
                run.advance(dice.choice(events))
            except UnexpectedEvent:
                continue
            reached.add(run.state)
    assert reached == set(State) - {State.NEW}
    assert not IGNORED & TABLE.keys()
