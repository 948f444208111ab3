"""Hearing messages by keys, without a telephone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from firmware.ivr.mailbox import (
    IGNORED,
    LONG_WAIT_S,
    TABLE,
    THINK_S,
    Begin,
    Delete,
    Event,
    HangUp,
    Hearing,
    Message,
    Play,
    PlayAll,
    Pressed,
    PromptEnded,
    StartTimer,
    State,
    TimedOut,
    UnexpectedEvent,
    counted,
)


def message(minute: int, number: str = "0215557788", *, is_heard: bool = False) -> Message:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(minutes=minute)
    return Message(f"m{minute}", "201", at, number, "", 4.0, is_heard=is_heard)


OLD, FIRST, SECOND = message(0, is_heard=True), message(1), message(2, "")
FROM = ("box-mailbox-from", *(f"box-digit-{d}" for d in "0215557788"))
KEYS = [PlayAll(("box-mailbox-keys",))]
NO_MORE = PlayAll(("box-mailbox-no-more",))


def begun(*messages: Message) -> Hearing:
    hearing = Hearing(messages)
    hearing.advance(Begin())
    return hearing


def test_new_ones_come_first_oldest_first_without_a_key() -> None:
    hearing = Hearing([OLD, SECOND, FIRST])
    count = ("box-mailbox-new", "box-digit-2", "box-mailbox-old", "box-digit-1")
    assert hearing.advance(Begin()) == [PlayAll(count)]
    assert hearing.advance(PromptEnded()) == [Play(FROM, FIRST)]
    assert hearing.advance(PromptEnded()) == KEYS
    assert hearing.advance(PromptEnded()) == [StartTimer(THINK_S)]
    assert hearing.advance(TimedOut()) == [Play(("box-mailbox-unknown",), SECOND)]
    hearing.advance(PromptEnded())
    hearing.advance(PromptEnded())
    assert hearing.advance(TimedOut()) == [Play(FROM, OLD)]
    hearing.advance(PromptEnded())
    hearing.advance(PromptEnded())
    assert hearing.advance(TimedOut()) == [NO_MORE]
    assert hearing.advance(PromptEnded()) == [StartTimer(LONG_WAIT_S)]
    assert hearing.advance(TimedOut()) == [HangUp("heard the messages")]


def test_keys_during_the_count_and_the_messages() -> None:
    hearing = begun(FIRST, SECOND)
    assert hearing.advance(Pressed("2")) == [Play(FROM, FIRST)]
    (again,) = hearing.advance(Pressed("1"))
    assert isinstance(again, Play)
    assert again.message.id == FIRST.id
    (following,) = hearing.advance(Pressed("#"))
    assert isinstance(following, Play)
    assert following.message.id == SECOND.id
    (back,) = hearing.advance(Pressed("4"))
    assert isinstance(back, Play)
    assert back.message.id == FIRST.id
    assert hearing.advance(Pressed("9")) == KEYS
    assert hearing.advance(Pressed("*")) == [HangUp("heard the messages")]
    assert hearing.advance(Pressed("1")) == []


def test_deleting_goes_on_with_the_next() -> None:
    hearing = begun(FIRST, SECOND)
    hearing.advance(PromptEnded())
    deleted, following = hearing.advance(Pressed("3"))
    assert isinstance(deleted, Delete)
    assert deleted.message.id == FIRST.id
    assert following == Play(("box-mailbox-deleted", "box-mailbox-unknown"), SECOND)
    deleted, no_more = hearing.advance(Pressed("3"))
    assert isinstance(deleted, Delete)
    assert deleted.message.id == SECOND.id
    assert no_more == PlayAll(("box-mailbox-deleted", "box-mailbox-no-more"))
    assert hearing.advance(Pressed("1")) == [NO_MORE]
    assert hearing.advance(Pressed("4")) == [NO_MORE]
    assert hearing.advance(Pressed("3")) == KEYS  # nothing is left to delete


def test_counts() -> None:
    assert counted([OLD, FIRST, SECOND]) == (2, 1)
    assert counted([]) == (0, 0)


def test_random_events_only_advance_or_are_refused() -> None:
    dice = random.Random(2)
    events: list[Event] = [PromptEnded(), TimedOut(), *(Pressed(d) for d in "1234*#0")]
    reached = set()
    for _ in range(300):
        hearing = begun(OLD, FIRST, SECOND)
        deleted: set[str] = set()
        for _ in range(12):
            try:
                commands = hearing.advance(dice.choice(events))
            except UnexpectedEvent:
                continue
            for command in commands:
                if isinstance(command, Delete):
                    assert command.message.id not in deleted
                    deleted.add(command.message.id)
                if isinstance(command, Play):
                    assert command.message.id not in deleted
            reached.add(hearing.state)
    assert reached == set(State) - {State.NEW}
    assert not IGNORED & TABLE.keys()
