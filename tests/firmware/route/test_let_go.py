"""A call that has ended is freed at once, without anybody looking for cycles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from hal.leg import Answered, Cause, Digit, HangupBy, Party, Released

BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


@pytest.fixture(autouse=True)
def nobody_looks() -> Iterator[None]:
    """No collection while the test runs."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def the_only_visit(branch: Any) -> weakref.ref[object]:
    (visit,) = branch.attendant.visits.values()
    return weakref.ref(visit)


async def test_after_a_call_from_phone_to_phone(branch: Any) -> None:
    phone, other = branch.talk("201", "202")
    visit = the_only_visit(branch)
    assert visit() is not None
    phone.far(Digit("4", "inband"))
    other.far(BYE)
    branch.loop.pass_by(1)
    assert branch.is_empty()
    assert visit() is None


async def test_after_a_call_of_the_queue(branch: Any, alice: Party) -> None:
    line = branch.ring(alice)
    line.far(Digit("1", "inband"))
    branch.last.far(Answered())
    visit = the_only_visit(branch)
    line.far(BYE)
    branch.loop.pass_by(60)
    assert branch.is_empty()
    assert visit() is None


async def test_after_a_call_that_nobody_took(branch: Any) -> None:
    phone = branch.phone("201", "202")
    visit = the_only_visit(branch)
    phone.far(BYE)
    branch.loop.pass_by(1)
    assert visit() is None
