"""The announcing process heard by others: a browser for mDNS, a phone that asks by multicast."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from firmware.announce.__main__ import keep
from firmware.announce.plug_and_play_task import PlugAndPlayListener, datagram
from hal.sip.message import Request, parse
from tests.firmware.announce.test_plug_and_play import SNOM

pytestmark = pytest.mark.client

NAME = "test-office"


@pytest.fixture
def announcing() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware.announce", "--address", "127.0.0.1", "--name", NAME,
         "--files-port", "8443", "--web-port", "8080", "--sip-port", "5060"],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    yield process
    process.terminate()
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said.decode()
    assert b"Traceback" not in said


async def test_it_is_found_by_another_program(announcing: subprocess.Popen[bytes]) -> None:
    async with AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only) as mdns:
        info = AsyncServiceInfo("_callbox._tcp.local.", f"Callbox on {NAME}._callbox._tcp.local.")
        async with asyncio.timeout(30):
            while not await info.async_request(mdns.zeroconf, 1000):  # asks anew each time
                pass
    assert info.port == 8443
    assert info.parsed_addresses() == ["127.0.0.1"]
    assert info.server == f"{NAME}.local."
    assert info.properties == {b"path": b"/provision/"}


async def test_a_phone_that_asks_by_multicast_is_answered() -> None:
    listener = PlugAndPlayListener("127.0.0.1", "https://127.0.0.1:8443/provision/", 15075)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.setblocking(False)
        here = socket.inet_aton("127.0.0.1")
        phone.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            running = group.create_task(listener.run())
            await listener.ready.wait()
            for data in (b"junk", SNOM):
                phone.sendto(data, ("224.0.1.75", 15075))
            heard = [parse(await loop.sock_recv(phone, 4096)) for _ in range(2)]
            running.cancel()
    assert isinstance(heard[1], Request)
    assert heard[1].body == b"https://127.0.0.1:8443/provision/"


def test_packets() -> None:
    header = bytes([0x46]) + bytes(23)  # 24 octets: one option
    udp = struct.pack("!HHHH", 5060, 15075, 8 + 3, 0) + b"abc" + b"padding"
    assert datagram(header + udp, 15075) == (5060, b"abc")
    assert datagram(header + udp, 5060) is None
    for short in (b"", b"\x45", header, header + udp[:7], b"\x41" + bytes(40)):
        assert datagram(short, 15075) is None


async def test_what_does_not_work_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    tries = []

    async def fails() -> None:
        tries.append(1)
        if len(tries) == 3:
            raise asyncio.CancelledError
        if len(tries) == 2:
            raise ValueError("a mistake of ours")
        raise OSError(101, "Network is unreachable")

    with pytest.raises(asyncio.CancelledError):
        await keep("mDNS", fails, again_s=0.0)
    assert "mDNS does not work: [Errno 101] Network is unreachable" in caplog.text
    assert "mDNS failed" in caplog.text
