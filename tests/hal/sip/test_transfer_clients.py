"""Transfer, diversion and call waiting with telephones that are not ours: baresip and linphonec.

The call layer is the test itself: it reports what a transfer came to, and releases the legs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hal.leg import (
    Answered,
    Cause,
    HangupBy,
    Held,
    LegEvent,
    Party,
    Progress,
    Released,
    State,
    TransferAsked,
    TransferState,
)
from hal.sip.call import SipCall
from hal.sip.phones_task import Phones
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.baresip import baresip
from tests.hal.sip.linphone import linphonec

pytestmark = pytest.mark.client

SECRETS = {"201": "secret", "202": "other"}
ANN = Party("5551234", "Ann")


class Desk:
    """Phones with nobody behind them."""

    def __init__(self, switch: FakeSwitch) -> None:
        self.offered: asyncio.Queue[SipCall] = asyncio.Queue()
        self._registered: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self.phones = Phones(
            switch,
            SECRETS.get,
            listen=[("udp", "127.0.0.1", 0)],
            on_offered=self.offered.put_nowait,
            on_registered=lambda who, there: self._registered.put_nowait((who, there)),
        )

    @property
    def port(self) -> int:
        return self.phones.ports[0]

    def account(self, user: str, mode: str) -> str:
        secret = SECRETS[user]
        return f"<sip:{user}@127.0.0.1:{self.port}>;auth_pass={secret};answermode={mode}"

    async def signed_in(self, user: str) -> None:
        async with asyncio.timeout(15):
            assert await self._registered.get() == (user, True)

    def dial(self, user: str, **options: bool) -> tuple[SipCall, asyncio.Queue[LegEvent]]:
        leg = self.phones.dial(user, ANN, timeout_s=15, **options)
        return leg, heard_from(leg)


def heard_from(leg: SipCall) -> asyncio.Queue[LegEvent]:
    events: asyncio.Queue[LegEvent] = asyncio.Queue()
    leg.listener = events.put_nowait
    return events


async def until(events: asyncio.Queue[LegEvent], kind: type) -> LegEvent:
    async with asyncio.timeout(15):
        while True:
            if isinstance(event := await events.get(), kind):
                return event


@pytest.fixture
async def desk(switch: FakeSwitch) -> AsyncIterator[Desk]:
    desk = Desk(switch)
    async with running(desk):
        yield desk


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(desk.phones.run())
    try:
        async with asyncio.timeout(5):
            await desk.phones.opened.wait()
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# -- baresip ------------------------------------------------------------------------------------


async def test_baresip_hands_a_call_on(desk: Desk, tmp_path: Path) -> None:
    async with baresip(tmp_path, desk.account("201", "auto")) as phone:
        await desk.signed_in("201")
        leg, events = desk.dial("201")
        await until(events, Answered)
        await phone.command("transfer", "305")
        assert await until(events, TransferAsked) == TransferAsked("305")
        leg.report_transfer(TransferState.RINGING)
        leg.report_transfer(TransferState.DONE)
        assert await until(events, Released) == Released(Cause.NORMAL, HangupBy.PARTY, "BYE")
        async with asyncio.timeout(10):
            closed = await phone.until("CALL_CLOSED")
        assert closed["param"] == "Call transfered"


async def test_baresip_hears_that_it_failed(desk: Desk, tmp_path: Path) -> None:
    async with baresip(tmp_path, desk.account("201", "auto")) as phone:
        await desk.signed_in("201")
        leg, events = desk.dial("201")
        await until(events, Answered)
        await phone.command("transfer", "305")
        await until(events, TransferAsked)
        leg.report_transfer(TransferState.FAILED, Cause.USER_BUSY)
        async with asyncio.timeout(10):
            failed = await phone.until("TRANSFER_FAILED")
        assert failed["param"] == "486 Busy Here"


async def test_baresip_has_a_second_call_waiting(desk: Desk, tmp_path: Path) -> None:
    async with baresip(tmp_path, desk.account("201", "manual")) as phone:
        await desk.signed_in("201")
        first, events = desk.dial("201")
        await until(events, Progress)
        await phone.command("accept")
        await until(events, Answered)
        second, waiting = desk.dial("201")
        await until(waiting, Progress)
        assert (first.state, second.state) == (State.ANSWERED, State.RINGING)
        await phone.command("accept")
        await until(waiting, Answered)
        assert await until(events, Held) == Held(True)
        second.release()
        await until(waiting, Released)
        assert first.state is State.HELD
        first.release()


async def test_baresip_hears_the_far_end_before_its_answer(desk: Desk, tmp_path: Path) -> None:
    async with baresip(tmp_path, desk.account("201", "manual")) as phone:
        await desk.signed_in("201")
        await phone.command("dial", f"sip:600@127.0.0.1:{desk.port}")
        async with asyncio.timeout(10):
            leg = await desk.offered.get()
            assert leg.progress()
            await phone.until("CALL_PROGRESS")
            leg.answer()
            await phone.until("CALL_ESTABLISHED")
        leg.release()


# -- linphonec ----------------------------------------------------------------------------------


async def test_linphonec_hands_a_call_on_after_asking(desk: Desk, tmp_path: Path) -> None:
    async with linphonec(tmp_path, "201", "secret", desk.port) as phone:
        await desk.signed_in("201")
        phone.say("autoanswer enable")
        await phone.until("Auto answer enabled")
        leg, events = desk.dial("201")
        await until(events, Answered)
        await phone.until("for call 1 (audio)")
        phone.say("pause")
        assert await until(events, Held) == Held(True)
        phone.say(f"call sip:305@127.0.0.1:{desk.port}")
        async with asyncio.timeout(15):
            other = await desk.offered.get()
        asked = heard_from(other)
        other.alert()
        other.identify(Party("305", "Bob"))
        other.answer()
        await phone.until("for call 2 (audio)")
        phone.say("transfer 1 --to-call 2")
        assert await until(events, TransferAsked) == TransferAsked("305", other.id)
        leg.report_transfer(TransferState.DONE)
        leg.release()
        other.release()
        await phone.until("of call 1 has been transfered")
        await until(events, Released)
        await until(asked, Released)


async def test_linphonec_hands_a_call_on_to_one_that_rings(desk: Desk, tmp_path: Path) -> None:
    """It does not wait for the answer; the leg it names is not answered either."""
    async with linphonec(tmp_path, "201", "secret", desk.port) as phone:
        await desk.signed_in("201")
        phone.say("autoanswer enable")
        await phone.until("Auto answer enabled")
        leg, events = desk.dial("201")
        await until(events, Answered)
        await phone.until("for call 1 (audio)")
        phone.say("pause")
        await until(events, Held)
        phone.say(f"call sip:305@127.0.0.1:{desk.port}")
        async with asyncio.timeout(15):
            other = await desk.offered.get()
        other.alert()
        await phone.until("ringing")
        phone.say("transfer 1 --to-call 2")
        assert await until(events, TransferAsked) == TransferAsked("305", other.id)
        assert other.state is State.ALERTED
        leg.report_transfer(TransferState.DONE)
        other.release()
        await until(events, Released)
        await phone.until("Call 2 with")


async def test_linphonec_diverts(desk: Desk, tmp_path: Path) -> None:
    async with linphonec(tmp_path, "201", "secret", desk.port) as phone:
        await desk.signed_in("201")
        _, events = desk.dial("201")
        await until(events, Progress)
        await phone.until("assigned id 1")
        phone.say(f"redirect 1 sip:305@127.0.0.1:{desk.port}")
        released = await until(events, Released)
        assert isinstance(released, Released)
        assert (released.cause, released.redirect) == (Cause.REJECTED, "305")


async def test_linphonec_keeps_as_missed_only_what_was(desk: Desk, tmp_path: Path) -> None:
    """RFC 3326 clause 3.1, and what a phone makes of it."""
    async with linphonec(tmp_path, "201", "secret", desk.port) as phone:
        await desk.signed_in("201")
        for number, cause in enumerate((Cause.ANSWERED_ELSEWHERE, Cause.NORMAL), 1):
            leg, events = desk.dial("201")
            await until(events, Progress)
            await phone.until(f"assigned id {number}")
            leg.release(cause)
            await phone.until(f"Call {number} with")
        phone.say("call-logs")
        await phone.until("Status: missed")  # the latest comes first
        await phone.until("Status: answered elsewhere")
