"""What a box finds wrong when it starts: it starts all the same, and says what it found.

The core alone, without lines, or with a line board of another version.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.api.schema import ConfigChange

pytestmark = pytest.mark.scenario


def _troubles(box: Any) -> dict[str, Any]:
    return {trouble.code: trouble for trouble in box.api.live().box.troubles}


def _rename(box: Any, name: str) -> None:
    document = box.api.config()
    office = document.office.model_dump(mode="json")
    office["site"]["name"] = name
    box.api.change_config(
        ConfigChange(generation=document.generation, who="test", what="name", office=office)
    )


def test_unreadable_configurations(boxes: Any, tmp_path: Path) -> None:
    """The newest is torn: the one before it is in force. All are: the box begins anew. Either
    way it says so and keeps what it could not read."""
    config = tmp_path / "config"
    with boxes.core(tmp_path) as box:
        _rename(box, "First name")
        _rename(box, "Second name")
        assert set(_troubles(box)) <= {"recorder.recorder_away"}
    newest = config / "office-000003.json"
    newest.write_bytes(newest.read_bytes()[:-100])

    with boxes.core(tmp_path) as box:
        assert box.api.live().box.name == "First name"
        trouble = _troubles(box)["config.damaged"]
        assert "generation 3 is damaged; the one before it is in force" in trouble.what
        assert "checksum" in trouble.why
        assert "office-000003.json.bad" in trouble.do
    for file in config.glob("office-*.json"):
        file.write_bytes(b"\0" * 300)

    with boxes.core(tmp_path) as box:
        assert box.api.live().box.name == "Demo office"
        trouble = _troubles(box)["config.lost"]
        assert "runs with the initial one" in trouble.what
        assert "import an exported configuration" in trouble.do
    kept = {path.name for path in config.glob("*.bad*")}
    assert kept == {f"office-00000{n}.json.bad" for n in (1, 2, 3)}


def test_no_line_board_is_no_trouble(boxes: Any, tmp_path: Path) -> None:
    with boxes.core(tmp_path) as box:
        live = box.api.live()
        assert (live.box.hat, live.box.tdm, live.lines) == ("none", "none", [])
        assert "hat" not in _troubles(box)
        assert not [event for event in box.api.last_events(100) if event.kind.startswith("hat")]


@pytest.fixture
def box(boxes: Any, tmp_path: Path) -> Iterator[Any]:
    """A core whose line board speaks protocol 9, in place of the shared box."""
    board = subprocess.Popen(
        [sys.executable, "-m", "tools.hatsim", "--tty", str(tmp_path / "hat.tty"),
         "--protocol", "9"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with boxes.core(tmp_path / "run", "--hat", str(tmp_path / "hat.tty")) as box:
            yield box
    finally:
        board.terminate()
        board.wait(10)


async def test_a_line_board_of_another_version(box: Any, office: Any) -> None:
    """It is said with what to do; phones call each other all the same."""
    [trouble] = await box.until(
        "trouble", lambda live: [t for t in live.box.troubles if "protocol 9" in t.why]
    )
    assert (trouble.code, trouble.what) == ("hat", "the line board cannot be used")
    assert "this box needs 1" in trouble.why
    assert "make flash-image" in trouble.do
    lines = (await box.live()).lines
    assert {line.state for line in lines} == {"down"}

    await office.phone("202")
    anna = await office.phone("201")
    await anna.command("dial", "202")
    await anna.wait_for("CALL_ESTABLISHED")
    [call] = (await box.live()).calls
    assert (call.direction, call.stage) == ("internal", "talking")
    await anna.command("hangup")
    await asyncio.to_thread(box.api.live)
    await box.until("call over", lambda live: not live.calls)
