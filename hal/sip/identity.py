"""Who is at the other side, as phones show it: in ringing, in the answer, and when it changes.

P-Asserted-Identity (RFC 3325 clause 9.1) and, for phones that look only there, Remote-Party-ID (a
draft of 2001 that never became an RFC). Pure. Left out: a changed From (RFC 4916), which desk
phones do not show; signatures. Sent by call.py and incoming.py.
Tests: tests/hal/sip/test_identity.py.
"""

from __future__ import annotations

from typing import Final

from hal.leg import Party
from hal.sip.headers import NameAddr
from hal.sip.message import Headers
from hal.sip.uri import SipUri, escape_user

_SCREENED: Final = (("party", "called"), ("privacy", "off"), ("screen", "yes"))
_WITHHELD: Final = (("party", "called"), ("privacy", "full"), ("screen", "yes"))


def asserted(party: Party, host: str) -> Headers:
    """The headers that say who it is; `host` is ours, IPv6 in brackets."""
    if not party.number:
        uri = SipUri("anonymous.invalid", "anonymous")  # RFC 3323 clause 4.1.1.3
        unknown = NameAddr(uri, party.name or "Anonymous")
        return _both(unknown, _WITHHELD)
    return _both(NameAddr(SipUri(host, escape_user(party.number)), party.name), _SCREENED)


def _both(who: NameAddr, params: tuple[tuple[str, str], ...]) -> Headers:
    remote = NameAddr(who.uri, who.display, params)
    return (("P-Asserted-Identity", str(who)), ("Remote-Party-ID", str(remote)))
