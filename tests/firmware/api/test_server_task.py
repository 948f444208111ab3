"""The server as any HTTP client sees it: refusals, limits, the socket itself."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from firmware.api.client import ApiClient, Refused
from firmware.api.server_task import SocketInUse, listening_socket


async def send(path: Path, method: str, url: str, octets: bytes | None = None) -> tuple[int, Any]:
    data = None if octets is None else io.BytesIO(octets)
    connector = aiohttp.UnixConnector(str(path))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.request(method, f"http://callbox{url}", data=data) as response,
    ):
        return response.status, await response.json()


BAD: dict[str, tuple[str, str, bytes | None, int, str]] = {
    "unknown path": ("GET", "/nothing", None, 404, "/nothing: no such path"),
    "wrong method": ("DELETE", "/config", None, 405, "DELETE /config: expected GET"),
    "not JSON": ("POST", "/simulator/ring", b"{", 422, "not understood"),
    "wrong type": ("POST", "/simulator/ring", b'{"line": "x"}', 422, "line: "),
    "unknown field": ("POST", "/simulator/ring", b'{"lien": 1}', 422, "lien: "),
    "empty body": ("PUT", "/config", b"", 422, "not understood"),
    "wrong kind": ("POST", "/lines/1/test", b'{"kind": "boom"}', 422, "'status', 'tone'"),
    "line zero": ("POST", "/lines/0/test", b'{"kind": "tone"}', 422, "line '0'"),
    "line in letters": ("POST", "/lines/one/test", b'{"kind": "tone"}', 422, "line 'one'"),
    "events after what": ("GET", "/events?after=-1", None, 422, "after '-1'"),
    "too many events": ("GET", "/events/last?n=2001", None, 422, "n '2001'"),
    "no such call": ("POST", "/calls/gone/hangup", None, 404, "no call 'gone'"),
    "config nonsense": (
        "PUT",
        "/config",
        b'{"generation": 1, "who": "x", "office": {"lines": 7}}',
        422,
        "lines: 7: ",
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_every_refusal_is_a_sentence_in_json(socket_path: Path, bad: Any) -> None:
    method, url, data, status, says = bad
    got, body = await send(socket_path, method, url, data)
    assert got == status
    assert body.keys() == {"error", "problems"}
    assert says in body["error"]


async def test_a_mistake_of_ours_never_shows_its_traceback(
    socket_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        status, body = await send(socket_path, "POST", "/calls/bug/hangup")
    assert status == 500
    assert "secret" not in body["error"]
    assert "log of the core" in body["error"]
    assert (await send(socket_path, "GET", "/live"))[0] == 200


async def test_bodies_have_a_limit_and_the_client_hears_of_it(
    socket_path: Path, client: ApiClient
) -> None:
    with pytest.raises(Refused, match="16777216") as refused:
        await asyncio.to_thread(client.put_prompt, "greeting", "en", bytes((16 << 20) + 1))
    assert refused.value.status == 413
    status, body = await send(socket_path, "PUT", "/config", b"{" * ((2 << 20) + 1))
    assert status == 413
    assert "2097152" in body["error"]


async def test_actions_need_no_body(socket_path: Path) -> None:
    status, body = await send(socket_path, "POST", "/agents/201/ready")
    assert (status, body["state"]) == (200, "ready")


def test_only_the_group_may_open_the_socket(socket_path: Path) -> None:
    assert stat.S_IMODE(socket_path.stat().st_mode) == 0o660


async def test_a_second_core_is_refused_and_the_first_goes_on(
    socket_path: Path, client: ApiClient
) -> None:
    with pytest.raises(SocketInUse, match="another core answers"):
        listening_socket(socket_path)
    assert (await asyncio.to_thread(client.live)).box.name == "Demo"


def test_a_socket_left_by_a_dead_core_is_replaced(folder: Path) -> None:
    path = folder / "core.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    listening_socket(path).close()
    assert path.is_socket()


async def test_the_description_is_served(socket_path: Path) -> None:
    status, document = await send(socket_path, "GET", "/openapi.json")
    assert status == 200
    assert document["openapi"].startswith("3.1")


async def test_a_reader_that_leaves_is_forgotten(socket_path: Path, box: Any) -> None:
    from firmware.records.messages import EventRow

    reader, writer = await asyncio.open_unix_connection(str(socket_path))
    writer.write(b"GET /events?after=0 HTTP/1.1\r\nHost: callbox\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(20):
        while box.events.listeners:
            box.events.add(EventRow(box.live().at, "tick", "tick"))
            await asyncio.sleep(0)
    assert box.events.listeners == set()


async def test_slow_readers_do_not_hold_up_the_box(socket_path: Path, box: Any) -> None:
    from firmware.records.messages import EventRow

    _, writer = await asyncio.open_unix_connection(str(socket_path))
    writer.write(b"GET /events?after=0 HTTP/1.1\r\nHost: callbox\r\n\r\n")
    for _ in range(5000):
        box.events.add(EventRow(box.live().at, "tick", "x" * 200))
    _, last = await send(socket_path, "GET", "/events/last?n=1")
    assert last[0]["seq"] == 5000
    assert json.dumps(last)
    writer.close()
    await writer.wait_closed()
