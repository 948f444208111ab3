"""How calls on a line end, and what is wrong with a line, in the words people get to see.

Pure. Causes are those of ITU-T Q.850. Tests: tests/hal/lines/test_lines_task.py, through the lines
that end so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hal.hat.messages import LinkDown
from hal.leg import Cause, HangupBy
from hal.lines.analog import Command, State
from hal.lines.messages import EndLeg, LineFault

_ALWAYS: Final[Mapping[Command, EndLeg]] = {
    Command.END_BOX: EndLeg(Cause.NORMAL, HangupBy.BOX, "hung up by the box"),
    Command.END_PARALLEL: EndLeg(
        Cause.ANSWERED_ELSEWHERE, HangupBy.PARTY, "answered on another telephone on the same line"
    ),
    Command.END_NO_ANSWER: EndLeg(
        Cause.NO_ANSWER, HangupBy.PARTY, "no reversal: the call was not answered"
    ),
    Command.END_NO_CURRENT: EndLeg(
        Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "no loop current with the line off hook"
    ),
    Command.END_NO_TONE: EndLeg(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "no dial tone"),
    Command.END_CUT: EndLeg(
        Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "the line has no battery any more: cut"
    ),
    Command.END_ON_HOOK: EndLeg(
        Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "the line board put the line on hook"
    ),
}


def ending(command: Command, number: int, why: str, ring_s: float, link_why: str) -> EndLeg:
    """The end of the call on line `number` that a row of the table commands (`Command.END_*`).

    `why`: how it was concluded. `ring_s`: without a ring for so long, a caller is gone.
    `link_why`: what is wrong with the way to the line board. `KeyError` for what is no end.
    """
    match command:
        case Command.END_CLEARED:
            return EndLeg(Cause.NORMAL, HangupBy.PARTY, why)
        case Command.END_GAVE_UP:
            gone = f"the caller hung up before the answer: no ring for {ring_s:.0f} s"
            return EndLeg(Cause.NORMAL, HangupBy.PARTY, gone)
        case Command.END_BUSY:
            return EndLeg(Cause.USER_BUSY, HangupBy.PARTY, why)
        case Command.END_CONGESTION:
            return EndLeg(Cause.CONGESTION, HangupBy.PARTY, why)
        case Command.END_SIT:
            return EndLeg(Cause.UNALLOCATED, HangupBy.PARTY, why)
        case Command.END_GLARE:
            glare = f"line {number} rang while being seized"
            return EndLeg(Cause.NO_CIRCUIT, HangupBy.FAULT, glare)
        case Command.END_LINK:
            lost = f"the line board was lost: {link_why}"
            return EndLeg(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, lost)
        case _:
            return _ALWAYS[command]


def fault(state: State, number: int, link: LinkDown, board_says: str) -> LineFault | None:
    """What is wrong with a line, why, and what to do; None if nothing is."""
    line = f"line {number}"
    match state:
        case State.DOWN:
            return LineFault(f"{line} cannot be used", link.why, link.what_to_do)
        case State.ABSENT:
            return LineFault(
                f"{line} has no battery voltage",
                "it is unplugged, or the line is cut",
                "check the plug; try the line with a telephone; report it to the operator",
            )
        case State.STUCK:
            return LineFault(
                f"{line} stays off hook without a call",
                "the line board does not let go of it",
                "it is put on hook every 2 s; if it lasts, restart the line board",
            )
    if board_says:
        return LineFault(f"{line}: {board_says}", "the line board says so", "")
    return None
