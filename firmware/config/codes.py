"""Star codes: what a phone can dial to change something or to do something with a call.

Pure. One table, shown in the README and on the web page of codes. The digits are the usual ones
where there are usual ones (FreePBX's defaults for forwarding on all calls and when busy, do not
disturb, call waiting, pick-up, intercom, blacklist, queue log-in and pause; *92 and *93 for no
answer as in the American network's list). A code begins with `*`, so it collides with no number of
the office.
Codes typed *during* a call (`##`, `*2`, ...) are another table: firmware.call.keys.

`find` reads a dialled string; firmware.route.codes_task carries it out.
Tests: tests/firmware/config/test_codes.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Action(Enum):
    """What a code does."""

    FORWARD_ALWAYS = "forward_always"
    FORWARD_ALWAYS_OFF = "forward_always_off"
    FORWARD_BUSY = "forward_busy"
    FORWARD_BUSY_OFF = "forward_busy_off"
    FORWARD_NO_ANSWER = "forward_no_answer"
    FORWARD_NO_ANSWER_OFF = "forward_no_answer_off"
    DND_ON = "dnd_on"
    DND_OFF = "dnd_off"
    WAITING_ON = "waiting_on"
    WAITING_OFF = "waiting_off"
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    PAUSE = "pause"
    READY = "ready"
    MORE_TIME = "more_time"
    DISPOSITION = "disposition"
    TOGGLE_LOG_IN = "toggle_log_in"
    TOGGLE_PAUSE = "toggle_pause"
    PICK_UP_GROUP = "pick_up_group"
    PICK_UP = "pick_up"
    INTERCOM = "intercom"
    MESSAGES = "messages"
    DAY_NIGHT = "day_night"
    PROPOSE_BLOCK = "propose_block"


class Needs(Enum):
    """What follows the code."""

    NOTHING = ""
    NUMBER = "number"  # anything this person may dial
    EXTENSION = "extension"
    OWN = "own"  # nothing, or one's own extension: lamp keys send it
    DISPOSITION = "disposition"  # the code of one of the office's dispositions
    SWITCH = "switch"  # nothing, or the digits of one schedule's switch


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table."""

    digits: str
    action: Action
    needs: Needs
    words: str


TABLE: Final = (
    Code("*72", Action.FORWARD_ALWAYS, Needs.NUMBER, "forward all my calls to a number"),
    Code("*73", Action.FORWARD_ALWAYS_OFF, Needs.NOTHING, "stop forwarding all my calls"),
    Code("*90", Action.FORWARD_BUSY, Needs.NUMBER, "forward my calls to a number when I am busy"),
    Code("*91", Action.FORWARD_BUSY_OFF, Needs.NOTHING, "stop forwarding when I am busy"),
    Code("*92", Action.FORWARD_NO_ANSWER, Needs.NUMBER, "forward my calls when I do not answer"),
    Code("*93", Action.FORWARD_NO_ANSWER_OFF, Needs.NOTHING, "stop forwarding unanswered calls"),
    Code("*78", Action.DND_ON, Needs.NOTHING, "do not disturb me"),
    Code("*79", Action.DND_OFF, Needs.NOTHING, "end do not disturb"),
    Code("*70", Action.WAITING_ON, Needs.NOTHING, "let second callers ring while I talk"),
    Code("*71", Action.WAITING_OFF, Needs.NOTHING, "be busy to second callers while I talk"),
    Code("*8", Action.PICK_UP_GROUP, Needs.NOTHING, "take a call that rings in my group"),
    Code("*8", Action.PICK_UP, Needs.EXTENSION, "take the call that rings at an extension"),
    Code("**", Action.PICK_UP, Needs.EXTENSION, "the same, as many phones' lamp keys send it"),
    Code("*80", Action.INTERCOM, Needs.EXTENSION, "speak to a colleague at once, by loudspeaker"),
    Code("*28", Action.DAY_NIGHT, Needs.SWITCH, "open or close the office by hand, or end that"),
    Code("*32", Action.PROPOSE_BLOCK, Needs.NOTHING, "propose my caller for the blacklist"),
    Code("*97", Action.MESSAGES, Needs.NOTHING, "hear my voice messages"),
    Code("*51", Action.LOG_IN, Needs.OWN, "log in to my queues"),
    Code("*52", Action.LOG_OUT, Needs.OWN, "log out of my queues"),
    Code("*53", Action.PAUSE, Needs.OWN, "pause: no queue calls for a while"),
    Code("*54", Action.READY, Needs.OWN, "end of the pause or of the notes"),
    Code("*55", Action.MORE_TIME, Needs.OWN, "more time for my notes, where the queue allows it"),
    Code("*56", Action.DISPOSITION, Needs.DISPOSITION, "note how my call of a queue ended"),
    Code("*45", Action.TOGGLE_LOG_IN, Needs.OWN, "log in, or out if I am in"),
    Code("*46", Action.TOGGLE_PAUSE, Needs.OWN, "pause, or end the pause"),
)

FIELDS: Final = {
    Action.FORWARD_ALWAYS: "forward_always",
    Action.FORWARD_BUSY: "forward_busy",
    Action.FORWARD_NO_ANSWER: "forward_no_answer",
    Action.FORWARD_ALWAYS_OFF: "forward_always",
    Action.FORWARD_BUSY_OFF: "forward_busy",
    Action.FORWARD_NO_ANSWER_OFF: "forward_no_answer",
}
"""Field of an Extension that a code sets or, without a number, empties."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A code as dialled."""

    code: Code
    argument: str = ""


def find(dialled: str) -> Dialled | None:
    """The code that `dialled` begins with, the longest first; None if it is none. Whether the
    rest makes sense is for who carries it out: a wrong one is answered by a spoken sentence."""
    if not dialled.startswith("*"):
        return None
    for code in sorted(TABLE, key=lambda row: (-len(row.digits), row.needs is not Needs.NOTHING)):
        rest = dialled.removeprefix(code.digits)
        if dialled.startswith(code.digits) and (code.needs is not Needs.NOTHING or not rest):
            return Dialled(code, rest.removesuffix("#"))
    return None
