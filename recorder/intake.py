"""The intake: what the core says, turned into jobs for the storage, and the answers back.

Pure: no sockets, no files, no clock (`now_s` is an argument). Keeps for each recording how far
the stream has come: octets that are there already are dropped, a gap becomes silence and counts
as missing. A recording nobody speaks for (its core is gone, or it was found on the shelf after a
restart) waits `grace_s` for its core and is then closed as interrupted; only `OPENS_S` once a core
is there, which opens all it knows with its hello. States and moves: `TABLE`.

Shell: intake_task.py. Tests: tests/recorder/test_intake.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final

from recorder.errors import AudioError, OpenError
from recorder.messages import (
    Append,
    Describe,
    Dropped,
    Ending,
    Finish,
    Finished,
    Job,
    Label,
    Piece,
    RecordingResult,
    Report,
    Silence,
    Sound,
    Start,
    Started,
    Synced,
    Trouble,
)
from recorder.shelf import check_label
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
    recording_id,
)

GAP_LIMIT_S: Final = 4 * 3600
"""Longest gap that is filled with silence; a longer one is a mistake of the core."""
FRAME_OCTETS: Final = 2
OPENS_S: Final = 5.0
"""A core that is back and has not opened a recording by then was started anew: nobody knows it."""


class State(Enum):
    """Where a recording stands."""

    OPENING = "opening"  # the storage looks for it or makes it
    GOING = "going"  # audio is taken
    ENDING = "ending"  # no more audio; waits for the medium
    KEPT = "kept"  # was complete before this OPEN; only its DONE is still wanted


class Move(Enum):
    """What happens to a recording."""

    STARTED = "started"
    FOUND_KEPT = "found_kept"
    END = "end"


TABLE: Final[Mapping[tuple[State, Move], State]] = {
    (State.OPENING, Move.STARTED): State.GOING,
    (State.OPENING, Move.FOUND_KEPT): State.KEPT,
    (State.GOING, Move.END): State.ENDING,
}


@dataclass(slots=True)
class _Take:
    """One recording as the intake knows it."""

    label: Label
    state: State = State.OPENING
    have: int = 0
    """Stream octets taken, silence included."""
    acked: int = 0
    alone_since_s: float | None = None
    """Since when no core speaks for it."""
    kept: RecordingResult | None = None
    is_wanted_again: bool = False
    """Opened again while it was being closed as interrupted."""

    def move(self, move: Move) -> None:
        after = TABLE.get((self.state, move))
        if after is None:
            raise OpenError(
                f"recording {self.label.recording}: {move.value} while {self.state.value}"
            )
        self.state = after


@dataclass(slots=True)
class Answer:
    """What is to be done about something that came: jobs first, then messages to the core."""

    jobs: list[Job]
    messages: list[Message]


class Intake:
    """All recordings of this process. Feed it messages, reports and the time."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._takes: dict[RecordingId, _Take] = {}
        self._adopted: dict[RecordingId, tuple[Label, float]] = {}
        self._was_hello_said = False
        self._core_since_s: float | None = None

    @property
    def going(self) -> int:
        """Recordings not finished."""
        return len(self._takes)

    def adopt(self, label: Label, now_s: float) -> None:
        """An unfinished recording found on the shelf: wait for its core."""
        self._adopted[label.recording] = (label, now_s)

    def core_left(self, now_s: float) -> None:
        """The connection ended: everything waits for the core to come back."""
        self._was_hello_said, self._core_since_s = False, None
        for take in self._takes.values():
            take.alone_since_s = now_s

    def tick(self, now_s: float) -> list[Job]:
        """Close what has waited too long."""
        jobs: list[Job] = []
        if self._was_hello_said and self._core_since_s is None:
            self._core_since_s = now_s
        for name, (label, since_s) in list(self._adopted.items()):
            if self._has_waited(since_s, now_s):
                del self._adopted[name]
                self._takes[name] = _Take(label, alone_since_s=since_s)
                jobs.append(Start(label))
        for name, take in list(self._takes.items()):
            since = take.alone_since_s
            if since is None or not self._has_waited(since, now_s):
                continue
            if take.state is State.GOING:
                take.move(Move.END)
                jobs.append(Finish(name, Ending.INTERRUPTED))
            elif take.state is State.KEPT:
                del self._takes[name]
        return jobs

    def _has_waited(self, since_s: float, now_s: float) -> bool:
        core = self._core_since_s
        return now_s - since_s >= self._grace_s or (core is not None and now_s - core >= OPENS_S)

    def receive(self, message: Message) -> Answer:
        """Act on one message of the core. `OpenError`: that message alone is refused;
        `AudioError` and `StreamError`: the connection must be closed."""
        match message:
            case Audio():
                return Answer(self._audio(message), [])
            case Mark():
                raise StreamError(f"{message.type.name} from the core: only the recorder sends it")
            case Note(type=Type.HELLO):
                if message.body.get("protocol") != PROTOCOL:
                    raise StreamError(
                        f"protocol {message.body.get('protocol')!r}: expected {PROTOCOL}"
                    )
                self._was_hello_said = True
                return Answer([], [])
            case Note(type=Type.OPEN):
                return self._open(_label(message.body))
            case Note(type=Type.META):
                return Answer([Describe(_named(message.body), _meta(message.body))], [])
            case Note(type=Type.CLOSE):
                return self._close(message.body)
        raise StreamError(f"{message.type.name} from the core: only the recorder sends it")

    def report(self, report: Report) -> Answer:
        """Act on what the storage says."""
        match report:
            case Started():
                return self._started(report)
            case Synced():
                return Answer([], self._acks(report.positions))
            case Finished():
                return self._finished(report.result)
            case Dropped():
                self._takes.pop(report.recording, None)
                return Answer([], [])
            case Trouble():
                return Answer([], [trouble_note(report)])

    # From the core

    def _open(self, label: Label) -> Answer:
        self._adopted.pop(label.recording, None)
        take = self._takes.get(label.recording)
        if take is None:
            self._takes[label.recording] = _Take(label)
            return Answer([Start(label)], [])
        was_alone = take.alone_since_s is not None
        take.alone_since_s = None
        if take.state is State.OPENING:
            return Answer([], [])
        if take.state is State.ENDING and was_alone:
            take.is_wanted_again, take.label = True, label
            return Answer([], [])
        return Answer([], [Mark(Type.HAVE, label.recording, take.have)])

    def _audio(self, audio: Audio) -> list[Job]:
        take = self._takes.get(audio.recording)
        if take is None or take.state is State.OPENING:
            raise AudioError(f"AUDIO for {audio.recording} before its HAVE")
        if take.state is not State.GOING:
            return []  # sent again by a core that had not seen the DONE
        if audio.offset % FRAME_OCTETS or len(audio.octets) % FRAME_OCTETS:
            raise AudioError(
                f"AUDIO {audio.recording}: offset {audio.offset} with {len(audio.octets)} octets: "
                f"expected whole frames of {FRAME_OCTETS}"
            )
        pieces = _pieces(audio, take.have)
        if not pieces:
            return []
        take.have = audio.offset + len(audio.octets)
        return [Append(audio.recording, pieces)]

    def _close(self, body: Mapping[str, Any]) -> Answer:
        name, total = _named(body), body.get("octets")
        if not isinstance(total, int) or isinstance(total, bool) or total < 0 or total % 2:
            raise OpenError(f"CLOSE octets {total!r}: expected an even number from 0")
        take = self._takes.get(name)
        if take is None or take.state is State.OPENING:
            raise OpenError(f"CLOSE for {name} before its HAVE")
        if take.state is State.KEPT and take.kept is not None:
            del self._takes[name]
            return Answer([], [done_note(take.kept)])
        if take.state is State.ENDING:
            return Answer([], [])
        jobs: list[Job] = []
        if total > take.have:
            jobs.append(Append(name, _pieces(Audio(name, total, b""), take.have)))
            take.have = total
        take.move(Move.END)
        return Answer([*jobs, Finish(name, Ending.COMPLETE, _meta(body))], [])

    # From the storage

    def _started(self, started: Started) -> Answer:
        take = self._takes.get(started.recording)
        if take is None:
            return Answer([], [])
        take.move(Move.STARTED if started.finished is None else Move.FOUND_KEPT)
        take.have = started.have  # in the file; acknowledged when the next sync says so
        take.kept = started.finished
        return Answer([], [Mark(Type.HAVE, started.recording, started.have)])

    def _acks(self, positions: Mapping[RecordingId, int]) -> list[Message]:
        acks: list[Message] = []
        for name, offset in positions.items():
            take = self._takes.get(name)
            if take is not None and take.state is not State.OPENING and offset > take.acked:
                take.acked = offset
                acks.append(Mark(Type.ACK, name, offset))
        return acks

    def _finished(self, result: RecordingResult) -> Answer:
        take = self._takes.pop(result.recording, None)
        if take is not None and take.is_wanted_again:
            self._takes[result.recording] = _Take(take.label)
            return Answer([Start(take.label)], [])
        if result.ending is Ending.INTERRUPTED:
            return Answer([], [])  # its core is not here, or it would have taken it up
        return Answer([], [done_note(result)])


