"""A simulated HAT for the pump: the listening end of a Unix socket, driven by the test."""

import asyncio
import socket
import tempfile
from pathlib import Path

import pytest

FRAME_PAIR = bytes([0x9B, *range(0x21, 0x40), 0xDF, *range(0x61, 0x80)])


class FakeHat:
    """Listens where the HAT would; gives and takes raw octets."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock: socket.socket | None = None
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.setblocking(False)
        self.listening.bind(str(path))
        self.listening.listen(1)

    @property
    def source(self) -> str:
        return f"unix:{self.path}"

    async def accept(self) -> None:
        if self.sock is not None:
            self.sock.close()
        self.sock, _ = await asyncio.get_running_loop().sock_accept(self.listening)
        self.sock.setblocking(False)

    async def send(self, octets: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, octets)

    async def receive(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            got += await asyncio.get_running_loop().sock_recv(self.sock, count - len(got))
        return got

    def hang_up(self) -> None:
        self.sock.close()
        self.sock = None

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()
        self.listening.close()


@pytest.fixture
def run_dir():
    """Short enough for a Unix socket's 107 octets, whatever the test is called."""
    with tempfile.TemporaryDirectory(prefix="tdm-") as folder:
        yield Path(folder)


@pytest.fixture
def hat(run_dir):
    fake = FakeHat(run_dir / "tdm.sock")
    yield fake
    fake.close()
