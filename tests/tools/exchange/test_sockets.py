"""The three sockets: a line board, a box on the timeslot stream and control clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.exchange import country, g711, sound
from tools.exchange.control_task import ControlTask
from tools.exchange.frames import BLOCK_OCTETS, SLOTS, Aligner, idle_block
from tools.exchange.line import State
from tools.exchange.lines_task import LinesTask
from tools.exchange.network import Network
from tools.exchange.scenario import Step
from tools.exchange.scenario_task import ScenarioTask
from tools.exchange.tdm_task import TdmTask

LIMIT_S = 20
"""Only there so that a fault ends the test; nothing is measured with it."""


async def eventually(is_so: Callable[[], bool]) -> None:
    """Let the exchange work until something can be seen that it does not announce."""
    async with asyncio.timeout(LIMIT_S):
        while not is_so():  # noqa: ASYNC110 (what is waited for has no event to wait on)
            await asyncio.sleep(0.001)


@dataclass
class Exchange:
    """A running exchange and where its sockets are."""

    folder: Path
    network: Network
    tdm: TdmTask
    control: ControlTask
    began: float
    """By the loop's clock."""

    async def client(self) -> Client:
        return await Client.connect(self.folder / "control")

    async def board(self) -> Board:
        board = Board(*await asyncio.open_unix_connection(str(self.folder / "lines")))
        board.send({"hello": True, "ports": list(range(1, 9))})
        return board


@dataclass
class Client:
    """A control client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, path: Path) -> Client:
        return cls(*await asyncio.open_unix_connection(str(path)))

    def send(self, value: object) -> None:
        self.writer.write(json.dumps(value).encode() + b"\n")

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(LIMIT_S):
            line = await self.reader.readline()
        assert line, "the exchange closed the connection"
        value: dict[str, Any] = json.loads(line)
        return value

    async def ask(self, **request: object) -> dict[str, Any]:
        self.send(request)
        return await self.read()

    async def until(self, event: str) -> dict[str, Any]:
        while (told := await self.read()).get("event") != event:
            assert "error" not in told, told
        return told

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class Board(Client):
    """A line board: keeps the last state of each port."""

    async def port(self, number: int, **wanted: object) -> dict[str, Any]:
        while True:
            state = await self.read()
            if state["port"] == number and wanted.items() <= state.items():
                return state

    def hook(self, port: int, off: bool, slot: int = 0) -> None:
        self.send(
            {
                "port": port,
                "off_hook": off,
                "onhook_listen": False,
                "pcm_on": True,
                "slot": slot or port,
                "rx_gain_db": 0.0,
                "tx_gain_db": 0.0,
                "acim": 2,
            }
        )


class Box:
    """Reads the stream and sends a tone in one slot for every block it reads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.aligner = Aligner()
        turn = 2 * np.pi * 1000 * np.arange(g711.BLOCK) / g711.RATE_HZ
        self._block = idle_block()
        self._block[:, 1] = g711.encode((g711.peak_of(-10) * np.sin(turn)).astype(np.float32))

    @classmethod
    async def connect(cls, exchange: Exchange) -> Box:
        return cls(*await asyncio.open_unix_connection(str(exchange.folder / "tdm")))

    async def read(self) -> bytes:
        """One read; answered with as much of our own stream."""
        async with asyncio.timeout(LIMIT_S):
            data = await self._reader.read(BLOCK_OCTETS)
        assert data, "the exchange closed the stream"
        if len(data) == BLOCK_OCTETS:
            self._writer.write(self._block.tobytes())
        return data

    async def hear(self, blocks: int, slot: int = 1) -> g711.Samples:
        heard = [
            frames for _ in range(blocks) for frames in self.aligner.receive(await self.read())
        ]
        return g711.decode(np.concatenate(heard)[:, slot])

    async def run(self) -> None:
        while True:
            self.aligner.receive(await self.read())

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    network = Network(country.load("ZA"), 8, lambda: datetime(2026, 3, 14, 12, 30))
    tdm = TdmTask(network, tmp_path / "tdm")
    lines = LinesTask(network, tmp_path / "lines")
    control = ControlTask(network, tmp_path / "control", tdm, lines.status)
    began = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in (tdm, lines, control)]
        names = ("tdm", "lines", "control")
        await eventually(lambda: all((tmp_path / name).is_socket() for name in names))
        yield Exchange(tmp_path, network, tdm, control, began)
        for task in tasks:
            task.cancel()


@pytest.fixture
def hello_wav(tmp_path: Path) -> str:
    path = tmp_path / "hello.wav"
    sound.write(str(path), sound.babble(0.3))
    return str(path)


