"""My desk: one's own state with its buttons, the call one is in, and the last ones.

Kept up to date like the live page, by the same script. Tests: tests/web/desk/test_views.py.
"""

from __future__ import annotations

from gettext import gettext as _

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import Agent, Call, DispositionOrder, Live
from firmware.config.dispositions import of_queue
from firmware.records.disposition_books import of_calls
from firmware.records.dispositions import Disposed
from firmware.records.errors import RecordsAway
from firmware.records.messages import CallRow, Search
from web.access import Right, needs, who_asks
from web.errors import Gone, Notice, of_absence
from web.face import CoreAway
from web.floor.views import Page as LivePage
from web.floor.views import around, now_ms, panels
from web.parts import known, parts

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
PANELS = ("my_state", "my_call", "queues", "my_calls")
LAST = 6
ELSEWHERE = ("survey", "parked", "ending")
"""Stages in which a call has left the person it was with."""
Page = str | Response | LivePage


@blueprint.get("")
@needs(Right.OWN_STATE)
def show() -> Page:
    """The page; it stays up while the core is away and keeps trying."""
    extension = _mine()
    now: Live | None
    away: Notice | None = None
    try:
        now = parts().live.get()
    except CoreAway as error:
        now, away = parts().live.last(), of_absence(error)
    shown = _shown(now, extension) if now is not None else {}
    return render_template("desk.html", live=now, away=away, server_ms=now_ms(), **shown)


@blueprint.get("/live.json")
@needs(Right.OWN_STATE)
def live_json() -> Page:
    """The parts that change."""
    extension, now = _mine(), parts().live.get()
    return panels(now, PANELS, _shown(now, extension))


@blueprint.post("/disposition")
@needs(Right.OWN_STATE)
def disposition() -> Page:
    """How my call ended, or one of my last."""
    code = request.form.get("code", "")
    if not (code.isascii() and code.isdigit() and len(code) < 3):
        abort(422)
    order = DispositionOrder(
        who=who_asks().name, code=int(code), call=request.form.get("call", "")[:64]
    )
    parts().core.set_disposition(_mine(), order)
    parts().live.forget()
    if "application/json" in request.accept_mimetypes.values():
        return Response(status=204)
    return redirect(url_for("desk.show"))


def _mine() -> str:
    if extension := who_asks().extension:
        return extension
    raise Gone(
        Notice(
            _("Your account has no phone."),
            _("This page is for people who answer calls."),
            _("The owner can give your account an extension in Settings, Who may sign in."),
        )
    )


def _shown(now: Live, extension: str) -> dict[str, object]:
    me = next((a for a in now.agents if a.extension == extension), None)
    mine = [q for q in now.queues if me is not None and q.name in me.queues]
    last = _last(extension)
    return around() | {
        "me": me,
        "my_calls": _calls(now, extension, me),
        "last": last,
        "endings": _endings(me),
        "noted": _noted(last),
        "only_queues": [q.id for q in mine],
    }


def _calls(now: Live, extension: str, me: Agent | None) -> list[Call]:
    """Calls that ring at, or are held with, the person."""
    phone = f"extension {(me.phone if me is not None else '') or extension}"
    return [
        call for call in now.calls if call.stage not in ELSEWHERE and _has(call, extension, phone)
    ]


def _has(call: Call, extension: str, phone: str) -> bool:
    return extension in (call.agent, call.caller_number) or any(
        sound.who == phone for sound in call.sound
    )


def _endings(me: Agent | None) -> list[tuple[int, str]]:
    """What may be said of how the agent's call ended; nothing without a call, or a list."""
    if me is None or me.noted is None:
        return []
    office = known(parts().office)
    fitting = of_queue(office.office, me.noted.queue) if office is not None else ()
    return [(one.code, one.name) for one in fitting]


def _noted(last: list[CallRow]) -> dict[str, Disposed]:
    """How the last calls ended, by call; not asked for where nobody says so."""
    office = known(parts().office)
    if office is None or not office.office.dispositions:
        return {}
    try:
        return parts().records.ask(lambda c: of_calls(c, [row.id for row in last]))
    except RecordsAway:
        return {}


def _last(extension: str) -> list[CallRow]:
    try:
        return parts().records.calls(Search(agent=extension, limit=LAST))
    except RecordsAway:
        return []
