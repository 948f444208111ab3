"""REFER: a phone asks us to connect its other party with somebody else.

RFC 3515 clause 2.4.2 (Refer-To), RFC 4488 (no NOTIFY wanted), RFC 5589 (how phones transfer). Pure:
what the request says. Left out: methods other than INVITE, Referred-By (kept by nobody), several
targets (RFC 5368). What becomes of it is in referral.py. Tests: tests/hal/sip/test_refer.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.headers import NameAddr
from hal.sip.lex import param
from hal.sip.message import Headers, Request
from hal.sip.replaces import Replaces
from hal.sip.uri import SipUri, unescape

_NUMBER: Final = re.compile(r"[0-9A-Za-z+*#._-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class ReferTo:
    """Whom the phone wants called, or which of its own calls is meant."""

    number: str
    replaces: Replaces | None = None

    @staticmethod
    def of(request: Request) -> ReferTo:
        """Read the one Refer-To of a request (clause 2.4.2); `BadMessage` says what is wrong."""
        if (count := request.count("Refer-To")) != 1:
            raise BadMessage("Refer-To", f"{count} headers", "one")
        return ReferTo.parse(request.first("Refer-To") or "")

    @staticmethod
    def parse(text: str) -> ReferTo:
        """Read the header's value. Without <> as some phones write it, `?` belongs to the address:
        it can belong to nothing else."""
        if "<" not in text and "?" in text:
            text = f"<{text.strip()}>"
        uri = NameAddr.parse(text, "Refer-To").uri
        claim = None
        if isinstance(uri, SipUri):
            method = param(uri.params, "method") or "INVITE"
            if method.upper() != "INVITE":
                raise BadMessage("Refer-To method", method, "INVITE", 403)
            claim = _claim(uri.headers)
        elif uri.scheme != "tel":
            raise BadMessage("Refer-To scheme", uri.scheme, "sip, sips or tel", 416)
        if claim is None and not _NUMBER.match(uri.number):
            raise BadMessage("Refer-To", uri.number, "a number to call", 404)
        return ReferTo(uri.number, claim)


def _claim(headers: str) -> Replaces | None:
    """Replaces behind the `?`; whatever else stands there is not ours to send (RFC 3261 19.1.5)."""
    pairs = [piece.partition("=") for piece in headers.split("&")]
    found = [value for name, _, value in pairs if unescape(name).lower() == "replaces"]
    if len(found) > 1:
        raise BadMessage("Refer-To", f"{len(found)} Replaces", "one")
    return Replaces.parse(unescape(found[0])) if found else None


def wants_silence(request: Request) -> bool:
    """`Refer-Sub: false` (RFC 4488 clause 4)."""
    return (request.first("Refer-Sub") or "").partition(";")[0].strip().lower() == "false"


def acceptance(request: Request) -> tuple[int, Headers]:
    """Status and headers that accept a REFER (RFC 4488 clause 4: 200 where no NOTIFY follows)."""
    return (200, (("Refer-Sub", "false"),)) if wants_silence(request) else (202, ())
