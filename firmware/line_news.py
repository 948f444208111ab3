"""What the line board, the lines and the timeslot stream say is wrong: put on the board of troubles
and told, taken off when it is over.

Pure. Tests: tests/firmware/test_line_news.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from firmware.call.story import Story
from firmware.trouble import Trouble, TroubleSink
from hal.hat.messages import Fault, HatEvent, LinkDown, LinkUp
from hal.lines.analog import State
from hal.lines.messages import LineFault, LineStatus
from hal.tdm import messages as tdm


class LineNews:
    """Hears everything about lines that is no call."""

    def __init__(self, troubles: TroubleSink, story: Story) -> None:
        self._troubles, self._story = troubles, story
        self._faults: dict[int, LineFault | None] = {}
        """Of each line, as told last."""

    def board(self, event: HatEvent) -> None:
        """The line board came, went, or complains."""
        match event:
            case LinkUp(hello):
                self._troubles.clear("hat")
                self._story.tell("hat.up", f"line board in order, build {hello.build}")
            case LinkDown(why, what_to_do):
                self._troubles.report(
                    Trouble("hat", "the line board cannot be used", why, what_to_do)
                )
                self._story.tell("hat.down", f"line board lost: {why}")
            case Fault(0, what):
                self._story.tell("hat.fault", f"line board: {what}")

    def lines(self, statuses: Iterable[LineStatus]) -> None:
        """Tell what has become wrong with a line, or right again. Only while the board is there:
        else that is the trouble. A line that is still down has not been measured yet."""
        for status in statuses:
            if status.state is State.DOWN or status.fault == self._faults.get(status.number):
                continue
            self._faults[status.number] = fault = status.fault
            code = f"line{status.number}"
            if fault is None:
                self._troubles.clear(code)
                text = f"line {status.number} is in order: {status.words}"
            else:
                self._troubles.report(
                    Trouble(code, fault.what, fault.why, fault.what_to_do, "warning")
                )
                text = f"{fault.what}: {fault.why}"
            self._story.tell("line.state", text, line=status.number)

    def stream(self, status: tdm.Status) -> None:
        """The timeslot stream's pump has something to say."""
        match status:
            case tdm.Trouble(what, why, what_to_do):
                self._troubles.report(Trouble("tdm", what, why, what_to_do))
                self._story.tell("tdm.trouble", f"{what}: {why}")
            case tdm.FrameFound(_, moved_octets):
                self._troubles.clear("tdm")
                if moved_octets:
                    self._story.tell(
                        "tdm.slip", f"line audio slipped by {moved_octets} octets and is aligned"
                    )
            case tdm.Connected() | tdm.FrameLost() | tdm.Stats():
                pass  # shown in the status, not told
