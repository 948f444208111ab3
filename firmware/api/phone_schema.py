"""Telephones that the box sets up, as the control API speaks of them.

Pure. A phone that asks for its file is a `PhoneAsk`; only the answer `give` carries `PhoneFacts`,
which hold its password, and that answer is given once per approval (firmware.phones says how).

    GET  /phone-sets                      PhoneSetsNow
    POST /phone-sets/ask                  PhoneAsk -> PhoneAnswer
    POST /phone-sets/app                  AppInvitation -> AppInvite
    POST /phone-sets/{mac}/approve        PhoneApproval -> PhoneSetState
    POST /phone-sets/{mac}/remove         Who -> 204
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from firmware.api.schema import View
from firmware.config.schema import Brand, ExtensionNumber, Mac, PhoneKey

Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")]


class PhoneAsk(View):
    """Somebody at `address` wants the file of a phone: by its MAC, or an app by its token."""

    mac: Mac | None = None
    token: Token = ""
    brand: Brand = "generic"
    model: str = Field("", max_length=32)
    address: str = Field(max_length=45)
    user_agent: str = Field("", max_length=128)


class PhoneFacts(View):
    """All that a phone's file is made of."""

    mac: Mac
    brand: Brand
    model: str
    extension: ExtensionNumber
    name: str
    """Of the person."""
    office: str
    account: str
    """User name of its sign-in; not a number to dial."""
    secret: str
    admin_password: str
    sip_port: int
    """UDP and TCP."""
    tls_port: int | None
    language: str
    timezone: str
    """IANA name."""
    country: str
    ntp: str
    pick_up_code: str
    """Dialled before an extension: takes the call that rings there."""
    keys: tuple[PhoneKey, ...] = ()


class PhoneAnswer(View):
    """`give`: the facts, this once. `wait`: listed for approval. `no`: known, and not approved
    (any more). `limit`: too many questions from there."""

    verdict: Literal["give", "wait", "no", "limit"]
    facts: PhoneFacts | None = None


class NewPhone(View):
    """A phone that asked and that nobody knows yet."""

    mac: Mac
    brand: Brand
    model: str
    address: str
    user_agent: str
    since: datetime
    last_at: datetime


class PhoneSetState(View):
    """A phone of somebody, and its file."""

    mac: Mac
    brand: Brand
    model: str
    extension: ExtensionNumber
    name: str
    account: str
    waiting_s: float | None = None
    """Approved, and its file will be given to who asks within this time; None: it will not."""
    waiting_for: str = ""
    """The address it will be given to; empty: any."""
    given_at: datetime | None = None
    given_to: str = ""
    asked_at: datetime | None = None
    """Asked in vain after it had its file: reset, or somebody else."""
    asked_from: str = ""


class PhoneSetsNow(View):
    """Everything about setting up phones."""

    asking: tuple[NewPhone, ...] = ()
    unlisted: int = 0
    """Asked, and there was no room on the list."""
    sets: tuple[PhoneSetState, ...] = ()
    sip_port: int = 5060
    tls_port: int | None = None


class PhoneApproval(View):
    """Whose phone it is. For one that is known already: its file may be given once more."""

    who: str
    extension: ExtensionNumber
    brand: Brand | None = None
    """None: as it was or as it asked."""
    model: str | None = Field(None, max_length=32)


class AppInvitation(View):
    """A softphone for a person."""

    who: str
    extension: ExtensionNumber


class AppInvite(View):
    """Whoever comes with the token first, in time, gets the app's file."""

    mac: Mac
    token: Token
    waiting_s: float
