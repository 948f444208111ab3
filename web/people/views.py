"""People and phones: the list, one person's phone, adding, changing and removing.

Tests: tests/web/people/test_views.py.
"""

from __future__ import annotations

import re
from gettext import gettext as _
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from firmware.api.schema import Agent, ConfigDocument, Live, Phone, Sound
from firmware.config.schema import Extension
from web.access import Right, may, needs
from web.change import Trouble, as_dict, check, current, save
from web.errors import Gone, Notice
from web.face import CoreAway
from web.parts import parts
from web.people import edit
from web.people.account import SipAccount, qr_svg

blueprint = Blueprint("people", __name__, url_prefix="/people")
Page = str | Response | tuple[str, int]
FORWARDS: Final = ("forward_always", "forward_busy", "forward_no_answer")


@blueprint.get("")
@needs(Right.PEOPLE)
def everybody() -> Page:
    """Everybody with an extension, and whether their phone is there."""
    office = current().office
    return render_template(
        "people/list.html",
        office=office,
        phones=_phones(),
        agents=_agents(),
        asking=_asking() if may(Right.SETTINGS) else 0,
    )


@blueprint.get("/<number>")
@needs(Right.SETTINGS)
def phone(number: str) -> Page:
    """One person's phone: the account to type or scan, and its state."""
    document = current()
    office, person = document.office, _person(document.office.extensions, number)
    account = _account(person, request.args.get("transport", ""))
    qr = Markup(qr_svg(account, _("Account of %s") % person.number))  # made by segno, which escapes
    return render_template(
        "people/phone.html",
        person=person,
        account=account,
        transports=["udp", "tcp", "tls"] if parts().config.sip_tls_port else ["udp", "tcp"],
        generation=document.generation,
        qr=qr,
        phone=_phones().get(number),
        signed_in=_signed_in(number),
        sounds=_sounds(number),
        queues=[q for q in office.queues if number in q.members],
    )


