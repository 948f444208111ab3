"""The pump on a virtual sound card: PulseAudio null sinks behind ALSA's pulse plug-in.

One sink carries the HAT's octets to the pump's capture (its monitor), the other the pump's playback
back. Null sinks are paced by PulseAudio's clock, so everything is real time as on a card.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import alsaaudio
import pytest

from hal.tdm.frames import Aligner, Block
from hal.tdm.messages import Connected, FrameFound, Trouble, parse
from hal.tdm.source_task import AlsaSource, SourceError

pytestmark = pytest.mark.skipif(
    shutil.which("pulseaudio") is None, reason="pulseaudio is not installed"
)

ASOUNDRC = """
pcm.callbox { type asym playback.pcm "callbox_out" capture.pcm "callbox_in" }
pcm.callbox_out { type pulse device "from_box" }
pcm.callbox_in { type pulse device "to_box.monitor" }
pcm.hat { type asym playback.pcm "hat_out" capture.pcm "hat_in" }
pcm.hat_out { type pulse device "to_box" }
pcm.hat_in { type pulse device "from_box.monitor" }
"""
SINK = "load-module module-null-sink sink_name={} format=s32le rate=32000 channels=2\n"
FAR_END = """
import alsaaudio, sys
def pcm(kind):
    return alsaaudio.PCM(type=kind, device="hat", rate=32000, channels=2,
        format=alsaaudio.PCM_FORMAT_S32_LE, periodsize=320, periods=4)
play, record = pcm(alsaaudio.PCM_PLAYBACK), pcm(alsaaudio.PCM_CAPTURE)
frames = bytearray()
for n in range(80):
    frames += bytes([0x9B if n % 2 == 0 else 0xDF])
    frames += bytes((7 * n + 11 * slot) % 256 for slot in range(1, 32))
with open(sys.argv[1], "wb", buffering=0) as taken:
    for _ in range(int(sys.argv[2])):
        play.write(bytes(frames))
        count, octets = record.read()
        if count > 0:
            taken.write(octets)
"""
BLOCK = b"".join(
    bytes([0x9B if n % 2 == 0 else 0xDF, *((7 * n + 11 * slot) % 256 for slot in range(1, 32))])
    for n in range(80)
)


@pytest.fixture
def card():
    """A private PulseAudio; gives the environment in which ALSA knows `callbox` and `hat`."""
    with tempfile.TemporaryDirectory(prefix="pa-") as home:
        folder = Path(home)
        (folder / ".asoundrc").write_text(ASOUNDRC)
        (folder / "setup.pa").write_text(
            SINK.format("to_box")
            + SINK.format("from_box")
            + f"load-module module-native-protocol-unix auth-anonymous=1 socket={home}/native\n"
        )
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "PULSE_SERVER": f"unix:{home}/native",
        }
        daemon = subprocess.Popen(
            [
                *["pulseaudio", "-n", "-F", f"{home}/setup.pa", "--daemonize=no"],
                *["--system=false", "--exit-idle-time=-1", "--use-pid-file=no"],
                *["--disable-shm=yes", f"--log-target=file:{home}/pulse.log"],
            ],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while daemon.poll() is None and not (folder / "native").exists():
            time.sleep(0.02)
        yield environment
        daemon.terminate()
        daemon.wait()


@pytest.fixture
async def pump(card):
    """The pump process on the card, and the switch's end of its socket."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "hal.tdm", "--source", "alsa:callbox"],
        *["--fd", str(theirs.fileno()), "--lock", f"{card['HOME']}/lock"],
        env=card,
        pass_fds=[theirs.fileno()],
        stdout=asyncio.subprocess.PIPE,
    )
    theirs.close()
    yield process, ours
    ours.close()
    await process.wait()


async def next_status(process, kind):
    """The next status of a kind."""
    while True:
        status = parse(await process.stdout.readline())
        if isinstance(status, kind):
            return status


async def read_blocks(sock, count):
    octets = b""
    while len(octets) < count * 2560:
        octets += await asyncio.get_running_loop().sock_recv(sock, 65536)
    return [octets[at : at + 2560] for at in range(0, count * 2560, 2560)]


async def echo(sock, blocks):
    """The switch's side, every slot sent back to where it came from; returns what came."""
    loop, taken = asyncio.get_running_loop(), []
    for _ in range(blocks):
        (block,) = await read_blocks(sock, 1)
        taken.append(block)
        await loop.sock_sendall(sock, block)
    return taken


async def test_audio_is_bit_exact_both_ways_once_aligned(card, pump):
    process, sock = pump
    async with asyncio.timeout(60):
        await next_status(process, Connected)
        recording = Path(card["HOME"], "taken.raw")
        far_end = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FAR_END, str(recording), "400", env=card
        )
        taken = await echo(sock, 600)
        await far_end.wait()
        await next_status(process, FrameFound)
    # PulseAudio itself slips when the machine is busy: what counts is that it is exact between.
    assert longest_run(taken, set(rotations())) >= 30
    assert longest_run(aligned(recording), set(rotations())) >= 30


def rotations():
    """The pattern as it may stand in a block: it begins at any pair of frames."""
    return (BLOCK[at:] + BLOCK[:at] for at in range(0, 2560, 64))


def aligned(recording):
    """The blocks in what the far end recorded."""
    found = Aligner().receive(recording.read_bytes())
    return [item.octets for item in found if isinstance(item, Block)]


def longest_run(blocks, good):
    """Most consecutive blocks that are exactly what was sent."""
    best = run = 0
    for block in blocks:
        run = run + 1 if block in good else 0
        best = max(best, run)
    return best


def test_a_card_that_another_program_has_is_named(monkeypatch):
    """What ALSA answers to EBUSY."""

    def busy(**_):
        raise alsaaudio.ALSAAudioError("Device or resource busy [hw:0]")

    monkeypatch.setattr(alsaaudio, "PCM", busy)
    with pytest.raises(SourceError) as refused:
        AlsaSource("alsa:hw:0", "hw:0").open()
    assert refused.value.what == "line audio alsa:hw:0 is in use"
    assert "fuser -v" in refused.value.what_to_do


async def test_a_card_that_is_not_there_is_named(run_dir):
    ours, theirs = socket.socketpair()
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "hal.tdm", "--source", "alsa:hw:NoSuchCard"],
        *["--fd", str(theirs.fileno()), "--lock", f"{run_dir}/lock"],
        pass_fds=[theirs.fileno()],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    theirs.close()
    async with asyncio.timeout(20):
        trouble = await next_status(process, Trouble)
        ours.close()
        assert await process.wait() == 0
    assert trouble.what == "no line audio from alsa:hw:NoSuchCard"
    assert "overlay" in trouble.what_to_do
