"""What happens in the box, on its way to the records and to whoever watches.

Shell: gives events their numbers (firmware.api.events), has them and the rows of calls written
(firmware.records.writer_task), and closes at the start what a crash left open. Left out: the words
(firmware.call.story), reading (figures and reports read the records themselves).

Tests: tests/firmware/test_logbook_task.py.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from firmware.api.events import EventLog
from firmware.records.errors import RecordsAway
from firmware.records.messages import CallRow, EventRow
from firmware.records.rescue import open_records
from firmware.records.writer_task import RecordsWriter
from firmware.trouble import Trouble, Troubles

logger = logging.getLogger(__name__)

SHOWN_AGAIN: Final = 500
"""Events of before the start that whoever watches is still given."""


class Logbook:
    """The records and the stream of events."""

    def __init__(self, where: str | Path, troubles: Troubles) -> None:
        """`where`: a database's URL or file. Damaged records are put aside, and it is told."""
        self._troubles = troubles
        self.records = open_records(where, troubles)
        self.events = EventLog()
        self._writer = RecordsWriter(self.records, troubles)

    def remember(self, event: EventRow) -> None:
        """Something happened."""
        self._writer.put(self.events.add(event))

    def keep(self, row: CallRow) -> None:
        """A call as it is now."""
        self._writer.put(row)

    def recover(self) -> None:
        """Close in the records what a crash left open, and go on with the event numbers."""
        try:
            for row in self.records.recover():
                logger.warning("call %s was cut off by a restart: kept as failed", row.id)
            self.events.fill(self.records.last_events(SHOWN_AGAIN))
        except RecordsAway as error:
            self._troubles.report(
                Trouble(
                    "records.unrecovered",
                    "the records of before the start cannot be read; calls are taken",
                    error.why,
                    "look at the box's storage, then start the core again",
                )
            )

    async def run(self) -> None:
        """Write what comes, until cancelled; then the rest of it."""
        await self._writer.run()

    def close(self) -> None:
        """Give back the database."""
        self.records.close()
