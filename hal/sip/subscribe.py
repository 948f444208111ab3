"""What a SUBSCRIBE asks for, read from its headers (RFC 6665 clauses 4.1.2 and 8.2).

Pure. Used by subscriptions.py. Tests: tests/hal/sip/test_subscriptions.py.
"""

from __future__ import annotations

from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.lex import number, param, parse_params
from hal.sip.message import Request, Response
from hal.sip.subscription import PACKAGES, Package
from hal.sip.uri import SipUri

MIN_EXPIRES_S: Final = 60
MAX_EXPIRES_S: Final = 900
"""Phones ask for an hour. A phone that was away from the network has its lamps back sooner so."""
DEFAULT_EXPIRES_S: Final = 3600
"""RFC 4235 clause 3.4, RFC 3842 clause 3.4 and RFC 3856 clause 6.4: an hour."""
MAX_PUT_OFF_S: Final = 300.0
"""Longest pause that a phone may ask for by Retry-After."""


def event_of(request: Request) -> tuple[Package | None, str]:
    """Package and id of the Event header; no package if it is none of ours (8.2.1)."""
    name, semicolon, params = (request.first("Event") or "").partition(";")
    event_id = param(parse_params(semicolon + params, "Event"), "id") or ""
    return PACKAGES.get(name.strip().lower()), event_id


def accepts(request: Request, package: Package) -> bool:
    """Without an Accept header the package's own type is meant (4.1.2.1)."""
    wanted = {value.partition(";")[0].strip().lower() for value in request.values("Accept")}
    return not wanted or bool(wanted & {package.content_type, "application/*", "*/*"})


def expires_of(request: Request) -> int:
    """Seconds granted; what is no number is read as absent (RFC 3261 clause 20.19)."""
    text = request.first("Expires")
    try:
        wanted_s = DEFAULT_EXPIRES_S if text is None else number(text, "Expires", 0, 2**32 - 1)
    except BadMessage:
        wanted_s = DEFAULT_EXPIRES_S
    return min(wanted_s, MAX_EXPIRES_S)


def address_of(request: Request, entity: str) -> str:
    """The entity as the subscriber wrote it, without what is only for the way there."""
    uri = request.uri
    if not isinstance(uri, SipUri):
        return str(uri)
    return str(SipUri(uri.host, uri.user or entity, uri.port, (), uri.scheme))


def retry_after(response: Response) -> float | None:
    """Seconds a phone asks to be left in peace; None if it did not ask."""
    text = (response.first("Retry-After") or "").partition(";")[0].partition("(")[0]
    try:
        return min(float(number(text, "Retry-After", 0, 2**32 - 1)), MAX_PUT_OFF_S)
    except BadMessage:
        return None
