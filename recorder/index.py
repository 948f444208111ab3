"""Lists finished recordings in the records database.

Shell. The sidecars on the shelf stay the truth: a row that could not be written is tried again
with the next one, and `--rebuild-index` enters them all.

Tests: tests/recorder/test_index.py.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from firmware.records.errors import RecordsAway, RowRefused
from firmware.records.messages import CallId, RecordingRow
from firmware.records.rescue import open_records
from recorder.messages import Ending, RecordingResult

logger = logging.getLogger(__name__)


class RecordsIndex:
    """The recordings table of the records database."""

    def __init__(self, where: str) -> None:
        self._records = open_records(where)
        self._waiting: dict[str, RecordingRow] = {}
        """Rows the database did not take yet."""

    def on_done(self, result: RecordingResult) -> None:
        """Enter a finished recording, and whatever could not be entered before."""
        self._enter(_row(result))

    def on_deleted(self, result: RecordingResult) -> None:
        """Retention has deleted the audio: the row stays and says so."""
        self._enter(replace(_row(result), state="deleted"))

    def _enter(self, row: RecordingRow) -> None:
        self._waiting[row.id] = row
        for recording, waiting in list(self._waiting.items()):
            try:
                self._records.put_recording(waiting)
            except RecordsAway as error:
                logger.error(
                    "%d recordings are on the shelf but not in the index: %s; they are entered "
                    "with the next one, or by `callbox recorder --rebuild-index`",
                    len(self._waiting),
                    error,
                )
                return
            except RowRefused as error:
                logger.error("recording %s cannot be indexed: %s", recording, error)
            del self._waiting[recording]


def _row(result: RecordingResult) -> RecordingRow:
    return RecordingRow(
        id=result.recording,
        call=CallId(result.call),
        state="done" if result.ending is Ending.COMPLETE else "interrupted",
        path=result.path,
        octets=result.octets,
        duration_s=result.duration_s,
        missing_s=result.missing_s,
        sha256=result.sha256,
    )
