"""What goes wrong around a call must not end it, must be told, and must lose nothing.

On the box that all scenarios share: everything here is in order again when a scenario ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import Outcome
from tests.scenarios import processes

pytestmark = pytest.mark.scenario

VECTORS = Path(__file__).parents[1] / "vectors" / "rfc4475"
NUMBER = "0215557788"
OTHER_NUMBER = "0315550123"


@dataclass
class Talk:
    """A caller who talks with an agent."""

    line: int
    caller: Any
    agent: Any
    id: str
    hello: Path

    async def speak(self) -> None:
        """Have the caller say the whole sentence again; goes on while it is said."""
        await self.caller.say(do="say", line=self.line, play=str(self.hello))


Begin = Callable[..., Any]


@pytest.fixture
async def begin(box: Any, network: Any, office: Any, hello: Path) -> Begin:
    """Begins the call: `await begin(line)`. Each scenario has a line of its own, so that none
    waits until the box has listened for the tone after the one before."""

    async def made(line: int) -> Talk:
        agent = await office.agent("201")
        caller = await network.ring(
            NUMBER, line=line, name="Alice Example", press="1", press_after_s=0.5
        )  # fmt: skip
        await caller.until("answered")
        return Talk(line, caller, agent, await _talking(box, line), hello)

    return made


async def _talking(box: Any, line: int) -> str:
    """The call on a line, once its caller talks with an agent. Not known by its number: a busy
    machine may lose some of the caller ID's audio."""
    calls = await box.until(
        f"talking on line {line}",
        lambda live: [c for c in live.calls if c.line == line and c.stage == "talking"],
    )
    return str(calls[0].id)


def _stage(live: Any, call: str) -> str | None:
    return next((c.stage for c in live.calls if c.id == call), None)


def _trouble(code: str) -> Callable[[Any], list[Any]]:
    """For `box.until`: the trouble of this code, if it stands."""
    return lambda live: [t for t in live.box.troubles if t.code == code]


def _line(number: int, *states: str) -> Callable[[Any], list[Any]]:
    return lambda live: [x for x in live.lines if x.number == number and x.state in states]


async def _told(box: Any, kind: str, text: str) -> str:
    """The newest event of a kind that has `text` in its words."""

    async def look() -> str | None:
        events = await asyncio.to_thread(box.api.last_events, 200)
        return next((e.text for e in reversed(events) if e.kind == kind and text in e.text), None)

    return str(await _until(look))


async def _until(look: Callable[[], Awaitable[Any]], timeout_s: float = 30) -> Any:
    """What `look` gives as soon as it gives something."""
    async with asyncio.timeout(timeout_s):
        while not (found := await look()):  # noqa: ASYNC110  # other processes make it true
            await asyncio.sleep(0.1)
    return found


async def _is_whole(box: Any, network: Any, sound: Any, row: Any, *said: Path) -> None:
    """The recording is one file as long as the talk, with all that was said in it."""
    recording = sound.channels(await box.recording(row))
    assert sound.is_as_long(recording, row.talk_s, await network.torn_s())
    for path in said:
        _is_heard(sound, sound.samples(path), recording[:, 0])
    with contextlib.closing(box.records()) as records:
        assert records.recording_of(row.id).missing_s == 0


def _is_heard(sound: Any, said: Any, channel: Any) -> None:
    """All that was said is there. A busy machine may slip a block of the simulated line's audio,
    which moves what follows: then second by second, with room for the ones around a slip."""
    whole = sound.find(said, channel)
    if whole.correlation > 0.9:
        return
    seconds = [said[at : at + 8000] for at in range(0, len(said) - 8000, 8000)]
    found = [sound.find(second, channel) for second in seconds]
    good = [match.start_s for match in found if match.correlation > 0.9]
    assert len(good) >= len(found) - 2, (whole, found)
    assert good == sorted(good), found


async def _ends_well(box: Any, talk: Talk) -> Any:
    """The caller hangs up: the row of an answered call."""
    assert _stage(await box.live(), talk.id) == "talking"
    await talk.caller.say(do="hangup", line=talk.line, by="polarity")
    row = await box.row_of(talk.id)
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "caller")
    return row


