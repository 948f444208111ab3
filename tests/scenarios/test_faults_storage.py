"""Storage that fills up, and a core that is killed in mid-call: nothing is lost unsaid.

On a box of its own, whose recordings and configuration lie on small file systems in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.api.errors import ApiError, Refused
from firmware.api.schema import ConfigChange
from firmware.records.messages import Outcome
from tests.scenarios import processes

pytestmark = pytest.mark.scenario

NUMBER = "0215557788"
SIZES = {"recordings": "80m", "config": "1m"}


@pytest.fixture(scope="module")
def box(boxes: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """In place of the shared one: storage of a size that can be filled."""
    run = tmp_path_factory.mktemp("small") / "run"
    with contextlib.ExitStack() as mounts:
        for name, size in SIZES.items():
            (run / name).mkdir(parents=True)
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(run / name)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if mounted.returncode == 0:
                mounts.callback(subprocess.run, ["umount", "-l", str(run / name)], check=True)
        with boxes.whole(run) as box:
            yield box


@pytest.fixture
def small(box: Any) -> Path:
    """The run folder, if its storage is small."""
    for name in SIZES:
        if not (box.run / name).is_mount():
            pytest.skip("a file system in memory cannot be mounted here: it needs root")
    return Path(box.run)


def _fill(folder: Path) -> Path:
    """Take the last octet of a file system; removing the file gives it back."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            if not file.write(b"\0" * 4096):
                break
    assert os.statvfs(folder).f_bavail == 0
    return path


def _trouble(code: str) -> Callable[[Any], list[Any]]:
    return lambda live: [t for t in live.box.troubles if t.code == code]


async def _talk(box: Any, network: Any) -> tuple[Any, str]:
    """A caller who talks with an agent on line 1, and the call."""
    caller = await network.ring(NUMBER, line=1, press="1", press_after_s=0.5)
    await caller.until("answered")
    calls = await box.until(
        "talking", lambda live: [c for c in live.calls if c.stage == "talking" and c.line == 1]
    )
    return caller, calls[0].id


async def test_the_storage_is_full_during_a_call(
    small: Path, box: Any, network: Any, office: Any, hello: Path, sound: Any
) -> None:
    """The call goes on; the trouble says what to do; with space again the recording is whole."""
    await office.agent("201")
    caller, call = await _talk(box, network)
    await caller.say(do="say", line=1, play=str(hello))
    filler = _fill(small / "recordings")
    [trouble] = await box.until("trouble", _trouble("recorder.disk_full"), 30)
    assert "is full" in trouble.what
    assert "0 octets free" in trouble.why
    assert "Delete old recordings" in trouble.do
    await sound.pass_by(hello, 0.5)
    filler.unlink()
    await box.until("in order again", lambda live: not live.box.troubles, 30)
    await caller.say(do="hangup", line=1, by="polarity")
    await caller.until("done")
    row = await box.row_of(call)
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "caller")
    recording = sound.channels(await box.recording(row))
    assert sound.is_as_long(recording, row.talk_s, await network.torn_s())
    assert sound.mostly(sound.samples(hello), recording[:, 0]) > 0.9
    with contextlib.closing(box.records()) as records:
        assert records.recording_of(call).missing_s == 0


async def test_a_change_of_the_configuration_on_a_full_disk_is_refused(
    small: Path, box: Any, network: Any
) -> None:
    before = await asyncio.to_thread(box.api.config)
    files = sorted(p.name for p in (small / "config").iterdir())
    office = before.office.model_dump(mode="json")
    office["site"]["name"] = "Another name"
    change = ConfigChange(generation=before.generation, who="test", what="x", office=office)
    filler = _fill(small / "config")
    with pytest.raises(Refused) as refused:
        await asyncio.to_thread(box.api.change_config, change)
    assert refused.value.status == 507
    assert re.search(r"No space left on device", str(refused.value))
    assert await asyncio.to_thread(box.api.config) == before
    filler.unlink()
    assert sorted(p.name for p in (small / "config").iterdir()) == files
    await asyncio.to_thread(box.api.change_config, change)
    assert (await box.live()).box.name == "Another name"


