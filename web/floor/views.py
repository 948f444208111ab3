"""The live page and the buttons on it.

The panels are rendered here, once for the page and again for each poll of /live.json; the script
only puts changed parts in place. An ETag spares the work while nothing changes.

Tests: tests/web/floor/test_views.py.
"""

from __future__ import annotations

import hashlib
import time
from gettext import gettext as _

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from firmware.api.schema import AgentAction, Live, RingRequest
from web import csrf
from web.access import Right, may_set, needs, who_asks
from web.errors import Notice, of_absence
from web.face import CoreAway, Refused
from web.parts import parts

blueprint = Blueprint("floor", __name__)
ACTIONS = frozenset({"login", "logout", "pause", "ready"})
PANELS = ("banner", "figures", "calls", "agents", "lines", "phones", "box")
Page = str | Response | tuple[str, int] | tuple[Response, int]


@blueprint.get("/")
@needs(Right.LIVE)
def live() -> Page:
    """The page; it stays up while the core is away and keeps trying."""
    now: Live | None
    away: Notice | None = None
    try:
        now = parts().live.get()
    except CoreAway as error:
        now, away = parts().live.last(), of_absence(error)
    return render_template("live.html", live=now, away=away, panels=PANELS, server_ms=_now_ms())


@blueprint.get("/live.json")
@needs(Right.LIVE)
def live_json() -> Page:
    """All panels as rendered parts; 304 while nothing but the time changes."""
    now = parts().live.get()
    tag = _tag(now)
    response = Response(status=304)
    if tag not in request.if_none_match:
        response = jsonify(panels=_render(now), calls=[_brief(c.id, c.line) for c in now.calls])
    response.set_etag(tag)
    response.headers["X-Callbox-Now"] = str(_now_ms())
    return response


@blueprint.post("/agents/<extension>/<action>")
@needs(Right.OWN_STATE)
def agent(extension: str, action: str) -> Page:
    """Log an agent in or out, pause them, make them ready."""
    if action not in ACTIONS:
        abort(404)
    if not may_set(extension):
        abort(403)
    reason = request.form.get("reason", "")[:64]
    parts().core.agent_action(extension, action, AgentAction(who=who_asks().name, reason=reason))
    parts().live.forget()
    return _done()


@blueprint.post("/test-call")
@needs(Right.AGENTS)
def test_call() -> Page:
    """Let the simulated exchange ring a line."""
    try:
        wanted = RingRequest.model_validate(
            {k: request.form[k] for k in ("line", "number", "name", "press") if k in request.form}
        )
        accepted = parts().core.ring(wanted)
    except ValidationError as error:
        field = error.errors()[0]
        return jsonify(error=f"{field['loc'][0]}: {field['msg']}"), 422
    except Refused as refused:
        return jsonify(error=refused.refusal.error), refused.status
    parts().live.forget()
    if "application/json" in request.accept_mimetypes.values():
        return jsonify(line=accepted.line)
    flash(_("Line %d is ringing.") % accepted.line)
    return redirect(url_for("floor.live"))


def _render(now: Live) -> dict[str, str]:
    return {name: render_template(f"live/{name}.html", live=now, away=None) for name in PANELS}


def _tag(now: Live) -> str:
    """Changes when anything shown changes; not with the time alone."""
    seen = now.model_dump_json(
        exclude={"at": True, "box": {"uptime_s"}, "phones": {"__all__": {"expires_in_s"}}}
    )
    who = who_asks()
    mine = f"{who.name} {who.role} {csrf.token()} {now.box.uptime_s // 60}"
    return hashlib.sha256((seen + mine).encode()).hexdigest()[:24]


def _brief(call: str, line: int | None) -> dict[str, str | int | None]:
    return {"id": call, "line": line}


def _done() -> Page:
    """After a button: nothing for the script, the page again without one."""
    if "application/json" in request.accept_mimetypes.values():
        return Response(status=204)
    return redirect(url_for("floor.live"))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
