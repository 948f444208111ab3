"""What is answered to a saved configuration."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from firmware.api.client import ApiClient
from firmware.api.saved import saved
from firmware.api.schema import ConfigChange
from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.config.store import Document
from firmware.config.validate import office_from

NEW_YEARS_EVE = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # half past midnight in Johannesburg


def office(holidays: str = "closed", **site: Any) -> Office:
    document = demo_office().model_dump(mode="json")
    document["site"] |= site
    document["schedules"] = [
        {"id": "day", "name": "Hours", "week": {"mon": [{"opens": "08:00", "closes": "17:00"}]},
         "holidays": holidays, "open": {"to": "queue", "id": "sales"}}
    ]  # fmt: skip
    return office_from(document)


def shown(before: Office, after: Office) -> dict[date, str]:
    answer = saved(before, Document(2, after), NEW_YEARS_EVE)
    assert answer.generation == 2
    return {holiday.day: holiday.name for holiday in answer.holidays}


def test_the_coming_years_holidays_are_shown_with_new_opening_hours() -> None:
    found = shown(demo_office(), office())
    # Public Holidays Act 36 of 1994, South Africa
    assert found[date(2027, 1, 1)] == "New Year's Day"
    assert found[date(2027, 4, 27)] == "Freedom Day"
    assert len(found) >= 12
    assert (min(found), max(found) <= date(2028, 1, 1)) == (date(2027, 1, 1), True)


def test_another_country_or_region_has_others() -> None:
    assert date(2027, 7, 14) in shown(office(), office(country="FR"))  # Fete nationale
    bavaria = shown(office(country="DE"), office(country="DE", region="BY"))
    assert date(2027, 1, 6) in bavaria  # Heilige Drei Koenige


def test_not_with_changes_of_anything_else_nor_where_holidays_are_days_as_usual() -> None:
    assert shown(office(), office(name="Elsewhere")) == {}
    assert shown(demo_office(), office("as_usual")) == {}
    assert shown(demo_office(), demo_office()) == {}


async def test_over_the_control_api(client: ApiClient, box: Any) -> None:
    document = await asyncio.to_thread(client.config)
    assert document.holidays == []
    change = ConfigChange(
        generation=document.generation, who="anna", office=office().model_dump(mode="json")
    )
    answer = await asyncio.to_thread(client.change_config, change)
    assert len(answer.holidays) >= 12
    assert len((await asyncio.to_thread(client.undo_config, "anna")).holidays) == 0
