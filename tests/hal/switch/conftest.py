"""Phones, lines and sounds to put around a switch: real UDP sockets and a real stream socket.

The phone builds and reads its RTP packets itself (struct, RFC 3550 clause 5.1), so nothing of
the code under test makes or checks expected values.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
RATE = 8000


@pytest.fixture(scope="session", autouse=True)
def built_core() -> None:
    """The C core as the sources are now."""
    subprocess.run([sys.executable, ROOT / "hal/switch/build.py"], check=True, capture_output=True)


@dataclass(slots=True)
class Packet:
    """One RTP packet as it came."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass(slots=True)
class Phone:
    """One end of RTP: sends numbered packets, keeps those it gets."""

    switch_port: int
    ssrc: int = 0x1234
    sequence: int = 65530  # wraps soon, as it may
    timestamp: int = 2**32 - 800
    socket: socket.socket = field(init=False)
    heard: list[Packet] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def send_raw(self, octets: bytes) -> None:
        self.socket.sendto(octets, ("127.0.0.1", self.switch_port))

    def packet(self, payload: bytes, payload_type: int = 8, marker: bool = False) -> bytes:
        head = struct.pack(
            ">BBHII",
            0x80,
            payload_type | (0x80 if marker else 0),
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        return head + payload

    def send(self, payload: bytes, payload_type: int = 8) -> None:
        self.send_raw(self.packet(payload, payload_type))
        self.sequence += 1
        self.timestamp += len(payload)

    def send_event(self, event: int, duration: int, end: bool = False, code: int = 101) -> None:
        """A telephone event at the present timestamp, which stays (RFC 4733 2.3)."""
        payload = struct.pack(">BBH", event, (0x80 if end else 0) | 10, duration)
        self.send_raw(self.packet(payload, code, marker=duration <= 160))
        self.sequence += 1

    def collect(self) -> list[Packet]:
        """Take in what has come so far; all packets since the beginning."""
        while True:
            try:
                octets = self.socket.recv(2000)
            except BlockingIOError:
                return self.heard
            first, second, sequence, timestamp, ssrc = struct.unpack_from(">BBHII", octets)
            assert first == 0x80
            self.heard.append(
                Packet(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, octets[12:])
            )

    @property
    def audio(self) -> bytes:
        """Payloads heard so far, in order, telephone events left out."""
        return b"".join(p.payload for p in self.collect() if p.payload_type in (0, 8))


async def every_20ms(count: int, *each: Callable[[int], object]) -> None:
    """Call each of `each` with 0, 1, ... at the pace of a telephone."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(count):
        for call in each:
            call(number)
        await asyncio.sleep(max(0.0, begun + 0.02 * (number + 1) - loop.time()))


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that must come; fails by name when it does not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the other side is a thread without asyncio
            await asyncio.sleep(0.005)


def sine(hz: float, samples: int, peak: float = 8000, start: int = 0) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hz * (np.arange(samples) + start) / RATE)


def power_at(hz: float, samples: np.ndarray) -> float:
    """Share of the power of `samples` that lies at `hz`: 1 for a pure sine."""
    total = float(np.sum(samples**2)) or 1.0
    turn = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE)
    return float(2 * abs(np.sum(samples * turn)) ** 2 / (len(samples) * total))


@pytest.fixture
def true_stall() -> None:
    """The stream counts as stalled after 30 ms, as on the box."""


@pytest.fixture
async def switch(request: pytest.FixtureRequest) -> AsyncIterator[object]:
    """A running switch. On a busy machine our exchange may pause: that is no stall, unless a
    test says so by the mark `usefixtures` of `true_stall`."""
    from hal.switch.switch import Switch  # after the core was built

    made = Switch(tdm_stall_ms=30 if "true_stall" in request.fixturenames else 3000)
    made.events = []  # type: ignore[attr-defined]
    made.listener = made.events.append  # type: ignore[attr-defined]
    made.start()
    yield made
    made.shut_down()


@pytest.fixture
def phones(switch: object) -> Iterator[Callable[..., tuple[int, Phone]]]:
    """Makes a phone on a fresh RTP port, ready to talk."""
    from hal.switch.face import Codec

    made: list[Phone] = []

    def make(codec: object = Codec.PCMA, dtmf: int | None = 101) -> tuple[int, Phone]:
        port, udp = switch.open_rtp("127.0.0.1")  # type: ignore[attr-defined]
        phone = Phone(udp, ssrc=0x1000 + len(made))
        made.append(phone)
        switch.set_rtp(port, "127.0.0.1", phone.port, codec, dtmf)  # type: ignore[attr-defined]
        return port, phone

    yield make
    for phone in made:
        phone.socket.close()


@pytest.fixture
def tools() -> object:
    """The helpers above, for test modules (which do not import each other)."""
    import types

    return types.SimpleNamespace(
        Phone=Phone, every_20ms=every_20ms, until=until, sine=sine, power_at=power_at, ROOT=ROOT
    )
