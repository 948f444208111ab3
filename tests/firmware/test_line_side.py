"""The way to the telephone network: fitted or not, what it learns, what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware.call.story import Story
from firmware.config.demo import demo_office
from firmware.line_side import LineSide
from firmware.records.messages import EventRow
from firmware.settings import Settings
from firmware.trouble import Troubles
from hal.hat.disabled import DisabledHat
from hal.hat.messages import HatEvent, LinkDown
from hal.lines.tones import LearnedTone
from hal.switch.switch import Switch

TONE = LearnedTone(425, 0, 250, 250, 2)


@pytest.fixture
def switch() -> Iterator[Switch]:
    made = Switch()
    yield made
    made.shut_down()


next_switch = switch
"""Of the same box after a restart."""


class Box:
    """Whoever owns the side."""

    def __init__(self, switch: Switch, settings: Settings, learned: Any = None) -> None:
        self.told: list[EventRow] = []
        self.troubles = Troubles()
        self.side = LineSide(
            settings,
            demo_office(),
            switch,
            self.troubles,
            Story(self.told.append),
            learned,
            lambda leg, line: None,
        )

    def hears(self, event: HatEvent) -> None:
        assert self.side.hat.listener is not None
        self.side.hat.listener(event)

    def learned(self) -> dict[int, tuple[LearnedTone, ...]]:
        return {status.number: status.learned for status in self.side.lines.statuses()}


async def test_no_line_board_is_no_trouble(tmp_path: Path, switch: Switch) -> None:
    box = Box(switch, Settings(tmp_path))
    assert isinstance(box.side.hat, DisabledHat)
    assert (box.side.pump, box.side.simulator) == (None, None)
    box.hears(LinkDown("none is fitted", "nothing"))
    assert box.side.lines.statuses() == []
    assert (box.told, box.troubles.standing()) == ([], [])


async def test_hang_up_tones_are_told_and_come_back_with_the_next_start(
    tmp_path: Path, switch: Switch, next_switch: Switch
) -> None:
    settings = Settings(tmp_path, hat=str(tmp_path / "hat.tty"))
    first = Box(switch, settings)
    first.side.lines.learned(2, (TONE,))
    assert [event.kind for event in first.told] == ["line.learned"]
    again = Box(next_switch, settings, first.side.learned_as_json())
    assert again.learned()[2] == (TONE,)
    assert again.learned()[1] == ()


async def test_a_lost_line_board_is_a_trouble(tmp_path: Path, switch: Switch) -> None:
    box = Box(switch, replace(Settings(tmp_path), hat=str(tmp_path / "hat.tty")))
    box.hears(LinkDown("HAT silent for 3 s", "check that the HAT is seated"))
    [(_, trouble)] = box.troubles.standing()
    assert (trouble.code, trouble.why) == ("hat", "HAT silent for 3 s")
    assert box.told[-1].kind == "hat.down"


async def test_a_new_configuration_reaches_the_lines(tmp_path: Path, switch: Switch) -> None:
    box = Box(switch, Settings(tmp_path, hat=str(tmp_path / "hat.tty")))
    office = demo_office()
    first = office.lines[0].model_copy(update={"name": "Renamed"})
    box.side.configure(office.model_copy(update={"lines": (first, *office.lines[1:])}))
    assert box.side.lines.statuses()[0].name == "Renamed"
