"""How a party's audio was, in words that say what to look after, and as figures to keep.

Pure. Grades by the classes of users' satisfaction in ITU-T G.107 table B.1: "Good" from a score of
4.0 ("satisfied"), "Fair" from 3.6 ("some dissatisfied"), else "Poor". The figures are kept as data
of the call's event `leg.quality`, one for each party.

Tests: tests/firmware/call/test_quality.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from hal.leg import Quality

GOOD: Final = 4.0
FAIR: Final = 3.6
LOSS_PERCENT: Final = 1.0
"""Below that nobody hears it: the gap is filled."""
JITTER_MS: Final = 30.0
ROUND_TRIP_MS: Final = 300.0
"""ITU-T G.114: one way up to 150 ms does not disturb a conversation."""
EVENT: Final = "leg.quality"
"""Kind of the event that keeps it."""

_CODECS: Final[Mapping[str, str]] = {
    "PCMA": "telephone sound",
    "PCMU": "telephone sound",
    "TDM": "telephone sound",
    "G722": "wideband sound",
    "opus": "wideband sound",
}


def grade(mos: float) -> Literal["Good", "Fair", "Poor"]:
    """`Good`, `Fair` or `Poor`."""
    if mos >= GOOD:
        return "Good"
    return "Fair" if mos >= FAIR else "Poor"


def words(quality: Quality) -> str:
    """`Good (4.4), wideband sound, encrypted: no loss, 3 ms jitter`."""
    return f"{grade(quality.mos)} ({quality.mos:.1f}), {details(quality)}"


def details(quality: Quality) -> str:
    """What it was and how; what was wrong comes with what to do about it."""
    kind = _CODECS[quality.codec] + (", encrypted" if quality.is_encrypted else "")
    what = _trouble(quality) or _fine(quality)
    return f"{kind}: {what}" if what else kind


def figures(quality: Quality) -> dict[str, str | int | float | None]:
    """To be kept and compared."""
    return {
        "codec": quality.codec,
        "encrypted": int(quality.is_encrypted),
        "packets_in": quality.packets_in,
        "packets_out": quality.packets_out,
        "loss_percent": round(quality.loss_percent, 2),
        "jitter_ms": round(quality.jitter_ms, 1),
        "far_loss_percent": _rounded(quality.far_loss_percent, 2),
        "far_jitter_ms": _rounded(quality.far_jitter_ms, 1),
        "round_trip_ms": _rounded(quality.round_trip_ms, 1),
        "level_dbm0": round(quality.level_dbm0, 1),
        "mos": quality.mos,
        "grade": grade(quality.mos),
    }


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)


def _trouble(quality: Quality) -> str:
    """What keeps it from being good; empty if nothing does."""
    found: list[str] = []
    if quality.packets_out and not quality.packets_in:
        found.append(
            "nothing that the phone sent arrived: a firewall or a second router may be in between"
        )
    elif quality.loss_percent >= LOSS_PERCENT:
        found.append(f"{_percent(quality.loss_percent)} of what the phone sent was lost")
    if (quality.far_loss_percent or 0.0) >= LOSS_PERCENT:
        found.append(f"{_percent(quality.far_loss_percent or 0.0)} of what was sent to it was lost")
    jitter_ms = max(quality.jitter_ms, quality.far_jitter_ms or 0.0)
    if jitter_ms >= JITTER_MS:
        found.append(f"it came unevenly, by {jitter_ms:.0f} ms")
    if found and quality.packets_in:
        found[-1] += ": check the phone's network cable or Wi-Fi"
    if (quality.round_trip_ms or 0.0) >= ROUND_TRIP_MS:
        found.append(f"a word takes {(quality.round_trip_ms or 0.0) / 2:.0f} ms to get there")
    return "; ".join(found)


def _fine(quality: Quality) -> str:
    if quality.codec == "TDM":
        return ""
    loss = f"{_percent(quality.loss_percent)} lost" if quality.loss_percent >= 0.05 else "no loss"
    return f"{loss}, {quality.jitter_ms:.0f} ms jitter"


def _percent(value: float) -> str:
    return f"{value:.1f} %" if value < 2 else f"{value:.0f} %"
