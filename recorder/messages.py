"""What the recorder's parts say to each other, and what it tells the records database.

Pure: dataclasses and one protocol. Jobs go from the intake (event loop) to the storage (threads),
reports come back. `RecordingResult` is the whole truth about a finished recording: it is the
sidecar file beside the audio, and what `Index.on_done` gets, at DONE and when the index is
rebuilt from the shelf.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from recorder.stream import RecordingId


class Format(Enum):
    """How a recording lies on the shelf; the value is the file name's ending."""

    OPUS = "opus"  # Ogg Opus, RFC 7845
    WAV = "wav"  # RIFF WAVE, format 6 (A-law)


class Ending(Enum):
    """How a recording came to its end."""

    COMPLETE = "complete"  # the core said CLOSE
    INTERRUPTED = "interrupted"  # the core went away and did not come back for it


@dataclass(frozen=True, slots=True)
class Label:
    """What a recording is called by; from OPEN."""

    recording: RecordingId
    call: str
    started_at: str
    """UTC, ISO 8601."""
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """A finished recording, complete and synced."""

    recording: RecordingId
    call: str
    started_at: str
    path: str
    """Absolute path of the audio file."""
    format: Format
    octets: int
    """File size."""
    sha256: str
    duration_s: float
    missing_s: float
    """Seconds of silence that stand for audio that never came."""
    ending: Ending
    meta: Mapping[str, Any] = field(default_factory=dict)


class Index(Protocol):
    """Where finished recordings are listed (the records database).

    Called from the recorder's storage thread, one call at a time, always from the same thread;
    it may block for a moment. The same recording may come again (rebuild): replace the row.
    """

    def on_done(self, result: RecordingResult) -> None: ...
    def on_deleted(self, result: RecordingResult) -> None:
        """Retention has deleted the audio."""
        ...


class NoIndex:
    """No database: the sidecars on the shelf are the only list."""

    def on_done(self, result: RecordingResult) -> None:
        """Nothing to do: the sidecar is already there."""

    def on_deleted(self, result: RecordingResult) -> None:
        """Nothing to do: the sidecar went with the audio."""


# Audio as the intake found it, in order.


@dataclass(frozen=True, slots=True)
class Sound:
    """Interleaved A-law that came from the core."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch that never came: `octets` of the interleaved stream."""

    octets: int


Piece = Sound | Silence

# Jobs for the storage.


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a recording, or take an unfinished one up again; answered by `Started`."""

    label: Label


@dataclass(frozen=True, slots=True)
class Append:
    """Audio to add at the end."""

    recording: RecordingId
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Describe:
    """Merge into the description."""

    recording: RecordingId
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finish:
    """No more audio: close the file; answered by `Finished`."""

    recording: RecordingId
    ending: Ending
    meta: Mapping[str, Any] = field(default_factory=dict)


Job = Start | Append | Describe | Finish

# Reports from the storage.


@dataclass(frozen=True, slots=True)
class Started:
    """The file is open; audio is expected from this stream offset on."""

    recording: RecordingId
    have: int
    finished: RecordingResult | None = None
    """Set when the recording was already complete: nothing more is wanted."""


@dataclass(frozen=True, slots=True)
class Synced:
    """On the medium, per recording: everything before this stream offset."""

    positions: Mapping[RecordingId, int]


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording is closed, complete and synced."""

    result: RecordingResult


@dataclass(frozen=True, slots=True)
class Dropped:
    """The file was lost with its shelf: the core must open the recording again."""

    recording: RecordingId


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a person should know. `what` happened, `why`, and what to `do`."""

    code: str
    what: str
    why: str
    do: str
    recording: str = ""


Report = Started | Synced | Finished | Dropped | Trouble
