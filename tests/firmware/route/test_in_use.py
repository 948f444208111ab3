"""Whose phones are on calls: kept up call by call, it is what looking at all calls would find."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firmware.route.attend_task import REVIEW_S
from firmware.route.in_use import PhonesInUse


def test_a_phone_is_in_use_from_its_first_call_to_the_end_of_its_last() -> None:
    phones = PhonesInUse()
    assert phones.note("a", "incoming", ["201", "202"]) == ["201", "202"]
    assert phones.note("b", "outgoing", ["202"]) == []
    assert phones.note("a", "incoming", []) == ["201"]
    assert phones.kind("201") is None
    assert phones.kind("202") == "outgoing"
    assert phones.note("b", "outgoing", []) == ["202"]


def test_the_newest_call_says_what_kind_of_call_a_phone_is_on() -> None:
    phones = PhonesInUse()
    phones.note("a", "incoming", ["201"])
    phones.note("b", "outgoing", ["201"])
    assert phones.kind("201") == "outgoing"
    phones.note("b", "outgoing", [])
    assert phones.kind("201") == "incoming"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sets(st.sampled_from("123")))))
def test_what_is_told_adds_up_to_what_all_calls_together_have(
    changes: list[tuple[str, set[str]]],
) -> None:
    phones, calls, told = PhonesInUse(), dict[str, set[str]](), set[str]()
    for call, extensions in changes:
        told ^= set(phones.note(call, "incoming", extensions))
        calls[call] = extensions
        assert told == set().union(*calls.values())
        assert {e for e in "123" if phones.kind(e) is not None} == told


def test_a_phone_that_left_its_call_unsaid_is_found_free_a_moment_later(branch: Any) -> None:
    branch.talk("202", "201")
    assert branch.agent("201") == "busy"
    (visit,) = branch.attendant.visits.values()
    visit.send_elsewhere(visit.call.other)
    assert branch.agent("201") == "busy"
    branch.phone("203", "204")  # another call changes, and with it all are looked at soon
    branch.loop.pass_by(REVIEW_S)
    assert branch.agent("201") == "ready"
