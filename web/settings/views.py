"""Settings: the office, its lines, menus, messages, queues and recording; history and undo.

Tests: tests/web/settings/test_views.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import ConfigDocument
from firmware.config.schema import DIGITS, Line, Menu, Part, Prompt, Queue, Recording, Site
from web.access import Right, needs, who_asks
from web.change import Trouble, as_dict, check, current, forget, save
from web.errors import Gone, Notice
from web.face import Refused
from web.parts import parts
from web.settings import forms, queue_form
from web.settings.page import render, saved

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
Page = str | Response | tuple[str, int]


@blueprint.get("")
@needs(Right.SETTINGS)
def overview() -> Page:
    """Everything that can be set, with what it is set to."""
    return render_template("settings/overview.html", office=current().office)


@blueprint.route("/office", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def office() -> Page:
    """Name, country, language, time zone, outside prefix."""
    return _one_part("settings/office.html", "site", Site, _("Changed the office"), _site_form())


@blueprint.route("/recording", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def recording() -> Page:
    """What is recorded and how long it is kept."""
    values = {
        "is_enabled": "is_enabled" in request.form,
        "format": request.form.get("format", ""),
        "keep_days": request.form.get("keep_days", "").strip(),
        "announcement": request.form.get("announcement") or None,
    }
    return _one_part(
        "settings/recording.html", "recording", Recording, _("Changed recording"), values
    )


@blueprint.route("/lines", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def lines() -> Page:
    """All lines on one page: name, in use or not, where their callers begin."""
    document = current()
    changed = as_dict(document.office)
    trouble = Trouble()
    if request.method == "POST":
        for line in changed["lines"]:
            line |= forms.line(request.form, line["number"])
            found = check(Line, line)
            trouble.fields |= {f"{k}-{line['number']}": v for k, v in found.fields.items()}
        trouble = trouble or save(changed, _("Changed the lines"))
        if not trouble:
            return saved("settings.lines")
    page = render("settings/lines.html", document, trouble, lines=changed["lines"])
    return (page, 422) if trouble else page


@blueprint.get("/menus")
@needs(Right.SETTINGS)
def menus() -> Page:
    """All menus."""
    return render_template("settings/menus.html", office=current().office)


@blueprint.route("/menus/<id>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def menu(id: str) -> Page:
    """One menu with the text of its greeting; `new` makes one."""
    document = current()
    shown = _find(document, "menus", id, {"name": "", "greeting": "", "options": {}})
    greeting = _find(document, "prompts", shown["greeting"] or "new", {"texts": {}, "files": {}})
    if request.method == "GET":
        return _menu_page(document, id, shown, greeting, Trouble())
    shown |= forms.menu(request.form)
    greeting["texts"] = forms.texts(request.form)
    _name_menu(document, id, shown, greeting)
    trouble = check(Menu, shown) or check(Prompt, greeting)
    if not greeting["texts"] and not greeting["files"]:
        trouble.fields["texts"] = _("Write what the caller hears, in at least one language.")
    if not trouble:
        changed = forms.put(as_dict(document.office), "prompts", greeting)
        changed = forms.put(changed, "menus", shown)
        digits = {f"options/{d}": f"option-{d}" for d in DIGITS} | {"/number": "number"}
        trouble = save(changed, _("Changed menu %s") % shown["name"], digits)
    if trouble:
        return _menu_page(document, id, shown, greeting, trouble), 422
    return saved("settings.menus")


@blueprint.get("/queues")
@needs(Right.SETTINGS)
def queues() -> Page:
    """All queues."""
    return render_template("settings/queues.html", office=current().office)


@blueprint.route("/queues/<id>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def queue(id: str) -> Page:
    """One queue; `new` makes one."""
    document = current()
    shown = _find(document, "queues", id, queue_form.blank())
    trouble = Trouble()
    if request.method == "POST":
        shown = queue_form.queue(request.form, request.form.getlist("members"), shown)
        if id == "new":
            shown["id"] = forms.new_id(shown["name"], {q.id for q in document.office.queues})
        changed = forms.put(as_dict(document.office), "queues", shown)
        trouble = check(Queue, shown) or save(
            changed, _("Changed queue %s") % shown["name"], queue_form.places(shown["id"])
        )
        if not trouble:
            return saved("settings.queues")
    page = render("settings/queue.html", document, trouble, queue=shown, id=id)
    return (page, 422) if trouble else page


@blueprint.get("/messages")
@needs(Right.SETTINGS)
def messages() -> Page:
    """Everything callers hear."""
    return render_template("settings/messages.html", office=current().office)


@blueprint.route("/messages/<id>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def message(id: str) -> Page:
    """One text that callers hear; `new` makes one."""
    document = current()
    shown = _find(document, "prompts", id, {"name": "", "texts": {}, "files": {}})
    trouble = Trouble()
    if request.method == "POST":
        shown |= {
            "name": request.form.get("name", "").strip(),
            "texts": forms.texts(request.form),
        }
        if id == "new":
            shown["id"] = forms.new_id(shown["name"], {p.id for p in document.office.prompts})
        changed = forms.put(as_dict(document.office), "prompts", shown)
        trouble = check(Prompt, shown) or save(changed, _("Changed message %s") % shown["name"])
        if not trouble:
            return saved("settings.messages")
    page = render("settings/message.html", document, trouble, message=shown, id=id)
    return (page, 422) if trouble else page


@blueprint.get("/messages/<id>/<language>.wav")
@needs(Right.SETTINGS)
def message_sound(id: str, language: str) -> Response:
    """A message as callers hear it."""
    return Response(parts().core.prompt_wav(id, language), mimetype="audio/wav")


@blueprint.post("/<any(menus, queues, prompts):group>/<id>/remove")
@needs(Right.SETTINGS)
def remove(group: str, id: str) -> Page:
    """Remove a menu, queue or message that nothing leads to any more."""
    document = current()
    part = _find(document, group, id, {})
    trouble = save(forms.drop(as_dict(document.office), group, id), _("Removed %s") % part["name"])
    for words in trouble.general:
        flash(words, "error")
    if not trouble:
        flash(_("%s is removed.") % part["name"])
    return redirect(url_for(f"settings.{'messages' if group == 'prompts' else group}"))


@blueprint.get("/history")
@needs(Right.SETTINGS)
def history() -> Page:
    """Who changed what, and undo."""
    return render_template("settings/history.html", generations=parts().core.config_history())


@blueprint.post("/undo")
@needs(Right.SETTINGS)
def undo() -> Page:
    """Go back to the settings before the last change."""
    try:
        parts().core.undo_config(who_asks().name)
    except Refused as refused:
        if refused.status != 409:
            raise
        flash(_("There is nothing to undo."), "error")
    else:
        forget()
        flash(_("The last change is undone."))
    return redirect(url_for("settings.history"))


def _one_part(
    template: str, name: str, part: type[Part], what: str, values: Mapping[str, Any]
) -> Page:
    """A page that edits one part of the configuration by itself."""
    document = current()
    changed = as_dict(document.office)
    trouble = Trouble()
    if request.method == "POST":
        changed[name] |= values
        fields = {f"{name}/{key}": key for key in values}
        trouble = check(part, changed[name]) or save(changed, what, fields)
        if not trouble:
            return saved("settings.overview")
    page = render(template, document, trouble, values=changed[name])
    return (page, 422) if trouble else page


def _site_form() -> dict[str, str]:
    names = ("name", "country", "language", "timezone", "outside_prefix")
    typed = {name: request.form.get(name, "").strip() for name in names}
    return typed | {"country": typed["country"].upper(), "language": typed["language"].lower()}


def _menu_page(
    document: ConfigDocument,
    id: str,
    shown: dict[str, Any],
    greeting: dict[str, Any],
    trouble: Trouble,
) -> str:
    return render(
        "settings/menu.html",
        document,
        trouble,
        menu=Menu.model_construct(**shown).model_dump(warnings=False),
        greeting=greeting,
        id=id,
        digits=DIGITS,
    )


def _name_menu(
    document: ConfigDocument, id: str, menu: dict[str, Any], greeting: dict[str, Any]
) -> None:
    """A new menu and its greeting get identifiers made from the menu's name."""
    if id == "new":
        menu["id"] = forms.new_id(menu["name"], {m.id for m in document.office.menus})
    if not menu["greeting"]:
        taken = {p.id for p in document.office.prompts}
        menu["greeting"] = greeting["id"] = forms.new_id(menu["id"] + "-greeting", taken)
        greeting["name"] = _("Greeting of %s") % menu["name"]


def _find(document: ConfigDocument, group: str, id: str, blank: dict[str, Any]) -> dict[str, Any]:
    """The part as plain data; `blank` for a new one; `Gone` if it is not there."""
    if id == "new":
        return dict(blank)
    for part in as_dict(document.office)[group]:
        if part["id"] == id:
            return dict(part)
    raise Gone(
        Notice(
            _("There is no %s of this name.") % group.rstrip("s"),
            _("It may have been removed."),
            _("Look at the list."),
        )
    )
