"""The day's figures and the room on the medium."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from firmware.figures_task import Figures
from firmware.records.errors import RecordsAway
from firmware.records.reports import Limits
from firmware.records.store import Records
from firmware.records.subscribers import country_of
from firmware.trouble import Troubles


async def test_figures_that_cannot_be_read_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def fails(day: object, zone: object) -> None:
        nonlocal looks
        looks += 1
        raise RecordsAway("sqlite:///records.db", "disk I/O error")

    troubles, records = Troubles(), Records(f"sqlite:///{tmp_path}/records.db")
    monkeypatch.setattr(records, "queue_days", fails)
    monkeypatch.setattr("firmware.figures_task.FIGURES_S", 0.01)
    made = Figures(records, troubles, lambda: "Africa/Johannesburg", tmp_path)
    figures = asyncio.create_task(made.run())
    try:
        async with asyncio.timeout(5):
            while looks < 2:  # noqa: ASYNC110 - a table that is read has no event
                await asyncio.sleep(0.01)
        assert [t.code for _, t in troubles.standing()] == ["records.unreadable"]
        monkeypatch.undo()
        async with asyncio.timeout(20):
            while troubles.standing():  # noqa: ASYNC110 - nor has the board
                await asyncio.sleep(0.01)
    finally:
        figures.cancel()
        records.close()
    assert not figures.done()
    assert made.free_octets


async def test_days_that_are_over_are_added_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(f"sqlite:///{tmp_path}/records.db")
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    given: list[object] = []

    def sum_up(*what: object) -> bool:
        given.extend(what[:2])
        loop.call_soon_threadsafe(asked.set)
        return False

    monkeypatch.setattr(records, "sum_up", sum_up)
    limits = {"sales": Limits(30, 5)}
    made = Figures(
        records, Troubles(), lambda: "UTC", tmp_path, lambda: limits, country=lambda: "DE"
    )
    figures = asyncio.create_task(made.run())
    try:
        async with asyncio.timeout(20):
            await asked.wait()
        assert given == ["UTC", limits]
        assert records.ask(country_of) == "DE"
    finally:
        figures.cancel()
        await asyncio.gather(figures, return_exceptions=True)
        records.close()


async def test_one_day_after_the_other_until_all_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(f"sqlite:///{tmp_path}/records.db")
    done, loop, looks = asyncio.Event(), asyncio.get_running_loop(), 0
    left = [True] * 5

    def sum_up(*_: object) -> bool:
        return bool(left and left.pop())

    def looked(day: object, zone: object) -> dict[str, object]:
        nonlocal looks
        looks += 1
        if not left:
            loop.call_soon_threadsafe(done.set)
        return {}

    monkeypatch.setattr(records, "sum_up", sum_up)
    monkeypatch.setattr(records, "queue_days", looked)
    monkeypatch.setattr("firmware.figures_task.FIGURES_S", 0.5)
    figures = asyncio.create_task(Figures(records, Troubles(), lambda: "UTC", tmp_path).run())
    try:
        async with asyncio.timeout(20):
            await done.wait()
        assert looks <= 5  # not one day for each look
    finally:
        figures.cancel()
        await asyncio.gather(figures, return_exceptions=True)
        records.close()
