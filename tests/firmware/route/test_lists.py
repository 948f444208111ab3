"""Rules by number, and the blacklist from a proposal to its end."""

from datetime import UTC, datetime, timedelta

import pytest

from firmware.config.callers import CallerRule, Callers
from firmware.route.lists import (
    KEEP_DAYS,
    NotOnTheList,
    approve,
    blocked,
    propose,
    remove,
    rule_for,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NUISANCE = "0215557788"


@pytest.mark.parametrize(
    ("pattern", "number", "is_so"),
    [
        ("0215557788", "0215557788", True),
        ("0215557788", "02155577889", False),
        ("0215557788", "+27215557788", True),
        ("+27215557788", "0027215557788", True),
        ("0215557788", "+33215557788", False),
        ("021*", "0215557788", True),
        ("021*", "+27215557788", True),
        ("+2721*", "0215557788", True),
        ("021*", "031", False),
        ("*", "1", True),
        ("*", "", False),
        ("withheld", "", True),
        ("withheld", "1", False),
        ("112", "112", True),
    ],
)
def test_a_pattern_fits(pattern: str, number: str, is_so: bool) -> None:
    callers = Callers(rules=(CallerRule(id="a", name="A", numbers=(pattern,), priority=1),))
    assert (rule_for(callers, number, 1, "ZA") is not None) is is_so


def test_the_first_rule_that_fits_number_and_line_counts() -> None:
    one = CallerRule(id="a", name="A", numbers=("021*",), lines=(2,), priority=1)
    two = CallerRule(id="b", name="B", numbers=("0215*",), priority=2)
    callers = Callers(rules=(one, two))
    assert rule_for(callers, NUISANCE, 2, "ZA") is one
    assert rule_for(callers, NUISANCE, 1, "ZA") is two
    assert rule_for(callers, "031", 2, "ZA") is None


def test_a_proposal_is_approved_and_ends_by_itself_after_45_days() -> None:
    callers = propose(Callers(), NUISANCE, "anna", "shouts", NOON, "ZA")
    assert blocked(callers, NUISANCE, NOON, "ZA") is None
    callers = approve(callers, NUISANCE, "boss", NOON + DAY, None, "ZA")
    entry = blocked(callers, NUISANCE, NOON + DAY, "ZA")
    assert entry is not None
    assert (entry.proposed_by, entry.approved_by, entry.reason) == ("anna", "boss", "shouts")
    assert blocked(callers, NUISANCE, NOON + 45 * DAY, "ZA") is not None
    assert blocked(callers, NUISANCE, NOON + 46 * DAY, "ZA") is None


def test_for_as_long_as_the_supervisor_says() -> None:
    callers = approve(
        propose(Callers(), "withheld", "anna", "", NOON, "ZA"), "withheld", "boss", NOON, 2, "ZA"
    )
    assert blocked(callers, "", NOON + DAY, "ZA") is not None
    assert blocked(callers, "", NOON + 2 * DAY, "ZA") is None


def test_a_second_proposal_does_not_free_a_blocked_number() -> None:
    callers = approve(
        propose(Callers(), NUISANCE, "anna", "", NOON, "ZA"), NUISANCE, "boss", NOON, None, "ZA"
    )
    assert propose(callers, NUISANCE, "ben", "again", NOON + DAY, "ZA") is callers
    later = propose(callers, NUISANCE, "ben", "again", NOON + 50 * DAY, "ZA")
    assert [(b.proposed_by, b.approved_by) for b in later.blacklist] == [("ben", "")]


def test_what_is_on_no_list_is_named() -> None:
    with pytest.raises(NotOnTheList, match="'0215557788' is not on the blacklist"):
        approve(Callers(), NUISANCE, "boss", NOON, None, "ZA")
    with pytest.raises(NotOnTheList):
        remove(Callers(), NUISANCE, NOON, "ZA")


def test_removed_and_what_is_long_over_goes_with_it() -> None:
    callers = propose(Callers(), "1", "anna", "", NOON, "ZA")
    callers = approve(propose(callers, "2", "anna", "", NOON, "ZA"), "2", "boss", NOON, 1, "ZA")
    callers = propose(callers, "3", "anna", "", NOON + (KEEP_DAYS + 2) * DAY, "ZA")
    assert [b.number for b in callers.blacklist] == ["3"]
    assert remove(callers, "3", NOON, "ZA").blacklist == ()


def test_one_subscriber_is_on_the_list_once_in_whatever_form() -> None:
    callers = propose(Callers(), "0215557788", "anna", "", NOON, "ZA")
    callers = propose(callers, "+27215557788", "ben", "", NOON, "ZA")
    assert [b.number for b in callers.blacklist] == ["+27215557788"]
    callers = approve(callers, "0215557788", "boss", NOON, None, "ZA")
    for form in ("0215557788", "0027215557788", "27215557788", "+27215557788"):
        assert blocked(callers, form, NOON, "ZA") is not None
    assert blocked(callers, "+33215557788", NOON, "ZA") is None
    assert remove(callers, "0027215557788", NOON, "ZA").blacklist == ()


def test_a_list_is_looked_up_anew_when_it_has_changed() -> None:
    first = CallerRule(id="a", name="A", numbers=(NUISANCE,), priority=1)
    assert rule_for(Callers(rules=(first,)), NUISANCE, 1, "ZA") is first
    second = first.model_copy(update={"numbers": ("0311234567",)})
    changed = Callers(rules=(second,))
    assert rule_for(changed, NUISANCE, 1, "ZA") is None
    assert rule_for(changed, "+27311234567", 1, "ZA") is second
