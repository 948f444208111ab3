"""Error pages: each says what happened, why, and what to do. Tests: tests/web/test_errors.py."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from gettext import gettext as _

from flask import Flask, jsonify, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from firmware.records.errors import RecordsAway
from web.face import CoreAway, Refused

logger = logging.getLogger(__name__)
Answer = tuple[str | Response, int]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went wrong, for people."""

    what: str
    why: str
    do: str


NOTICES = {
    400: Notice(
        _("That request could not be understood."),
        _("A part of it is missing or malformed."),
        _("Go back, reload the page and try again."),
    ),
    403: Notice(
        _("This page is not for your account."),
        _("Your role does not include it."),
        _("Ask the owner of the box if you need it."),
    ),
    404: Notice(
        _("There is nothing at this address."),
        _("It may have been mistyped, or what it showed was deleted."),
        _("Use the menu to find what you are looking for."),
    ),
    405: Notice(
        _("This address cannot be opened that way."),
        _("It belongs to a form or a button."),
        _("Go back to the page you came from."),
    ),
    413: Notice(
        _("That was too much at once."),
        _("The form or file is larger than the box accepts."),
        _("Send less, or a smaller file."),
    ),
    500: Notice(
        _("Something went wrong inside the pages."),
        _("This is a fault of the software, not yours. Calls are not affected."),
        _("Try again; if it happens twice, tell whoever looks after the box, with the time."),
    ),
}
FORGED = Notice(
    _("For your safety, this form was not accepted."),
    _("The page had been open for too long, or your browser refused the cookie."),
    _("Go back, reload the page and send it again."),
)


class Gone(Exception):
    """A thing that was asked for does not exist (any more); the notice says which and why."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.what)
        self.notice = notice


def of_absence(error: CoreAway) -> Notice:
    """A core that is away, in whole sentences."""
    return Notice(*(text[:1].upper() + text[1:] for text in (error.what, error.why, error.do)))


def install(app: Flask) -> None:
    """Give `app` its error pages."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CoreAway, _core_away)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(RecordsAway, _records_away)
    app.register_error_handler(Gone, _gone)


def _http(error: HTTPException) -> Answer | Response:
    if error.code is not None and error.code < 400:
        return error.get_response()
    code = error.code or 500
    if code == 400 and error.description == "csrf":
        return show(FORGED, 400)
    return show(NOTICES.get(code, NOTICES[500 if code >= 500 else 400]), code)


def _core_away(error: CoreAway) -> Answer:
    return show(of_absence(error), 503)


def _refused(error: Refused) -> Answer:
    logger.warning("core refused %s %s: %s", request.method, request.path, error)
    why = "; ".join(p.what for p in error.refusal.problems) or error.refusal.error
    notice = Notice(
        _("The box did not accept that."), why, _("Change what it objects to, then try again.")
    )
    return show(notice, error.status if 400 <= error.status < 600 else 500)


def _records_away(error: RecordsAway) -> Answer:
    logger.error("%s; check the storage the records are on", error)
    notice = Notice(
        _("The records of calls cannot be read."),
        error.why,
        _("A new box has none until it was started once. Else check its storage, then try again."),
    )
    return show(notice, 503)


def _gone(error: Gone) -> Answer:
    return show(error.notice, 404)


def show(notice: Notice, code: int) -> Answer:
    """The notice as a page, or as JSON where a script asked."""
    wants_json = request.path.endswith(".json") or request.accept_mimetypes.best == (
        "application/json"
    )
    if wants_json:
        return jsonify(what=notice.what, why=notice.why, do=notice.do), code
    return render_template("error.html", notice=notice, code=code), code
