"""Blocked numbers: agents propose, supervisors decide, and after some weeks a block ends by itself.

Tests: tests/web/floor/test_blocked.py.
"""

from __future__ import annotations

from gettext import gettext as _

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from firmware.api.routing_schema import BlockApproval, BlockProposal
from web.access import Right, may, needs, safe_next, who_asks
from web.change import current, forget, plain
from web.face import Refused
from web.parts import parts

blueprint = Blueprint("blocked", __name__, url_prefix="/blocked")
Page = str | Response


@blueprint.get("")
@needs(Right.AGENTS)
def numbers() -> Page:
    """What is proposed, in force and over."""
    found = parts().core.blacklist()
    return render_template(
        "blocked.html",
        proposed=[one for one in found if one.state == "proposed"],
        in_force=[one for one in found if one.state == "in_force"],
        expired=[one for one in found if one.state == "expired"],
        days=current().office.callers.block_days,
    )


@blueprint.post("/propose")
@needs(Right.OWN_STATE)
def propose() -> Page:
    """Propose a number; who decides anyway may block it at once."""
    number = request.form.get("number", "").strip()
    reason = request.form.get("reason", "").strip()
    try:
        proposal = BlockProposal(who=who_asks().name, number=number, reason=reason)
    except ValidationError as error:
        flash(plain(error.errors()[0]["msg"]), "error")
        return _back()
    parts().core.propose_block(proposal)
    forget()
    if may(Right.AGENTS) and "approve" in request.form:
        return _approve(number)
    flash(_("%s is proposed. A supervisor decides.") % number)
    return _back()


@blueprint.post("/<number>/approve")
@needs(Right.AGENTS)
def approve(number: str) -> Page:
    """Turn calls from a proposed number away, for a while."""
    return _approve(number)


@blueprint.post("/<number>/remove")
@needs(Right.AGENTS)
def remove(number: str) -> Page:
    """Reject a proposal, or take calls from a number again."""
    try:
        parts().core.remove_block(number, who_asks().name)
    except Refused as refused:
        if refused.status != 404:
            raise
        flash(_("%s is not on the list any more.") % number[:24], "error")
    else:
        forget()
        flash(_("Calls from %s are taken.") % number)
    return redirect(url_for("blocked.numbers"))


def _approve(number: str) -> Page:
    days = request.form.get("days", "").strip()
    try:
        order = BlockApproval.model_validate({"who": who_asks().name, "days": days or None})
        parts().core.approve_block(number, order)
    except ValidationError as error:
        flash(_("Days: %s") % plain(error.errors()[0]["msg"]), "error")
    except Refused as refused:
        if refused.status != 404:
            raise
        flash(_("%s is not on the list any more.") % number[:24], "error")
    else:
        forget()
        flash(_("Calls from %s are turned away.") % number)
    return _back()


def _back() -> Response:
    return redirect(safe_next(request.form.get("next", "") or url_for("blocked.numbers")))
