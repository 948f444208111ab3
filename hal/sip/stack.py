"""What every call needs from the stack around it. Pure: references only."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hal.leg import LegId
from hal.sip.dialog import Dialog
from hal.sip.flow import Flow, Wire
from hal.sip.registrar import Binding
from hal.sip.replaces import Replaces
from hal.sip.secrecy import Secrecy
from hal.sip.timers import Timers
from hal.sip.transactions import Transactions
from hal.sip.uri import Uri
from hal.sip.watch import Talker
from hal.switch.face import AudioSwitch

METHODS: Final = (
    "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, PRACK, REFER, REGISTER, SUBSCRIBE, UPDATE"
)
ALLOW: Final = ("Allow", METHODS)
ACCEPT: Final = ("Accept", "application/sdp")
SUPPORTED: Final = ("Supported", "timer, replaces, norefersub")
"""What we offer in a call: session timers (RFC 4028), Replaces (RFC 3891), REFER without NOTIFY
(RFC 4488)."""
EXTENSIONS: Final = ("timer", "100rel", "replaces", "norefersub")
"""What a peer may require: also PRACK (RFC 3262), which we take but do not ask for."""
USER_AGENT: Final = ("User-Agent", "callbox")


@dataclass(slots=True)
class Stack:
    """The layers below the calls, and the way back into the agent."""

    wire: Wire
    timers: Timers
    transactions: Transactions
    switch: AudioSwitch
    forget: Callable[[str, str], None]
    """A call is over: (Call-ID, our tag)."""
    on_unreachable: Callable[[Binding], None]
    """A phone did not react to an INVITE at all."""
    leg_of: Callable[[Replaces, str], LegId | None]
    """The leg of this extension that a Replaces names."""
    on_moved: Callable[[Talker], None]
    """A call changed its state: those who watch its phone want to know."""
    secrecy: Secrecy = field(default_factory=Secrecy)
    """Which phones encrypt their audio."""

    def contact(self, flow: Flow, target: Uri) -> tuple[str, str]:
        """Our Contact header on this flow, for a request to `target` or the answer to one.

        One to a sips address must have a sips Contact (RFC 3261 clauses 8.1.1.8 and 12.1.1), which
        says TLS by its scheme. Otherwise `transport=tls`: RFC 5630 clause 3.1.4 disapproves of it,
        telephones know nothing else.
        """
        host, port = self.host(flow), self.wire.local(flow)[1]
        if target.scheme == "sips" and flow.transport == "tls":
            return "Contact", f"<sips:callbox@{host}:{port}>"
        transport = f";transport={flow.transport}" if flow.is_reliable else ""
        return "Contact", f"<sip:callbox@{host}:{port}{transport}>"

    def host(self, flow: Flow) -> str:
        """Our address on this flow as URIs write it: IPv6 in brackets."""
        ip = self.wire.local(flow)[0]
        return f"[{ip}]" if ":" in ip else ip

    def send_ack(self, dialog: Dialog, cseq: int) -> None:
        """Acknowledge a 2xx; also each time it comes again."""
        ack = self.transactions.with_via(dialog.ack(cseq), dialog.flow)
        self.wire.send(bytes(ack), dialog.flow)

    def send_bye(self, dialog: Dialog, *headers: tuple[str, str]) -> None:
        """End a dialog; nobody waits for the answer."""
        self.transactions.request(dialog.request("BYE", *headers), dialog.flow, None)


def unheard(*_: object) -> None:
    """In the place of a callback of a call that is over. The parts of a call know each other by
    callbacks; where these are let go the last reference frees all of them at once, and nobody need
    look for cycles."""


def new_tag() -> str:
    """A From or To tag: 64 random bits (RFC 3261 clause 19.3 asks for 32)."""
    return secrets.token_hex(8)
