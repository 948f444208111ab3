"""Callers who are led otherwise than the rest, by their number: VIPs, their own way, language and
agent. The first rule that fits counts.

Tests: tests/web/settings/test_callers.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from gettext import gettext as _
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import ConfigDocument
from firmware.config.callers import CallerRule
from web.access import Right, needs
from web.change import Trouble, as_dict, check, current, save
from web.errors import Gone, Notice
from web.settings import forms
from web.settings.page import render, saved

blueprint = Blueprint("callers", __name__, url_prefix="/settings/callers")
Page = str | Response | tuple[str, int]
BLANK: dict[str, Any] = {
    "name": "", "numbers": [], "lines": [], "destination": None, "language": None,
    "priority": 5, "owner": None,
}  # fmt: skip


@blueprint.get("")
@needs(Right.SETTINGS)
def rules() -> Page:
    """All rules, in their order."""
    return render_template("settings/callers.html", office=current().office)


@blueprint.route("/<id>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def rule(id: str) -> Page:
    """One rule; `new` makes one, behind the others."""
    document = current()
    shown, trouble = _find(document, id), Trouble()
    if request.method == "POST":
        shown |= _entered(request.form, request.form.getlist("lines"))
        if id == "new":
            taken = {one.id for one in document.office.callers.rules}
            shown["id"] = forms.new_id(shown["name"], taken)
        trouble = check(CallerRule, shown) or _save(document, shown)
        if not trouble:
            return saved("callers.rules")
    page = render("settings/caller.html", document, trouble, rule=shown, id=id)
    return (page, 422) if trouble else page


@blueprint.post("/<id>/remove")
@needs(Right.SETTINGS)
def remove(id: str) -> Page:
    """Callers of these numbers are led as everybody."""
    document = current()
    name, changed = _find(document, id)["name"], as_dict(document.office)
    changed["callers"] = forms.drop(changed["callers"], "rules", id)
    trouble = save(changed, _("Removed %s") % name)
    for words in trouble.general:
        flash(words, "error")
    if not trouble:
        flash(_("%s is removed.") % name)
    return redirect(url_for("callers.rules"))


def _entered(form: Mapping[str, str], lines: list[str]) -> dict[str, Any]:
    """Numbers stand one a line, as people write them."""
    written = (re.sub(r"[\s()./-]", "", line) for line in form.get("numbers", "").splitlines())
    destination = form.get("destination", "")
    return {
        "name": form.get("name", "").strip(),
        "numbers": [number for number in written if number],
        "lines": lines,
        "destination": forms.to_destination(destination) if destination else None,
        "language": form.get("language", "").strip().lower() or None,
        "priority": form.get("priority", "").strip(),
        "owner": form.get("owner") or None,
    }


def _save(document: ConfigDocument, shown: dict[str, Any]) -> Trouble:
    changed = as_dict(document.office)
    changed["callers"] = forms.put(changed["callers"], "rules", shown)
    start = f"callers/rules/{shown['id']}"
    names = ("numbers", "lines", "destination", "owner", "language")
    return save(
        changed,
        _("Changed the rule %s") % shown["name"],
        {f"{start}/{name}": name for name in names},
    )


def _find(document: ConfigDocument, id: str) -> dict[str, Any]:
    if id == "new":
        return dict(BLANK)
    for one in as_dict(document.office)["callers"]["rules"]:
        if one["id"] == id:
            return dict(one)
    raise Gone(
        Notice(
            _("There is no rule of this name."),
            _("It may have been removed."),
            _("Look at the list."),
        )
    )
