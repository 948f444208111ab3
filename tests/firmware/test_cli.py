"""The command line: what it prints, how it fails, what it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware import cli
from firmware.api.callback_schema import CallbackOrder
from firmware.api.client import Refused
from firmware.api.phone_schema import NewPhone, PhoneApproval, PhoneSetsNow, PhoneSetState
from firmware.api.schema import (
    Agent,
    AgentAction,
    Box,
    Callback,
    ConfigChange,
    ConfigDocument,
    ConfigGeneration,
    Event,
    Line,
    LineTest,
    LineTestRequest,
    Live,
    Problem,
    Refusal,
)
from firmware.api.sip_schema import AllowRequest, SipNow, TraceNow, TraceRequest
from firmware.config.demo import demo_office

NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


class FakeClient:
    """Stands in for the core; remembers what it was told."""

    told: tuple[object, ...] = ()

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def live(self) -> Live:
        box = Box(name="Demo", version="0.1.0", is_simulated=True, uptime_s=60, state="ok")
        line = Line(number=1, name="Line 1", state="idle", words="idle, 48.1 V", volts=48.1)
        return Live(at=NOON, seq=1, box=box, lines=[line])

    def last_events(self, n: int) -> list[Event]:
        return [Event(seq=4, at=NOON, kind="a", text="line 1 rings")]

    def events(self, after: int) -> Iterator[Event]:
        yield Event(seq=after + 1, at=NOON, kind="b", text="line 1 answered")

    def agent_action(self, extension: str, action: str, body: AgentAction) -> Agent:
        if extension == "999":
            raise Refused(404, "there is no agent '999'")
        FakeClient.told = (extension, action, body.reason)
        return Agent(extension=extension, name="Anna", state="paused", since=NOON)

    def hang_up(self, call_id: str) -> None:
        FakeClient.told = (call_id,)

    def test_line(self, number: int, request: LineTestRequest) -> LineTest:
        return LineTest(is_ok=True, words=f"{request.kind} fine")

    def add_callback(self, order: CallbackOrder) -> Callback:
        FakeClient.told = (order.number, order.queue, order.name)
        return Callback(
            number=order.number, queue=order.queue, state="kept", words="waits for their turn",
            position=2, asked_at=NOON, held_since=NOON, expires_at=NOON,
        )  # fmt: skip

    def cancel_callback(self, number: str, who: str) -> None:
        FakeClient.told = (number,)

    def sip(self) -> SipNow:
        return SipNow(messages_in=7, messages_refused=1, messages_rate_limited=0, sign_ins_failed=2)

    def allow_sign_ins(self, request: AllowRequest) -> None:
        FakeClient.told = (request.address,)

    def trace_phones(self, request: TraceRequest) -> TraceNow:
        return TraceNow(path="/t.pcap", is_running=True, ends_in_s=request.seconds)

    def phone_sets(self) -> PhoneSetsNow:
        new = NewPhone(
            mac="001565a1b2c3", brand="yealink", model="T31P", address="192.0.2.9",
            user_agent="", since=NOON, last_at=NOON,
        )  # fmt: skip
        return PhoneSetsNow(asking=(new,), sets=(self.approve_phone("", None),))

    def approve_phone(self, mac: str, approval: PhoneApproval | None) -> PhoneSetState:
        return PhoneSetState(
            mac="001565a1b2c3", brand="yealink", model="T31P", extension="201", name="Anna",
            account="201-a1b2c3", waiting_s=1800.0,
        )  # fmt: skip

    def config(self) -> ConfigDocument:
        return ConfigDocument(generation=3, office=demo_office())

    def change_config(self, change: ConfigChange) -> ConfigDocument:
        if change.office["site"]["country"] == "Zed":
            problem = Problem(where="site/country", what="expected a two-letter country code")
            raise Refused(422, Refusal(error="no", problems=[problem]))
        FakeClient.told = (change.generation, change.what)
        return ConfigDocument(generation=4, office=change.office)

    def config_history(self) -> list[ConfigGeneration]:
        return [ConfigGeneration(generation=3, at=NOON, who="anna", what="new line")]

    def undo_config(self, who: str) -> ConfigDocument:
        return ConfigDocument(generation=5, office=demo_office())


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "ApiClient", FakeClient)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("status", "Demo: Callbox 0.1.0, simulated lines, up 1:00"),
        ("lines", "48.1 V"),
        ("calls", "No calls now."),
        ("agents", "No agents"),
        ("phones", "No extensions"),
        ("queues", "No queues"),
        ("callbacks", "No callbacks are kept."),
        ("call-back 0215557788 sales", "0215557788: waits for their turn, place 2"),
        ("no-call-back 0215557788", "0215557788: is not called back"),
        ("events", "4 10:00:00 line 1 rings"),
        ("events -f", "5 10:00:00 line 1 answered"),
        ("agent 201 pause --reason lunch", "201 Anna: paused"),
        ("hangup c1", "c1: ended"),
        ("test-line 1 level", "Line 1: OK. level fine"),
        ("config history", "2026-03-02 10:00"),
        ("config undo", "now generation 5"),
        ("sip", "Sign-ins refused: 2"),
        ("allow 203.0.113.9", "203.0.113.9: listened to again"),
        ("trace 30", "30 s to go"),
        ("new-phones", "yealink T31P at 192.0.2.9"),
        ("approve 001565a1b2c3 201", "201-a1b2c3 of Anna: restart the phone within 30 min"),
        ("dhcp 192.168.1.5", 'dhcp-option=66,"https://192.168.1.5:8443/provision/"'),
    ],
)
def test_what_is_printed(command: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(command.split()) == 0
    assert says in capsys.readouterr().out


def test_a_pause_carries_its_reason() -> None:
    cli.run(["agent", "201", "pause", "--reason", "lunch"])
    assert FakeClient.told == ("201", "pause", "lunch")


@pytest.mark.parametrize("command", ["--json lines", "lines --json"])
def test_json_is_the_apis_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(command.split()) == 0
    [line] = json.loads(capsys.readouterr().out)
    assert (line["number"], line["volts"]) == (1, 48.1)


def test_what_get_prints_put_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["config", "get"])
    file = tmp_path / "office.json"
    file.write_text(capsys.readouterr().out)
    assert cli.run(["config", "put", str(file)]) == 0
    assert FakeClient.told == (3, "imported from office.json")
    assert capsys.readouterr().out == "now generation 4\n"


def test_problems_are_listed_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.json"
    file.write_text('{"generation": 3, "office": {"site": {"country": "Zed"}}}')
    assert cli.run(["config", "put", str(file)]) == 1
    assert "callbox: site/country: expected a two-letter" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), ("{", "is not JSON"), ("[]", "config get"), ("{}", "config get")],
)
def test_a_bad_file_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    file = tmp_path / "office.json"
    if content is not None:
        file.write_text(content)
    assert cli.run(["config", "put", str(file)]) == 2
    assert says in capsys.readouterr().err


def test_letters_are_no_number_to_call_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["call-back", "alice", "sales"]) == 2
    assert "'alice': expected the digits of a number" in capsys.readouterr().err


def test_a_refusal_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["agent", "999", "ready"]) == 1
    assert capsys.readouterr().err == "callbox: there is no agent '999'\n"


@pytest.mark.parametrize("command", ["dance", "agent 201 dance", "test-line 9 tone", "config", ""])
def test_a_wrong_command_is_exit_code_2(command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(command.split())
    assert ended.value.code == 2


def test_no_core_is_exit_code_3_with_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "firmware.cli", "status"],
        env={"CALLBOX_RUN": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert f"nothing listens on {tmp_path}/core.sock" in done.stderr
    assert "callbox up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_part_is_started_in_place_with_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(cli.os, "execv", lambda program, argv: started.append((program, argv)))
    cli.run(["ring", "--line", "1", "--json"])
    cli.run(["core"])
    python = sys.executable
    assert started == [
        (python, [python, "-m", "tools.ring", "--line", "1", "--json"]),
        (python, [python, "-m", "firmware"]),
    ]


@pytest.mark.parametrize("part", cli.PARTS)
def test_every_part_is_a_module_that_exists(part: str) -> None:
    path = ROOT.joinpath(*cli.PARTS[part][0].split("."))
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_asking_does_not_import_the_parts() -> None:
    code = (
        "import sys, firmware.cli; "
        "print([m for m in sys.modules if m.split('.')[0] in {'web', 'recorder', 'tools', 'hal'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
