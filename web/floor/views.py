"""The live page and the buttons on it.

The panels are rendered here, once for the page and again for each poll of /live.json; the script
only puts changed parts in place. An ETag spares the work while nothing changes.

Tests: tests/web/floor/test_views.py.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from gettext import gettext as _
from typing import Literal

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from pydantic import ValidationError
from pydantic.main import IncEx
from werkzeug.wrappers import Response

from firmware.api.routing_schema import SwitchOrder
from firmware.api.schema import AgentAction, Live, RingRequest
from firmware.config.schema import Office
from web import csrf
from web.access import Right, may_set, needs, who_asks
from web.errors import Notice, of_absence
from web.face import CoreAway, Refused
from web.floor.day import Day
from web.parts import known, parts

blueprint = Blueprint("floor", __name__)
ACTIONS = frozenset({"login", "logout", "pause", "ready", "extend"})
PANELS = (
    *("banner", "hours", "figures", "queues", "calls", "callbacks"),
    *("agents", "lines", "phones", "box"),
)
PASSING: Mapping[str, IncEx | bool] = {
    "at": True,
    "box": {"uptime_s", "longest_turn_ms"},
    "phones": {"__all__": {"expires_in_s"}},
    "queues": {"__all__": {"longest_wait_s"}},
    "calls": {"__all__": {"sound"}},
}
"""What changes with the time alone, or at every look."""
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
    shown = around() if now is not None else {}
    return render_template(
        "live.html", live=now, away=away, panels=PANELS, server_ms=now_ms(), **shown
    )


@blueprint.get("/live.json")
@needs(Right.LIVE)
def live_json() -> Page:
    """All panels as rendered parts; 304 while nothing but the time changes."""
    return panels(parts().live.get(), PANELS, around())


def panels(now: Live, names: Sequence[str], shown: Mapping[str, object]) -> Page:
    """Rendered parts of a page that keeps itself up to date."""
    tag = _tag(now, shown)
    response = Response(status=304)
    if tag not in request.if_none_match:
        parts_ = {n: render_template(f"live/{n}.html", live=now, away=None, **shown) for n in names}
        response = jsonify(panels=parts_, calls=[_brief(c.id, c.line) for c in now.calls])
    response.set_etag(tag)
    response.headers["X-Callbox-Now"] = str(now_ms())
    return response


def around() -> dict[str, object]:
    """What is shown beside the live state; the last known while the core is away."""
    office = known(parts().office)
    return {
        "hours": known(parts().hours) or [],
        "day": known(parts().day) or Day(),
        "goals": {q.id: q.service_level_s for q in office.office.queues} if office else {},
        "reasons": office.office.pause_reasons if office else (),
        "proposed": _proposed(office.office) if office else 0,
        "calling_back": _calling_back(office.office) if office else [],
    }


def _proposed(office: Office) -> int:
    """How many numbers wait for a word of a supervisor."""
    return sum(1 for one in office.callers.blacklist if not one.approved_by)


def _calling_back(office: Office) -> list[tuple[str, str]]:
    return [(q.id, q.name) for q in office.queues if q.callback.is_offered]


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
    return done()


@blueprint.post("/hours/<schedule>/<any(open, closed, hours):to>")
@needs(Right.AGENTS)
def switch(schedule: str, to: Literal["open", "closed", "hours"]) -> Page:
    """Open or close by hand, or let the hours decide again."""
    parts().core.switch_schedule(schedule, SwitchOrder(who=who_asks().name, to=to))
    parts().hours.forget()
    parts().live.forget()
    return done()


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


def _tag(now: Live, shown: Mapping[str, object]) -> str:
    """Changes when anything shown changes; not with the time alone."""
    seen = now.model_dump_json(exclude=PASSING)
    grades = [sound.grade for call in now.calls for sound in call.sound]
    who = who_asks()
    mine = f"{who.name} {who.role} {csrf.token()} {now.box.uptime_s // 60}"
    told = f"{seen}{mine}{grades}{request.path}{sorted(shown.items())}"
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _brief(call: str, line: int | None) -> dict[str, str | int | None]:
    return {"id": call, "line": line}


def done() -> Page:
    """After a button: nothing for the script, the page again without one."""
    if "application/json" in request.accept_mimetypes.values():
        return Response(status=204)
    return redirect(url_for("floor.live"))


def now_ms() -> int:
    return time.time_ns() // 1_000_000
