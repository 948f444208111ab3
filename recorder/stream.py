"""The wire between the core and the recorder: framing and messages.

Pure: no I/O. One Unix stream socket; the recorder listens, the core connects and reconnects.

Frame: `length u32 BE | type u8 | body` (length counts type and body). JSON bodies are UTF-8.

core -> recorder
    HELLO  JSON {"protocol": 1}
    OPEN   JSON {"recording": id, "call": id, "started_at": UTC ISO 8601, "meta": {...}}
           Opens a recording, or takes one up again after either side was restarted.
    AUDIO  recording id (16 ASCII hex digits) | offset u64 BE | A-law octets, two channels
           interleaved (0 = caller, 1 = everything the caller heard), 8000 frames/s.
           `offset` counts octets of the interleaved stream from the start: 16 000 a second.
           Octets before what the recorder already has are dropped; a gap is filled with
           silence and reported.
    META   JSON {"recording": id, "meta": {...}}: merged into the recording's description.
    CLOSE  JSON {"recording": id, "octets": total, "meta": {...}}: no more audio follows.
recorder -> core
    HELLO  JSON {"protocol": 1}
    HAVE   recording id | offset u64 BE: answer to OPEN; send from here on (what is on the
           medium or safely in the recorder's file after its restart).
    ACK    recording id | offset u64 BE: everything before offset is on the medium (synced).
    DONE   JSON {"recording": id, "path": ..., "octets": file size, "duration_s": ...,
           "missing_s": ...}: the file is closed, complete and synced.
    TROUBLE JSON {"recording": id or "", "code": ..., "what": ..., "why": ..., "do": ...}

The core keeps each call's last 30 s in the switch's tap ring plus whatever is unacknowledged in
its own bounded store, sends in chunks of about 200 ms, and sends again from HAVE after a
reconnect.

Tests: tests/recorder/test_stream.py. Shells: recorder/intake_task.py, firmware/call/ship_task.py.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NewType

RecordingId = NewType("RecordingId", str)
"""16 lower-case hex digits."""

PROTOCOL: Final = 1
OCTETS_PER_S: Final = 16_000
MAX_FRAME: Final = 1 << 20
"""Longest frame accepted, octets: sixty seconds of audio would fit; real chunks are 3 200."""


class Type(IntEnum):
    """Frame types."""

    HELLO = 1
    OPEN = 2
    AUDIO = 3
    META = 4
    CLOSE = 5
    HAVE = 6
    ACK = 7
    DONE = 8
    TROUBLE = 9


class StreamError(Exception):
    """The other side broke the format; the connection must be closed."""


@dataclass(frozen=True, slots=True)
class Audio:
    """A run of interleaved A-law octets at a stream offset."""

    recording: RecordingId
    offset: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """HAVE or ACK: an offset of one recording."""

    type: Type
    recording: RecordingId
    offset: int


@dataclass(frozen=True, slots=True)
class Note:
    """Any message with a JSON body (HELLO, OPEN, META, CLOSE, DONE, TROUBLE)."""

    type: Type
    body: dict[str, Any]  # the edge of the process: checked field by field by the receiver


Message = Audio | Mark | Note

_HEAD: Final = struct.Struct(">IB")
_AT: Final = struct.Struct(">16sQ")
_JSON: Final = frozenset({Type.HELLO, Type.OPEN, Type.META, Type.CLOSE, Type.DONE, Type.TROUBLE})


def encode(message: Message) -> bytes:
    """The message as one frame."""
    match message:
        case Audio():
            body = _AT.pack(message.recording.encode("ascii"), message.offset) + message.octets
            kind = Type.AUDIO
        case Mark():
            body = _AT.pack(message.recording.encode("ascii"), message.offset)
            kind = message.type
        case Note():
            body = json.dumps(message.body, separators=(",", ":")).encode()
            kind = message.type
    return _HEAD.pack(len(body) + 1, kind) + body


class Reader:
    """Incremental decoder. `receive` takes whatever came and returns the whole messages in it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[Message]:
        """Return the messages completed by `data`; raise `StreamError` on a broken frame."""
        self._buffer += data
        found: list[Message] = []
        while len(self._buffer) >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._buffer)
            if not 1 <= length <= MAX_FRAME:
                raise StreamError(f"frame length {length}: expected 1 to {MAX_FRAME}")
            end = 4 + length
            if len(self._buffer) < end:
                break
            found.append(_decode(kind, bytes(self._buffer[_HEAD.size : end])))
            del self._buffer[:end]
        return found


def _decode(kind: int, body: bytes) -> Message:
    try:
        type_ = Type(kind)
    except ValueError:
        raise StreamError(f"frame type {kind}: expected 1 to {max(Type)}") from None
    if type_ in _JSON:
        try:
            value = json.loads(body)
        except ValueError as error:
            raise StreamError(f"{type_.name}: body is not JSON ({error})") from None
        if not isinstance(value, dict):
            raise StreamError(f"{type_.name}: body is {type(value).__name__}, expected an object")
        return Note(type_, value)
    if len(body) < _AT.size:
        raise StreamError(f"{type_.name}: {len(body)} octets, expected at least {_AT.size}")
    name, offset = _AT.unpack_from(body)
    try:
        recording = recording_id(name.decode("ascii"))
    except ValueError as error:
        raise StreamError(f"{type_.name}: {error}") from None
    if type_ is Type.AUDIO:
        return Audio(recording, offset, body[_AT.size :])
    return Mark(type_, recording, offset)


def recording_id(text: str) -> RecordingId:
    """Check and return a recording id; `ValueError` names what is wrong."""
    if len(text) != 16 or any(c not in "0123456789abcdef" for c in text):
        raise ValueError(f"recording id {text[:32]!r}: expected 16 lower-case hex digits")
    return RecordingId(text)
