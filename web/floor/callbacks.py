"""Callers who are to be called back: add one by hand, cancel one.

They are shown on the live page. Tests: tests/web/floor/test_callbacks.py.
"""

from __future__ import annotations

import re
from gettext import gettext as _

from flask import Blueprint, flash, redirect, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from firmware.api.callback_schema import CallbackOrder
from web.access import Right, needs, who_asks
from web.face import Refused
from web.floor.views import Page, done
from web.parts import parts

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")


@blueprint.post("")
@needs(Right.AGENTS)
def add() -> Page:
    """Have a number called back in its turn."""
    number = re.sub(r"[\s()./-]", "", request.form.get("number", ""))
    try:
        order = CallbackOrder(
            who=who_asks().name,
            queue=request.form.get("queue", ""),
            number=number,
            name=request.form.get("name", "").strip(),
        )
        parts().core.add_callback(order)
    except ValidationError:
        flash(_("%r is no number to call: expected digits.") % number[:32], "error")
    except Refused as refused:
        flash(refused.refusal.error, "error")
    else:
        flash(_("%s is called back in its turn.") % number)
        parts().live.forget()
    return _home()


@blueprint.post("/<number>/cancel")
@needs(Right.AGENTS)
def cancel(number: str) -> Page:
    """Call nobody back there."""
    parts().core.cancel_callback(number, who_asks().name)
    parts().live.forget()
    return done()


def _home() -> Response:
    return redirect(url_for("floor.live"))
