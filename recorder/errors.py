"""What can go wrong in the recorder.

RecorderError
├── AudioError       the stream of one recording makes no sense (the core's mistake)
├── OpenError        an OPEN the recorder cannot act on (the core's mistake)
├── LibraryError     libopus or libogg is missing or refused a call
└── ShelfError       the configured shelf or its content is not usable

recorder.stream.StreamError (broken framing) stands beside it: it ends the connection.
"""

from __future__ import annotations


class RecorderError(Exception):
    """Root of the tree."""


class AudioError(RecorderError):
    """Audio that cannot belong to the recording it names."""


class OpenError(RecorderError):
    """An OPEN, META or CLOSE with a field that is missing or wrong."""


class LibraryError(RecorderError):
    """A codec library is not installed, or reports an error."""

    def __init__(self, call: str, why: str) -> None:
        super().__init__(f"{call}: {why}")
        self.call, self.why = call, why


class ShelfError(RecorderError):
    """A storage folder or a file on it that cannot be used."""
