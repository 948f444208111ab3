"""The rule at the end of a time zone's data file (RFC 9636 clause 3.3).

Python's zoneinfo reads it and does not show it. The system's files come first, then those of the
package tzdata. Tests: tests/web/provision/test_zones.py.
"""

from __future__ import annotations

import importlib.resources
import zoneinfo
from functools import cache
from pathlib import Path

from web.provision.zones import UTC, Zone, parse


@cache
def zone(name: str) -> Zone:
    """The zone of an IANA name; UTC if this system does not know it."""
    try:
        zoneinfo.ZoneInfo(name)  # refuses names that are paths
        data = _octets(name)
    except (KeyError, ValueError, OSError):
        return UTC
    footer = data.rstrip(b"\n").rpartition(b"\n")[2]
    return parse(footer.decode("ascii", "replace"))


def _octets(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        path = Path(folder, name)
        if path.is_file():
            return path.read_bytes()
    return (importlib.resources.files("tzdata") / "zoneinfo" / name).read_bytes()
