"""The stack with a telephone that is not ours: baresip signs in, calls and is called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.leg import Answered, Cause, HangupBy, LegEvent, Party, Released, State
from hal.sip.call import SipCall
from hal.sip.certificate import own_certificate, server_context
from hal.sip.phones_task import Phones
from hal.switch.face import Codec
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.baresip import baresip

pytestmark = pytest.mark.client

TRANSPORTS = ("udp", "tcp", "tls")
SECRETS = {"201": "secret", "202": "other"}


class Desk:
    """Collects what the phones report."""

    def __init__(self, switch: FakeSwitch, folder: Path) -> None:
        self.offered: asyncio.Queue[SipCall] = asyncio.Queue()
        self.registered: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self.phones = Phones(
            switch,
            SECRETS.get,
            listen=[(transport, "127.0.0.1", 0) for transport in TRANSPORTS],
            tls=server_context(own_certificate(folder / "tls", ["127.0.0.1"])),
            on_offered=self.offered.put_nowait,
            on_registered=lambda who, there: self.registered.put_nowait((who, there)),
        )


def listen_to(leg: SipCall) -> asyncio.Queue[LegEvent]:
    events: asyncio.Queue[LegEvent] = asyncio.Queue()
    leg.listener = events.put_nowait
    return events


async def until(events: asyncio.Queue[LegEvent], kind: type) -> LegEvent:
    async with asyncio.timeout(15):
        while True:
            if isinstance(event := await events.get(), kind):
                return event


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[Phones]:
    task = asyncio.create_task(desk.phones.run())
    try:
        async with asyncio.timeout(5):
            await desk.phones.opened.wait()
        yield desk.phones
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def account(phones: Phones, transport: str, mode: str = "auto") -> str:
    port = phones.ports[TRANSPORTS.index(transport)]
    return (
        f"<sip:201@127.0.0.1:{port};transport={transport}>;auth_pass=secret;answermode={mode};"
        "regint=600"
    )


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_signs_in_and_is_called(switch: FakeSwitch, tmp_path: Path, transport: str) -> None:
    desk = Desk(switch, tmp_path)
    async with running(desk) as phones, baresip(tmp_path, account(phones, transport)) as phone:
        async with asyncio.timeout(10):
            assert await desk.registered.get() == ("201", True)
        (registration,) = phones.registrations()
        assert registration.transport == transport
        assert "baresip" in registration.user_agent

        leg = phones.dial("201", Party("5551234", "Ann"), timeout_s=10)
        events = listen_to(leg)
        await until(events, Answered)
        async with asyncio.timeout(5):
            call = await phone.until("CALL_ESTABLISHED")
        assert "5551234@" in call["peeruri"]
        assert leg.port is not None
        assert switch.rtp[leg.port]["codec"] is Codec.PCMA

        leg.release()
        async with asyncio.timeout(5):
            await phone.until("CALL_CLOSED")
        assert leg.state is State.RELEASED
        assert not switch.ports


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_calls_and_hangs_up(switch: FakeSwitch, tmp_path: Path, transport: str) -> None:
    desk = Desk(switch, tmp_path)
    async with running(desk) as phones, baresip(tmp_path, account(phones, transport)) as phone:
        async with asyncio.timeout(10):
            assert await desk.registered.get() == ("201", True)
            port = phones.ports[TRANSPORTS.index(transport)]
            await phone.command("dial", f"sip:600@127.0.0.1:{port};transport={transport}")
            leg = await desk.offered.get()
        assert leg.caller.number == "201"
        assert leg.called.number == "600"
        events = listen_to(leg)
        leg.alert()
        async with asyncio.timeout(5):
            await phone.until("CALL_RINGING")
        leg.answer()
        async with asyncio.timeout(5):
            await phone.until("CALL_ESTABLISHED")
        await phone.command("hangup")
        released = await until(events, Released)
        assert released == Released(Cause.NORMAL, HangupBy.PARTY, "BYE")
        assert not switch.ports
