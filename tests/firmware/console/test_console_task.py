"""The console on a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import tty
from pathlib import Path

import pytest

from firmware.api.client import CoreAway
from firmware.api.errors import Refused
from firmware.api.schema import Event, LineTest, LineTestRequest, Live
from firmware.api.sip_schema import AllowRequest, SipNow, TraceNow, TraceRequest
from firmware.console.console_task import Gone, Terminal, serve
from firmware.console.menu import Menu

ROOT = Path(__file__).parents[3]


class FakeCore:
    """Answers with what the test gave it."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.is_away = False
        self.tested: list[tuple[int, str]] = []

    def live(self) -> Live:
        if self.is_away:
            self.is_away = False  # back at the next question
            raise CoreAway("the call core is not running", "gone", "start it")
        return self._live

    def last_events(self, n: int) -> list[Event]:
        return []

    def sip(self) -> SipNow:
        return SipNow(
            messages_in=self.traced, messages_refused=0, messages_rate_limited=0, sign_ins_failed=0
        )

    traced = 0

    def trace_phones(self, request: TraceRequest) -> TraceNow:
        self.traced = int(request.seconds)
        return TraceNow(path="/t.pcap", is_running=True)

    def allow_sign_ins(self, request: AllowRequest) -> None:
        raise Refused(404, f"no address {request.address}")

    def test_line(self, number: int, request: LineTestRequest) -> LineTest:
        if number == 8:
            raise Refused(404, "there is no line 8")
        self.tested.append((number, request.kind))
        return LineTest(is_ok=True, words="dial tone after 0.4 s")


def converse(core: FakeCore, typed: bytes) -> str:
    """Type all of it at once, read all that comes."""
    near, far = pty.openpty()
    tty.setraw(far)
    out = bytearray()

    def read() -> None:
        while b"bye" not in out:
            out.extend(os.read(near, 4096))

    reader = threading.Thread(target=read)
    reader.start()
    os.write(near, typed)
    terminal = Terminal(far, far)
    serve(terminal, core, Menu(is_local=True))
    terminal.write("bye")
    reader.join(20)
    os.close(near)
    os.close(far)
    return out.decode()


def test_a_technician_looks_tests_and_leaves(live: Live) -> None:
    core = FakeCore(live)
    shown = converse(core, b"2\r6\r1\rt\r6\r8\rs\r7\rq\r")
    assert "48.1 V" in shown
    assert "Line 1: OK. dial tone after 0.4 s" in shown
    assert "No: there is no line 8" in shown
    assert "Nothing has happened yet." in shown
    assert core.tested == [(1, "tone")]


def test_a_technician_traces_the_phones(live: Live) -> None:
    core = FakeCore(live)
    shown = converse(core, b"trace phones 90\rallow 203.0.113.9\rq\r")
    assert "Messages in: 90" in shown
    assert "No: no address 203.0.113.9" in shown


def test_a_core_that_comes_back_is_noticed_without_a_key(live: Live) -> None:
    core = FakeCore(live)
    core.is_away = True
    shown, screen = os.pipe()

    class Impatient(Terminal):
        """Does not wait for ticks; leaves once the core is back."""

        def read(self, timeout_s: float | None) -> str:
            if timeout_s is None and typed:
                return typed.pop(0)
            if timeout_s is None:
                raise Gone("done")
            return ""

    typed = ["1\r"]
    with pytest.raises(Gone, match="done"):
        serve(Impatient(shown, screen), core, Menu())
    os.close(screen)
    with open(shown, encoding="utf-8") as file:
        said = file.read()
    assert said.index("not running") < said.index("is back") < said.index("== Status ==")


def test_a_terminal_that_vanishes_is_told_apart_from_silence() -> None:
    near, far = pty.openpty()
    terminal = Terminal(far, far)
    assert terminal.read(0.0) == ""
    os.close(near)
    with pytest.raises(Gone):
        terminal.read(5)
    os.close(far)


def test_characters_of_several_octets_may_come_in_pieces() -> None:
    reads, writes = os.pipe()
    terminal = Terminal(reads, writes)
    typed = ""
    for octet in "é!".encode():
        os.write(writes, bytes([octet]))
        typed += terminal.read(5)
    assert typed == "é!"
    os.close(reads)
    os.close(writes)


def test_the_program_waits_for_its_port_and_for_its_core(tmp_path: Path) -> None:
    port = tmp_path / "console.tty"
    with subprocess.Popen(
        [sys.executable, "-m", "firmware.console", "--tty", port, "--api", tmp_path / "no.sock"],
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as program:
        assert program.stderr is not None
        assert "waiting for it to come back" in program.stderr.readline()
        near, far = pty.openpty()
        tty.setraw(far)
        port.symlink_to(os.ttyname(far))
        shown = ""
        while not shown.endswith("> "):
            shown += os.read(near, 4096).decode()
        assert "no sign-in" in shown
        os.write(near, b"1\r")
        while "Trying again" not in shown:
            shown += os.read(near, 4096).decode()
        assert "the call core is not running" in shown
        program.terminate()
    os.close(near)
    os.close(far)
