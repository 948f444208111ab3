"""The shell: opening, closing, restarting with the registrations remembered."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.leg import Answered, Held, LegEvent, Party
from hal.sip.phones_task import Phones
from hal.sip.registrar import Saved
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.baresip import baresip

pytestmark = pytest.mark.client


@asynccontextmanager
async def running(
    switch: FakeSwitch, port: int = 0, restored: Iterable[Saved] = ()
) -> AsyncIterator[tuple[Phones, asyncio.Queue[tuple[str, bool]]]]:
    registered: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
    phones = Phones(
        switch,
        {"201": "secret"}.get,
        listen=[("udp", "127.0.0.1", port)],
        on_offered=lambda leg: None,
        on_registered=lambda who, there: registered.put_nowait((who, there)),
        restored=restored,
    )
    task = asyncio.create_task(phones.run())
    try:
        async with asyncio.timeout(10):
            await phones.opened.wait()
        yield phones, registered
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def answered(phones: Phones) -> asyncio.Queue[LegEvent]:
    leg = phones.dial("201", Party("1"), timeout_s=5)
    events: asyncio.Queue[LegEvent] = asyncio.Queue()
    leg.listener = events.put_nowait
    async with asyncio.timeout(10):
        while not isinstance(await events.get(), Answered):
            pass
    return events


async def test_a_restart_remembers_the_phones(switch: FakeSwitch, tmp_path: Path) -> None:
    async with running(switch) as (phones, registered):
        port = phones.ports[0]
        account = f"<sip:201@127.0.0.1:{port}>;auth_pass=secret;answermode=auto"
        async with baresip(tmp_path, account) as phone:
            async with asyncio.timeout(10):
                assert await registered.get() == ("201", True)
            saved = json.loads(json.dumps(phones.bindings()))
            # A second core with what the first one knew, on sockets of its own.
            async with running(switch, restored=saved) as (again, _):
                assert again.is_reachable("201")
                await answered(again)
                (call,) = again.snapshot().agent.calls
                assert call.endswith("extension 201 answered")
            # Closing down has told the phone.
            async with asyncio.timeout(10):
                await phone.until("CALL_CLOSED")
        assert not switch.ports


async def test_a_phone_holds(switch: FakeSwitch, tmp_path: Path) -> None:
    async with running(switch) as (phones, registered):
        account = f"<sip:201@127.0.0.1:{phones.ports[0]}>;auth_pass=secret;answermode=auto"
        async with baresip(tmp_path, account) as phone:
            async with asyncio.timeout(10):
                assert await registered.get() == ("201", True)
                events = await answered(phones)
                await phone.command("hold")
                assert await events.get() == Held(True)
                await phone.command("resume")
                assert await events.get() == Held(False)


async def test_sockets_are_closed_when_cancelled(switch: FakeSwitch) -> None:
    async with running(switch) as (phones, _):
        port = phones.ports[0]
    assert not phones.opened.is_set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", port))
        assert probe.getsockname()[1] == port


async def test_a_taken_port_says_so(switch: FakeSwitch) -> None:
    async with running(switch) as (phones, _):
        second = Phones(
            switch,
            {}.get,
            listen=[("udp", "127.0.0.1", phones.ports[0])],
            on_offered=lambda leg: None,
        )
        with pytest.raises(OSError, match="in use"):
            await second.run()
