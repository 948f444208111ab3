"""Time zones as telephones want them: an offset and a rule, not a name.

Pure. Time zone data files end in a line of POSIX.1-2017 clause 8.3 (RFC 9636 clause 3.3), such as
`CET-1CEST,M3.5.0,M10.5.0/3`: all that is known of the years to come. Left out: rules by day of the
year (`J60`, `60`); who has them is told the offset only. Reading the file: zone_file.py.
Tests: tests/web/provision/test_zones.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"(?:<[A-Za-z0-9+-]{1,10}>|[A-Za-z]{3,10})"
_TIME = r"[+-]?\d{1,3}(?::\d{2})?(?::\d{2})?"
_ZONE = re.compile(rf"{_NAME}({_TIME})(?:{_NAME}({_TIME})?(?:,([^,]{{1,30}}),([^,]{{1,30}}))?)?")
_DAY = re.compile(rf"M(\d{{1,2}})\.([1-5])\.([0-6])(?:/({_TIME}))?")


@dataclass(frozen=True, slots=True)
class Change:
    """When the clocks are changed, by the clock that is valid until then."""

    month: int
    week: int
    """1 to 4; 5: the last."""
    weekday: int
    """0: Sunday."""
    minute: int
    """Of the day; may be below 0 or above 1439."""

    @property
    def hour(self) -> int:
        """The nearest hour of that day, for phones that know no other."""
        return min(max(self.minute // 60, 0), 23)


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone from now on."""

    posix: str
    offset_min: int
    """East of Greenwich, in the months without daylight saving."""
    saving_min: int = 0
    begins: Change | None = None
    ends: Change | None = None


UTC = Zone("UTC0", 0)


def parse(posix: str) -> Zone:
    """Read a zone; one that is not understood is UTC."""
    found = _ZONE.fullmatch(posix)
    if found is None:
        return UTC
    offset, other, begins, ends = found.groups()
    # POSIX counts westwards.
    offset_min = -_minutes(offset)
    if begins is None or (first := _change(begins)) is None or (last := _change(ends)) is None:
        return Zone(posix, offset_min)
    summer_min = -_minutes(other) if other else offset_min + 60
    if summer_min > offset_min:
        return Zone(posix, offset_min, summer_min - offset_min, first, last)
    # Ireland's winter time is its saving, and negative (RFC 9636 clause 3.3.1).
    return Zone(posix, summer_min, offset_min - summer_min, last, first)


def _minutes(text: str) -> int:
    hours, minutes, *_ = [*text.lstrip("+-").split(":"), "0"]
    total = int(hours) * 60 + int(minutes)
    return -total if text.startswith("-") else total


def _change(text: str) -> Change | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    month, week, weekday, at = found.groups()
    return Change(int(month), int(week), int(weekday), _minutes(at) if at else 120)
