"""Telephones that are not ours watch others: baresip, linphonec, and sipp as desk phones do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from hal.leg import Party
from hal.sip.phones_task import Phones
from hal.sip.watch import Messages, Source, Status, Talk, TalkState
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.baresip import Baresip, baresip
from tests.hal.sip.test_linphone import linphonec
from tests.hal.sip.test_sipp import sipp
from tests.hal.sip.watcher import People

pytestmark = pytest.mark.client

SECRETS = {"201": "secret", "202": "other", "203": "third"}
TALKING = Status((Talk("1", TalkState.CONFIRMED, remote=Party("600")),))


@asynccontextmanager
async def running(switch: FakeSwitch, source: Source, port: int = 0) -> AsyncIterator[Phones]:
    phones = Phones(
        switch,
        SECRETS.get,
        listen=[("udp", "127.0.0.1", port)],
        on_offered=lambda leg: None,
        watched=source,
        algorithms=("MD5",),  # sipp knows no other,
    )
    task = asyncio.create_task(phones.run())
    try:
        async with asyncio.timeout(10):
            await phones.opened.wait()
        yield phones
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 -- a snapshot of what another program did
            await asyncio.sleep(0.05)


def subscribed(phones: Phones) -> int:
    return phones._agent.subscriptions.snapshot().subscriptions


async def notified(phones: Phones, count: int) -> None:
    await until(lambda: phones._agent.subscriptions.snapshot().notified >= count)


@asynccontextmanager
async def watching_baresip(folder: Path, phones: Phones) -> AsyncIterator[Baresip]:
    """A phone with both its subscriptions made: to Ben at 202, and to its mailbox.

    In one start of five the timer of baresip 1.0's `mwi.so` runs for ever: it subscribes anew
    thousands of times a second and reads no answer (its log shows it; gdb finds it in
    `tmr_poll`). Such a phone is put away and another taken.
    """
    port = phones.ports[0]
    account = f"<sip:201@127.0.0.1:{port}>;auth_pass=secret;answermode=auto;mwi=yes"
    contacts = f'"Ben" <sip:202@127.0.0.1:{port}>;presence=p2p\n'
    modules = ("contact.so", "presence.so", "mwi.so")
    for _ in range(10):
        async with baresip(folder, account, contacts=contacts, modules=modules) as phone:
            if not await _spins((folder / "log").read_bytes):
                await until(lambda: subscribed(phones) == 2)
                yield phone
                return
    raise AssertionError("ten baresips in a row span in mwi.so")


async def _spins(log: Callable[[], bytes]) -> bool:
    """Whether it asks for its mailbox over and over in the second after its registration."""
    await until(lambda: b"mwi: subscribing" in log())
    await asyncio.sleep(1)
    return log().count(b"mwi: subscribing") > 5


async def until_busy(phone: Baresip) -> None:
    async with asyncio.timeout(20):
        while "Busy" not in (await phone.command("contacts"))["data"]:  # noqa: ASYNC110 -- asks it
            await asyncio.sleep(0.05)


async def test_baresip_sees_a_colleague_and_its_mailbox_also_after_a_restart(
    switch: FakeSwitch, tmp_path: Path
) -> None:
    people = People()
    async with AsyncExitStack() as second, AsyncExitStack() as first:
        phones = await first.enter_async_context(running(switch, people))
        port = phones.ports[0]
        async with watching_baresip(tmp_path, phones) as phone:
            people.mail["201"] = Messages(new=2, old=3)
            phones.changed("201")
            told = ""
            async with asyncio.timeout(10):
                while "Voice-Message: 2/3 (0/0)" not in told:
                    told = (await phone.until("MWI_NOTIFY"))["param"]
            assert "Messages-Waiting: yes" in told
            assert "Online" in (await phone.command("contacts"))["data"]
            people.lamps["202"] = TALKING
            await first.aclose()
            again = await second.enter_async_context(running(switch, people, port))
            # Told that its subscriptions are over, the phone begins anew after five seconds.
            await notified(again, 1)
            await until_busy(phone)


async def test_linphone_sees_a_colleague_come_to_the_phone(
    switch: FakeSwitch, tmp_path: Path
) -> None:
    people = People()
    async with running(switch, people) as phones:
        port = phones.ports[0]
        friend = f'[friend_0]\nurl="Ben" <sip:202@127.0.0.1:{port}>\npol=accept\nsubscribe=1\n'
        server = f"sip:127.0.0.1:{port};transport=udp"
        async with linphonec(tmp_path, server, friend) as said, asyncio.timeout(25):
            await said.readuntil(b"is Online")
            people.lamps["202"] = TALKING
            phones.changed("202")
            await said.readuntil(b"is On the phone")


async def test_busy_lamp_keys(switch: FakeSwitch) -> None:
    """sipp checks each NOTIFY itself; its headers are those of two makers' phones."""
    people = People()
    people.lamps["201"] = Status()
    ringing = Talk("1", TalkState.EARLY, False, Party("600", "Ann"), "c", "l", "r")
    async with running(switch, people) as phones, asyncio.TaskGroup() as group:
        port = phones.ports[0]
        watching = [
            group.create_task(sipp(port, f"blf_{brand}", "-m", "3", "-r", "9"))
            for brand in ("yealink", "snom")
        ]
        await notified(phones, 6)
        for count, lamp in enumerate((Status((ringing,)), TALKING, Status()), start=2):
            people.lamps["201"] = lamp
            phones.changed("201")
            await notified(phones, 6 * count)
        async with asyncio.timeout(20):
            assert await asyncio.gather(*watching) == [0, 0]
        assert subscribed(phones) == 0
