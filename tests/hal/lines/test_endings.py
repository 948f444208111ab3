"""Every end that the table commands, and every fault, has its words."""

from __future__ import annotations

import pytest

from hal.hat.messages import LinkDown
from hal.leg import Cause, HangupBy
from hal.lines.analog import Command, State
from hal.lines.endings import ending, fault

LINK = LinkDown("no answer for 3 s", "look at its cable")


@pytest.mark.parametrize("command", [c for c in Command if c.name.startswith("END_")])
def test_each_end_says_who_and_why(command: Command) -> None:
    end = ending(command, 3, "busy tone", 8.0, LINK.why)
    assert end.why
    assert (end.by is HangupBy.FAULT) == (
        end.cause in (Cause.NETWORK_OUT_OF_ORDER, Cause.NO_CIRCUIT)
    )


def test_the_end_names_what_was_noticed() -> None:
    assert "no ring for 8 s" in ending(Command.END_GAVE_UP, 3, "", 8.0, "").why
    assert "line 3" in ending(Command.END_GLARE, 3, "", 8.0, "").why
    assert LINK.why in ending(Command.END_LINK, 3, "", 8.0, LINK.why).why
    with pytest.raises(KeyError):
        ending(Command.OFFER, 3, "", 8.0, "")


def test_a_fault_says_what_why_and_what_to_do() -> None:
    found = fault(State.DOWN, 3, LINK, "")
    assert found is not None
    assert (found.why, found.what_to_do) == (LINK.why, LINK.what_to_do)
    assert fault(State.IDLE, 3, LINK, "") is None
    said = fault(State.IDLE, 3, LINK, "overcurrent")
    assert said is not None
    assert "overcurrent" in said.what