def _pieces(audio: Audio, have: int) -> tuple[Piece, ...]:
    """What of `audio` is new after `have` octets, with silence for what is between."""
    gap = audio.offset - have
    if gap > GAP_LIMIT_S * OCTETS_PER_S:
        raise AudioError(
            f"{audio.recording}: offset {audio.offset} after {have} octets: expected a gap of at "
            f"most {GAP_LIMIT_S} s"
        )
    sound = audio.octets if gap >= 0 else audio.octets[-gap:]
    pieces: list[Piece] = [Silence(gap)] if gap > 0 else []
    if sound:
        pieces.append(Sound(sound))
    return tuple(pieces)


def done_note(result: RecordingResult) -> Note:
    """DONE, as the core gets it."""
    return Note(
        Type.DONE,
        {
            "recording": result.recording,
            "path": result.path,
            "octets": result.octets,
            "duration_s": result.duration_s,
            "missing_s": result.missing_s,
            "sha256": result.sha256,
        },
    )


def trouble_note(trouble: Trouble) -> Note:
    """TROUBLE, as the core gets it."""
    return Note(Type.TROUBLE, asdict(trouble))


def _named(body: Mapping[str, Any]) -> RecordingId:
    value = body.get("recording")
    if not isinstance(value, str):
        raise OpenError(f"recording {value!r}: expected 16 lower-case hex digits")
    try:
        return recording_id(value)
    except ValueError as error:
        raise OpenError(str(error)) from None


def _meta(body: Mapping[str, Any]) -> Mapping[str, Any]:
    value = body.get("meta", {})
    if not isinstance(value, dict):
        raise OpenError(f"meta {value!r}: expected an object")
    return value


def _label(body: Mapping[str, Any]) -> Label:
    call, started_at = body.get("call"), body.get("started_at")
    if not isinstance(call, str) or not isinstance(started_at, str):
        raise OpenError(f"call {call!r}, started_at {started_at!r}: expected two strings")
    label = Label(_named(body), call, started_at, _meta(body))
    check_label(label)
    return label
