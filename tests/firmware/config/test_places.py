"""Parts that lead callers, each by itself."""

import pytest
from pydantic import ValidationError

from firmware.config.destination import Destination
from firmware.config.places import Question, Schedule

SALES = Destination(to="queue", id="sales")


def test_a_question_asks_for_a_possible_count_of_digits() -> None:
    with pytest.raises(ValidationError, match="8 digits at least and 4 at most"):
        Question(id="q", name="n", prompt="p", min_digits=8, max_digits=4, then=SALES)


def test_a_schedule_has_hours_and_ways() -> None:
    hours = {"mon": [{"opens": "08:00", "closes": "17:00"}]}
    schedule = Schedule.model_validate(
        {"id": "day", "name": "Day", "week": hours, "open": {"to": "queue", "id": "sales"}}
    )
    assert (schedule.closed.to, schedule.holiday, schedule.switch) == ("hangup", None, "")


def test_a_switch_is_digits_to_dial() -> None:
    with pytest.raises(ValidationError, match="switch"):
        Schedule(id="day", name="Day", open=SALES, switch="a")
