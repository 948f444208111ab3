"""The desk where phones ask and the installer says yes: once per approval, whatever happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firmware.api.errors import Refused
from firmware.api.phone_schema import PhoneApproval, PhoneAsk
from firmware.call.story import Story
from firmware.config.schema import Office
from firmware.memory import Memory
from firmware.phones.facts import Ports
from firmware.phones.grants import WAIT_S
from firmware.phones.set_up_task import PhoneSetUp
from firmware.records.messages import EventRow

MAC = "001565a1b2c3"
YES = PhoneApproval(who="thandi", extension="201")


@dataclass
class Desk:
    """The desk with a clock, a configuration and a story of its own."""

    path: Path
    now: float = 1000.0
    told: list[EventRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        people = [
            {"number": n, "name": name, "secret": "secret-of-them"}
            for n, name in (("201", "Anna"), ("202", "Ben"))
        ]
        self.document: dict[str, Any] = Office.model_validate({"extensions": people}).model_dump(
            mode="json"
        )
        self.start()

    def start(self) -> None:
        self.desk = PhoneSetUp(
            lambda: Office.model_validate(self.document),
            lambda: Ports(5060, 5061),
            Story(self.told.append),
            Memory(self.path / "phone-sets.json"),
            lambda: self.now,
        )

    async def ask(self, address: str = "192.0.2.9", mac: str | None = MAC, **more: Any) -> str:
        asked = PhoneAsk(mac=mac, address=address, brand="yealink", model="T31P", **more)
        return (await self.desk.ask(asked)).verdict

    async def approve(self, approval: PhoneApproval = YES, mac: str = MAC) -> None:
        self.desk.put(self.document, mac, approval)
        await self.desk.allow(mac)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.told]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_from_unpacked_to_set_up(desk: Desk) -> None:
    assert await desk.ask() == "wait"
    [new] = desk.desk.now().asking
    assert (new.mac, new.brand, new.model, new.address) == (MAC, "yealink", "T31P", "192.0.2.9")
    await desk.approve()
    assert not desk.desk.now().asking
    [state] = desk.desk.now().sets
    assert (state.brand, state.model, state.waiting_for) == ("yealink", "T31P", "192.0.2.9")
    answer = await desk.desk.ask(PhoneAsk(mac=MAC, address="192.0.2.9"))
    assert answer.facts is not None
    assert (answer.facts.account, answer.facts.tls_port) == ("201-a1b2c3", 5061)
    assert answer.facts.secret == desk.document["phone_sets"][0]["secret"]
    assert await desk.ask() == "no"
    [state] = desk.desk.now().sets
    assert (state.given_to, state.waiting_s, state.asked_from) == ("192.0.2.9", None, "192.0.2.9")
    assert desk.kinds() == [
        "phone_set.asked", "phone_set.approved", "phone_set.given", "phone_set.refused",
    ]  # fmt: skip
    assert desk.told[0].text == "a Yealink T31P at 192.0.2.9 asks to be set up: whose is it?"
    assert desk.document["phone_sets"][0]["secret"] not in repr(desk.told)


async def test_of_many_at_once_one_gets_it(desk: Desk) -> None:
    await desk.ask()
    await desk.approve()
    verdicts = await asyncio.gather(*(desk.ask() for _ in range(10)))
    assert sorted(verdicts) == ["give", *["no"] * 9]


async def test_an_address_that_did_not_ask_gets_nothing(desk: Desk) -> None:
    await desk.ask()
    await desk.approve()
    assert await desk.ask("192.0.2.66") == "no"
    assert "192.0.2.66 asked for the file of 201-a1b2c3" in desk.told[-1].text
    assert await desk.ask() == "give"


async def test_too_late(desk: Desk) -> None:
    await desk.ask()
    await desk.approve()
    desk.now += WAIT_S + 1
    assert await desk.ask() == "no"
    assert desk.told[-1].text.endswith("its approval ran out")


async def test_once_also_across_a_restart(desk: Desk) -> None:
    await desk.ask()
    await desk.approve()
    desk.now = 5.0
    desk.start()
    assert await desk.ask() == "give"
    desk.start()
    assert await desk.ask() == "no"
    assert desk.desk.now().sets[0].given_to == "192.0.2.9"


async def test_what_cannot_be_noted_is_not_given(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.ask()
    await desk.approve()

    def full(_: Memory, value: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Memory, "save", full)
        with pytest.raises(Refused, match="No space left"):
            await desk.ask()
    assert "phone_set.given" not in desk.kinds()
    assert await desk.ask() == "give"


async def test_an_approval_that_cannot_be_kept_is_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.ask()

    def full(_: Memory, value: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Memory, "save", full)
        with pytest.raises(Refused, match="approve it again"):
            await desk.approve()
    assert await desk.ask() == "no"


async def test_once_more_on_demand_with_the_same_account(desk: Desk) -> None:
    await desk.ask()
    await desk.approve()
    await desk.ask()
    before = dict(desk.document["phone_sets"][0])
    await desk.ask()
    await desk.approve()
    assert desk.document["phone_sets"] == [before]
    assert await desk.ask() == "give"


async def test_once_more_is_for_where_it_was_last(desk: Desk) -> None:
    await desk.ask()
    await desk.approve()
    await desk.ask()
    await desk.approve()
    assert desk.desk.now().sets[0].waiting_for == "192.0.2.9"
    assert await desk.ask("192.0.2.10") == "no"  # it got another address meanwhile
    await desk.approve()
    assert await desk.ask("192.0.2.10") == "give"


async def test_another_person_means_another_secret(desk: Desk) -> None:
    await desk.approve()
    before = desk.document["phone_sets"][0]["secret"]
    await desk.approve(PhoneApproval(who="thandi", extension="202"))
    [row] = desk.document["phone_sets"]
    assert row["extension"] == "202"
    assert row["secret"] != before


async def test_approved_by_its_label_before_it_is_plugged_in(desk: Desk) -> None:
    await desk.approve(PhoneApproval(who="t", extension="201", brand="snom", model="D735"))
    [state] = desk.desk.now().sets
    assert (state.brand, state.model, state.waiting_for) == ("snom", "D735", "")
    assert await desk.ask() == "give"


async def test_a_removed_phone_gets_nothing_and_is_new_again(desk: Desk) -> None:
    await desk.approve()
    desk.desk.take_out(desk.document, MAC)
    await desk.desk.removed(MAC)
    assert await desk.ask() == "wait"
    with pytest.raises(Refused, match="there is no phone"):
        desk.desk.take_out(desk.document, MAC)


async def test_a_phone_removed_by_an_undo_gets_nothing(desk: Desk) -> None:
    await desk.approve()
    desk.document["phone_sets"] = []
    assert await desk.ask() == "wait"


async def test_an_app_comes_with_its_token_once(desk: Desk) -> None:
    mac = desk.desk.put_app(desk.document, "201")
    invite = await desk.desk.invite(mac)
    assert int(mac[:2], 16) & 3 == 2  # locally administered, not a group (IEEE 802)
    assert await desk.ask(mac=mac) == "no"
    assert await desk.ask(mac=None, token="guess") == "no"
    assert await desk.ask(mac=None, token=invite.token) == "give"
    assert await desk.ask(mac=None, token=invite.token) == "no"
    assert invite.token not in repr(desk.told)


async def test_who_asks_all_the_time_is_put_off_and_told_of_once(desk: Desk) -> None:
    verdicts = [await desk.ask(mac=f"00156500{n:04x}") for n in range(100)]
    assert verdicts[-1] == "limit"
    assert len(desk.told) < 10


async def test_a_refusal_is_told_once_in_a_while(desk: Desk) -> None:
    await desk.approve()
    await desk.ask()
    for _ in range(5):
        await desk.ask()
    assert desk.kinds().count("phone_set.refused") == 1


async def test_two_secrets_are_never_the_same(desk: Desk) -> None:
    await desk.approve()
    await desk.approve(mac="001565a1b2c4")
    one, other = desk.document["phone_sets"]
    assert one["secret"] != other["secret"]
    assert one["admin_password"] != other["admin_password"]
    assert len(one["secret"]) >= 20
