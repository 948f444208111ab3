"""What the control API says about the signalling of phones: tables, who is shut out, traces.

Pure: pydantic models, as in schema.py.

    GET  /sip                             SipNow
    POST /sip/allow                       AllowRequest -> 204 (404 not shut out)
    POST /sip/trace                       TraceRequest -> TraceNow (409 none to end, 503 no room)
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from firmware.api.schema import View


class TableFill(View):
    """A table that grows with what comes in from the network, and how far it may."""

    what: str
    used: int
    limit: int


class ShutOutNow(View):
    """A source of sign-ins that is not listened to for a while."""

    address: str
    """An IPv4 address, or the /64 of an IPv6 one."""
    user: str = ""
    """Only this user from there; empty: all but those who signed in well before."""
    until: datetime
    why: str


class TraceNow(View):
    """A trace of the phones' messages, as a pcap file on the box."""

    path: str
    is_running: bool
    messages: int = 0
    octets: int = 0
    left_out: int = 0
    """Messages that the medium was too slow for."""
    ends_in_s: float = 0.0
    why_ended: str = ""


class SipNow(View):
    """The signalling side of the phones."""

    messages_in: int
    messages_refused: int
    """Not readable, or not answerable."""
    messages_rate_limited: int
    sign_ins_failed: int
    tables: list[TableFill] = Field(default_factory=list)
    shut_out: list[ShutOutNow] = Field(default_factory=list)
    trace: TraceNow | None = None


class AllowRequest(View):
    """Listen again to an address that is shut out."""

    address: str = Field(max_length=64, pattern=r"^[0-9A-Fa-f.:/%a-z]+$")
    who: str = Field("", max_length=60)


class TraceRequest(View):
    """Begin a trace; 0 seconds ends the one that runs."""

    seconds: float = Field(60.0, ge=0, le=3600)
    who: str = Field("", max_length=60)
