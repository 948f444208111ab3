"""Pages before sign-in: make the first account, sign in, sign out.

Tests: tests/web/setup/test_views.py.
"""

from __future__ import annotations

import logging
import math
import time
from gettext import gettext as _

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import FirstAccount
from firmware.config.schema import User
from web.access import Right, needs, safe_next
from web.accounts import sign_in as begin_session
from web.face import Refused
from web.parts import parts
from web.passwords import complaint

logger = logging.getLogger(__name__)
blueprint = Blueprint("setup", __name__)
Page = str | Response | tuple[str, int]


@blueprint.route("/setup", methods=["GET", "POST"])
@needs(Right.NOTHING)
def first_run() -> Page:
    """Make the first account with the code printed when the box started."""
    if parts().is_set_up or not parts().core.setup().is_needed:
        return redirect(url_for("setup.sign_in"))
    if request.method == "GET":
        return render_template("setup.html", errors={}, form={})
    errors = _form_errors()
    if not errors:
        errors = _create_account()
    if errors:
        return render_template("setup.html", errors=errors, form=request.form), 422
    return _welcome(request.form["name"].strip())


@blueprint.route("/login", methods=["GET", "POST"])
@needs(Right.NOTHING)
def sign_in() -> Page:
    """Sign in with name and password."""
    target = safe_next(request.values.get("next", ""))
    if request.method == "GET":
        return render_template("login.html", error="", name="", next=target)
    name = request.form.get("name", "").strip()[:64]
    user, error, status = _check(name, request.form.get("password", "")[:1024])
    if user is None:
        return render_template("login.html", error=error, name=name, next=target), status
    begin_session(user)
    return redirect(target)


@blueprint.post("/logout")
@needs(Right.SIGNED_IN)
def sign_out() -> Response:
    """End the session."""
    session.clear()
    return redirect(url_for("setup.sign_in"))


def _check(name: str, password: str) -> tuple[User | None, str, int]:
    """The account, or why there is none and the HTTP status that says so."""
    source, throttle = request.remote_addr or "", parts().throttle
    if (wait_s := throttle.wait_s(source, name, time.monotonic())) > 0:
        words = _("Too many wrong passwords. Try again in %d s.") % math.ceil(wait_s)
        return None, words, 429
    user = parts().accounts.find(name) if name else None
    if parts().passwords.is_right(user.password_hash if user else None, password):
        throttle.succeeded(source, name)
        return user, "", 200
    throttle.failed(source, name, time.monotonic())
    logger.warning("sign-in refused for %r from %s", name, source)
    return None, _("Name and password do not match."), 401


def _form_errors() -> dict[str, str]:
    form = request.form
    errors = {}
    if not form.get("code", "").strip():
        errors["code"] = _("Enter the code that was printed when the box started.")
    if not form.get("name", "").strip():
        errors["name"] = _("Choose a name to sign in with.")
    if bad := complaint(form.get("password", ""), form.get("again", ""), form.get("name", "")):
        errors["again" if "same" in bad else "password"] = bad
    return errors


def _create_account() -> dict[str, str]:
    """Ask the core for the account; what it refuses is put beside its field."""
    account = FirstAccount(
        code=request.form["code"].strip(),
        name=request.form["name"].strip(),
        password_hash=parts().passwords.hash(request.form["password"]),
    )
    try:
        parts().core.create_first_account(account)
    except Refused as refused:
        if refused.status == 403:
            return {"code": _("That is not the code. It is in the box's log, printed at start.")}
        if refused.status == 409:
            return {"code": _("The first account was already made. Reload to sign in.")}
        if refused.status == 422:
            return {"name": _("Use letters, digits, dot, dash or underscore; at most 32.")}
        raise
    return {}


def _welcome(name: str) -> Response:
    parts().is_set_up = True
    parts().accounts.forget()
    user = parts().accounts.find(name)
    if user is None:  # made a moment ago and gone again: sign in says so
        return redirect(url_for("setup.sign_in"))
    begin_session(user)
    flash(_("Welcome. Your box is ready; this page shows everything that happens on it."))
    return redirect(url_for("floor.live"))
