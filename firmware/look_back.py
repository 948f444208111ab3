"""Reads what was before the core's start, as far as its queues go on with it.

Blocking: call from a thread, once, before calls are taken. Joins the records with the office's
settings: callers are known by their numbers as the queues know them. What follows:
firmware.acd.resume. Tests: tests/firmware/test_look_back.py, tests/firmware/test_noted_before.py.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from firmware.config.schema import Office
from firmware.config.subscriber import subscriber
from firmware.records.before_start import BeforeStart, Wanted, before_start
from firmware.records.disposition_books import of_calls
from firmware.records.dispositions import Disposed
from firmware.records.errors import RecordsAway
from firmware.records.store import Records

logger = logging.getLogger(__name__)

PLACES: Final = timedelta(hours=4)
"""Nobody waits longer and then has their place back: two hours of waiting at most, one to call
again."""


def look_back(records: Records, office: Office, now: datetime) -> BeforeStart | None:
    """None: the records cannot be read, and what depends on them begins anew."""
    today = now.astimezone(ZoneInfo(office.site.timezone))
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = max((queue.sticky_for_h for queue in office.queues if queue.sticky_s), default=None)
    talks_since = None if hours is None else now - timedelta(hours=hours)
    is_promised = any(queue.comfort.tell_wait for queue in office.queues)
    wanted = Wanted(now, midnight, talks_since, is_promised)
    try:
        found = records.ask(lambda connection: before_start(connection, wanted))
    except RecordsAway as error:
        logger.warning(
            "%s: agents' counts of today begin at nought, callers are not recognised", error
        )
        return None
    return _with_subscribers(found, office, now)


def noted_before(
    records: Records, office: Office, before: BeforeStart | None
) -> dict[str, Disposed]:
    """How the calls of today ended in their agents' words, by call; nothing where nobody says so,
    or the records cannot be read."""
    if before is None or not office.dispositions:
        return {}
    calls = [stay.call for stay in before.stays if stay.agent]
    try:
        return records.ask(lambda connection: of_calls(connection, calls))
    except RecordsAway as error:
        logger.warning("%s: how calls of before ended is not known", error)
        return {}


def _with_subscribers(found: BeforeStart, office: Office, now: datetime) -> BeforeStart:
    """With callers' numbers as the queues know them, where that matters: each costs 50 us."""
    country = office.site.country
    gives_back = any(queue.repeat_caller_s for queue in office.queues)
    stays = tuple(
        replace(stay, caller_number=subscriber(stay.caller_number, country))
        if gives_back and stay.offered_at >= now - PLACES
        else replace(stay, caller_number="")
        for stay in found.stays
    )
    # the latest of each: who talked on two lines remembers whom they talked with to the end
    talks = {talk.number: talk for talk in sorted(found.talks, key=lambda talk: talk.at)}
    return replace(
        found,
        stays=stays,
        talks=tuple(replace(t, number=subscriber(t.number, country)) for t in talks.values()),
    )
