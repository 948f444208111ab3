"""Public holidays of a country or one of its regions: the one place that asks package `holidays`.

Pure. Regions as in ISO 3166-2 without the country: `WC`, `BY`; empty: the whole country's.

Tests: tests/firmware/route/test_hours.py, tests/firmware/config/test_check_places.py.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays


class UnknownRegion(ValueError):
    """A country or region without a calendar of holidays."""

    def __init__(self, country: str, region: str) -> None:
        place = f"{country}, region {region}" if region else country
        super().__init__(
            f"no calendar of public holidays for {place}: "
            "leave the region empty, or enter the holidays as special days"
        )


@lru_cache(maxsize=64)
def public_holidays(country: str, region: str, year: int) -> dict[date, str]:
    """The days of a year by their names; raise `UnknownRegion`."""
    return {day: name for day, name in _of(country, region, year).items() if day.year == year}


@lru_cache(maxsize=64)
def has_calendar(country: str, region: str) -> bool:
    """Are there holidays to be known at all?"""
    try:
        _of(country, region, None)
    except UnknownRegion:
        return False
    return True


def _of(country: str, region: str, year: int | None) -> holidays.HolidayBase:
    """Without a year it is empty, and quick to make."""
    try:
        return holidays.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        raise UnknownRegion(country, region) from None
