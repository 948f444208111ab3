"""Opening hours, and the reasons agents may give for a pause.

Tests: tests/web/settings/test_hours.py.
"""

from __future__ import annotations

from gettext import gettext as _
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from firmware.api.routing_schema import Holiday
from firmware.api.schema import ConfigDocument
from firmware.config.places import Schedule
from web.access import Right, needs
from web.change import OfficeDict, Trouble, as_dict, check, current, save
from web.errors import Gone, Notice
from web.face import Refused
from web.parts import parts
from web.settings import forms, hours_form
from web.settings.hours_form import WEEKDAYS
from web.settings.page import render, saved

blueprint = Blueprint("hours", __name__, url_prefix="/settings")
Page = str | Response | tuple[str, int]
USUAL = [{"opens": "08:00", "closes": "17:00"}]
BLANK: dict[str, Any] = {
    "name": "",
    "week": dict.fromkeys(WEEKDAYS[:5], USUAL),
    "holidays": "closed",
    "special_days": [],
    "open": None,
    "closed": {"to": "hangup", "id": ""},
    "holiday": None,
    "switch": "",
}
LONGEST_LINE = 64


@blueprint.get("/hours")
@needs(Right.SETTINGS)
def schedules() -> Page:
    """All opening hours."""
    return render_template("settings/schedules.html", office=current().office)


@blueprint.route("/hours/<id>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def schedule(id: str) -> Page:
    """One set of opening hours; `new` makes one."""
    document = current()
    shown, trouble = _find(document, id), Trouble()
    days = hours_form.special_days_as_text(shown["special_days"])
    if request.method == "POST":
        days = request.form.get("special_days", "")
        shown, trouble = _entered(shown, days)
        if id == "new":
            shown["id"] = forms.new_id(shown["name"], {s.id for s in document.office.schedules})
        trouble = trouble or check(Schedule, shown) or _save(document, shown)
        if not trouble:
            return saved("hours.schedules")
    page = render(
        "settings/schedule.html",
        document,
        trouble,
        schedule=shown,
        id=id,
        days=days,
        week={day: hours_form.as_text(shown["week"].get(day, ())) for day in WEEKDAYS},
        public=_public(),
    )
    return (page, 422) if trouble else page


@blueprint.post("/hours/<id>/remove")
@needs(Right.SETTINGS)
def remove(id: str) -> Page:
    """Remove opening hours that nothing leads to any more."""
    document = current()
    name = _find(document, id)["name"]
    trouble = save(forms.drop(as_dict(document.office), "schedules", id), _("Removed %s") % name)
    for words in trouble.general:
        flash(words, "error")
    if not trouble:
        flash(_("%s is removed.") % name)
    return redirect(url_for("hours.schedules"))


@blueprint.route("/pauses", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def pauses() -> Page:
    """Why agents may pause, one reason a line."""
    document = current()
    reasons, trouble = "\n".join(document.office.pause_reasons), Trouble()
    if request.method == "POST":
        reasons = request.form.get("reasons", "")
        changed = as_dict(document.office)
        changed["pause_reasons"] = [line.strip() for line in reasons.splitlines() if line.strip()]
        trouble = _too_long(changed) or save(changed, _("Changed the reasons for pauses"))
        if not trouble:
            return saved("settings.overview")
    page = render("settings/pauses.html", document, trouble, reasons=reasons)
    return (page, 422) if trouble else page


def _too_long(office: OfficeDict) -> Trouble:
    reasons = office["pause_reasons"]
    long = next((one for one in reasons if len(one) > LONGEST_LINE), None)
    if long is not None:
        return Trouble({"reasons": _("“%s …”: expected 64 characters at most.") % long[:20]})
    if len(reasons) > 20:
        return Trouble({"reasons": _("%d reasons: expected 20 at most.") % len(reasons)})
    return Trouble()


def _entered(shown: dict[str, Any], days: str) -> tuple[dict[str, Any], Trouble]:
    found, wrong = hours_form.special_days(days)
    entered = hours_form.schedule(request.form, shown)
    if wrong:
        words = _(
            "“%s”: expected a day, its hours or none, and its name: 2026-12-24 08:00-12:00 Eve"
        )
        return entered, Trouble({"special_days": words % wrong[0][:60]})
    return entered | {"special_days": found}, Trouble()


def _save(document: ConfigDocument, shown: dict[str, Any]) -> Trouble:
    changed = forms.put(as_dict(document.office), "schedules", shown)
    names = ("open", "closed", "holiday", "switch", "name")
    places = {f"schedules/{shown['id']}/{name}": name for name in names}
    return save(changed, _("Changed opening hours %s") % shown["name"], places)


def _public() -> list[Holiday]:
    """The coming year's; none where there is no calendar."""
    try:
        return parts().core.holidays()
    except Refused:
        return []


def _find(document: ConfigDocument, id: str) -> dict[str, Any]:
    if id == "new":
        return dict(BLANK)
    for one in as_dict(document.office)["schedules"]:
        if one["id"] == id:
            return dict(one)
    raise Gone(
        Notice(
            _("There are no opening hours of this name."),
            _("They may have been removed."),
            _("Look at the list."),
        )
    )
