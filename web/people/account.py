"""The SIP account of a phone, as text and as a code to scan.

The code holds a SIP URI with the password in its user part, `sip:201:secret@host:5060;
transport=udp` (RFC 3261 clause 19.1.1). There is no standard for provisioning codes: phones that
know this form set themselves up, for others it is the account as text. Whoever can see the page
can use the account, which is why only the owner can.

Tests: tests/web/people/test_account.py.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import segno

_USER_SAFE: Final = "-_.!~*'()&=+$,;?/"  # RFC 3261 clause 25.1: unreserved, user-unreserved
_PASSWORD_SAFE: Final = "-_.!~*'()&=+$,"


@dataclass(frozen=True, slots=True)
class SipAccount:
    """What a phone needs to sign in."""

    host: str
    port: int
    user: str
    password: str
    transport: str = "udp"

    def __str__(self) -> str:
        user, password = quote(self.user, _USER_SAFE), quote(self.password, _PASSWORD_SAFE)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"sip:{user}:{password}@{host}:{self.port};transport={self.transport}"


def qr_svg(content: SipAccount | str, title: str) -> str:
    """An account or an address as a QR code: an SVG element to put into a page."""
    out = io.BytesIO()
    segno.make(str(content), error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, title=title,
        svgclass=None, lineclass=None, dark="#000", light="#fff",
    )  # fmt: skip
    return out.getvalue().decode("utf-8")
