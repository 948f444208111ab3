"""The pump process under its owner, over real sockets: octets through, troubles told."""

import asyncio
import os
import signal
import socket
import sys

import pytest

from hal.tdm.frames import IDLE_BLOCK
from hal.tdm.lock import take
from hal.tdm.messages import Connected, FrameFound, FrameLost, Stats, Trouble
from hal.tdm.tdm_task import StreamState, TdmPump

PAIR = bytes([0x9B, *range(0x21, 0x40), 0xDF, *range(0x61, 0x80)])
BLOCK = PAIR * 40


class SwitchEnd:
    """What the switch does with the stream: duplicates the descriptor, and reads and writes it."""

    def __init__(self):
        self.attached = asyncio.Queue()
        self.sock = None

    def attach_tdm(self, fd):
        if self.sock is not None:
            self.sock.close()
        self.sock = socket.socket(fileno=os.dup(fd))
        self.sock.setblocking(False)
        self.attached.put_nowait(fd)

    async def receive(self, count):
        got = b""
        while len(got) < count:
            got += await asyncio.get_running_loop().sock_recv(self.sock, count - len(got))
        return got

    async def send(self, octets):
        await asyncio.get_running_loop().sock_sendall(self.sock, octets)


class Running:
    """A TdmPump in its task, with its statuses."""

    def __init__(self, pump, switch, task, statuses):
        self.pump, self.switch, self.task, self.statuses = pump, switch, task, statuses

    async def hear(self, kind):
        """The next status of a kind."""
        while True:
            status = await self.statuses.get()
            if isinstance(status, kind):
                return status


@pytest.fixture
async def start():
    """Start a pump on a source; ended with the test."""
    begun = []

    def begin(source):
        switch, statuses = SwitchEnd(), asyncio.Queue()
        pump = TdmPump(switch, source)
        pump.listener = statuses.put_nowait
        running = Running(pump, switch, asyncio.create_task(pump.run()), statuses)
        begun.append(running)
        return running

    async with asyncio.timeout(30):
        yield begin
        for running in begun:
            running.task.cancel()
            await asyncio.gather(running.task, return_exceptions=True)
            if running.switch.sock is not None:
                running.switch.sock.close()


async def test_octets_go_both_ways_aligned(hat, start):
    running = start(hat.source)
    await hat.accept()
    assert await running.hear(Connected) == Connected(hat.source)
    await hat.send(PAIR[11:] + BLOCK * 2)
    assert await running.hear(FrameFound) == FrameFound(64 - 11)
    assert running.pump.snapshot().state is StreamState.ALIGNED
    filled = await running.switch.receive(2560)
    assert filled == (BLOCK if filled[1] == 0x21 else filled[:64] + BLOCK[64:])
    await running.switch.send(b"\xaa" * 2560)
    assert await hat.receive(2560) == b"\xaa" * 2560


async def test_a_slip_is_told(hat, start):
    running = start(hat.source)
    await hat.accept()
    await hat.send(BLOCK)
    await running.hear(FrameFound)
    await running.switch.receive(2560)
    await hat.send(PAIR[8:] + BLOCK)
    await running.hear(FrameLost)
    assert (await running.hear(FrameFound)).moved_octets == -8


async def test_a_hat_that_goes_and_comes_back_is_found_again(hat, start):
    running = start(hat.source)
    await hat.accept()
    await running.hear(Connected)
    hat.hang_up()
    trouble = await running.hear(Trouble)
    assert trouble.why == "the other side closed the socket"
    assert running.pump.snapshot().state is StreamState.WAITING
    await hat.accept()
    await running.hear(Connected)
    assert running.pump.snapshot().restarts == 0


async def test_without_a_source_it_waits_and_says_so(run_dir, start):
    running = start(f"unix:{run_dir}/nobody.sock")
    trouble = await running.hear(Trouble)
    assert trouble == Trouble(
        f"no line audio from unix:{run_dir}/nobody.sock",
        "No such file or directory",
        "start the simulated HAT, or correct the path",
    )


async def test_a_block_goes_out_for_each_that_comes_though_the_switch_stands_still(hat, start):
    running = start(hat.source)
    await hat.accept()
    async with asyncio.timeout(20):
        await hat.send(BLOCK * 4)  # the socket to the switch holds three
        for _ in range(5):
            assert await hat.receive(2560) == IDLE_BLOCK
            await hat.send(BLOCK)
        assert await running.switch.receive(3 * 2560) == BLOCK * 3


def test_audio_that_did_not_get_through_is_told(caplog):
    pump = TdmPump(SwitchEnd(), "unix:nobody")
    for dropped in (3, 3, 5, 0):
        pump._hear(Stats(dropped_in=dropped))
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "line audio: 30 ms did not get through",
        "line audio: 20 ms did not get through",
    ]


async def test_a_stream_that_stands_still_is_told(hat, start):
    running = start(hat.source)
    await hat.accept()
    assert "stands still" in (await running.hear(Trouble)).what
    await hat.send(BLOCK)
    assert await running.switch.receive(2560) == BLOCK


async def test_a_killed_process_is_started_again_and_attached_anew(hat, start):
    running = start(hat.source)
    await hat.accept()
    await running.hear(Connected)
    await running.switch.attached.get()
    os.kill(running.pump.snapshot().pid, signal.SIGKILL)
    trouble = await running.hear(Trouble)
    assert trouble.why == "signal 9"
    await running.switch.attached.get()
    await hat.accept()
    await hat.send(BLOCK)
    assert await running.switch.receive(2560) == BLOCK
    assert running.pump.snapshot().restarts == 1


async def test_a_source_in_use_is_told_with_its_owner(hat, start):
    held = take(hat.source, hat.path.with_name("tdm.sock.lock"))
    running = start(hat.source)
    trouble = await running.hear(Trouble)
    os.close(held)
    assert trouble.what.startswith(f"line audio {hat.source} is in use by process {os.getpid()} (")
    assert trouble.what_to_do == "stop that first"


async def test_when_the_owner_is_cancelled_the_process_is_gone(hat, start):
    running = start(hat.source)
    await hat.accept()
    await running.hear(Connected)
    pid = running.pump.snapshot().pid
    running.task.cancel()
    await asyncio.gather(running.task, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--source", "tcp:1.2.3.4", "--fd", "0"], 2, "expected unix:/path.sock or alsa:DEVICE"),
        (["--source", "unix:/x"], 2, "--fd"),
        (["--source", "unix:/x", "--fd", "77"], 2, "Bad file descriptor"),
    ],
)
async def test_wrong_arguments_are_named(words, code, expected):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hal.tdm", *words, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == code
    assert expected in said.decode()


async def test_a_second_process_ends_with_code_3(hat):
    held = take(hat.source, hat.path.with_name("tdm.sock.lock"))
    ours, theirs = socket.socketpair()
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "hal.tdm", "--source", hat.source, "--fd", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    os.close(held)
    ours.close()
    theirs.close()
    assert process.returncode == 3
    assert said.decode().strip().endswith("): stop that first")
