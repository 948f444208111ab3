"""The box put together without lines; all else about it: tests/scenarios."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware.box import RunningBox
from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.pulse_task import Pulse
from firmware.settings import Settings
from hal.lines.tones import LearnedTone


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


async def test_hang_up_tones_learned_on_a_line_come_back_with_the_next_start(
    tmp_path: Path,
) -> None:
    tone = LearnedTone(425, 0, 250, 250, 2)
    settings = Settings(
        tmp_path, hat=str(tmp_path / "hat.tty"), sip_host="127.0.0.1", sip_port=0, is_demo=True
    )
    with Pulse() as pulse:
        first = RunningBox(settings, pulse)
        first._lines.learned(2, (tone,))
        first._remembering.save()
        first.close()
        again = RunningBox(settings, pulse)
        learned = {status.number: status.learned for status in again._lines.statuses()}
        again.close()
    assert learned[2] == (tone,)
    assert learned[1] == ()


async def test_who_was_promised_a_call_gets_it_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(tmp_path, sip_host="127.0.0.1", sip_port=0, is_demo=True)
    with Pulse() as pulse:
        first = RunningBox(settings, pulse)
        office = first.office.model_dump(mode="json")
        office["queues"][0]["callback"]["is_offered"] = True
        first._config.change(office, first._config.generation, "test", "callbacks")
        first._attendant.configure(first.office)
        first._attendant.callbacks.add("0215557788", "sales", "Alice", "boss")
        first._callbacks._save(first._attendant.callbacks.as_json())
        first.close()
        again = RunningBox(settings, pulse)
        (kept,) = again._callbacks.now()
        again.close()
    assert (kept.number, kept.queue, kept.state) == ("0215557788", "sales", "kept")


async def test_damaged_records_do_not_keep_the_box_from_starting(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"this is no database " * 500)
    settings = Settings(tmp_path, sip_host="127.0.0.1", sip_port=0, is_demo=True)
    with Pulse() as pulse:
        box = RunningBox(settings, pulse)
        assert [t.code for _, t in box.troubles.standing()] == ["records.damaged"]
        box.close()
