"""`make run`: ports that others use already, the order of the start, what it says of its agents."""

from __future__ import annotations

import argparse
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware import up
from firmware.supervisor_task import Part
from firmware.up import DATAGRAM, STREAM, PortsTaken, free_port, prepare


@contextlib.contextmanager
def taken(kind: socket.SocketKind) -> Iterator[int]:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind is STREAM:
            other.listen()
        yield int(other.getsockname()[1])


def test_taken_ports_are_told_and_others_chosen(tmp_path: Path) -> None:
    said: list[str] = []
    with taken(STREAM) as web, taken(STREAM) as sip:
        asked = argparse.Namespace(run=tmp_path, host="127.0.0.1", web_port=web, sip_port=sip)
        places = prepare(asked, said.append)
    assert places.web_port > web
    assert places.sip_port > sip, "phones may use TCP: a port free for UDP alone will not do"
    assert said == [
        f"! web port {web} is in use by another program: using {places.web_port} instead",
        f"! SIP port {sip} is in use by another program: using {places.sip_port} instead",
    ]


def test_free_ports_are_used_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    asked = argparse.Namespace(run=tmp_path, host="127.0.0.1", web_port=0, sip_port=0)
    places = prepare(asked, said.append)
    again = argparse.Namespace(
        run=tmp_path, host="127.0.0.1", web_port=places.web_port, sip_port=places.sip_port
    )
    assert prepare(again, said.append).sip_port == places.sip_port
    assert len({places.sip_port, places.sip_tls_port, places.web_port}) == 3
    assert said == []


def test_no_port_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "PORTS_TRIED", 1)
    with taken(DATAGRAM) as port, pytest.raises(PortsTaken, match="--sip-port"):
        free_port(port, DATAGRAM, STREAM)


def test_an_address_of_another_machine_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        up.main(["--host", "192.0.2.1"])  # RFC 5737: nobody's
    assert "'192.0.2.1': expected an IPv4 address of this machine" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        up.main(["--host", "0.0.0.0"])


# -- the demo agents ------------------------------------------------------------------------------

PEOPLE = [("201", "secret", "Anna"), ("202", "secret", "Ben")]


class StandInSupervisor:
    """Waits for nothing: a part is ready or is late."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, part: Part, timeout_s: float = 0) -> None:
        self.started.append(part.name)
        if not part.ready():
            raise TimeoutError(f"{part.name} did not become ready")


def places(run: Path) -> up.Places:
    return up.Places(run, "127.0.0.1", 8080, 5060, 5061, 8443)


async def test_the_welcome_says_that_agents_answer_once_they_do(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / up.AGENTS_READY).touch()
    said: list[str] = []
    agents = up.Agents(StandInSupervisor(), places(tmp_path), said.append)
    assert "Demo agents  off" in up.welcome(places(tmp_path), agents.words)
    await agents.start(PEOPLE)
    assert "Demo agents  Anna and Ben are ready" in up.welcome(places(tmp_path), agents.words)
    await agents.tell_when_ready()
    assert said == []


async def test_agents_that_are_late_are_told_twice(tmp_path: Path) -> None:
    said: list[str] = []
    agents = up.Agents(StandInSupervisor(), places(tmp_path), said.append)
    await agents.start(PEOPLE)
    assert said == ["! agents did not become ready"]
    assert "not ready yet" in agents.words
    (tmp_path / "agents").mkdir()
    (tmp_path / up.AGENTS_READY).touch()
    await agents.tell_when_ready()
    assert said[1:] == ["  The demo agents are ready and answer calls."]


async def test_an_office_without_people_has_no_agents(tmp_path: Path) -> None:
    supervisor = StandInSupervisor()
    agents = up.Agents(supervisor, places(tmp_path), str)
    await agents.start([])
    assert supervisor.started == []
    assert agents.words == "none: nobody in this office has an extension"


def test_what_an_earlier_run_said_of_its_agents_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / up.AGENTS_READY).touch()
    prepare(argparse.Namespace(run=tmp_path, host="127.0.0.1", web_port=0, sip_port=0), str)
    assert not (tmp_path / up.AGENTS_READY).exists()


async def test_every_part_that_is_late_is_named(tmp_path: Path) -> None:
    late = [Part(name, "none", (), lambda: False) for name in ("web", "console")]
    with pytest.raises(ExceptionGroup) as caught:
        await up.start(StandInSupervisor(), late)
    assert str(caught.value.exceptions[0]) == "web did not become ready"


def test_nothing_starts_before_what_it_needs(tmp_path: Path) -> None:
    steps = [[part.name for part in together] for together in up.parts(places(tmp_path), "ZA")]
    when = {name: step for step, names in enumerate(steps) for name in names}
    assert when["exchange"] < when["hat"] < when["core"]
    assert when["recorder"] < when["core"]
    assert max(when["web"], when["console"], when["provision"]) == len(steps) - 1 > when["core"]