@pytest.mark.parametrize("by", ["polarity", "loop", "busy"])
async def test_a_whole_call(exchange: Exchange, hello_wav: str, by: str, tmp_path: Path) -> None:
    board, box, client = (
        await exchange.board(),
        await Box.connect(exchange),
        await exchange.client(),
    )
    heard_wav = tmp_path / "heard.wav"
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(box.run())
        client.send(
            {
                "do": "ring",
                "line": 1,
                "from": "0215557788",
                "cid": "none",
                "press": "1",
                "press_after_s": 0.2,
                "play": hello_wav,
                "repeat": 1,
                "hangup_by": by,
                "record": str(heard_wav),
                "tag": "alice",
            }
        )
        ringing = await client.until("ringing")
        assert ringing["line"] == 1
        assert ringing["tag"] == "alice"
        await board.port(1, ring_hz=25.0)
        board.hook(1, True)
        assert (await client.until("answered"))["after_s"] < LIMIT_S
        assert (await client.until("pressed"))["digit"] == "1"
        assert (await client.until("caller_hung_up"))["by"] == by
        sign = {"polarity": {"reversed": True}, "loop": {"loop_ma": 0.0}, "busy": {"ring_hz": 0.0}}
        await board.port(1, **sign[by])
        board.hook(1, False)
        await client.until("box_hung_up")
        done = await client.until("done")
        assert done["answered"] is True
        assert done["hung_up_by"] == by
        assert done["heard"] == str(heard_wav)
        reading.cancel()
    with wave.open(str(heard_wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    assert g711.level_dbm0(samples[-1600:]) == pytest.approx(-10, abs=1)
    for part in (board, box, client):
        await part.close()


async def test_audio_goes_out_in_the_slot_the_board_configured(exchange: Exchange) -> None:
    board, box = await exchange.board(), await Box.connect(exchange)
    board.hook(1, True, slot=20)
    client = await exchange.client()
    while (await client.ask(do="status"))["lines"][0]["slot"] != 20:
        await box.hear(1)
    heard = await box.hear(30, slot=20)
    assert g711.level_dbm0(heard) == pytest.approx(-10, abs=1)  # South Africa's dial tone
    for part in (board, box, client):
        await part.close()


async def test_a_second_client_is_closed_and_the_first_goes_on(exchange: Exchange) -> None:
    first = await Box.connect(exchange)
    await first.hear(3)
    reader, writer = await asyncio.open_unix_connection(str(exchange.folder / "tdm"))
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(LIMIT_S):
            assert await reader.read() == b""
    writer.close()
    assert (await first.hear(5)).size >= 4 * g711.BLOCK
    assert first.aligner.losses == 0
    assert exchange.tdm.snapshot().clients_refused == 1
    await first.close()


async def test_the_next_client_gets_the_stream_after_the_first_has_left(exchange: Exchange) -> None:
    first = await Box.connect(exchange)
    await first.hear(2)
    await first.close()
    await eventually(lambda: not exchange.tdm.snapshot().is_connected)
    second = await Box.connect(exchange)
    assert (await second.hear(3)).size
    await second.close()


async def test_the_stream_begins_with_the_alignment_signal_and_is_never_early(
    exchange: Exchange,
) -> None:
    loop = asyncio.get_running_loop()
    box = await Box.connect(exchange)
    data = bytearray()
    while len(data) < 30 * BLOCK_OCTETS:
        data += await box.read()
    assert exchange.network.ticks * g711.TICK_S <= loop.time() - exchange.began
    octets = np.frombuffer(bytes(data[: 30 * BLOCK_OCTETS]), np.uint8).reshape(-1, SLOTS)
    assert set(octets[0::2, 0]) == {0x9B}
    assert set(octets[1::2, 0]) == {0xDF}
    assert set(octets[:, 1:].reshape(-1)) == {0xD5}
    await box.close()


@pytest.mark.parametrize("octets", [3, -3, 32])
async def test_a_slip_shifts_the_stream_once(exchange: Exchange, octets: int) -> None:
    box, client = await Box.connect(exchange), await exchange.client()
    data = bytearray(await box.read())
    assert await client.ask(do="slip", octets=octets) == {"ok": True}
    while len(data) < 10 * BLOCK_OCTETS:
        data += await box.read()
    aligner = Aligner()
    aligner.receive(bytes(data))
    assert aligner.losses == 1
    # the alignment signal came every 64 octets from the first one on; now it is shifted
    whole = len(data) // 64 * 64
    pairs = np.frombuffer(bytes(data[:whole]), np.uint8).reshape(-1, 64)
    assert set(np.flatnonzero(pairs[-1] == 0x9B)) == {octets % 64}
    await box.close()
    await client.close()


async def test_a_client_that_does_not_read_loses_whole_blocks(exchange: Exchange) -> None:
    reader, writer = await asyncio.open_unix_connection(
        str(exchange.folder / "tdm"), limit=BLOCK_OCTETS
    )
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio offers no public way
    client = await exchange.client()
    await eventually(lambda: exchange.tdm.snapshot().blocks_dropped > 0)
    assert (await client.ask(do="status"))["tdm"]["blocks_dropped"] > 0
    reader._transport.resume_reading()  # type: ignore[attr-defined]
    aligner = Aligner()
    frames = 0
    while frames < 100 * g711.BLOCK:
        async with asyncio.timeout(LIMIT_S):
            data = await reader.read(1 << 16)
        assert data, "the exchange closed the stream"
        frames += sum(len(found) for found in aligner.receive(data))
    assert aligner.losses == 0
    writer.close()
    await client.close()


async def test_a_board_that_comes_back_gets_every_line_again(exchange: Exchange) -> None:
    first = await exchange.board()
    states = [await first.read() for _ in range(8)]
    assert [state["port"] for state in states] == list(range(1, 9))
    assert states[0] == {
        "port": 1,
        "battery_v": 48.0,
        "reversed": False,
        "ring_hz": 0.0,
        "ring_vrms": 0.0,
        "loop_ma": 25.0,
        "parallel": False,
    }
    first.hook(3, True)
    client = await exchange.client()
    line = exchange.network.lines[3]
    await eventually(lambda: line.state is State.DIAL_TONE)
    await first.close()
    await eventually(lambda: line.state is State.IDLE)
    await client.ask(do="cut", line=5)
    second = await exchange.board()
    assert [(await second.read())["battery_v"] for _ in range(8)] == [48.0] * 4 + [0.0] + [48.0] * 3
    await second.close()
    await client.close()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"hello", "is not JSON"),
        (b"[1]", "expected an object"),
        (b'{"do":"dance"}', "'dance': expected one of ring"),
        (b'{"do":"ring","line":99}', "line 99: expected 1 to 8"),
        (b'{"do":"ring","line":-1}', "line -1: expected a number from 0 to 99"),
        (b'{"do":"ring","line":1,"lien":1}', "'lien' is unknown; expected"),
        (b'{"do":"ring","line":1,"from":"O21"}', "from 'O21': expected a telephone number"),
        (b'{"do":"ring","line":1,"cid":"v21"}', "cid 'v21': expected one of v23"),
        (b'{"do":"ring","line":1,"press":"1x"}', "press '1x': expected digits"),
        (b'{"do":"ring","line":1,"play":"/nowhere.wav"}', "'/nowhere.wav' cannot be read"),
        (b'{"do":"ring","line":1,"record":"/nowhere/a.wav"}', "'/nowhere' does not exist"),
        (b'{"do":"ring","line":1,"talk_s":NaN}', "talk_s nan: expected a number"),
        (b'{"do":"hangup","line":1}', "line 1 has no call to hang up: it is idle"),
        (b'{"do":"hangup"}', "line is missing"),
        (b'{"do":"slip","octets":1.5}', "expected a whole number"),
        (b'{"do":"parallel","line":1,"on":"yes"}', "'yes': expected true or false"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 50_000, "is not JSON"),
    ],
)
async def test_a_bad_request_is_answered_and_the_next_one_served(
    exchange: Exchange, line: bytes, says: str
) -> None:
    client = await exchange.client()
    client.writer.write(line + b"\n")
    assert says in (await client.read())["error"]
    assert (await client.ask(do="status"))["ok"] is True
    await client.close()


