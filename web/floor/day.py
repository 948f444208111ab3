"""The service level of today, queue by queue, for the live page.

Of the records, by the formula and the limits the office's reports go by; read every few seconds at
most (web.parts). Nothing while they cannot be read: the page stays up, and the box says why.

Tests: tests/web/floor/test_day.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from firmware.config.schema import Office
from firmware.records import figures
from firmware.records.errors import RecordsAway
from firmware.records.kpi import Tally
from web import words
from web.face import CallStore
from web.reports import period


@dataclass(frozen=True, slots=True)
class Day:
    """What the queues have done since midnight."""

    formula: str = ""
    """Name of the service level: `SL-F3`."""
    means: str = ""
    levels: Mapping[str, float] = field(default_factory=dict)
    """0 to 1, by queue; a queue without calls is not named."""


def read(records: CallStore, office: Office, now: datetime) -> Day:
    """Today until `now`."""
    zone = office.site.timezone
    today = now.astimezone(words.zone(zone)).date()
    wanted = period.parse({}, today, zone, office)
    level = figures.service_level(wanted.formula)
    try:
        report = records.report(replace(wanted.asked, now=now.astimezone(UTC)))
    except RecordsAway:
        return Day()
    found = {queue: _share(level, tally) for queue, tally in report.queues.items()}
    shares = {queue: share for queue, share in found.items() if share is not None}
    return Day(wanted.formula.value, level.means, shares)


def _share(level: figures.Figure, tally: Tally) -> float | None:
    value = level.of(tally)
    return None if value is None else float(value)