@blueprint.route("/add", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def add() -> Page:
    """A new person: number, name, queues; the phone's password is made here."""
    document = current()
    if request.method == "GET":
        taken = [e.number for e in document.office.extensions]
        return _form(document, {"number": edit.free_number(taken)}, [], Trouble())
    person = _entered(request.form.get("number", "").strip()) | {"secret": edit.new_secret()}
    trouble = _check_new(document, person) or _save(document, person, _("Added %(name)s"))
    if trouble:
        return _form(document, person, request.form.getlist("queues"), trouble), 422
    flash(_("%s is added. Now connect the phone.") % person["name"])
    return redirect(url_for("people.phone", number=person["number"]))


@blueprint.route("/<number>/edit", methods=["GET", "POST"])
@needs(Right.SETTINGS)
def change(number: str) -> Page:
    """Change a person's name, queues and rights; the number stays."""
    document = current()
    person = _person(document.office.extensions, number).model_dump()
    if request.method == "GET":
        queues = [q.id for q in document.office.queues if number in q.members]
        return _form(document, person, queues, Trouble(), number)
    person |= _entered(number)
    trouble = check(Extension, person) or _save(document, person, _("Changed %(name)s"))
    if trouble:
        return _form(document, person, request.form.getlist("queues"), trouble, number), 422
    flash(_("Saved."))
    return redirect(url_for("people.everybody"))


@blueprint.post("/<number>/password")
@needs(Right.SETTINGS)
def new_password(number: str) -> Page:
    """Make a new password for the phone; the old one stops working."""
    document = current()
    person = _person(document.office.extensions, number).model_dump()
    person["secret"] = edit.new_secret()
    queues = [q.id for q in document.office.queues if number in q.members]
    changed = edit.put_person(as_dict(document.office), person, queues)
    _tell(save(changed, _("New phone password for %s") % number), _("The new password is below."))
    return redirect(url_for("people.phone", number=number))


@blueprint.post("/<number>/remove")
@needs(Right.SETTINGS)
def remove(number: str) -> Page:
    """Take a person away."""
    document = current()
    person = _person(document.office.extensions, number)
    changed = edit.drop_person(as_dict(document.office), number)
    trouble = save(changed, _("Removed %s") % person.name)
    _tell(trouble, _("%s is removed.") % person.name)
    if trouble:
        return redirect(url_for("people.change", number=number))
    return redirect(url_for("people.everybody"))


def _entered(number: str) -> dict[str, object]:
    """The person as the form has them."""
    return {
        "number": number,
        "name": request.form.get("name", "").strip(),
        "ring_s": request.form.get("ring_s", "25").strip(),
        "pickup_group": request.form.get("pickup_group", "").strip(),
        **{name: _dialled(name) for name in FORWARDS},
        **{
            name: name in request.form
            for name in ("may_dial_out", "call_waiting", "do_not_disturb")
        },
    }


def _dialled(name: str) -> str:
    """A number as people write it: blanks, dashes and brackets are not dialled."""
    return re.sub(r"[\s()./-]", "", request.form.get(name, ""))


def _check_new(document: ConfigDocument, person: dict[str, object]) -> Trouble:
    for other in document.office.extensions:
        if other.number == person["number"]:
            return Trouble({"number": _("%s already has this number.") % other.name})
    return check(Extension, person)


def _save(document: ConfigDocument, person: dict[str, object], what: str) -> Trouble:
    person = Extension.model_validate(person).model_dump()
    changed = edit.put_person(as_dict(document.office), person, request.form.getlist("queues"))
    fields = ("number", "name", "ring_s", "pickup_group", *FORWARDS)
    return save(changed, what % person, {f"{person['number']}/{name}": name for name in fields})


def _form(
    document: ConfigDocument,
    person: dict[str, object],
    queues: list[str],
    trouble: Trouble,
    number: str = "",
) -> str:
    return render_template(
        "people/form.html",
        person=person,
        queues=document.office.queues,
        chosen=queues,
        trouble=trouble,
        generation=document.generation,
        number=number,
    )


def _person(people: tuple[Extension, ...], number: str) -> Extension:
    for person in people:
        if person.number == number:
            return person
    raise Gone(
        Notice(
            _("Nobody has the number %s.") % number[:12],
            _("They may have been removed."),
            _("Look at the list of people."),
        )
    )


def _account(person: Extension, transport: str) -> SipAccount:
    """The person's account over the way that was chosen."""
    config = parts().config
    if transport == "tls" and config.sip_tls_port is not None:
        return SipAccount(_sip_host(), config.sip_tls_port, person.number, person.secret, "tls")
    way = transport if transport == "tcp" else "udp"
    return SipAccount(_sip_host(), config.sip_port, person.number, person.secret, way)


def _tell(trouble: Trouble, done: str) -> None:
    for words in trouble.general:
        flash(words, "error")
    if not trouble:
        flash(done)


def _live() -> Live | None:
    """The box now; nothing while the core is away."""
    try:
        return parts().live.get()
    except CoreAway:
        return None


def _signed_in(number: str) -> list[Phone]:
    """The phones at one extension."""
    now = _live()
    return [p for p in now.phones if p.extension == number and p.is_registered] if now else []


def _sounds(number: str) -> list[Sound]:
    """How the call at this person's phone sounds there."""
    now, who = _live(), f"extension {number}"
    return [one for call in now.calls for one in call.sound if one.who == who] if now else []


def _phones() -> dict[str, Phone]:
    """A phone of each extension: one that answers, if there are several."""
    now = _live()
    ordered = sorted(now.phones if now else [], key=lambda p: (p.is_registered, p.is_reachable))
    return {p.extension: p for p in ordered}


def _asking() -> int:
    """How many new phones wait for a word; nobody is told while the core is away."""
    try:
        return len(parts().core.phone_sets().asking)
    except CoreAway:
        return 0


def _agents() -> dict[str, Agent]:
    now = _live()
    return {a.extension: a for a in now.agents} if now else {}


def _sip_host() -> str:
    """Where phones sign in: as configured, else the name the browser used for this box."""
    return parts().config.sip_host or urlsplit(request.host_url).hostname or ""
