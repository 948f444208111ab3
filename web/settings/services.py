"""What phones can dial for the box itself: parking, announcements, and the card of all codes.

Tests: tests/web/settings/test_services.py.
"""

from __future__ import annotations

from gettext import gettext as _
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import ConfigDocument
from firmware.call.keys import CODES
from firmware.config.codes import TABLE
from firmware.config.schema import PageGroup, Parking
from web.access import Right, needs
from web.change import Trouble, as_dict, check, current, save
from web.errors import Gone, Notice
from web.settings import forms
from web.settings.page import render, saved

blueprint = Blueprint("services", __name__, url_prefix="/settings")
Page = str | Response | tuple[str, int]
BLANK = {"number": "", "name": "", "members": [], "limit_s": 60}


@blueprint.route("/parking", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def parking() -> Page:
    """The numbers of the parking slots, and what happens to calls that nobody takes."""
    document = current()
    changed = as_dict(document.office)
    trouble = Trouble()
    if request.method == "POST":
        changed["parking"] |= forms.parking(request.form)
        names = ("number", "first_slot", "last_slot", "otherwise")
        fields = {f"parking/{name}": name for name in names} | {"parking": "first_slot"}
        trouble = check(Parking, changed["parking"])
        trouble = trouble or save(changed, _("Changed parking"), fields)
        if not trouble:
            return saved("settings.overview")
    page = render("settings/parking.html", document, trouble, values=changed["parking"])
    return (page, 422) if trouble else page


@blueprint.get("/announcements")
@needs(Right.SETTINGS)
def announcements() -> Page:
    """All groups of phones that speak announcements."""
    return render_template("settings/announcements.html", office=current().office)


@blueprint.route("/announcements/<number>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def announcement(number: str) -> Page:
    """One group; `new` makes one."""
    document = current()
    shown = _find(document, number)
    trouble = Trouble()
    if request.method == "POST":
        shown |= forms.page_group(request.form, request.form.getlist("members"))
        trouble = check(PageGroup, shown) or _save_group(document, number, shown)
        if not trouble:
            return saved("services.announcements")
    page = render("settings/announcement.html", document, trouble, group=shown, number=number)
    return (page, 422) if trouble else page


@blueprint.post("/announcements/<number>/remove")
@needs(Right.SETTINGS)
def remove(number: str) -> Page:
    """Take a group away."""
    document = current()
    name = _find(document, number)["name"]
    changed = forms.drop(as_dict(document.office), "page_groups", number, "number")
    trouble = save(changed, _("Removed announcement %s") % name)
    for words in trouble.general:
        flash(words, "error")
    return redirect(url_for("services.announcements"))


@blueprint.get("/codes")
@needs(Right.PEOPLE)
def codes() -> Page:
    """Everything that can be dialled, to be printed and put beside the phones."""
    return render_template("settings/codes.html", office=current().office, codes=TABLE, keys=CODES)


def _save_group(document: ConfigDocument, number: str, group: dict[str, Any]) -> Trouble:
    """The number may be changed as well: it is what the group is known by."""
    changed = as_dict(document.office)
    others = [g for g in changed["page_groups"] if g["number"] != number]
    if any(g["number"] == group["number"] for g in others):
        return Trouble({"number": _("Another announcement has this number.")})
    changed["page_groups"] = [*others, group]
    fields = {f"page_groups/{group['number']}": "number"}
    return save(changed, _("Changed announcement %s") % group["name"], fields)


def _find(document: ConfigDocument, number: str) -> dict[str, Any]:
    if number == "new":
        return dict(BLANK)
    for group in as_dict(document.office)["page_groups"]:
        if group["number"] == number:
            return dict(group)
    raise Gone(
        Notice(
            _("There is no announcement %s.") % number[:12],
            _("It may have been removed."),
            _("Look at the list."),
        )
    )
