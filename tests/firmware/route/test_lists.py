"""Rules by number, and the blacklist from a proposal to its end."""

from datetime import UTC, datetime, timedelta

import pytest

from firmware.config.callers import CallerRule, Callers
from firmware.route.lists import (
    KEEP_DAYS,
    NotOnTheList,
    approve,
    blocked,
    fits,
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
        ("021*", "0215557788", True),
        ("021*", "031", False),
        ("*", "1", True),
        ("*", "", False),
        ("withheld", "", True),
        ("withheld", "1", False),
    ],
)
def test_a_pattern_fits(pattern: str, number: str, is_so: bool) -> None:
    assert fits(pattern, number) is is_so


def test_the_first_rule_that_fits_number_and_line_counts() -> None:
    one = CallerRule(id="a", name="A", numbers=("021*",), lines=(2,), priority=1)
    two = CallerRule(id="b", name="B", numbers=("0215*",), priority=2)
    callers = Callers(rules=(one, two))
    assert rule_for(callers, NUISANCE, 2) is one
    assert rule_for(callers, NUISANCE, 1) is two
    assert rule_for(callers, "031", 2) is None


def test_a_proposal_is_approved_and_ends_by_itself_after_45_days() -> None:
    callers = propose(Callers(), NUISANCE, "anna", "shouts", NOON)
    assert blocked(callers, NUISANCE, NOON) is None
    callers = approve(callers, NUISANCE, "boss", NOON + DAY, None)
    entry = blocked(callers, NUISANCE, NOON + DAY)
    assert entry is not None
    assert (entry.proposed_by, entry.approved_by, entry.reason) == ("anna", "boss", "shouts")
    assert blocked(callers, NUISANCE, NOON + 45 * DAY) is not None
    assert blocked(callers, NUISANCE, NOON + 46 * DAY) is None


def test_for_as_long_as_the_supervisor_says() -> None:
    callers = approve(propose(Callers(), "withheld", "anna", "", NOON), "withheld", "boss", NOON, 2)
    assert blocked(callers, "", NOON + DAY) is not None
    assert blocked(callers, "", NOON + 2 * DAY) is None


def test_a_second_proposal_does_not_free_a_blocked_number() -> None:
    callers = approve(propose(Callers(), NUISANCE, "anna", "", NOON), NUISANCE, "boss", NOON, None)
    assert propose(callers, NUISANCE, "ben", "again", NOON + DAY) is callers
    later = propose(callers, NUISANCE, "ben", "again", NOON + 50 * DAY)
    assert [(b.proposed_by, b.approved_by) for b in later.blacklist] == [("ben", "")]


def test_what_is_on_no_list_is_named() -> None:
    with pytest.raises(NotOnTheList, match="'0215557788' is not on the blacklist"):
        approve(Callers(), NUISANCE, "boss", NOON, None)
    with pytest.raises(NotOnTheList):
        remove(Callers(), NUISANCE, NOON)


def test_removed_and_what_is_long_over_goes_with_it() -> None:
    callers = propose(Callers(), "1", "anna", "", NOON)
    callers = approve(propose(callers, "2", "anna", "", NOON), "2", "boss", NOON, 1)
    callers = propose(callers, "3", "anna", "", NOON + (KEEP_DAYS + 2) * DAY)
    assert [b.number for b in callers.blacklist] == ["3"]
    assert remove(callers, "3", NOON).blacklist == ()
