"""Cross-site request forgery: every request that changes something carries the session's token.

The token is random, lives in the signed session cookie and is put into each form as `csrf` (or
sent by scripts as `X-CSRF-Token`). SameSite=Lax on the cookie is the second wall, not the only
one. Tests: tests/web/test_csrf.py.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from flask import Request, session

HARMLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"


def token() -> str:
    """This session's token, made on first use."""
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(24)
    return str(session[FIELD])


def is_genuine(request: Request) -> bool:
    """True if `request` changes nothing or carries this session's token."""
    if request.method in HARMLESS:
        return True
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    expected = session.get(FIELD)
    return expected is not None and hmac.compare_digest(sent.encode(), str(expected).encode())
