"""Phones sign in with the accounts of the configuration in force, and their news is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from firmware.call.story import Story
from firmware.config.demo import demo_office
from firmware.phone_side import PhoneSide
from firmware.records.messages import EventRow
from firmware.settings import Settings
from firmware.trouble import Troubles
from hal.sip.registrar import Saved, SignInFailed
from hal.sip.watch import Messages, Status, Talk
from tests.hal.fake_switch import FakeSwitch

OFFICE = demo_office()
NUMBER = OFFICE.extensions[0].number
SIGNED_IN: Saved = {
    "account": NUMBER,
    "extension": NUMBER,
    "contact": f"sip:{NUMBER}@127.0.0.1:5999",
    "transport": "udp",
    "ip": "127.0.0.1",
    "port": 5999,
    "listener": 0,
    "expires_in_s": 600.0,
    "instance": "",
    "user_agent": "a phone",
}


class NothingToWatch:
    """No lamps."""

    def status(self, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Status | None:
        return None

    def messages(self, entity: str, watcher: str) -> Messages | None:
        return None


class Office:
    """Whoever owns the side."""

    def __init__(self, settings: Settings, watched: NothingToWatch) -> None:
        self.told: list[EventRow] = []
        self.came_or_went: list[tuple[str, bool]] = []
        self.side = PhoneSide(
            settings,
            OFFICE,
            FakeSwitch(),
            Troubles(),
            Story(self.told.append),
            watched,
            [SIGNED_IN],
            lambda leg: None,
            lambda extension, is_reachable: self.came_or_went.append((extension, is_reachable)),
        )


@asynccontextmanager
async def running(folder: Path, tls_port: int | None = None) -> AsyncIterator[Office]:
    settings = Settings(folder, sip_host="127.0.0.1", sip_port=0, sip_tls_port=tls_port)
    office = Office(settings, NothingToWatch())
    async with asyncio.TaskGroup() as group:
        phones = group.create_task(office.side.phones.run())
        async with asyncio.timeout(10):
            await office.side.phones.opened.wait()
        yield office
        phones.cancel()


async def test_an_extension_that_is_removed_is_signed_out_and_told(tmp_path: Path) -> None:
    async with running(tmp_path) as office:
        assert office.side.phones.is_reachable(NUMBER)
        office.side.configure(OFFICE)
        assert office.side.phones.is_reachable(NUMBER)
        office.side.configure(OFFICE.model_copy(update={"extensions": OFFICE.extensions[1:]}))
        assert not office.side.phones.is_reachable(NUMBER)
        assert office.came_or_went[-1] == (NUMBER, False)
        assert f"the phone of extension {NUMBER} cannot be reached" in office.told[-1].text


async def test_a_wrong_password_is_told_with_the_address(tmp_path: Path) -> None:
    async with running(tmp_path) as office:
        office.side._sign_in_failed(SignInFailed("9" * 60, "203.0.113.9", "wrong password"))
        assert office.told[-1].kind == "phone.refused"
        assert f"203.0.113.9 could not sign in as '{'9' * 40}': wrong" in office.told[-1].text


async def test_phones_are_told_the_ports_that_are_there(tmp_path: Path) -> None:
    async with running(tmp_path) as office:
        plain = office.side.ports()
    assert plain.sip > 0
    assert plain.tls is None
    async with running(tmp_path, tls_port=0) as office:
        assert office.side.ports().tls


async def test_no_call_is_at_a_port_that_has_none(tmp_path: Path) -> None:
    async with running(tmp_path) as office:
        assert office.side.leg_at(7) is None