async def test_the_core_is_killed_in_mid_call(
    box: Any, settings: Any, network: Any, office: Any, hello: Path, sound: Any
) -> None:
    """It is back in seconds with phones and agents as they were, the line on hook, the cut call
    in the records and its recording up to there on the shelf."""
    await office.agent("201")
    await box.until("remembered", lambda live: '"201"' in _memory(box))
    caller, call = await _talk(box, network)
    await caller.say(do="say", line=1, play=str(hello))
    await sound.pass_by(hello, 2.0)
    began = (await box.live()).box.uptime_s
    assert len(processes.kill(box.run, "firmware")) == 1
    await _until_restarted(box, began)

    live = await box.live()
    [phone] = [p for p in live.phones if p.extension == "201"]
    assert phone.is_registered
    await box.agent_is("201", "ready")
    [agent] = [a for a in (await box.live()).agents if a.extension == "201"]
    assert agent.calls_answered == 1
    assert (await caller.until("done"))["hung_up_by"] == "box"
    row = await box.row_of(call)
    assert (row.outcome, row.ended_by, row.line) == (Outcome.FAILED, "fault", 1)
    assert (row.digits, row.queue, row.agent) == ("1", "sales", "201")
    await box.until("line 1 free", lambda live: [x for x in live.lines if x.state == "idle"])
    kept = await _interrupted(box, call)
    assert (kept.id, kept.missing_s) == (row.recording, 0)
    recording = sound.channels(Path(kept.path))
    assert sound.mostly(sound.samples(hello), recording[:, 0]) > 0.9

    await settings.change(time_for_notes)
    caller, again = await _talk(box, network)
    await caller.say(do="hangup", line=1, by="polarity")
    await caller.until("done")
    assert (await box.row_of(again)).outcome is Outcome.ANSWERED
    await _notes_go_on(box)


def time_for_notes(office: dict[str, Any]) -> None:
    office["queues"][0]["wrap_up_s"] = 90


async def _notes_go_on(box: Any) -> None:
    """The core is killed while the agent writes them: they began when they did, and end as well."""
    await box.agent_is("201", "wrap_up")
    before = next(a for a in (await box.live()).agents if a.extension == "201")
    await _written_down(box, "agent.wrap_up")
    began = (await box.live()).box.uptime_s
    assert len(processes.kill(box.run, "firmware")) == 1
    await _until_restarted(box, began)
    await box.agent_is("201", "wrap_up")
    after = next(a for a in (await box.live()).agents if a.extension == "201")
    assert abs((after.since - before.since).total_seconds()) < 1
    assert abs((after.ends_at - before.ends_at).total_seconds()) < 1
    await box.agent("201", "ready")
    await box.agent_is("201", "ready")


async def _written_down(box: Any, kind: str) -> None:
    """The records have an event of this kind."""
    async with asyncio.timeout(30):
        with contextlib.closing(box.records()) as records:
            while True:
                if any(event.kind == kind for event in records.last_events(50)):
                    return
                await asyncio.sleep(0.1)


async def _interrupted(box: Any, call: str) -> Any:
    """The recording of a call that was cut off, once it is finished as far as it goes."""
    async with asyncio.timeout(30):
        with contextlib.closing(box.records()) as records:
            while True:
                kept = records.recording_of(call)
                if kept is not None and kept.state == "interrupted":
                    return kept
                await asyncio.sleep(0.1)


def _memory(box: Any) -> str:
    path = box.run / "memory.json"
    return path.read_text() if path.exists() else ""


async def _until_restarted(box: Any, uptime_s: float) -> None:
    """Wait for a core that has run for less."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(ApiError):
                if (await box.live()).box.uptime_s < uptime_s:
                    return
            await asyncio.sleep(0.1)
