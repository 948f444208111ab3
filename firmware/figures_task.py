"""The day's figures and the room left on the medium, read now and then beside the calls; of the
days that are over, one at a time, the sums that long reports are made of.

Shell: reading records takes a thread and may fail; the last figures then stay, and a trouble tells.

Tests: tests/firmware/test_figures_task.py.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from firmware.records.callers import AGAIN_DAYS
from firmware.records.errors import RecordsAway
from firmware.records.reports import Limits
from firmware.records.store import QueueDay, Records
from firmware.trouble import Trouble, Troubles

FIGURES_S: Final = 3.0
"""How often the day's sums are read from the records."""
ALL_DONE_S: Final = 60.0
"""How long nothing is added up once all days that are over have been."""
REST: Final = 2.0
"""Between two days so much longer than the first took: calls come first."""


class Figures:
    """What pages show of today, as last read."""

    def __init__(
        self,
        records: Records,
        troubles: Troubles,
        zone: Callable[[], str],
        recordings: Path,
        limits: Callable[[], Mapping[str, Limits]] = dict,
        again_days: Callable[[], int] = lambda: AGAIN_DAYS,
        lines: Callable[[], int] = lambda: 0,
        country: Callable[[], str] = lambda: "",
    ) -> None:
        """`zone`: the office's time zone as set up now; `limits`: its queues' thresholds;
        `again_days`: within how many days a further call counts; `lines`: how many there are;
        `country`: by whose numbering plan callers are told apart, empty: as before."""
        self._records, self._troubles, self._zone = records, troubles, zone
        self._recordings, self._limits = recordings, limits
        self._again_days, self._lines, self._country = again_days, lines, country
        self._add_up_at = 0.0
        self.day: dict[str, QueueDay] = {}
        self.free_octets: int | None = None

    async def run(self) -> None:
        """Read for ever."""
        while True:
            try:
                await self._read()
                await self._add_up()
            except RecordsAway as error:
                self._troubles.report(
                    Trouble(
                        "records.unreadable",
                        "the day's figures cannot be read; those shown are of earlier",
                        error.why,
                        "look at the box's storage; calls go on",
                        "warning",
                    )
                )
                await asyncio.sleep(FIGURES_S)
            else:
                self._troubles.clear("records.unreadable")

    async def _read(self) -> None:
        self.free_octets = await asyncio.to_thread(_free_octets, self._recordings)
        zone = self._zone()
        today = datetime.now(ZoneInfo(zone)).date()
        self.day = await asyncio.to_thread(self._records.queue_days, today, zone)

    async def _add_up(self) -> None:
        """Add up days that are over, until the figures are due again."""
        clock = asyncio.get_running_loop().time
        due = clock() + FIGURES_S
        while (began := clock()) < due:
            if began < self._add_up_at:
                await asyncio.sleep(due - began)
            elif await asyncio.to_thread(self._add_up_one):
                await asyncio.sleep(REST * (clock() - began))
            else:
                self._add_up_at = clock() + ALL_DONE_S

    def _add_up_one(self) -> bool:
        if country := self._country():
            self._records.use_country(country)
        return self._records.sum_up(
            self._zone(), self._limits(), datetime.now(UTC), self._again_days(), self._lines()
        )


def _free_octets(folder: Path) -> int | None:
    """Room on the medium of a folder; None if it cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
