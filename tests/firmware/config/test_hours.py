"""Opening hours as they are set up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from firmware.config.hours import Hours, SpecialDay


def test_spans_come_in_order() -> None:
    made = Hours.model_validate(
        {
            "id": "office",
            "name": "Office",
            "week": {"mon": [span("13:00", "17:00"), span("08:00", "12:30")]},
            "special_days": [{"day": "2026-12-24", "name": "Christmas Eve", "spans": []}],
        }
    )
    assert [s.opens for s in made.week["mon"]] == ["08:00", "13:00"]
    assert made.special_days == (SpecialDay(day=date(2026, 12, 24), name="Christmas Eve"),)


def span(opens: str, closes: str) -> dict[str, str]:
    return {"opens": opens, "closes": closes}


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ({"mon": [span("8:00", "17:00")]}, "'8:00': expected a time from 00:00 to 24:00"),
        ({"mon": [span("08:00", "24:01")]}, "'24:01'"),
        ({"mon": [span("08:60", "17:00")]}, "'08:60'"),
        ({"mon": [span("22:00", "06:00")]}, "hours over midnight are two entries"),
        ({"mon": [span("08:00", "12:00"), span("11:00", "13:00")]}, "overlap"),
        ({"monday": []}, "'mon'"),
    ],
)
def test_impossible_hours_are_named(week: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Hours.model_validate({"id": "office", "name": "Office", "week": week})


def test_a_special_day_is_named_once() -> None:
    day = {"day": "2026-12-24", "name": "Christmas Eve"}
    with pytest.raises(ValidationError, match="2026-12-24 is named twice"):
        Hours.model_validate({"id": "a", "name": "A", "special_days": [day, day]})
