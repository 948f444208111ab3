"""The answer to a saved configuration: what is in force, and what whoever saved it should see.

Pure: the time is an argument. The public holidays of the coming year are shown with a change that
moves them: of the country, the region, or of opening hours that close on them.

Tests: tests/firmware/api/test_saved.py.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from firmware.api.schema import ConfigDocument, Holiday
from firmware.config.schema import Office
from firmware.config.store import Document
from firmware.route.hours import Place, UnknownRegion, calendar


def saved(before: Office, document: Document, at: datetime) -> ConfigDocument:
    """`before`: the configuration that was changed; `at` (aware): now."""
    shown = _holidays(document.office, at) if _moves_holidays(before, document.office) else []
    return ConfigDocument(generation=document.generation, office=document.office, holidays=shown)


def _moves_holidays(before: Office, after: Office) -> bool:
    places = [(office.site.country, office.site.region) for office in (before, after)]
    return places[0] != places[1] or before.schedules != after.schedules


def _holidays(office: Office, at: datetime) -> list[Holiday]:
    if all(schedule.holidays == "as_usual" for schedule in office.schedules):
        return []
    site = office.site
    place = Place(site.timezone, site.country, site.region)
    today = at.astimezone(ZoneInfo(site.timezone)).date()
    try:
        return [Holiday(day=day, name=name) for day, name in calendar(place, today)]
    except UnknownRegion:  # saving refuses it: a newer release of the calendar has dropped it
        return []
