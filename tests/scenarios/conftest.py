"""The whole box as a fixture: started by its own supervisor, with simulated lines and real phones.

Real: the HAT program under MicroPython, the serial link, the timeslot stream, the switch, SIP and
RTP with baresip, espeak-ng's voice, the recorder's files, the records. Simulated: the telephone
network and the chips behind the HAT program's SPI.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.api.client import ApiClient
from firmware.api.errors import ApiError
from firmware.api.schema import AgentAction, Call, ConfigChange, Live
from firmware.records.messages import CallRow, EventRow, Search
from firmware.records.store import Records
from firmware.up import DATAGRAM, STREAM, free_port
from tools.baresip import Account, Baresip

RATE_HZ = 8000


@dataclass
class RunningBox:
    """A box that runs, and what the tests need of it."""

    run: Path
    sip: str
    web: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def api(self) -> ApiClient:
        return ApiClient(self.run / "core.sock")

    async def live(self) -> Live:
        return await asyncio.to_thread(self.api.live)

    async def agent(self, extension: str, action: str, reason: str = "") -> None:
        body = AgentAction(who="test", reason=reason)
        await asyncio.to_thread(self.api.agent_action, extension, action, body)

    async def until(self, what: str, true: Callable[[Live], Any], timeout_s: float = 20.0) -> Any:
        """Wait until `true(live)` is something; `what` names it when it does not come."""
        live = None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    live = await self.live()
                    if found := true(live):
                        return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{what}: not within {timeout_s} s; now: {live}") from None

    async def call_from(self, number: str) -> Call:
        """The call in progress from a number."""
        found = await self.until(
            f"call from {number}",
            lambda live: [c for c in live.calls if c.caller_number == number],
        )
        call: Call = found[0]
        return call

    async def reaches(self, number: str, stage: str, timeout_s: float = 30.0) -> Call:
        """The call from a number, once it is in a stage."""
        found = await self.until(
            f"call from {number} {stage}",
            lambda live: [c for c in live.calls if c.caller_number == number and c.stage == stage],
            timeout_s,
        )
        call: Call = found[0]
        return call

    async def agent_is(self, extension: str, state: str, timeout_s: float = 20.0) -> None:
        await self.until(
            f"agent {extension} {state}",
            lambda live: [a for a in live.agents if a.extension == extension and a.state == state],
            timeout_s,
        )

    def records(self) -> Records:
        return Records(self.run / "records.db", read_only=True)

    async def row(self, number: str, timeout_s: float = 20.0) -> CallRow:
        """The kept row of the newest call from (or to) a number."""
        with contextlib.closing(self.records()) as records:
            try:
                async with asyncio.timeout(timeout_s):
                    while True:
                        if rows := records.calls(Search(text=number, limit=1)):
                            return rows[0]
                        await asyncio.sleep(0.1)
            except TimeoutError:
                raise AssertionError(f"no row of a call with {number}") from None

    async def recording(self, row: CallRow, timeout_s: float = 20.0) -> Path:
        """The finished recording of a call."""
        with contextlib.closing(self.records()) as records:
            try:
                async with asyncio.timeout(timeout_s):
                    while True:
                        found = records.recording_of(row.id)
                        if found is not None and found.state == "done":
                            return Path(found.path)
                        await asyncio.sleep(0.1)
            except TimeoutError:
                raise AssertionError(f"recording of {row.id} is not done: {found}") from None

    async def row_of(self, call: str, timeout_s: float = 20.0) -> CallRow:
        """The kept row of a call by its id, for callers without a number."""
        with contextlib.closing(self.records()) as records:
            try:
                async with asyncio.timeout(timeout_s):
                    while (row := records.call(call)) is None:  # noqa: ASYNC110  # another process
                        await asyncio.sleep(0.1)
                    return row
            except TimeoutError:
                raise AssertionError(f"no row of call {call}") from None

    def has_recording(self, call: str) -> bool:
        with contextlib.closing(self.records()) as records:
            return records.recording_of(call) is not None

    def told(self, call: str, kind: str) -> list[EventRow]:
        """What the story tells of one kind about a call."""
        with contextlib.closing(self.records()) as records:
            return [event for event in records.timeline(call) if event.kind == kind]

    async def prompt(self, name: str, language: str, folder: Path) -> Path:
        """What the caller hears of a prompt, as a file."""
        path = folder / f"{name}-{language}.wav"
        path.write_bytes(await asyncio.to_thread(self.api.prompt_wav, name, language))
        return path

    def story(self, call: str) -> list[str]:
        with contextlib.closing(self.records()) as records:
            return [event.kind for event in records.timeline(call)]

    def log(self, part: str) -> str:
        return (self.run / "log" / f"{part}.log").read_text(errors="replace")


class Caller:
    """A caller of the simulated exchange: a control connection and what it was told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[dict[str, Any]] = []

    async def say(self, **request: Any) -> None:
        self._writer.write(json.dumps(request).encode() + b"\n")
        await self._writer.drain()

    async def until(self, event: str, timeout_s: float = 45.0) -> dict[str, Any]:
        """Read until an event of this name; errors of the exchange fail the test."""
        try:
            async with asyncio.timeout(timeout_s):
                while line := await self._reader.readline():
                    told = json.loads(line)
                    assert "error" not in told, told
                    self.events.append(told)
                    if told.get("event") == event:
                        return dict(told)
        except TimeoutError:
            pass
        raise AssertionError(f"no {event}: heard {self.events}")

    async def next(self, timeout_s: float = 10.0) -> str:
        """The name of the next event."""
        async with asyncio.timeout(timeout_s):
            told = json.loads(await self._reader.readline())
        assert "error" not in told, told
        self.events.append(told)
        return str(told["event"])

    async def hang_up(self, line: int, by: str = "polarity") -> dict[str, Any]:
        """Hang up, and wait until the box has let go of the line."""
        await self.say(do="hangup", line=line, by=by)
        return await self.until("done")

    def close(self) -> None:
        self._writer.close()


