"""Numbers that are treated otherwise than the rest."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from firmware.config.callers import Blocked, CallerRule

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rule(*numbers: str) -> CallerRule:
    return CallerRule(id="vip", name="VIP", numbers=numbers, priority=5)


@pytest.mark.parametrize("number", ["0215557788", "021*", "+2721*", "*", "withheld"])
def test_a_pattern_is_a_number_or_its_beginning(number: str) -> None:
    assert rule(number).numbers == (number,)


@pytest.mark.parametrize("number", ["", "+", "021x", "0*1", "021 555", "anonymous", "1" * 30])
def test_what_is_no_pattern_is_named(number: str) -> None:
    with pytest.raises(ValidationError, match=r"expected a number such as 0215557788"):
        rule(number)


def test_a_pattern_cannot_be_a_blocked_number() -> None:
    with pytest.raises(ValidationError, match="expected the number as the line shows it"):
        Blocked(number="021*", proposed_by="anna", proposed_at=NOON)


def test_a_number_is_blocked_once_approved_and_until_it_expires() -> None:
    proposed = Blocked(number="0215557788", proposed_by="anna", proposed_at=NOON)
    assert not proposed.is_in_force(NOON)
    until = NOON + timedelta(days=45)
    approved = proposed.model_copy(update={"approved_by": "boss", "until": until})
    assert approved.is_in_force(NOON)
    assert approved.is_in_force(until - timedelta(seconds=1))
    assert not approved.is_in_force(until)
