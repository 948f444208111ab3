"""Line board, lines and stream: what is told, what stands on the board, what is taken off."""

from __future__ import annotations

import pytest

from firmware.call.story import Story
from firmware.line_news import LineNews
from firmware.records.messages import EventRow
from firmware.trouble import Troubles
from hal.hat.messages import Fault, Hello, LinkDown, LinkUp
from hal.leg import Party
from hal.lines.analog import State
from hal.lines.messages import LineFault, LineStatus
from hal.tdm import messages as tdm

HELLO = Hello(1, "callbox-hat 1.0", "0001", (1, 2), 1000, "power")
NO_LINE = LineFault("line 1 has no line", "no battery on the wires", "plug the line in")


class Told:
    """The news with what it told and what stands."""

    def __init__(self) -> None:
        self.events: list[EventRow] = []
        self.troubles = Troubles()
        self.news = LineNews(self.troubles, Story(self.events.append))

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    @property
    def standing(self) -> list[str]:
        return [trouble.code for _, trouble in self.troubles.standing()]


@pytest.fixture
def told() -> Told:
    return Told()


def status(state: State, fault: LineFault | None = None) -> LineStatus:
    return LineStatus(1, "Main", state, "free", True, 48.0, 0.0, False, None, Party(), (), fault)


def test_a_lost_board_stands_until_it_is_back(told: Told) -> None:
    told.news.board(LinkDown("HAT silent for 3 s", "check the cable"))
    assert told.standing == ["hat"]
    ((_, trouble),) = told.troubles.standing()
    assert (trouble.why, trouble.do) == ("HAT silent for 3 s", "check the cable")
    told.news.board(LinkUp(HELLO))
    assert told.standing == []
    assert told.kinds == ["hat.down", "hat.up"]


def test_the_boards_own_complaints_are_told_and_a_ports_are_not(told: Told) -> None:
    told.news.board(Fault(0, "41 octets of garbage"))
    told.news.board(Fault(3, "the chip does not answer"))
    assert [event.text for event in told.events] == ["line board: 41 octets of garbage"]


def test_a_line_out_of_order_is_told_once_and_its_mending_too(told: Told) -> None:
    for _ in range(2):
        told.news.lines([status(State.ABSENT, NO_LINE)])
    assert told.standing == ["line1"]
    told.news.lines([status(State.IDLE)])
    assert told.standing == []
    assert [event.text for event in told.events] == [
        "line 1 has no line: no battery on the wires",
        "line 1 is in order: free",
    ]


def test_a_line_not_measured_yet_is_no_news(told: Told) -> None:
    told.news.lines([status(State.DOWN, NO_LINE)])
    assert told.events == []


def test_a_slip_is_told_and_alignment_ends_the_streams_trouble(told: Told) -> None:
    told.news.stream(tdm.Trouble("line audio stands still", "no octets", "check the HAT"))
    assert told.standing == ["tdm"]
    told.news.stream(tdm.FrameFound(0))
    told.news.stream(tdm.FrameFound(0, moved_octets=-3))
    told.news.stream(tdm.Stats())
    assert told.standing == []
    assert told.events[-1].text == "line audio slipped by -3 octets and is aligned"
