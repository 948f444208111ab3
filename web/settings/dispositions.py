"""The page of dispositions: how calls may have ended, in the agents' words.

Tests: tests/web/settings/test_dispositions.py.
"""

from __future__ import annotations

from gettext import gettext as _

from flask import Blueprint, request
from werkzeug.wrappers import Response

from web.access import Right, needs
from web.change import Trouble, as_dict, current, save
from web.settings.dispositions_form import NotUnderstood, as_text, from_text
from web.settings.page import render, saved

blueprint = Blueprint("dispositions", __name__, url_prefix="/settings")
Page = str | Response | tuple[str, int]


@blueprint.route("/dispositions", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def show() -> Page:
    """All of them, one a line."""
    document = current()
    text, trouble = as_text(document.office.dispositions), Trouble()
    if request.method == "POST":
        text = request.form.get("dispositions", "")
        changed = as_dict(document.office)
        try:
            changed["dispositions"] = from_text(text)
        except NotUnderstood as why:
            trouble = Trouble({"dispositions": str(why)})
        else:
            trouble = save(changed, _("Changed how calls may have ended"))
        if not trouble:
            return saved("settings.overview")
    page = render("settings/dispositions.html", document, trouble, text=text)
    return (page, 422) if trouble else page
