"""The application: `create_app(config, core, records)` puts the pages together.

Security headers, the gate (`access.py`) and the error pages are set here once for all pages.
Started by `__main__.py`; tests call `create_app` with fakes (tests/web/web_fakes.py).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from web import access, errors, page
from web.calls.views import blueprint as calls
from web.desk.views import blueprint as desk
from web.desk.voicemail import blueprint as voicemail
from web.face import CallStore, Core
from web.floor.blocked import blueprint as blocked
from web.floor.callbacks import blueprint as callbacks
from web.floor.views import blueprint as floor
from web.parts import WebConfig, assemble
from web.people.phones import blueprint as phones
from web.people.phones import files_elsewhere
from web.people.views import blueprint as people
from web.reports.views import blueprint as reports
from web.settings.accounts import blueprint as accounts
from web.settings.callers import blueprint as callers
from web.settings.dispositions import blueprint as dispositions
from web.settings.hours import blueprint as hours
from web.settings.services import blueprint as services
from web.settings.views import blueprint as settings
from web.setup.views import blueprint as setup

MAX_FORM_OCTETS = 256 * 1024
HEADERS = {
    # Everything the pages use comes from the box itself; no inline script or style is needed.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(config: WebConfig, core: Core, records: CallStore) -> Flask:
    """The web application on the given core and records."""
    here = str(Path(__file__).parent)
    app = Flask("web", root_path=here, instance_path=here)
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="callbox",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=MAX_FORM_OCTETS,
    )
    app.extensions["callbox"] = assemble(config, core, records)
    if config.is_behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]  # Werkzeug's own way
    app.before_request(access.gate)
    app.after_request(_harden)
    page.install(app)
    errors.install(app)
    app.register_blueprint(files_elsewhere)
    for blueprint in (
        *(setup, floor, blocked, callbacks, desk, voicemail),
        *(calls, reports, people, phones, settings, hours, callers, services, accounts),
        dispositions,
    ):
        app.register_blueprint(blueprint)
    return app


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype in ("text/html", "application/json", "text/csv"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
