"""Who may do what: one table, and the gate every request passes.

Each view says what it needs with `@needs(...)`; a view that says nothing is closed to all. The
gate also leads everybody to /setup until there is an account, and refuses forged forms.

Tests: tests/web/test_access.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, current_app, g, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from firmware.api.voicemail_schema import VoiceMailbox
from firmware.config.schema import Mailbox
from web import csrf
from web.accounts import Visitor, visitor
from web.parts import parts

View = TypeVar("View", bound=Callable[..., object])


class Right(Enum):
    """What a view can need."""

    NOTHING = auto()  # anybody, also before sign-in
    SIGNED_IN = auto()
    LIVE = auto()  # see the live page
    OWN_STATE = auto()  # log in, pause ... oneself
    AGENTS = auto()  # the same for others; hang up calls, place test calls
    CALLS = auto()  # search calls and listen to recordings
    PEOPLE = auto()  # see people and their phones
    SETTINGS = auto()  # change anything the box is set up with


_AGENT: Final = frozenset({Right.NOTHING, Right.SIGNED_IN, Right.LIVE, Right.OWN_STATE})
_SUPERVISOR: Final = _AGENT | {Right.AGENTS, Right.CALLS, Right.PEOPLE}
RIGHTS: Final[Mapping[str, frozenset[Right]]] = {
    "agent": _AGENT,
    "supervisor": _SUPERVISOR,
    "owner": _SUPERVISOR | {Right.SETTINGS},
}


def needs(right: Right) -> Callable[[View], View]:
    """Declare what a view needs."""

    def mark(view: View) -> View:
        view.needs_right = right  # type: ignore[attr-defined]  # functions have no typed slots
        return view

    return mark


def needed_by(endpoint: str) -> Right | None:
    """What the view of `endpoint` needs; None if it does not say."""
    if endpoint == "static":
        return Right.NOTHING
    return cast("Right | None", getattr(current_app.view_functions[endpoint], "needs_right", None))


def gate() -> Response | tuple[Response, int] | None:
    """Run before every request; a response here means the view is not reached."""
    g.visitor = None
    if request.endpoint is None or request.endpoint == "static":
        return None
    g.visitor = visitor(parts().accounts)
    right = needed_by(request.endpoint)
    if g.visitor is None and (response := _lead_to_setup()):
        return response
    if right is not Right.NOTHING and g.visitor is None:
        return _sign_in_first()
    if right is None or not may(right):
        abort(403)
    if not csrf.is_genuine(request):
        abort(400, "csrf")
    return None


def may(right: Right) -> bool:
    """True if the visitor of this request has `right`."""
    who = cast("Visitor | None", g.get("visitor"))
    if who is None:
        return right is Right.NOTHING
    return right in RIGHTS[who.role]


def may_set(extension: str) -> bool:
    """True if the visitor may change the state of the agent at `extension`."""
    if may(Right.AGENTS):
        return True
    return may(Right.OWN_STATE) and who_asks().extension == extension


def is_mine(box: VoiceMailbox | Mailbox) -> bool:
    """True if the visitor may hear the messages of a mailbox: those who may listen to recordings,
    its members, and the person whose it is."""
    extension = who_asks().extension
    return may(Right.CALLS) or (bool(extension) and extension in (box.id, *box.members))


def who_asks() -> Visitor:
    """The signed-in visitor; only for views behind the gate."""
    return cast(Visitor, g.visitor)


def safe_next(target: str) -> str:
    """`target` if it is a path on this site, else the live page (no open redirect)."""
    home = url_for("floor.live")
    if not target.startswith("/") or target[1:2] in ("/", "\\"):
        return home
    if any(ord(c) < 33 for c in target) or "\\" in target:
        return home
    address = urlsplit(target)
    return home if address.scheme or address.netloc else target


def _lead_to_setup() -> Response | None:
    """While there is no account every page leads to the first-run page."""
    if parts().is_set_up:
        return None
    if not parts().core.setup().is_needed:
        parts().is_set_up = True
        return None
    if request.endpoint == "setup.first_run":
        return None
    return redirect(url_for("setup.first_run"))


def _sign_in_first() -> Response | tuple[Response, int]:
    if request.path.endswith(".json"):
        return jsonify(error="signed out"), 401
    target = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("setup.sign_in", next=target or None))
