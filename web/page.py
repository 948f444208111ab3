"""What every template can use: words, the office's clock, the visitor and their rights.

Jinja's i18n extension is on, so templates say `{{ _("...") }}`; English is the catalogue until
there is another. Strings are escaped by Jinja in every template.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, g
from jinja2.ext import InternationalizationExtension

from web import csrf, words
from web.access import Right, is_mine, may, may_set
from web.parts import known, parts

logger = logging.getLogger(__name__)
BRAND = "Callbox"


def install(app: Flask) -> None:
    """Give the templates of `app` their filters and names."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension(InternationalizationExtension)
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # by the extension
    app.jinja_env.filters.update(
        span=words.span,
        long_span=words.long_span,
        size=words.size,
        epoch_ms=words.epoch_ms,
        time=lambda at: f"{words.local(at, office_zone()):%H:%M}",
        time_s=lambda at: f"{words.local(at, office_zone()):%H:%M:%S}",
        day=lambda at: words.day(words.local(at, office_zone()), today().date()),
        in_order=words.in_order,
        mac=lambda mac: ":".join(mac[at : at + 2] for at in range(0, 12, 2)).upper(),
        pairs=lambda parts_: [(p.id, p.name) for p in parts_],
        iso=lambda at: words.local(at, office_zone()).isoformat(timespec="seconds"),
    )
    app.jinja_env.globals.update(
        words=words,
        Right=Right,
        may=may,
        may_set=may_set,
        csrf_token=csrf.token,
        has_voicemail=has_voicemail,
        has_page=lambda endpoint: endpoint in app.view_functions,
    )
    app.context_processor(_context)


def _context() -> dict[str, object]:
    return {"visitor": g.get("visitor"), "brand": BRAND, "now": datetime.now(UTC)}


def office_zone() -> ZoneInfo:
    """The office's time zone; the last known while the core is away, else UTC. Once a request."""
    if "zone" not in g:
        g.zone = words.zone(_zone_name())
    return cast(ZoneInfo, g.zone)


def has_voicemail() -> bool:
    """The visitor has a mailbox to look at."""
    office = known(parts().office)
    return office is not None and any(is_mine(box) for box in office.office.mailboxes)


def today() -> datetime:
    """Now, on the office's clock."""
    return datetime.now(office_zone())


def _zone_name() -> str:
    office = known(parts().office)
    return office.office.site.timezone if office is not None else "UTC"
