"""The box put together without lines; all else about it: tests/scenarios."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware.box import RunningBox, Settings
from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.pulse_task import Pulse


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[RunningBox]:
    settings = Settings(tmp_path, sip_host="127.0.0.1", sip_port=0, is_demo=True)
    with Pulse() as pulse:
        made = RunningBox(settings, pulse)
        yield made
        made.close()


async def test_a_part_that_cannot_take_on_a_configuration_is_told(
    box: RunningBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(office: Office) -> None:
        raise RuntimeError("no such tone")

    async def works(office: Office) -> None:
        """As it should."""

    monkeypatch.setattr(box, "_take_on", fails)
    await box.apply(demo_office())
    [(_, trouble)] = box.troubles.standing()
    assert (trouble.code, trouble.why) == ("config.apply", "RuntimeError: no such tone")
    assert "undo the change" in trouble.do
    monkeypatch.setattr(box, "_take_on", works)
    await box.apply(demo_office())
    assert not box.troubles.standing()