class Network:
    """The simulated telephone network's control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._callers: list[Caller] = []

    async def connect(self) -> Caller:
        caller = Caller(*await asyncio.open_unix_connection(self._path))
        self._callers.append(caller)
        return caller

    async def ring(self, number: str = "", **request: Any) -> Caller:
        """A call to the box; `number` is the caller's."""
        caller = await self.connect()
        if number:
            request["from"] = number
        await caller.say(do="ring", **request)
        return caller

    async def do(self, **request: Any) -> dict[str, Any]:
        """A request that is answered at once, and the answer."""
        caller = await self.connect()
        await caller.say(**request)
        async with asyncio.timeout(5):
            line = await caller._reader.readline()
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, line
        return answer

    async def pass_by(self, path: Path, more_s: float = 0.5) -> None:
        """Wait as long as the sound takes, and a little more, by the exchange's own clock: on a
        busy machine its audio may be late."""
        with wave.open(str(path)) as file:
            length_s = file.getnframes() / file.getframerate()
        until = (await self.do(do="status"))["t"] + length_s + more_s
        while (now := (await self.do(do="status"))["t"]) < until:  # noqa: ASYNC110  # its clock
            await asyncio.sleep(until - now)

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


Document = dict[str, Any]


class Settings:
    """What the office set up: changed for one scenario, then put back."""

    def __init__(self, box: RunningBox) -> None:
        self._box = box
        self._before: Document | None = None

    async def change(self, edit: Callable[[Document], None]) -> None:
        """Have `edit` change the office's configuration, which is in force on return."""
        api = self._box.api
        document = await asyncio.to_thread(api.config)
        office = document.office.model_dump(mode="json")
        self._before = self._before or document.office.model_dump(mode="json")
        edit(office)
        await self._put(document.generation, office)

    async def staff(self, *numbers: str, queue: str = "sales", **more: Any) -> None:
        """Have these people serve a queue; who does not exist is taken on. `more`: fields of it."""

        def edit(office: Document) -> None:
            known = {person["number"] for person in office["extensions"]}
            office["extensions"] += [
                {"number": n, "name": f"Agent {n}", "secret": f"secret-of-{n}"}
                for n in numbers
                if n not in known
            ]
            row = next(q for q in office["queues"] if q["id"] == queue)
            row |= {"members": list(numbers), **more}

        await self.change(edit)

    async def restore(self) -> None:
        if self._before is not None:
            document = await asyncio.to_thread(self._box.api.config)
            await self._put(document.generation, self._before)

    async def _put(self, generation: int, office: Document) -> None:
        change = ConfigChange(generation=generation, who="test", what="scenario", office=office)
        await asyncio.to_thread(self._box.api.change_config, change)


