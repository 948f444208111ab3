"""The story of calls as it happens: one `tell` for the timeline, the event stream and the log.

Pure: hands each event to the sinks it was given (records writer, event log); never waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from firmware.records.messages import CallId, EventRow

logger = logging.getLogger(__name__)

Sink = Callable[[EventRow], None]
Value = str | int | float | bool | None


class Story:
    """Where everything that happens is told once."""

    def __init__(
        self, *sinks: Sink, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._sinks = sinks
        self._clock = clock

    def tell(
        self,
        kind: str,
        text: str,
        *,
        call: CallId | None = None,
        **data: Value,
    ) -> None:
        """Tell that `kind` happened, in plain words, with its figures."""
        event = EventRow(self._clock(), kind, text, call, data=dict(data))
        logger.info("%s%s", f"call={call} " if call else "", text)
        for sink in self._sinks:
            sink(event)
