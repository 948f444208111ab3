"""Clients that hold on to a connection keep no phone waiting."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection

import pytest

from firmware.up import STREAM, free_port
from hal.sip.certificate import own_certificate
from web.provision.hurry import MOST_PER_SOURCE, Turns


@dataclass
class Server:
    """The process, and how to ask it."""

    port: int
    trust: Path

    def get(self) -> int:
        context = ssl.create_default_context(cafile=str(self.trust))
        url = f"https://127.0.0.1:{self.port}/provision/y000000000000.cfg"
        with urllib.request.urlopen(url, context=context, timeout=60) as answer:
            return int(answer.status)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    pem = own_certificate(tmp_path / "tls", ["127.0.0.1"])
    made = Server(free_port(0, STREAM), pem.parent / "box.crt")
    process = subprocess.Popen(
        [sys.executable, "-m", "web.provision", "--api", str(tmp_path / "none.sock"),
         "--bind", f"127.0.0.1:{made.port}", "--certificate", str(pem)],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(300):
        with contextlib.suppress(OSError):
            made.get()
            break
        time.sleep(0.1)
    yield made
    process.terminate()
    process.wait(20)


def test_phones_are_served_beside_many_that_say_nothing(server: Server) -> None:
    with contextlib.ExitStack() as held:
        # From another address than the phone's: all of 127/8 is this machine.
        for _ in range(60):
            address = ("127.0.0.1", server.port)
            silent = held.enter_context(create_connection(address, 10, ("127.0.0.2", 0)))
            silent.sendall(b"\x16\x03\x01")  # the first octets of a handshake, and no more
        assert server.get() == 200


def test_each_address_has_its_share() -> None:
    turns = Turns()
    assert [turns.take("192.0.2.1") for _ in range(20)].count(True) == MOST_PER_SOURCE
    assert turns.take("192.0.2.2")
    turns.give_back("192.0.2.1")
    assert turns.take("192.0.2.1")
    for source in ["192.0.2.1"] * MOST_PER_SOURCE + ["192.0.2.2"]:
        turns.give_back(source)
    assert len(turns) == 0
