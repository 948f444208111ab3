"""Lost callers: listed, followed, closed by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from queue_day import Story
from sqlalchemy import event

from firmware.records.catching_up import Uncounted
from firmware.records.lost import LostCaller, State, unsettled
from firmware.records.marks import PAST_UNTIL, set_mark
from firmware.records.messages import Outcome
from firmware.records.store import Records

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
NUMBER = "0215557788"


@pytest.fixture
def story() -> Story:
    story = Story(BEGAN)
    story.offered(0, "lost", caller_number=NUMBER, caller_name="Alice")
    story.abandoned(40, "lost", 40)
    return story


def lost(records: Records, story: Story) -> list[LostCaller]:
    records.write(story.rows)
    return records.lost(BEGAN - timedelta(days=1))


def called_back(story: Story, second: float, call: str, outcome: Outcome, to: str = NUMBER) -> None:
    story.tell(second, "call.started", call, direction="outgoing", line=2, caller_number="202")
    story.tell(second + 20, "call.ended", call, by="caller")
    answered = outcome is Outcome.ANSWERED
    story.summary(
        second + 20, call, outcome, "caller", direction="outgoing", called=to, caller_name="Sipho",
        agent="202" if answered else "", agent_name="Sipho" if answered else "",
    )  # fmt: skip


def test_nobody_has_called_back(records: Records, story: Story) -> None:
    (entry,) = lost(records, story)
    assert (entry.state, entry.number, entry.name, entry.wait_s) == (
        State.OPEN,
        NUMBER,
        "Alice",
        40,
    )
    assert entry.is_open
    assert records.lost(BEGAN + timedelta(hours=1)) == []


def test_called_back_by_the_box_itself(records: Records, story: Story) -> None:
    story.tell(600, "call.started", "box", direction="outgoing", line=2, caller_number=NUMBER)
    story.tell(620, "call.ended", "box", by="called")
    story.summary(
        620, "box", Outcome.BUSY, "called", direction="outgoing", called=NUMBER, caller_name="Alice"
    )
    (entry,) = lost(records, story)
    assert (entry.state, entry.by, entry.by_name) == (State.TRIED, "", "")


def test_called_back_in_vain_and_then_reached(records: Records, story: Story) -> None:
    called_back(story, 600, "try", Outcome.NO_ANSWER, to="+27215557788")
    (entry,) = lost(records, story)
    assert (entry.state, entry.by, entry.by_name, entry.is_open) == (
        State.TRIED,
        "202",
        "Sipho",
        True,
    )
    later = Story(BEGAN)
    called_back(later, 900, "again", Outcome.ANSWERED)
    (entry,) = lost(records, later)
    assert (entry.state, entry.by, entry.is_open) == (State.REACHED, "202", False)
    assert entry.last_call == "again"


def test_the_caller_calls_again_and_is_answered(records: Records, story: Story) -> None:
    story.offered(700, "again", caller_number="+27 21 555 7788")
    story.answered(705, "again", "201", 5)
    story.ended(760, "again")
    (entry,) = lost(records, story)
    assert (entry.state, entry.call, entry.by) == (State.CALLED_AGAIN, "lost", "201")


def test_gives_up_again_and_is_open_again(records: Records, story: Story) -> None:
    story.offered(700, "again", caller_number=NUMBER)
    story.abandoned(730, "again", 30)
    (entry,) = lost(records, story)
    assert (entry.call, entry.state, entry.times) == ("again", State.OPEN, 2)


def test_a_call_to_somebody_else_closes_nothing(records: Records, story: Story) -> None:
    called_back(story, 600, "other", Outcome.ANSWERED, to="0215557799")
    (entry,) = lost(records, story)
    assert entry.state is State.OPEN


def test_answered_in_a_second_queue_is_not_lost(records: Records) -> None:
    story = Story(BEGAN)
    story.offered(0, "c", caller_number=NUMBER)
    story.tell(60, "queue.left", "c", reason="timeout", waited_s=60)
    story.tell(60, "queue.joined", "c", queue="support")
    story.answered(70, "c", "201", 10)
    story.ended(99, "c")
    assert lost(records, story) == []


def promised(story: Story, number: str = NUMBER) -> None:
    """A caller waits half a minute and takes a callback."""
    story.offered(0, "asked", caller_number=NUMBER, caller_name="Alice")
    story.tell(30, "callback.taken", "asked", number=number, queue="sales", tries=0)
    story.left(30, "asked", "callback", 30)


def tried(story: Story, second: float, call: str, outcome: Outcome) -> None:
    """The box itself calls back."""
    story.tell(second, "call.started", call, direction="outgoing", line=2, caller_number=NUMBER)
    story.tell(second + 20, "call.ended", call, by="called")
    agent = "201" if outcome is Outcome.ANSWERED else ""
    story.summary(
        second + 20, call, outcome, "called", direction="outgoing", called=NUMBER,
        caller_name="Alice", agent=agent, agent_name="Anna" if agent else "",
    )  # fmt: skip


def over(story: Story, second: float, kind: str, tries: int, is_missed: bool = True) -> None:
    story.tell(
        second, kind, number=NUMBER, queue="sales", tries=tries, is_missed=is_missed
    )  # fmt: skip


def test_a_promised_callback_tried_in_vain(records: Records) -> None:
    story = Story(BEGAN)
    promised(story)
    assert lost(records, story) == []  # they will be called back
    story = Story(BEGAN)
    tried(story, 300, "one", Outcome.BUSY)
    tried(story, 900, "two", Outcome.NO_ANSWER)
    assert lost(records, story) == []
    story = Story(BEGAN)
    over(story, 921, "callback.given_up", 2)
    (entry,) = lost(records, story)
    assert (entry.call, entry.at, entry.queue) == ("asked", BEGAN + timedelta(seconds=921), "sales")
    assert (entry.number, entry.name, entry.wait_s) == (NUMBER, "Alice", 30)
    assert (entry.state, entry.callback_tries, entry.last_call) == (State.TRIED, 2, "two")
    assert records.lost(BEGAN + timedelta(seconds=922)) == []
    story = Story(BEGAN)
    called_back(story, 2000, "by hand", Outcome.ANSWERED, to="+27215557788")
    (entry,) = lost(records, story)
    assert (entry.state, entry.by, entry.callback_tries) == (State.REACHED, "202", 2)


def test_a_promised_callback_that_expired_and_the_caller_calls_again(records: Records) -> None:
    story = Story(BEGAN)
    promised(story)
    over(story, 14400, "callback.expired", 0)
    (entry,) = lost(records, story)
    assert (entry.state, entry.callback_tries, entry.last_at) == (State.OPEN, 0, None)
    story = Story(BEGAN)
    story.offered(15000, "again", caller_number="0027215557788")
    story.answered(15005, "again", "201", 5)
    story.ended(15060, "again")
    (entry,) = lost(records, story)
    assert (entry.state, entry.last_call) == (State.CALLED_AGAIN, "again")


def test_who_called_in_vain_before_the_callback_was_given_up_is_lost(records: Records) -> None:
    story = Story(BEGAN)
    promised(story)
    story.offered(600, "again", caller_number=NUMBER)
    story.abandoned(620, "again", 20)
    tried(story, 900, "one", Outcome.NO_ANSWER)
    over(story, 921, "callback.given_up", 1)
    (entry,) = lost(records, story)
    assert (entry.call, entry.state, entry.times) == ("asked", State.TRIED, 2)


def test_who_was_called_back_or_needed_it_no_more_is_not_lost(records: Records) -> None:
    story = Story(BEGAN)
    promised(story)
    tried(story, 300, "one", Outcome.ANSWERED)
    over(story, 310, "callback.done", 1, is_missed=False)
    over(story, 320, "callback.given_up", 1, is_missed=False)
    assert lost(records, story) == []


def test_a_callback_that_the_office_asked_for(records: Records) -> None:
    story = Story(BEGAN)
    story.tell(30, "callback.taken", number=NUMBER, queue="sales", tries=0)
    tried(story, 300, "one", Outcome.NO_ANSWER)
    over(story, 321, "callback.given_up", 1)
    (entry,) = lost(records, story)
    assert (entry.call, entry.number, entry.state, entry.last_call) == (
        "", NUMBER, State.TRIED, "one",
    )  # fmt: skip


def test_called_back_at_another_number_than_they_called_from(records: Records) -> None:
    story = Story(BEGAN)
    story.offered(0, "asked", caller_number="0825551234", caller_name="Alice")
    story.tell(30, "callback.taken", "asked", number=NUMBER, queue="sales", tries=0)
    story.left(30, "asked", "callback", 30)
    over(story, 14400, "callback.expired", 0)
    (entry,) = lost(records, story)
    assert (entry.call, entry.number, entry.name) == ("asked", NUMBER, "")


def test_callers_without_a_number_are_listed_each(records: Records) -> None:
    story = Story(BEGAN)
    for n in (1, 2):
        story.offered(100 * n, f"c{n}")
        story.abandoned(100 * n + 30, f"c{n}", 30)
    entries = lost(records, story)
    assert [(e.call, e.number, e.state) for e in entries] == [
        ("c2", "", State.OPEN), ("c1", "", State.OPEN),
    ]  # fmt: skip


def test_one_lost_caller_is_followed_without_reading_everybody_s_calls(
    records: Records, story: Story
) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    @event.listens_for(records._engine, "before_cursor_execute")
    def _keep(
        _connection: object, _cursor: object, statement: str, values: Any, *_: object
    ) -> None:
        asked.append((statement, values))

    lost(records, story)
    questions = [one for one in asked if one[0].startswith("SELECT calls.")]
    assert len(questions) == 2
    with records._engine.connect() as connection:
        for statement, values in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "_and_time (" in plan[0][3]


def test_what_the_list_does_not_know_yet(records: Records, story: Story) -> None:
    records.write(story.rows)
    week = BEGAN - timedelta(days=7), BEGAN + timedelta(days=7)
    assert records.ask(lambda c: unsettled(c, *week)) is None
    with records._engine.begin() as connection:
        set_mark(connection, PAST_UNTIL, f"{records.last_seq()}")
    counting = records.ask(lambda c: unsettled(c, *week))
    assert counting == Uncounted(BEGAN, BEGAN + timedelta(seconds=40))
    with records._engine.begin() as connection:
        set_mark(connection, PAST_UNTIL, "")
    records.use_country("DE")
    assert records.ask(lambda c: unsettled(c, *week)) == Uncounted(*week)
    while records.sum_up("UTC", {}, BEGAN):
        pass
    assert records.ask(lambda c: unsettled(c, *week)) is None
