"""A box that only remembers what it was asked, behind the real server on a real socket."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from firmware.api.advice_schema import (
    Advice,
    AdviceRequest,
    QueueOutcome,
    Replay,
    ReplayRequest,
    Run,
)
from firmware.api.client import ApiClient
from firmware.api.errors import conflict, not_found
from firmware.api.events import EventLog
from firmware.api.face import Action
from firmware.api.resources import Resources
from firmware.api.schema import (
    Agent,
    AgentAction,
    Box,
    DispositionOrder,
    Line,
    LineTest,
    LineTestRequest,
    Live,
    Noted,
    RingAccepted,
    RingRequest,
)
from firmware.api.server_task import ApiServer
from firmware.api.sip_schema import AllowRequest, SipNow, TableFill, TraceNow, TraceRequest
from firmware.call.story import Story
from firmware.config.demo import demo_office
from firmware.config.schema import Office, Prompt
from firmware.config.store import ConfigStore
from firmware.memory import Memory
from firmware.phones.facts import Ports
from firmware.phones.set_up_task import PhoneSetUp
from firmware.records.store import Records
from firmware.reports_task import ReportSide

NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)


class FakePrompts:
    """Keeps uploads in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def accept(self, prompt_id: str, language: str, wav: bytes) -> str:
        if not wav.startswith(b"RIFF"):
            raise ValueError(f"begins with {wav[:4]!r}, expected a WAV file")
        name = f"{prompt_id}-{language}.wav"
        self.kept[name] = wav
        return name

    async def wav(self, prompt: Prompt, language: str) -> bytes:
        return self.kept[prompt.files[language]]


class FakeSip:
    """The signalling of phones."""

    def __init__(self) -> None:
        self.traced: list[float] = []

    def now(self) -> SipNow:
        return SipNow(
            messages_in=7, messages_refused=1, messages_rate_limited=0, sign_ins_failed=2,
            tables=[TableFill(what="calls", used=1, limit=9)],
        )  # fmt: skip

    def allow(self, request: AllowRequest) -> None:
        if request.address != "203.0.113.9":
            raise not_found(f"address {request.address!r}", "one that is shut out")

    async def trace(self, request: TraceRequest) -> TraceNow:
        self.traced.append(request.seconds)
        return TraceNow(path="/t.pcap", is_running=bool(request.seconds))


class FakeAdviser:
    """Plans nothing."""

    async def advise(self, asked: AdviceRequest) -> Advice:
        return Advice(monday=date(2026, 3, 9), queues=[], lines=None, words=[asked.method])

    async def replay(self, asked: ReplayRequest) -> Replay:
        total = QueueOutcome(
            queue="", offered=0, answered=0, abandoned=0, left=0, causes={}, service_level=None,
            mean_answer_s=None, longest_wait_s=0.0, mean_handling_s=None,
        )  # fmt: skip
        run = Run(queues=[], total=total)
        words = [f"{asked.agents:+} agents"]
        return Replay(recorded=run, before=run, after=run, patience_s=None, words=words)


class FakeBox:
    """Everything the server asks of the box."""

    setup_code = "K7P2 9QXM"

    def __init__(self, config: ConfigStore) -> None:
        self.config = config
        self.events = EventLog()
        self.prompts = FakePrompts()
        self.applied: list[Office] = []
        self.hung_up: list[str] = []
        self.rung: list[RingRequest] = []
        self.is_real = False
        self.sip = FakeSip()
        self.adviser = FakeAdviser()
        self.records = Records(config._storage.folder.parent / "records.db")
        self.reports = ReportSide(self.records, lambda: config.office, lambda: NOON)
        self.phone_sets = PhoneSetUp(
            lambda: config.office,
            lambda: Ports(5060, None),
            Story(),
            Memory(config._storage.folder / "phone-sets.json"),
            lambda: 1000.0,
        )

    def live(self) -> Live:
        box = Box(name="Demo", version="0.1.0", is_simulated=True, uptime_s=1.5, state="ok")
        lines = [Line(number=1, name="Line 1", state="idle", words="idle, 48.1 V", volts=48.1)]
        return Live(at=NOON, seq=self.events.seq, box=box, lines=lines)

    def agent(self, extension: str, action: Action, body: AgentAction) -> Agent:
        if extension != "201":
            raise not_found(f"agent {extension!r}", "201")
        if action == "pause" and not body.reason:
            raise conflict("a pause needs a reason")
        state = "paused" if action == "pause" else "ready"
        return Agent(extension="201", name="Anna", state=state, since=NOON, reason=body.reason)

    def set_disposition(self, extension: str, order: DispositionOrder) -> Agent:
        if extension != "201":
            raise not_found(f"agent {extension!r}", "201")
        noted = Noted(call=order.call or "c1", queue="sales", code=order.code)
        return Agent(extension="201", name="Anna", state="wrap_up", since=NOON, noted=noted)

    def hang_up(self, call_id: str) -> None:
        if call_id == "bug":
            raise ZeroDivisionError("a secret in a traceback")
        if call_id != "c/1":
            raise not_found(f"call {call_id!r}")
        self.hung_up.append(call_id)

    async def test_line(self, number: int, request: LineTestRequest) -> LineTest:
        return LineTest(is_ok=True, words=f"line {number}: {request.kind}", figures={"volts": 48.1})

    async def ring_simulator(self, request: RingRequest) -> RingAccepted:
        if self.is_real:
            raise conflict("the lines are real: call the number from a telephone")
        self.rung.append(request)
        return RingAccepted(line=request.line or 3)

    async def apply(self, office: Office) -> None:
        self.applied.append(office)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a Unix socket's may not exceed 107 octets."""
    path = Path(tempfile.mkdtemp(prefix="cb"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def box(folder: Path) -> Iterator[FakeBox]:
    with ConfigStore(folder / "config", initial=demo_office) as config:
        box = FakeBox(config)
        yield box
        box.records.close()


@pytest.fixture
async def socket_path(box: FakeBox, folder: Path) -> AsyncIterator[Path]:
    server = ApiServer(Resources(box, "0.1.0", wrong_code_s=0.0), folder / "core.sock")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run())
        await server.ready.wait()
        yield folder / "core.sock"
        task.cancel()


@pytest.fixture
def client(socket_path: Path) -> ApiClient:
    return ApiClient(socket_path)
