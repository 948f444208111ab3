"""Shipping recordings to the recorder: what is held, what is sent, what is forgotten.

Pure: no socket, no clock. Speaks recorder/stream.py from the core's side. Audio is forgotten only
when the recorder says it is on the medium (ACK), so a recorder that dies loses nothing. Bounds:
`HOLD_LIMIT` octets (30 s) for a recording and `TOTAL_LIMIT` for all; at either bound audio is left
in the switch's tap ring, which keeps another 30 s. What falls out there arrives as a jump in the
offsets: the recorder puts silence in its place and says in DONE exactly how much is missing.

Shell: ship_task.py. Tests: tests/firmware/call/test_ship.py.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from recorder.stream import (
    OCTETS_PER_S,
    PROTOCOL,
    Audio,
    Mark,
    Message,
    Note,
    RecordingId,
    StreamError,
    Type,
    encode,
    recording_id,
)

HOLD_LIMIT: Final = 30 * OCTETS_PER_S
"""Octets held for one recording while its call goes on."""
CLOSING_LIMIT: Final = 60 * OCTETS_PER_S
"""The same once the call is over: the last drain may add what the tap ring still had."""
TOTAL_LIMIT: Final = 64 << 20
"""Octets held for all recordings together: 130 calls at their bound."""
_CALL: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Done:
    """A recording is on the medium, complete."""

    recording: RecordingId
    path: str
    octets: int
    duration_s: float
    missing_s: float
    """Seconds of silence that stand for audio that was lost."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a person should know: what happened, why, what to do. Codes ending in `_ok` or
    `_back` say that it is over."""

    code: str
    what: str
    why: str
    do: str
    recording: str = ""


ShipEvent = Done | Trouble


@dataclass(slots=True)
class _Hold:
    """One recording on its way."""

    opening: dict[str, Any]
    """Body of OPEN; its meta grows with META."""
    waiting: deque[Audio] = field(default_factory=deque)
    """Read from the tap, not sent on this connection."""
    sent: deque[Audio] = field(default_factory=deque)
    """Sent, not acknowledged."""
    octets: int = 0
    """In both."""
    end: int = 0
    """Stream offset behind the last octet read."""
    is_ready: bool = False
    """HAVE came on this connection."""
    closing: dict[str, Any] | None = None
    """Body of CLOSE once the call is over."""
    is_close_sent: bool = False


@dataclass(frozen=True, slots=True)
class ShipSnapshot:
    """What is on its way."""

    is_connected: bool
    recordings: int
    closing: int
    held_octets: int
    done: int
    missing_s: float


class Outbox:
    """All recordings not yet done. Messages come out of `connected`, `received` and `due`."""

    def __init__(self) -> None:
        self._holds: dict[RecordingId, _Hold] = {}
        self._is_connected = False
        self._held = 0
        self._done = 0
        self._missing_s = 0.0
        self._news: list[Message] = []

    def open(
        self, recording: str, call: str, started_at: str, meta: Mapping[str, Any]
    ) -> RecordingId:
        """Begin a recording. `ValueError` for ids that cannot be a file name, or meta that is
        not JSON: better here than from the recorder in mid-call."""
        name = recording_id(recording)
        if _CALL.fullmatch(call) is None:
            raise ValueError(f"call {call[:80]!r}: expected 1 to 64 of A-Z a-z 0-9 _ . -")
        if name in self._holds:
            raise ValueError(f"recording {name}: is open already")
        opening = {"recording": name, "call": call, "started_at": started_at, "meta": {**meta}}
        encode(Note(Type.OPEN, opening))
        self._holds[name] = _Hold(opening)
        self._say(Note(Type.OPEN, opening))
        return name

    def describe(self, recording: RecordingId, meta: Mapping[str, Any]) -> None:
        """Merge into the description."""
        body = {"recording": recording, "meta": {**meta}}
        encode(Note(Type.META, body))
        hold = self._holds[recording]
        hold.opening = {**hold.opening, "meta": {**hold.opening["meta"], **meta}}
        self._say(Note(Type.META, body))

    def close(self, recording: RecordingId, meta: Mapping[str, Any]) -> None:
        """No more audio follows what was put."""
        hold = self._holds[recording]
        body = {"recording": recording, "octets": hold.end, "meta": {**meta}}
        encode(Note(Type.CLOSE, body))
        hold.closing = body

    def room(self, recording: RecordingId, is_last: bool = False) -> int:
        """How many octets may be taken from the tap now."""
        limit = CLOSING_LIMIT if is_last else HOLD_LIMIT
        return max(0, min(limit - self._holds[recording].octets, TOTAL_LIMIT - self._held))

    def put(self, recording: RecordingId, offset: int, octets: bytes) -> None:
        """Audio from the tap."""
        hold = self._holds[recording]
        hold.end = offset + len(octets)
        hold.waiting.append(Audio(recording, offset, octets))
        hold.octets += len(octets)
        self._held += len(octets)

    def ends_at(self, recording: RecordingId, offset: int) -> None:
        """The stream reaches to `offset`, though the audio before it could not be held."""
        hold = self._holds[recording]
        hold.end = max(hold.end, offset)

    def connected(self) -> list[Message]:
        """A connection is there: introduce ourselves and every recording."""
        self._is_connected = True
        self._news.clear()
        opens = [Note(Type.OPEN, hold.opening) for hold in self._holds.values()]
        return [Note(Type.HELLO, {"protocol": PROTOCOL}), *opens]

    def disconnected(self) -> None:
        """The connection is gone: what was sent and not acknowledged is waiting again."""
        self._is_connected = False
        self._news.clear()
        for hold in self._holds.values():
            hold.is_ready = hold.is_close_sent = False
            hold.sent.extend(hold.waiting)
            hold.sent, hold.waiting = hold.waiting, hold.sent
            hold.sent.clear()

    def due(self, limit: int) -> list[Message]:
        """What to send now: news first, then up to about `limit` octets of audio."""
        messages, self._news = self._news, []
        for name, hold in self._holds.items():
            if not hold.is_ready:
                continue
            while hold.waiting and limit > 0:
                audio = hold.waiting.popleft()
                hold.sent.append(audio)
                messages.append(audio)
                limit -= len(audio.octets)
            if hold.closing is not None and not hold.waiting and not hold.is_close_sent:
                hold.is_close_sent = True
                messages.append(Note(Type.CLOSE, {**hold.closing, "recording": name}))
        return messages

    def received(self, message: Message) -> list[ShipEvent]:
        """What the recorder says. `StreamError` if a recorder does not say such a thing."""
        match message:
            case Mark(type=Type.HAVE):
                if hold := self._holds.get(message.recording):
                    _skip(hold, message.offset)
                    hold.is_ready = True
                return []
            case Mark():
                if hold := self._holds.get(message.recording):
                    self._forget(hold, message.offset)
                return []
            case Note(type=Type.DONE):
                return self._finished(_done(message.body))
            case Note(type=Type.TROUBLE):
                return [_trouble(message.body)]
            case Note(type=Type.HELLO):
                if message.body.get("protocol") != PROTOCOL:
                    raise StreamError(
                        f"recorder protocol {message.body.get('protocol')!r}: expected {PROTOCOL}"
                    )
                return []
        raise StreamError(f"{type(message).__name__} from the recorder: only the core sends it")

    def snapshot(self) -> ShipSnapshot:
        closing = sum(hold.closing is not None for hold in self._holds.values())
        return ShipSnapshot(
            self._is_connected,
            len(self._holds),
            closing,
            self._held,
            self._done,
            self._missing_s,
        )

    def _say(self, message: Message) -> None:
        if self._is_connected:
            self._news.append(message)

    def _forget(self, hold: _Hold, offset: int) -> None:
        """Everything before `offset` is on the medium."""
        for queue in (hold.sent, hold.waiting):
            while queue and queue[0].offset + len(queue[0].octets) <= offset:
                octets = len(queue.popleft().octets)
                hold.octets -= octets
                self._held -= octets

    def _finished(self, done: Done) -> list[ShipEvent]:
        hold = self._holds.pop(done.recording, None)
        if hold is None:
            return []
        self._held -= hold.octets
        self._done += 1
        self._missing_s += done.missing_s
        if not done.missing_s:
            return [done]
        return [_audio_lost(done), done]


def _skip(hold: _Hold, offset: int) -> None:
    """The recorder has everything before `offset`, though perhaps not on the medium yet: it is
    not sent again on this connection, but kept for the next one."""
    while hold.waiting and hold.waiting[0].offset + len(hold.waiting[0].octets) <= offset:
        hold.sent.append(hold.waiting.popleft())


def _done(body: Mapping[str, Any]) -> Done:
    try:
        return Done(
            recording_id(body["recording"]),
            str(body["path"]),
            int(body["octets"]),
            float(body["duration_s"]),
            float(body["missing_s"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StreamError(f"DONE {body!r:.200}: {error!r}") from None


def _trouble(body: Mapping[str, Any]) -> Trouble:
    code, what, why, do, recording = (
        str(body.get(name, "")) for name in ("code", "what", "why", "do", "recording")
    )
    return Trouble(code, what, why, do, recording)


def _audio_lost(done: Done) -> Trouble:
    return Trouble(
        "audio_lost",
        f"{done.missing_s:.1f} s of {done.duration_s:.1f} s are silent in recording {done.path}.",
        "The recorder or its storage was away for longer than the box can keep audio in memory.",
        "See the troubles reported before this one for the storage or the recorder.",
        done.recording,
    )
