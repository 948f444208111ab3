"""Who is to be called back, over the control API, and remembered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware.acd.queue_task import Queues
from firmware.api.callback_schema import CallbackOrder
from firmware.api.client import ApiClient, Refused
from firmware.call.story import Story
from firmware.callback_side import CallbackSide
from firmware.config.schema import Office
from firmware.config.validate import office_from
from firmware.ivr.callback import Event
from firmware.memory import Memory
from firmware.route.callback_task import CallingBack
from firmware.route.desk import Desk
from firmware.trouble import Troubles

ALICE = "0215557788"


class Nobody:
    """Neither a phone, nor a line that is free."""

    def free_lines(self) -> list[int]:
        return []


def calling_back(office: Office) -> CallingBack:
    nobody: Any = Nobody()
    loop = asyncio.get_running_loop()
    story = Story()
    desk = Desk(office, nobody, nobody, story, nobody, nobody, loop, lambda row: None)
    queues = Queues(nobody, nobody, story, loop)
    queues.configure(office)
    made = CallingBack(desk, queues, {}, nobody, nobody, lambda: datetime.now(UTC))
    made.configure(office)
    return made


@pytest.fixture
async def callbacks(box: Any) -> CallingBack:
    document = box.config.office.model_dump(mode="json")
    document["queues"][0]["callback"] = {"is_offered": True, "rest_s": 600, "expires_s": 3600}
    return calling_back(office_from(document))


@pytest.fixture
async def side(box: Any, callbacks: CallingBack, tmp_path: Path) -> CallbackSide:
    made = box.callbacks = CallbackSide(callbacks, Memory(tmp_path / "back.json"), Troubles())
    return made


async def order(client: ApiClient, number: str, queue: str = "sales") -> Any:
    asked = CallbackOrder(who="boss", queue=queue, number=number, name="Alice")
    return await asyncio.to_thread(client.add_callback, asked)


async def test_one_is_added_shown_and_cancelled(client: ApiClient, side: CallbackSide) -> None:
    one = await order(client, ALICE)
    assert (one.number, one.name, one.state, one.position) == (ALICE, "Alice", "kept", 1)
    assert (one.by, one.words) == ("boss", "waits for their turn")
    assert (one.expires_at - one.asked_at).total_seconds() == pytest.approx(3600, abs=1)
    second = await order(client, "0835550001")
    shown = await asyncio.to_thread(client.callbacks)
    assert [(x.number, x.position) for x in shown] == [(ALICE, 1), (second.number, 2)]
    await asyncio.to_thread(client.cancel_callback, ALICE, "boss")
    (left,) = await asyncio.to_thread(client.callbacks)
    assert (left.number, left.position) == (second.number, 1)


async def test_what_is_refused(client: ApiClient, side: CallbackSide) -> None:
    with pytest.raises(Refused, match="queue 'support' has no callbacks: expected one of sales"):
        await order(client, ALICE, "support")
    with pytest.raises(Refused, match="number '112': expected 7 to 15 digits") as refused:
        await order(client, "112")
    assert refused.value.status == 409
    with pytest.raises(Refused, match=f"no callback to '{ALICE}': expected none is kept") as gone:
        await asyncio.to_thread(client.cancel_callback, ALICE, "boss")
    assert gone.value.status == 404
    with pytest.raises(Refused, match="number: String should match"):
        await asyncio.to_thread(
            client._send, "POST", "/callbacks",
            CallbackOrder.model_construct(who="boss", queue="sales", number="abc", name=""),
        )  # fmt: skip


async def test_a_rest_is_shown_with_its_end(
    client: ApiClient, side: CallbackSide, callbacks: CallingBack
) -> None:
    await order(client, ALICE)
    now = asyncio.get_running_loop().time()
    callbacks.book.advance(ALICE, Event.TURN_CAME, now)
    callbacks.book.advance(ALICE, Event.NOT_REACHED, now)
    callbacks.book.open[ALICE].why = "busy tone"
    (one,) = await asyncio.to_thread(client.callbacks)
    assert (one.state, one.tries) == ("resting", 1)
    assert one.words == "was not reached (busy tone), is tried again"
    assert one.next_try_at is not None
    assert (one.next_try_at - one.asked_at).total_seconds() == pytest.approx(600, abs=5)


async def test_who_was_never_reached_is_shown_and_dismissed(
    client: ApiClient, side: CallbackSide, callbacks: CallingBack
) -> None:
    await order(client, ALICE)
    callbacks.book.tick(asyncio.get_running_loop().time() + 3601)
    (one,) = await asyncio.to_thread(client.callbacks)
    assert (one.state, one.position, one.words) == ("given_up", None, "was never reached (in time)")
    await asyncio.to_thread(client.cancel_callback, ALICE, "boss")
    assert await asyncio.to_thread(client.callbacks) == []


async def test_what_is_promised_survives_a_restart(
    box: Any, side: CallbackSide, callbacks: CallingBack, tmp_path: Path
) -> None:
    running = asyncio.ensure_future(side.run())
    callbacks.add(ALICE, "sales", "Alice", "boss")
    async with asyncio.timeout(5):
        while not (tmp_path / "back.json").exists():  # noqa: ASYNC110  # a thread writes
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait([running])
    after = calling_back(callbacks._desk.office)
    again = CallbackSide(after, Memory(tmp_path / "back.json"), Troubles())
    again.restore()
    (one,) = again.now()
    assert (one.number, one.name, one.by, one.state) == (ALICE, "Alice", "boss", "kept")
    after.close()
    callbacks.close()


async def test_a_medium_that_refuses_is_a_trouble(callbacks: CallingBack, tmp_path: Path) -> None:
    troubles = Troubles()
    side = CallbackSide(callbacks, Memory(tmp_path / "nowhere" / "back.json"), troubles)
    side._save([])
    assert [trouble.code for _, trouble in troubles.standing()] == ["callbacks.unwritable"]