async def test_noise_on_every_wire_during_a_call(
    box: Any, network: Any, office: Any, begin: Begin, hatsim: Any, hello: Path, sound: Any
) -> None:
    """Garbage on the serial line, strangers at the line audio, junk at the SIP port: the call
    keeps its audio, and each is told."""
    talk = await begin(1)
    await talk.speak()
    await hatsim.do(do="garbage", hex="00ff7e" * 40 + "aa55" * 30)
    second = await asyncio.to_thread(_second_pump, box.run)
    stranger = await asyncio.to_thread(_second_client, box.run / "tdm.sock")
    junk = await asyncio.to_thread(_malformed, box.sip)
    assert junk >= 10
    await sound.pass_by(hello, 0.5)

    assert second.returncode == 3
    assert re.search(r"is in use by process \d+ \(.*hal\.tdm.*\): stop that first", second.stderr)
    assert stranger == b"", "a second reader would take half of the stream"
    assert "damaged frames on the serial line" in await _told(box, "hat.fault", "damaged frames")
    assert not (await box.live()).box.troubles

    await office.phone("203")  # can still sign in
    row = await _ends_well(box, talk)
    await _is_whole(box, network, sound, row, hello)
    heard = sound.samples(next(talk.agent.heard.glob("*-dec.wav")))
    assert sound.mostly(sound.samples(hello), heard) > 0.9


def _second_pump(run: Path) -> subprocess.CompletedProcess[str]:
    """A second process for the same line audio."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        return subprocess.run(
            [sys.executable, "-m", "hal.tdm", "--source", f"unix:{run / 'tdm.sock'}",
             "--fd", str(theirs.fileno())],
            pass_fds=[theirs.fileno()], capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip


def _second_client(path: Path) -> bytes:
    """What somebody gets who does not ask for the lock."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        raw.settimeout(5)
        with contextlib.suppress(ConnectionError):
            raw.connect(str(path))
            return raw.recv(100)
    return b""


