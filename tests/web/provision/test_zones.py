"""Time zones: what POSIX and the tz database say, in the words of phones."""

from __future__ import annotations

import pytest

from web.provision.zone_file import zone
from web.provision.zones import UTC, Change, Zone, parse


def test_berlin() -> None:
    found = parse("CET-1CEST,M3.5.0,M10.5.0/3")
    assert (found.offset_min, found.saving_min) == (60, 60)
    assert found.begins == Change(3, 5, 0, 120)
    assert found.ends == Change(10, 5, 0, 180)


@pytest.mark.parametrize(
    ("posix", "offset_min", "saving_min"),
    [
        ("SAST-2", 120, 0),
        ("<+0545>-5:45", 345, 0),
        ("<-03>3", -180, 0),
        ("EST5EDT,M3.2.0,M11.1.0", -300, 60),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 630, 30),
        # Ireland: standard time in summer, and winter time an hour before it.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 60),
    ],
)
def test_offsets(posix: str, offset_min: int, saving_min: int) -> None:
    found = parse(posix)
    assert (found.offset_min, found.saving_min) == (offset_min, saving_min)


def test_ireland_begins_in_march() -> None:
    found = parse("IST-1GMT0,M10.5.0,M3.5.0/1")
    assert found.begins is not None
    assert found.begins.month == 3


def test_rules_that_no_phone_knows_leave_the_offset() -> None:
    assert parse("EET-2EEST,J60,J300") == Zone("EET-2EEST,J60,J300", 120)


@pytest.mark.parametrize("text", ["", "x", "CET", "CET-1CEST,M3.5.0", "\nCET-1", "A" * 10_000])
def test_what_is_no_zone_is_utc(text: str) -> None:
    assert parse(text) == UTC


@pytest.mark.parametrize(
    ("name", "offset_min", "has_saving"),
    [("Africa/Johannesburg", 120, False), ("Europe/Berlin", 60, True),
     ("America/New_York", -300, True), ("Asia/Kathmandu", 345, False), ("UTC", 0, False)],
)  # fmt: skip
def test_files_of_the_system(name: str, offset_min: int, has_saving: bool) -> None:
    found = zone(name)
    assert found.offset_min == offset_min
    assert (found.begins is not None) is has_saving


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "No/Such", ""])
def test_what_is_no_name_is_utc(name: str) -> None:
    assert zone(name) == UTC


def test_hours_beyond_the_day_are_its_ends() -> None:
    assert Change(3, 5, 0, -60).hour == 0
    assert Change(3, 5, 0, 1500).hour == 23
