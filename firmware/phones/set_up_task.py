"""The desk where phones ask for their files and the installer says yes.

Shell around newcomers.py, grants.py and facts.py: the clock, the story, and one small file that
makes "once per approval" outlive a restart. That a file is given out is on the medium before it
is given: after a power cut in between nobody gets it without a new approval, never two.
Implements firmware.api.face.PhoneSets. Tests: tests/firmware/phones/test_set_up.py.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from firmware.api.errors import not_found, unavailable
from firmware.api.phone_schema import (
    AppInvite,
    NewPhone,
    PhoneAnswer,
    PhoneApproval,
    PhoneAsk,
    PhoneSetsNow,
    PhoneSetState,
)
from firmware.call.story import Story, legible
from firmware.config.schema import Office, PhoneSet
from firmware.memory import Memory
from firmware.phones.facts import Ports, facts
from firmware.phones.grants import Grant, Grants, Taken
from firmware.phones.newcomers import Newcomer, Newcomers

TELL_AGAIN_S: Final = 600.0
"""A phone that asks in vain all the time is told of once in so long."""
MOST_TOLD: Final = 256
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without characters that look alike: a technician may have to type it on a keypad."""
SECRET_LENGTH: Final = 24
ADMIN_LENGTH: Final = 12
TOKEN_OCTETS: Final = 24
_LOCAL: Final = 0x02
"""Bit of an address that no maker gives out (IEEE 802): names of apps, which have no address."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """Where the file of a phone went."""

    address: str
    at: str
    """UTC, ISO 8601."""


class PhoneSetUp:
    """Everything about setting up phones."""

    def __init__(
        self,
        office: Callable[[], Office],
        ports: Callable[[], Ports],
        story: Story,
        memory: Memory,
        clock: Callable[[], float],
    ) -> None:
        """`clock`: monotonic seconds."""
        self._office, self._ports, self._story = office, ports, story
        self._memory, self._clock = memory, clock
        self._newcomers, self._grants = Newcomers(), Grants()
        remembered = memory.load()
        self._grants.restore(remembered.get("grants"), clock())
        self._given = _given_from(remembered.get("given"))
        self._in_vain: dict[str, tuple[str, float]] = {}
        self._told: OrderedDict[str, float] = OrderedDict()
        self._saving = asyncio.Lock()

    # -- a phone asks ---------------------------------------------------------------------------

    async def ask(self, asked: PhoneAsk) -> PhoneAnswer:
        """Answer who wants a file. The decision is made between two turns of the event loop, so
        of two that ask at once one gets it."""
        now = self._clock()
        if not self._newcomers.may_ask(asked.address, now):
            self._tell_once(
                f"limit {asked.address}", f"{asked.address} asks for files all the time"
            )
            return PhoneAnswer(verdict="limit")
        if asked.token:
            grant = self._grants.take_token(asked.token, now)
            if grant is None:
                self._tell_once(
                    f"token {asked.address}",
                    f"{asked.address} came with a code for an app that is used up or too old",
                )
                return PhoneAnswer(verdict="no")
            return await self._give(grant, asked)
        if asked.mac is None:
            return PhoneAnswer(verdict="no")
        phone = self._phone(asked.mac)
        if phone is None:
            return self._list(asked, asked.mac, now)
        taken, grant = self._grants.take(asked.mac, asked.address, now)
        if taken is Taken.GIVEN and grant is not None:
            return await self._give(grant, asked)
        self._refuse(phone, asked, taken, now)
        return PhoneAnswer(verdict="no")

    def _list(self, asked: PhoneAsk, mac: str, now: float) -> PhoneAnswer:
        model, agent = legible(asked.model), legible(asked.user_agent)
        if self._newcomers.asked(mac, asked.brand, model, asked.address, agent, now):
            what = " ".join(["a", _brand_name(asked.brand), model]).rstrip()
            self._story.tell(
                "phone_set.asked",
                f"{what} at {asked.address} asks to be set up: whose is it?",
                mac=mac,
                address=asked.address,
            )
        return PhoneAnswer(verdict="wait")

    async def _give(self, grant: Grant, asked: PhoneAsk) -> PhoneAnswer:
        phone = self._phone(grant.mac)
        if phone is None:  # removed after it was approved
            return PhoneAnswer(verdict="no")
        before = self._given.get(phone.mac)
        self._given[phone.mac] = Given(asked.address, _utc().isoformat())
        try:
            await self._save()
        except OSError as error:
            self._grants.put_back(grant)
            if before is None:
                del self._given[phone.mac]
            else:
                self._given[phone.mac] = before
            raise unavailable(
                f"the file of {phone.account} is not given: that it was given cannot be noted "
                f"({error.strerror or error}). Make room on the box's storage"
            ) from error
        self._in_vain.pop(phone.mac, None)
        self._story.tell(
            "phone_set.given",
            f"the phone {phone.account} of {self._person(phone)} got its file, at {asked.address}",
            mac=phone.mac,
            address=asked.address,
            extension=phone.extension,
        )
        return PhoneAnswer(verdict="give", facts=facts(self._office(), phone, self._ports()))

    def _refuse(self, phone: PhoneSet, asked: PhoneAsk, why: Taken, now: float) -> None:
        self._in_vain[phone.mac] = asked.address, now
        given = self._given.get(phone.mac)
        if why is Taken.ELSEWHERE:
            because = "it was approved for another address"
        elif given is not None:
            because = f"it was given already, to {given.address}"
        else:
            because = "its approval ran out"
        self._tell_once(
            f"{phone.mac} {asked.address}",
            f"{asked.address} asked for the file of {phone.account} and did not get it: {because}",
        )

    # -- the installer decides ------------------------------------------------------------------

    def put(self, office: Document, mac: str, approval: PhoneApproval) -> None:
        """Enter a phone into a configuration document, or change whose it is."""
        newcomer = self._newcomers.get(mac, self._clock())
        brand = approval.brand or (newcomer.brand if newcomer else None)
        model = approval.model if approval.model is not None else newcomer and newcomer.model
        for row in office["phone_sets"]:
            if row["mac"] == mac:
                if row["extension"] != approval.extension:
                    row |= {"extension": approval.extension, "secret": _word(SECRET_LENGTH)}
                row["brand"] = brand or row["brand"]
                row["model"] = row["model"] if model is None else model
                return
        office["phone_sets"].append(
            _new_row(mac, brand or "generic", model or "", approval.extension)
        )

    async def allow(self, mac: str) -> PhoneSetState:
        """Approve: the phone's file may be given once more, to who asked for it."""
        phone = self._phone(mac)
        if phone is None:
            raise not_found(f"phone {mac}", "one that is listed")
        now = self._clock()
        address = self._last_address(mac, now)
        self._grants.allow(mac, address, now)
        await self._save_or_refuse(mac)
        self._newcomers.forget(mac)
        self._in_vain.pop(mac, None)
        self._story.tell(
            "phone_set.approved",
            f"the phone {phone.account} is {self._person(phone)}'s and may get its file"
            + (f" at {address}" if address else ""),
            mac=mac,
            extension=phone.extension,
        )
        return self._state(phone, now)

    def _last_address(self, mac: str, now: float) -> str:
        """Where the phone is: where it asked last, else where its file went; empty: anywhere."""
        if (newcomer := self._newcomers.get(mac, now)) is not None:
            return newcomer.address
        if mac in self._in_vain:
            return self._in_vain[mac][0]
        return self._given[mac].address if mac in self._given else ""

    def put_app(self, office: Document, extension: str) -> str:
        """Enter an app into a configuration document; the answer is the name it gets."""
        mac = f"{_LOCAL:02x}{secrets.token_hex(5)}"
        office["phone_sets"].append(_new_row(mac, "linphone", "App", extension))
        return mac

    async def invite(self, mac: str) -> AppInvite:
        """A token for an app: whoever brings it first gets the file."""
        phone = self._phone(mac)
        if phone is None:
            raise not_found(f"app {mac}", "one that was entered")
        now, token = self._clock(), secrets.token_urlsafe(TOKEN_OCTETS)
        grant = self._grants.allow(mac, "", now, token)
        await self._save_or_refuse(mac)
        self._story.tell(
            "phone_set.approved",
            f"a code for an app of {self._person(phone)} was made ({phone.account})",
            mac=mac,
            extension=phone.extension,
        )
        return AppInvite(mac=mac, token=token, waiting_s=grant.until - now)

    def take_out(self, office: Document, mac: str) -> None:
        """Remove a phone from a configuration document."""
        left = [row for row in office["phone_sets"] if row["mac"] != mac]
        if len(left) == len(office["phone_sets"]):
            raise not_found(f"phone {mac}", "one that is set up")
        office["phone_sets"] = left

    async def removed(self, mac: str) -> None:
        """A phone is no longer in the configuration."""
        self._grants.revoke(mac)
        self._given.pop(mac, None)
        self._in_vain.pop(mac, None)
        await self._save_or_refuse(mac)
        self._story.tell("phone_set.removed", f"the phone {mac} was removed", mac=mac)

    # -- what there is --------------------------------------------------------------------------

    def now(self) -> PhoneSetsNow:
        """For page and console."""
        now, ports = self._clock(), self._ports()
        return PhoneSetsNow(
            sip_port=ports.sip,
            tls_port=ports.tls,
            asking=tuple(_new_phone(n, now) for n in self._newcomers.all(now)),
            unlisted=self._newcomers.unlisted,
            sets=tuple(self._state(phone, now) for phone in self._office().phone_sets),
        )

    def _state(self, phone: PhoneSet, now: float) -> PhoneSetState:
        grant, given = self._grants.of(phone.mac, now), self._given.get(phone.mac)
        vain = self._in_vain.get(phone.mac)
        return PhoneSetState(
            mac=phone.mac,
            brand=phone.brand,
            model=phone.model,
            extension=phone.extension,
            name=self._person(phone),
            account=phone.account,
            waiting_s=grant.until - now if grant else None,
            waiting_for=grant.address if grant else "",
            given_at=datetime.fromisoformat(given.at) if given else None,
            given_to=given.address if given else "",
            asked_at=_utc() - timedelta(seconds=now - vain[1]) if vain else None,
            asked_from=vain[0] if vain else "",
        )

    def _phone(self, mac: str) -> PhoneSet | None:
        return next((p for p in self._office().phone_sets if p.mac == mac), None)

    def _person(self, phone: PhoneSet) -> str:
        people = self._office().extensions
        return next((e.name for e in people if e.number == phone.extension), phone.extension)

    # -- parts of the above ---------------------------------------------------------------------

    async def _save(self) -> None:
        async with self._saving:
            known = {p.mac for p in self._office().phone_sets}
            value = {
                "grants": self._grants.save(self._clock()),
                "given": {
                    mac: {"address": g.address, "at": g.at}
                    for mac, g in self._given.items()
                    if mac in known
                },
            }
            await asyncio.to_thread(self._memory.save, value)

    async def _save_or_refuse(self, mac: str) -> None:
        try:
            await self._save()
        except OSError as error:
            self._grants.revoke(mac)
            raise unavailable(
                f"the approval of {mac} cannot be kept ({error.strerror or error}): make room on "
                "the box's storage and approve it again"
            ) from error

    def _tell_once(self, about: str, words: str) -> None:
        now = self._clock()
        if now - self._told.get(about, float("-inf")) < TELL_AGAIN_S:
            return
        self._told[about] = now
        self._told.move_to_end(about)
        while len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        self._story.tell("phone_set.refused", words)


def _new_row(mac: str, brand: str, model: str, extension: str) -> Document:
    return {
        "mac": mac,
        "brand": brand,
        "model": model,
        "extension": extension,
        "secret": _word(SECRET_LENGTH),
        "admin_password": _word(ADMIN_LENGTH),
        "keys": None,
    }


def _word(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _new_phone(newcomer: Newcomer, now: float) -> NewPhone:
    at = _utc()
    return NewPhone.model_validate(
        {
            "mac": newcomer.mac,
            "brand": newcomer.brand,
            "model": newcomer.model,
            "address": newcomer.address,
            "user_agent": newcomer.user_agent,
            "since": at - timedelta(seconds=now - newcomer.since),
            "last_at": at - timedelta(seconds=now - newcomer.last),
        }
    )


def _brand_name(brand: str) -> str:
    return {"generic": "telephone"}.get(brand, brand.capitalize())


def _given_from(value: object) -> dict[str, Given]:
    """What is not understood is left out: it only says where a file went."""
    found: dict[str, Given] = {}
    for mac, row in value.items() if isinstance(value, Mapping) else ():
        try:
            found[mac] = Given(row["address"], datetime.fromisoformat(row["at"]).isoformat())
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _utc() -> datetime:
    return datetime.now(UTC)