async def test_a_line_without_end_costs_only_that_client(exchange: Exchange) -> None:
    client = await exchange.client()
    client.writer.write(b"x" * 200_000)
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(LIMIT_S):
            assert await client.reader.read() == b""
    other = await exchange.client()
    assert (await other.ask(do="status"))["ok"] is True
    await client.close()
    await other.close()


async def test_a_watcher_hears_what_others_do_and_is_forgotten(exchange: Exchange) -> None:
    watcher, other = await exchange.client(), await exchange.client()
    await watcher.ask(do="watch")
    await other.ask(do="ring", line=2)
    assert (await watcher.until("ringing"))["line"] == 2
    await watcher.close()
    await eventually(lambda: not exchange.network.watchers)
    assert await other.ask(do="ring", line=2) == {"error": "line 2 is busy: it is ringing"}
    await other.close()


async def test_a_scenario_makes_its_calls_although_one_fails(exchange: Exchange) -> None:
    steps = [Step(0, {"do": "ring", "line": 4}), Step(0, {"do": "ring", "line": 4})]
    steps.append(Step(0.01, {"do": "ring", "line": 5}))
    await ScenarioTask(exchange.control, steps).run()
    states = [line.state.value for line in exchange.network.lines.values()]
    assert states[3:5] == ["ringing", "ringing"]
