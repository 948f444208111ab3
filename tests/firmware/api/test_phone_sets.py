"""Phones that are set up, through client and server."""

from __future__ import annotations

import asyncio

import pytest

from firmware.api.client import ApiClient
from firmware.api.errors import Refused
from firmware.api.phone_schema import AppInvitation, PhoneApproval, PhoneAsk
from firmware.config.errors import StaleGeneration
from tests.firmware.api.conftest import FakeBox

MAC = "001565a1b2c3"


async def test_ask_approve_fetch_remove(client: ApiClient, box: FakeBox) -> None:
    ask = PhoneAsk(mac="00:15:65:A1:B2:C3", address="192.0.2.9", brand="yealink")
    assert (await asyncio.to_thread(client.ask_phone, ask)).verdict == "wait"
    now = await asyncio.to_thread(client.phone_sets)
    assert [n.mac for n in now.asking] == [MAC]
    yes = PhoneApproval(who="thandi", extension="201")
    state = await asyncio.to_thread(client.approve_phone, MAC, yes)
    assert (state.account, state.waiting_for) == ("201-a1b2c3", "192.0.2.9")
    assert box.applied[-1].phone_sets[0].mac == MAC
    assert (await asyncio.to_thread(client.config_history))[0].who == "thandi"
    answers = await asyncio.gather(*(asyncio.to_thread(client.ask_phone, ask) for _ in range(6)))
    assert sorted(a.verdict for a in answers) == ["give", *["no"] * 5]
    await asyncio.to_thread(client.remove_phone, MAC, "thandi")
    assert box.applied[-1].phone_sets == ()


async def test_an_app_is_invited(client: ApiClient, box: FakeBox) -> None:
    invitation = AppInvitation(who="thandi", extension="201")
    invite = await asyncio.to_thread(client.invite_app, invitation)
    ask = PhoneAsk(token=invite.token, address="192.0.2.9")
    answer = await asyncio.to_thread(client.ask_phone, ask)
    assert answer.facts is not None
    assert (answer.facts.mac, answer.facts.brand) == (invite.mac, "linphone")


async def test_a_change_in_between_is_no_hindrance(
    client: ApiClient, box: FakeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, refused = box.config.change, []

    def late(office: object, generation: int, who: str, what: str) -> object:
        if not refused:
            refused.append(generation)
            raise StaleGeneration(generation, generation + 1)
        return change(office, generation, who, what)  # type: ignore[arg-type]

    monkeypatch.setattr(box.config, "change", late)
    yes = PhoneApproval(who="thandi", extension="201")
    await asyncio.to_thread(client.approve_phone, MAC, yes)
    assert refused
    assert [p.mac for p in box.config.office.phone_sets] == [MAC]


async def test_refusals(client: ApiClient) -> None:
    yes = PhoneApproval(who="thandi", extension="299")
    with pytest.raises(Refused, match="no extension '299'"):
        await asyncio.to_thread(client.approve_phone, MAC, yes)
    with pytest.raises(Refused, match="expected a MAC address"):
        await asyncio.to_thread(client.approve_phone, "../../etc", yes)
    with pytest.raises(Refused, match="there is no phone"):
        await asyncio.to_thread(client.remove_phone, MAC, "thandi")