def _malformed(server: str) -> int:
    """Malformed requests and plain junk, over UDP and TCP; how many."""
    host, port = server.split(":")
    via = b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h:99999999\r\n\r\n"
    names = ("badinv01", "clerr", "ncl", "scalarlg", "ltgtruri", "quotbal", "badvers", "mcl01")
    packets = [(VECTORS / f"{name}.dat").read_bytes() for name in names]
    packets += [via, b"\0" * 60, bytes(range(256)) * 4, b"\r\n\r\n", b"INVITE"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for packet in packets:
            udp.sendto(packet, (host, int(port)))
    with socket.create_connection((host, int(port)), 5) as tcp, contextlib.suppress(OSError):
        for packet in packets:
            tcp.sendall(packet)
    return len(packets)


async def test_the_line_board_restarts_in_mid_call(
    box: Any, network: Any, office: Any, begin: Begin, hatsim: Any, hello: Path, sound: Any
) -> None:
    """The call on the line ends in words and its recording is kept; a call between phones lives
    on; the line and the agent take the next call."""
    talk = await begin(4)
    await office.phone("203")
    ben = await office.phone("202")
    await ben.command("dial", "203")
    await ben.wait_for("CALL_ESTABLISHED")
    await talk.speak()
    await sound.pass_by(hello, 0.5)
    await hatsim.do(do="reset")
    row = await box.row_of(talk.id)
    assert row.ended_by == "fault"
    ended = box.told(row.id, "call.ended")[-1].text
    assert "the line board was lost: the HAT was reset" in ended
    assert "was reset" in await _told(box, "hat.down", "line board lost")
    await _is_whole(box, network, sound, row, hello)

    await box.until("line 4 back", _line(4, "idle"))
    await box.until("no trouble", lambda live: not live.box.troubles)
    live = await box.live()
    assert [c.direction for c in live.calls] == ["internal"]
    await box.agent("201", "ready")
    await box.agent_is("201", "ready")
    caller = await network.ring(OTHER_NUMBER, line=4, press="1", press_after_s=0.5)
    await _talking(box, 4)
    await caller.say(do="hangup", line=4, by="polarity")
    await ben.command("hangup")
    assert (await box.row_of(live.calls[0].id)).outcome is Outcome.ANSWERED


async def test_the_line_board_is_silent_for_a_while(
    box: Any, network: Any, begin: Begin, hatsim: Any, hello: Path, sound: Any
) -> None:
    """The trouble appears and clears; the call, whose audio has its own wire, lives."""
    talk = await begin(5)
    await hatsim.do(do="mute", s=5)
    [trouble] = await box.until("trouble", _trouble("hat"))
    assert "silent" in trouble.why
    assert "power the box off and on" in trouble.do
    await talk.speak()
    await box.until("in order again", lambda live: not live.box.troubles)
    await sound.pass_by(hello, 0.5)
    assert [e.text for e in box.told(talk.id, "leg.fault")] == [
        "the line board does not answer; the call stands as long as it can",
        "the line board is back",
    ]
    row = await _ends_well(box, talk)
    await _is_whole(box, network, sound, row, hello)


@pytest.fixture
async def mended(network: Any) -> AsyncIterator[None]:
    """Whatever happened, the lines are whole again for the next scenario."""
    yield
    await network.do(do="restore", line=0)


async def test_a_line_is_cut_in_mid_call_and_on_hook(
    box: Any, network: Any, begin: Begin, hello: Path, sound: Any, mended: None
) -> None:
    talk = await begin(6)
    await talk.speak()
    await sound.pass_by(hello, 0.5)
    await network.do(do="cut", line=6)
    row = await box.row_of(talk.id)
    # On the wire a cut begins as the operator's signal that the caller hung up: an open loop.
    assert row.outcome is Outcome.ANSWERED
    assert "loop current gone" in box.told(row.id, "call.ended")[-1].text
    await _is_whole(box, network, sound, row, hello)
    [trouble] = await box.until("line 6 in trouble", _trouble("line6"))
    assert trouble.what == "line 6 has no battery voltage"
    assert "cut" in trouble.why
    assert "check the plug" in trouble.do
    assert _line(6, "unplugged")(await box.live())
    await network.do(do="restore", line=6)
    await box.until("line 6 in order", _line(6, "idle"))
    await box.until("no trouble", lambda live: not live.box.troubles)

    await network.do(do="cut", line=2)
    await box.until("line 2 in trouble", _trouble("line2"))
    await network.do(do="restore", line=2)
    await box.until("line 2 in order", _line(2, "idle"))
    await box.until("no trouble", lambda live: not live.box.troubles)

    await network.do(do="parallel", line=2, on=True)
    await box.until("a telephone on line 2", _line(2, "parallel"))
    await network.do(do="parallel", line=2, on=False)
    await box.until("line 2 free", _line(2, "idle"))


async def test_recorder_web_and_console_die_in_mid_call(
    box: Any, network: Any, begin: Begin, hello: Path, sound: Any
) -> None:
    """Killed hard, they come back by themselves; the call and its recording do not notice."""
    talk = await begin(7)
    await talk.speak()
    modules = ("recorder", "web", "firmware.console")
    killed = {module: processes.kill(box.run, module) for module in modules}
    await sound.pass_by(hello, 1.0)
    await talk.speak()
    await sound.pass_by(hello, 1.0)
    for module, before in killed.items():
        await processes.started(box.run, module, before)
    row = await _ends_well(box, talk)
    await _is_whole(box, network, sound, row, hello)
    recording = sound.channels(await box.recording(row))[:, 0]
    said = sound.samples(hello)
    half = len(recording) // 2
    assert sound.mostly(said, recording[: half + len(said) // 2]) > 0.9
    assert sound.mostly(said, recording[half - len(said) // 2 :]) > 0.9
    await _until(partial(asyncio.to_thread, _answers, box.web))


def _answers(address: str) -> bool:
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, int(port))) == 0


async def test_a_dead_phone_is_shown_and_not_offered_calls(
    box: Any, network: Any, office: Any
) -> None:
    """Its plug is pulled: no unregister, no answer. Within 30 s its agent is shown unreachable,
    and the caller goes to the other one."""
    anna = await office.agent("201")
    anna.kill()
    await box.agent_is("201", "unreachable", 30)
    await office.agent("202")
    caller = await network.ring(NUMBER, line=3, press="1", press_after_s=0.5)
    call = await _talking(box, 3)
    await caller.say(do="hangup", line=3, by="polarity")
    row = await box.row_of(call)
    assert row.agent == "202"
    offered = [event.text for event in box.told(row.id, "queue.offered")]
    assert offered
    assert all(text.startswith("Ben (202) rings") for text in offered), offered
    assert "Anna (201) unreachable" in offered[0]
