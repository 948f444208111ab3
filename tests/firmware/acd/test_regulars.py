"""What is remembered of who calls again, for how long, and of how many."""

from __future__ import annotations

from firmware.acd.regulars import MOST, Regulars


def test_whom_they_talked_with_last_is_known_for_a_while() -> None:
    regulars = Regulars()
    regulars.talked("0215557788", "201", 10.0)
    regulars.talked("0215557788", "202", 20.0)
    assert regulars.agent_of("0215557788", 30.0, 10.0) == "202"
    assert regulars.agent_of("0215557788", 31.0, 10.0) == ""
    assert regulars.agent_of("0215550000", 30.0, 10.0) == ""


def test_a_lost_place_is_given_back_once_in_its_own_queue_and_in_time() -> None:
    regulars = Regulars()
    regulars.lost("sales", "021", 5.0, 60.0)
    assert regulars.regain("support", "021", 70.0, 30.0) is None
    assert regulars.regain("sales", "021", 90.0, 30.0) == 5.0
    assert regulars.regain("sales", "021", 90.0, 30.0) is None
    regulars.lost("sales", "021", 5.0, 60.0)
    assert regulars.regain("sales", "021", 90.1, 30.0) is None


def test_callers_without_a_number_are_nobody() -> None:
    regulars = Regulars()
    regulars.talked("", "201", 1.0)
    regulars.lost("sales", "", 1.0, 1.0)
    assert regulars.agent_of("", 1.0, 10.0) == ""
    assert regulars.regain("sales", "", 1.0, 10.0) is None


def test_the_longest_unheard_of_are_forgotten_first() -> None:
    regulars = Regulars()
    for n in range(MOST):
        regulars.talked(str(n), "201", 0.0)
    regulars.talked("0", "202", 1.0)
    regulars.talked("new", "203", 2.0)
    assert regulars.agent_of("1", 2.0, 10.0) == ""
    assert regulars.agent_of("0", 2.0, 10.0) == "202"
