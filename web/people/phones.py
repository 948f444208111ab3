"""Phones that set themselves up: who asks, whose it is, codes for apps, and what a router is told.

The core decides who gets a file and when (firmware.phones); here the owner says whose a phone is.
A code for an app is shown once, on the page that answers the button: it is nowhere afterwards.

Tests: tests/web/people/test_phones.py.
"""

from __future__ import annotations

from gettext import gettext as _
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from firmware.api.phone_schema import AppInvitation, PhoneApproval, PhoneSetsNow
from firmware.config.dhcp_advice import advice
from web.access import Right, needs, who_asks
from web.change import current, forget, plain
from web.face import Refused
from web.parts import parts
from web.people import brands
from web.people.account import qr_svg

blueprint = Blueprint("phones", __name__, url_prefix="/people/phones")
files_elsewhere = Blueprint("files_elsewhere", __name__, url_prefix="/provision")
"""What phones that were told the address of the pages hear there."""
Page = str | Response | tuple[str, int]


@files_elsewhere.get("/", defaults={"name": ""})
@files_elsewhere.get("/<path:name>")
@needs(Right.NOTHING)
def elsewhere(name: str) -> Response:
    """Settings hold passwords and are only given over HTTPS, at an address of their own."""
    where = _files_url() or _("nowhere: the part that gives them out is not running")
    words = _("Phones fetch their settings over HTTPS only: %s") % where
    return Response(f"{words}\n", status=410, mimetype="text/plain")


@blueprint.get("")
@needs(Right.SETTINGS)
def overview() -> Page:
    """Who asks, who is set up, and how phones find the box."""
    return render_template(
        "people/phones.html",
        phones=_now(),
        people=current().office.extensions,
        brands=brands.BRANDS,
        url=_files_url(),
        advice=advice(_files_url(), _host()) if _files_url() else [],
    )


@blueprint.get("/asking")
@needs(Right.SETTINGS)
def asking() -> Page:
    """The part of the page that changes while somebody looks."""
    return render_template("people/_asking.html", phones=_now(), people=current().office.extensions)


@blueprint.post("/approve")
@needs(Right.SETTINGS)
def approve() -> Page:
    """Say whose a phone is; its file may be given once."""
    form = request.form
    mac, brand = form.get("mac", "").strip(), form.get("brand", "")
    try:
        approval = PhoneApproval.model_validate(
            {
                "who": who_asks().name,
                "extension": form.get("extension", ""),
                "brand": brand or None,
                "model": form.get("model", "").strip() or None,
            }
        )
        state = parts().core.approve_phone(mac, approval)
    except ValueError:
        flash(_("Choose whose phone it is."), "error")
    except Refused as refused:
        flash(_refusal(refused), "error")
    else:
        forget()
        flash(
            _("It belongs to %(name)s now. Restart the phone: it has %(m)d minutes to ask again.")
            % {"name": state.name, "m": (state.waiting_s or 0) // 60}
        )
    return redirect(url_for("phones.overview"))


@blueprint.post("/remove")
@needs(Right.SETTINGS)
def remove() -> Page:
    """Cut a phone off; the person's other phones stay."""
    try:
        parts().core.remove_phone(request.form.get("mac", ""), who_asks().name)
    except Refused as refused:
        flash(_refusal(refused), "error")
    else:
        forget()
        flash(_("The phone is removed and can no longer sign in."))
    return redirect(url_for("phones.overview"))


@blueprint.post("/app")
@needs(Right.SETTINGS)
def app() -> Page:
    """A code for a softphone, shown this once."""
    number = request.form.get("extension", "")
    person = next((e for e in current().office.extensions if e.number == number), None)
    url = _files_url()
    if person is None or not url:
        flash(_("Choose for whom the app is."), "error")
        return redirect(url_for("phones.overview"))
    try:
        invite = parts().core.invite_app(
            AppInvitation(who=who_asks().name, extension=person.number)
        )
    except Refused as refused:
        flash(_refusal(refused), "error")
        return redirect(url_for("phones.overview"))
    forget()
    address = f"{url}app/{invite.token}"
    qr = Markup(qr_svg(address, _("Settings of an app for %s") % person.name))  # segno escapes
    return render_template(
        "people/app.html",
        person=person,
        qr=qr,
        address=address,
        minutes=int(invite.waiting_s // 60),
    )


@blueprint.get("/box.crt")
@needs(Right.SETTINGS)
def certificate() -> Page:
    """What phones may be told to trust."""
    path = parts().config.trust
    if path is None or not path.is_file():
        flash(_("There is no certificate of the box to trust."), "error")
        return redirect(url_for("phones.overview"))
    named = {"Content-Disposition": "attachment; filename=callbox.crt"}
    return Response(path.read_bytes(), mimetype="application/x-x509-ca-cert", headers=named)


def _now() -> PhoneSetsNow:
    return parts().core.phone_sets()


def _host() -> str:
    return parts().config.sip_host or urlsplit(request.host_url).hostname or ""


def _files_url() -> str:
    """Where phones fetch their files; empty if they are not served."""
    port, host = parts().config.provision_port, _host()
    if port is None or not host:
        return ""
    return f"https://{f'[{host}]' if ':' in host else host}:{port}/provision/"


def _refusal(refused: Refused) -> str:
    problems = refused.refusal.problems
    return plain(problems[0].what if problems else refused.refusal.error)