class Office:
    """The agents' phones."""

    def __init__(self, box: RunningBox, folder: Path) -> None:
        self._box, self.folder = box, folder
        self.phones: dict[str, Baresip] = {}

    async def phone(self, extension: str, **more: Any) -> Baresip:
        """Plug in a phone and wait until it is signed in."""
        config = await asyncio.to_thread(self._box.api.config)
        person = next(e for e in config.office.extensions if e.number == extension)
        folder = self.folder / extension
        folder.mkdir(parents=True)
        keep, speaks = more.pop("keep", True), more.pop("speaks", None)
        modules = more.pop("modules", ())
        account = Account(extension, person.secret, self._box.sip, **more)
        phone = self.phones[extension] = Baresip(account, folder, speaks, keep, modules=modules)
        await phone.start()
        await self._box.until(
            f"phone {extension} signed in",
            lambda live: [p for p in live.phones if p.extension == extension and p.is_reachable],
        )
        return phone

    async def agent(self, extension: str, **more: Any) -> Baresip:
        """A phone whose user takes calls of the queue."""
        phone = await self.phone(extension, **more)
        await self._box.agent(extension, "login")
        await self._box.agent_is(extension, "ready")
        return phone

    def answered_by(self, number: str) -> str:
        """Whose phone says that it talked with the number."""
        (extension,) = (
            extension
            for extension, phone in self.phones.items()
            if any(
                event["type"] == "CALL_ESTABLISHED" and number in event["peeruri"]
                for event in phone.events
            )
        )
        return extension

    async def close(self) -> None:
        for extension, phone in self.phones.items():
            await phone.stop()
            with contextlib.suppress(Exception):
                await self._box.agent(extension, "logout")


SPOKEN = tempfile.TemporaryDirectory(prefix="callbox-spoken-")
"""Sentences that boxes of this run have spoken already, by their content: each box would speak them
anew, which is seconds of a processor that the calls of the other worker need."""


def _copy_new(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.alaw"):
        if not (target / path.name).exists():
            shutil.copyfile(path, target / path.name)


def start_box(run: Path) -> RunningBox:
    """Start the box as `make run` does, on free ports and without demo agents."""
    _copy_new(Path(SPOKEN.name), run / "prompts" / "rendered")
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware.up", "--run", str(run), "--no-demo-agents",
         "--web-port", "0", "--sip-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    box = RunningBox(run, "", "", process)
    assert process.stdout is not None
    for line in process.stdout:
        box.said.append(line.rstrip())
        if found := re.search(r"http://\S+", line):
            box.web = found[0]
        if found := re.search(r"SIP server (\S+);", line):
            box.sip = found[1]
        if "Ctrl-C" in line:
            return box
    logs = "".join(f"--- {p.name}\n{p.read_text()[-3000:]}" for p in (run / "log").glob("*.log"))
    raise AssertionError("the box did not start:\n" + "\n".join(box.said) + "\n" + logs)


def stop_box(box: RunningBox) -> None:
    """Stop the box; its supervisor must end cleanly."""
    _copy_new(box.run / "prompts" / "rendered", Path(SPOKEN.name))
    box.process.terminate()
    try:
        assert box.process.wait(30) == 0
    finally:
        box.process.kill()
        box.process.communicate()


def start_core(run: Path, *arguments: str) -> RunningBox:
    """Start the core alone, without lines unless `arguments` say where they are."""
    _copy_new(Path(SPOKEN.name), run / "prompts" / "rendered")
    sip = f"127.0.0.1:{free_port(0, DATAGRAM, STREAM)}"
    with (run / "core.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "firmware", "--run", str(run), "--demo", "--sip", sip,
             *arguments],
            stdout=log, stderr=log, text=True,
        )  # fmt: skip
    box = RunningBox(run, sip, "", process)
    for _ in range(300):
        with contextlib.suppress(ApiError):
            box.api.live()
            return box
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the core did not start:\n" + (run / "core.log").read_text()[-3000:])


class Boxes:
    """Boxes of a scenario's own, each stopped with the block that started it."""

    start, stop = staticmethod(start_box), staticmethod(stop_box)

    @staticmethod
    @contextlib.contextmanager
    def whole(run: Path) -> Iterator[RunningBox]:
        box = start_box(run)
        try:
            yield box
        finally:
            stop_box(box)

    @staticmethod
    @contextlib.contextmanager
    def core(run: Path, *arguments: str) -> Iterator[RunningBox]:
        box = start_core(run, *arguments)
        try:
            yield box
        finally:
            stop_box(box)


@pytest.fixture(scope="session")
def boxes() -> type[Boxes]:
    """For scenarios that a shared box would not survive."""
    return Boxes


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    """One box for all scenarios that leave it as they found it."""
    running = start_box(tmp_path_factory.mktemp("box") / "run")
    yield running
    stop_box(running)


@pytest.fixture
async def network(box: RunningBox) -> AsyncIterator[Network]:
    made = Network(box.run / "exchange.sock")
    await _clear(box, made)
    yield made
    made.close()
    try:
        await box.until("all calls over", lambda live: not live.calls, 30)
    except AssertionError:
        await _clear(box, made)  # so that the next scenario, or the next try, finds none
        raise


