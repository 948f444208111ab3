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
        self._sinks = list(sinks)
        self._clock = clock

    def listen(self, sink: Sink) -> None:
        """Have `sink` told everything from now on, after the others."""
        self._sinks.append(sink)

    def tell(
        self,
        kind: str,
        text: str,
        *,
        call: CallId | None = None,
        **data: Value,
    ) -> None:
        """Tell that `kind` happened, in plain words, with its figures."""
        text = legible(text)
        values = {k: legible(v) if isinstance(v, str) else v for k, v in data.items()}
        event = EventRow(self._clock(), kind, text, call, data=values)
        logger.info("%s%s", f"call={call} " if call else "", text)
        for sink in self._sinks:
            sink(event)


def legible(text: str) -> str:
    """`text` as it can be stored and sent: octets from a phone that are no UTF-8 (names and
    reasons in Latin-1, say) come as lone surrogates, and stand as `\\udcfc` from here on."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
