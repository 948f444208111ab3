"""A call that is traced, found again by tshark; and the ways a trace ends."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from hal.leg import Answered, Party
from hal.sip import capture_task
from hal.sip.capture_task import Capture
from hal.sip.flow import Flow
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.baresip import baresip
from tests.hal.sip.test_baresip import Desk, account, listen_to, running, until

pytestmark = pytest.mark.client

FLOW = Flow("udp", "192.0.2.7", 5060)
HERE = ("192.0.2.1", 5060)


def tshark(path: str, *words: str) -> str:
    asked = ["tshark", "-r", path, *words]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("transport", ["udp", "tls"])
async def test_tshark_finds_the_call(switch: FakeSwitch, tmp_path: Path, transport: str) -> None:
    desk = Desk(switch, tmp_path)
    async with running(desk) as phones, baresip(tmp_path, account(phones, transport)) as phone:
        async with asyncio.timeout(10):
            await desk.registered.get()
        path = tmp_path / "traces" / "phones.pcap"
        assert (await phones.trace(path, 60)).is_running
        leg = phones.dial("201", Party("5551234", "Ann"), timeout_s=10)
        await until(listen_to(leg), Answered)
        async with asyncio.timeout(5):
            await phone.until("CALL_ESTABLISHED")
        leg.release()
        async with asyncio.timeout(5):
            await phone.until("CALL_CLOSED")
        phones.stop_trace()
        capture = phones._transport.capture
        assert capture is not None
        await asyncio.to_thread(capture.join)
        state = phones.snapshot().trace
        assert state is not None
    assert (state.is_running, state.why_ended, state.left_out) == (False, "stopped", 0)
    assert path.stat().st_mode & 0o077 == 0
    assert path.stat().st_size == state.octets
    words = ["-Y", f'sip.Call-ID == "{leg.call_id}"', "-T", "fields"]
    found = (await asyncio.to_thread(tshark, str(path), *words, "-e", "sip.CSeq")).split("\n")
    assert {"1 INVITE", "1 ACK", "2 BYE"} <= set(found)
    statistics = await asyncio.to_thread(tshark, str(path), "-q", "-z", "sip,stat")
    assert "200 OK" in statistics
    assert "INVITE" in statistics


def traced(path: Path, seconds: float = 60, **more: int) -> Capture:
    capture = Capture(path, seconds, **more)
    capture.begin()
    return capture


def test_it_ends_by_time(tmp_path: Path) -> None:
    now = 100.0
    capture = Capture(tmp_path / "t.pcap", 5, clock=lambda: now)
    capture.begin()
    capture.note(b"one", FLOW, HERE, True)
    now = 105.0
    capture.note(b"two", FLOW, HERE, True)
    capture.join()
    state = capture.state()
    assert (state.is_running, state.why_ended, state.messages) == (False, "the time is over", 1)
    assert state.octets == (tmp_path / "t.pcap").stat().st_size == 24 + 16 + 28 + 3


def test_it_ends_by_size(tmp_path: Path) -> None:
    capture = traced(tmp_path / "t.pcap", max_octets=1000)
    for _ in range(100):
        capture.note(bytes(500), FLOW, HERE, True)
    capture.join()
    assert capture.state().octets < 1600
    assert "enough" in capture.state().why_ended


def test_what_finds_the_queue_full_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_task, "MAX_WAITING", 10)
    capture = Capture(tmp_path / "t.pcap", 60)  # whose thread does not run
    for _ in range(25):
        capture.note(b"x", FLOW, HERE, True)
    assert capture.state().left_out == 15


def test_a_full_medium_ends_it_and_nobody_waits(tmp_path: Path) -> None:
    capture = Capture(Path("/dev/full"), 60)
    capture._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 -- the thread closes it
    capture._thread.start()
    capture.join()
    assert "No space left" in capture.state().why_ended
    capture.note(b"x", FLOW, HERE, True)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "t.pcap").write_text("mine")
    with pytest.raises(FileExistsError):
        traced(tmp_path / "t.pcap")
    assert (tmp_path / "t.pcap").read_text() == "mine"
