"""Opening hours as people write them: `08:00-12:30, 13:00-17:00`, a line for each special day.

Pure. What cannot be understood goes on as it is: the schema refuses it by its value.
Tests: tests/web/settings/test_hours.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from web.settings.forms import to_destination

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = r"\d{1,2}:\d{2}"
_SPAN: Final = rf"{_CLOCK}\s*(?:-|–|to)\s*{_CLOCK}"  # noqa: RUF001  # an en dash is what people type
_DAY: Final = re.compile(
    rf"(?P<day>\d{{4}}-\d{{2}}-\d{{2}})\s+(?P<spans>{_SPAN}(?:\s*,\s*{_SPAN})*)?\s*(?P<name>\S.*)"
)


def spans(text: str) -> list[dict[str, str]]:
    """The spans of one day; none: closed."""
    return [_span(part.strip()) for part in text.split(",") if part.strip()]


def _span(text: str) -> dict[str, str]:
    found = re.fullmatch(rf"({_CLOCK})\D+({_CLOCK})", text)
    if found is None:
        return {"opens": text, "closes": ""}
    opens, closes = (clock.zfill(5) for clock in found.groups())
    return {"opens": opens, "closes": closes}


def as_text(found: Iterable[Mapping[str, str]]) -> str:
    """Spans as they are written."""
    return ", ".join(
        f"{span['opens']}-{span['closes']}" if span["closes"] else span["opens"] for span in found
    )


def special_days(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The special days, and the lines that are none."""
    days, wrong = [], []
    for line in filter(None, map(str.strip, text.splitlines())):
        if (found := _DAY.fullmatch(line)) is None:
            wrong.append(line)
        else:
            hours = spans(found["spans"] or "")
            days.append({"day": found["day"], "name": found["name"], "spans": hours})
    return days, wrong


def special_days_as_text(days: Iterable[Mapping[str, Any]]) -> str:
    """One line for each."""
    return "\n".join(
        " ".join(filter(None, (str(day["day"]), as_text(day["spans"]), day["name"])))
        for day in days
    )


def schedule(form: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The schedule as the form has it, but for its special days."""
    week = {day: spans(form.get(f"week-{day}", "")) for day in WEEKDAYS}
    holiday = form.get("holiday", "")
    return dict(before) | {
        "name": form.get("name", "").strip(),
        "week": {day: found for day, found in week.items() if found},
        "holidays": form.get("holidays", ""),
        "open": to_destination(form.get("open", "")),
        "closed": to_destination(form.get("closed", "")),
        "holiday": to_destination(holiday) if holiday else None,
        "switch": form.get("switch", "").strip(),
    }