async def _clear(box: RunningBox, network: Network) -> None:
    """End what a scenario that failed has left behind, on both sides of the lines."""
    while calls := (await box.live()).calls:
        for line in range(1, 9):
            with contextlib.suppress(AssertionError, TimeoutError):
                await network.do(do="hangup", line=line, by="loop")
        for call in calls:
            with contextlib.suppress(ApiError):
                await asyncio.to_thread(box.api.hang_up, call.id)
        await asyncio.sleep(2)  # callers who were about to ring do so now


@pytest.fixture
async def settings(box: RunningBox) -> AsyncIterator[Settings]:
    """Name it before `office`: the phones leave before the configuration is put back."""
    made = Settings(box)
    yield made
    await made.restore()


@pytest.fixture
async def office(box: RunningBox, tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(box, tmp_path)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the caller says: a real (synthetic) voice."""
    return _speak(
        tmp_path_factory.mktemp("voice") / "hello.wav",
        "Hello, this is Alice Example. I would like to order seven boxes for Thursday morning.",
        "en-gb",
    )


@pytest.fixture(scope="session")
def reply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the agent says."""
    return _speak(
        tmp_path_factory.mktemp("voice") / "reply.wav",
        "Good morning, sales department, Anna speaking. What can I do for you today? " * 6,
        "en-us+f3",
    )


def _speak(path: Path, words: str, voice: str) -> Path:
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), words], check=True)
    return path


Samples = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Match:
    """Where a part was found in a longer signal: normalised correlation -1..1, start in s."""

    correlation: float
    start_s: float


class Sound:
    """Measures sound files with another program's decoder."""

    @staticmethod
    def channels(path: Path, count: int = 2) -> Samples:
        """Any audio file at 8 kHz as (samples, channels), decoded by ffmpeg."""
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", str(count),
             "-ar", str(RATE_HZ), "-"],
            check=True, capture_output=True,
        ).stdout  # fmt: skip
        return np.frombuffer(raw, "<i2").reshape(-1, count).astype(float) / 32768

    @classmethod
    def samples(cls, path: Path) -> Samples:
        """One channel at 8 kHz."""
        return cls.channels(path, 1)[:, 0]

    @staticmethod
    def seconds(path: Path) -> float:
        with wave.open(str(path)) as file:
            return float(file.getnframes() / file.getframerate())

    @staticmethod
    def then_silence(path: Path, to: Path, silence_s: float = 60.0) -> Path:
        """A copy that ends in silence: phones hang up when their sound has come to its end."""
        with wave.open(str(path)) as file, wave.open(str(to), "wb") as longer:
            longer.setparams(file.getparams())
            longer.writeframes(file.readframes(file.getnframes()))
            longer.writeframes(bytes(2 * round(silence_s * file.getframerate())))
        return to

    @classmethod
    async def pass_by(cls, path: Path, more_s: float) -> None:
        """Wait as long as the sound takes, and a little more: calls run in real time."""
        await asyncio.sleep(cls.seconds(path) + more_s)

    @staticmethod
    def find(part: Samples, whole: Samples) -> Match:
        """The place in `whole` that is most like `part` (normalised cross-correlation)."""
        if len(whole) < len(part):
            whole = np.pad(whole, (0, len(part) - len(whole)))
        size = 1 << (len(whole) + len(part)).bit_length()
        cross = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)), size)
        cross = cross[: len(whole) - len(part) + 1]
        energy = np.concatenate(([0.0], np.cumsum(whole**2)))
        norm = np.sqrt((energy[len(part) :] - energy[: -len(part)]) * np.sum(part**2)) + 1e-9
        scores = cross / norm[: len(cross)]
        best = int(np.argmax(scores))
        return Match(float(scores[best]), best / RATE_HZ)

    @classmethod
    def find_piece(cls, part: Samples, whole: Samples, seconds: float = 1.0) -> Match:
        """The best match of any piece of `part`: a busy machine tears sounds that are played live
        apart, which is not what the scenario is about."""
        length = round(seconds * RATE_HZ)
        starts = range(0, max(1, len(part) - length), length // 2)
        matches = [cls.find(part[at : at + length], whole) for at in starts]
        return max(matches, key=lambda match: match.correlation)


@pytest.fixture(scope="session")
def sound() -> Sound:
    return Sound()


@pytest.fixture
def hatsim(box: RunningBox) -> Iterator[Network]:
    """The control socket of the simulated line board; it speaks as the network's does."""
    made = Network(box.run / "hatsim.sock")
    yield made
    made.close()
