"""Who may sign in: accounts with a role; adding, changing the password, removing.

Tests: tests/web/settings/test_accounts.py.
"""

from __future__ import annotations

from gettext import gettext as _
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import ConfigDocument
from firmware.config.schema import User
from web.access import Right, needs, who_asks
from web.accounts import sign_in
from web.change import Trouble, as_dict, check, current, save
from web.errors import Gone, Notice
from web.parts import parts
from web.passwords import complaint
from web.settings import forms

blueprint = Blueprint("accounts", __name__, url_prefix="/settings/accounts")
Page = str | Response | tuple[str, int]


@blueprint.get("")
@needs(Right.SETTINGS)
def everybody() -> Page:
    """All accounts."""
    return render_template("settings/accounts.html", office=current().office)


@blueprint.route("/<name>", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def account(name: str) -> Page:
    """One account; `:new` makes one (no account name can begin with a colon)."""
    document = current()
    user = _find(document, name)
    if request.method == "GET":
        return _form(document, user, name, Trouble())
    user |= {
        "name": user["name"] or request.form.get("name", "").strip(),
        "role": request.form.get("role", ""),
        "extension": request.form.get("extension") or None,
    }
    trouble = _check(document, user, name) or _save(document, user)
    if trouble:
        return _form(document, user, name, trouble), 422
    if user["name"] == who_asks().name:
        sign_in(User.model_validate(user))  # a new password ends sessions, but not this one
    flash(_("Saved."))
    return redirect(url_for("accounts.everybody"))


@blueprint.post("/<name>/remove")
@needs(Right.SETTINGS)
def remove(name: str) -> Page:
    """Remove an account; its sessions end within seconds."""
    document = current()
    user = _find(document, name)
    trouble = _last_owner(document, name)
    if not trouble:
        changed = forms.drop(as_dict(document.office), "users", user["name"], "name")
        trouble = save(changed, _("Removed account %s") % user["name"])
    for words in [*trouble.general, *trouble.fields.values()]:
        flash(words, "error")
    return redirect(url_for("accounts.everybody"))


def _check(document: ConfigDocument, user: dict[str, Any], name: str) -> Trouble:
    """Check what was typed, and put the hash of a new password into `user`."""
    password, again = request.form.get("password", ""), request.form.get("again", "")
    is_new = name == ":new"
    trouble = Trouble()
    if is_new and user["name"].lower() in {u.name.lower() for u in document.office.users}:
        trouble.fields["name"] = _("There is an account of this name already.")
    if (is_new or password or again) and (bad := complaint(password, again, user["name"])):
        trouble.fields["password"] = bad
    if user["role"] == "agent" and not user["extension"]:
        trouble.fields["extension"] = _("An agent needs a phone: choose their extension.")
    if user["role"] != "owner":
        trouble.general += _last_owner(document, name).general
    if not trouble and password:
        user["password_hash"] = parts().passwords.hash(password)
    return trouble or check(User, user)


def _save(document: ConfigDocument, user: dict[str, Any]) -> Trouble:
    changed = forms.put(as_dict(document.office), "users", user, "name")
    return save(changed, _("Changed account %s") % user["name"])


def _last_owner(document: ConfigDocument, name: str) -> Trouble:
    """Trouble if nobody could change settings without `name`."""
    if any(u.role == "owner" and u.name != name for u in document.office.users):
        return Trouble()
    return Trouble(general=[_("Somebody has to be the owner. Make another owner first.")])


def _find(document: ConfigDocument, name: str) -> dict[str, Any]:
    if name == ":new":
        return {"name": "", "role": "supervisor", "extension": None}
    for user in document.office.users:
        if user.name == name:
            return user.model_dump()
    raise Gone(
        Notice(
            _("There is no account of this name."),
            _("It may have been removed."),
            _("Look at the list of accounts."),
        )
    )


def _form(document: ConfigDocument, user: dict[str, Any], name: str, trouble: Trouble) -> str:
    return render_template(
        "settings/account.html",
        user=user,
        name=name,
        office=document.office,
        trouble=trouble,
        generation=document.generation,
    )
