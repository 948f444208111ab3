"""Ports of `make run` on a machine where others use them already."""

from __future__ import annotations

import argparse
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware import up
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
