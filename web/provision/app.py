"""What telephones fetch their files from: three addresses and nothing else.

    GET /provision/<file>        a phone's file, given once per approval by the core
    GET /provision/app/<token>   an app's file, given once to who has the token
    GET /provision/box.crt       the certificate that phones may be told to trust

No account is needed here: the phone has none yet. Who gets a file is decided by the core
(firmware.phones); nothing is stored here. An unknown phone hears 404, a known one that may not
(any more) 403, and neither answer says more. Started by `__main__.py` over TLS only.
Tests: tests/web/provision/test_app.py.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol

from flask import Flask, Response, request

from firmware.api.errors import CoreAway, Refused
from firmware.api.phone_schema import PhoneAnswer, PhoneAsk, PhoneFacts
from web.provision import yealink
from web.provision.files import TEXT, XML, form
from web.provision.here import Here
from web.provision.names import Common, Wanted, wanted
from web.provision.zone_file import zone

logger = logging.getLogger(__name__)

PATH: Final = "/provision/"
_REFUSED: Final = {
    "wait": (HTTPStatus.NOT_FOUND, "not set up yet: the office has to say whose phone this is"),
    "no": (HTTPStatus.FORBIDDEN, "not approved (any more): approve it on the page People, Phones"),
    "limit": (HTTPStatus.TOO_MANY_REQUESTS, "too many questions: try again in a minute"),
}


class Desk(Protocol):
    """What is needed of the core (firmware.api.client.ApiClient)."""

    def ask_phone(self, asked: PhoneAsk) -> PhoneAnswer: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How the files are served."""

    certificate: Path | None = None
    """The public part of what phones may trust."""
    sip_host: str = ""
    """Where phones sign in; empty: the address at which the phone reached us."""
    port: int = 443
    """Ours, as phones reach it, where they do not say it."""


def create_app(core: Desk, settings: Settings) -> Flask:
    """The application."""
    app = Flask("provision", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=1024)

    @app.get(f"{PATH}box.crt")
    def certificate() -> Response:
        return _certificate(settings.certificate)

    @app.get(f"{PATH}app/<token>")
    def app_file(token: str) -> Response:
        try:
            asked = PhoneAsk(token=token, address=_address(), user_agent=_agent())
        except ValueError:
            return _said(HTTPStatus.NOT_FOUND, "nothing here")
        return _answer(core, settings, asked, "xml")

    @app.get(f"{PATH}<name>")
    def file(name: str) -> Response:
        match wanted(name, _agent()):
            case Wanted(mac, brand, model, ending):
                asked = PhoneAsk(
                    mac=mac,
                    brand=brand,
                    model=model[:32],
                    address=_address(),
                    user_agent=_agent(),
                )
                return _answer(core, settings, asked, ending)
            case Common():
                return Response(yealink.common(), mimetype=TEXT)
            case _:
                return _said(HTTPStatus.NOT_FOUND, "nothing here")

    app.before_request(_only_get)
    app.after_request(_harden)
    app.register_error_handler(Exception, _failed)
    return app


def _only_get() -> Response | None:
    """Who asks whether there is a file (HEAD) must not use it up."""
    if request.method == "GET":
        return None
    return _said(HTTPStatus.METHOD_NOT_ALLOWED, "only GET")


def _answer(core: Desk, settings: Settings, asked: PhoneAsk, ending: str) -> Response:
    try:
        answer = core.ask_phone(asked)
    except (CoreAway, Refused) as error:
        logger.warning("%s: %s", asked.address, error)
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, "not now: try again in a minute")
    if answer.facts is None:
        return _said(*_REFUSED[answer.verdict])
    return _written(answer.facts, settings, asked, ending)


def _written(facts: PhoneFacts, settings: Settings, asked: PhoneAsk, ending: str) -> Response:
    """The approved brand counts; the form that was asked for, if that brand has no such file."""
    how = form(facts.brand, ending) or form(asked.brand, ending)
    if how is None:
        return _said(HTTPStatus.NOT_FOUND, "nothing here")
    here = Here(_host(settings), _base_url(settings), zone(facts.timezone))
    text = how.write(facts, here)
    response = Response(text, mimetype=how.media_type)
    if how.media_type == XML:
        response.headers["Content-Type"] = "application/xml; charset=utf-8"
    return response


def _certificate(path: Path | None) -> Response:
    try:
        data = path.read_bytes() if path else None
    except OSError as error:
        logger.warning("%s", error)
        data = None
    if data is None:
        return _said(HTTPStatus.NOT_FOUND, "there is no certificate to trust")
    return Response(data, mimetype="application/x-x509-ca-cert")


def _host(settings: Settings) -> str:
    if settings.sip_host:
        return settings.sip_host
    connection = request.environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        return str(connection.getsockname()[0])
    return request.host.rpartition(":")[0] or request.host


def _base_url(settings: Settings) -> str:
    host = _host(settings)
    shown = f"[{host}]" if ":" in host else host
    return f"https://{shown}:{settings.port}{PATH}"


def _address() -> str:
    return (request.remote_addr or "")[:45]


def _agent() -> str:
    return request.user_agent.string[:128]


def _said(status: HTTPStatus, words: str) -> Response:
    return Response(words + "\n", status=status, mimetype=TEXT)


def _harden(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _failed(error: Exception) -> Response:
    """The boundary of one request: the words of our mistakes stay in the log."""
    code = getattr(error, "code", None)
    if isinstance(code, int) and code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _said(HTTPStatus(code), "nothing here")
    logger.exception("! %s failed", request.path[:100], exc_info=error)
    return _said(HTTPStatus.INTERNAL_SERVER_ERROR, "this failed because of a mistake in Callbox")
