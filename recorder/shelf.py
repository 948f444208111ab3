"""A shelf: one storage folder with recordings on it, and the names they have there.

    ROOT/YYYY/MM/DD/<call>-<recording>.opus   the audio (or .wav), by the UTC day it began
    ROOT/YYYY/MM/DD/<call>-<recording>.open   JSON, while it is unfinished: label and gaps so far
    ROOT/YYYY/MM/DD/<call>-<recording>.json   JSON, once finished: the whole RecordingResult

An audio file without a .json is unfinished, whether or not its .open survived. Writing a sidecar
is two steps, so that one sync of the storage can serve many: `stage` (temporary beside it), sync,
`settle` (rename), sync. Blocking calls, no threads: the callers are writer.py and medium.py.
Leaves out: which to delete (retention.py). Tests: tests/recorder/test_shelf.py.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from recorder.errors import OpenError, ShelfError
from recorder.messages import Ending, Format, Label, RecordingResult
from recorder.stream import RecordingId, recording_id

_CALL: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NAME: Final = re.compile(r"(?P<call>[A-Za-z0-9_.-]{1,64})-(?P<recording>[0-9a-f]{16})")
_DAY_S: Final = 86_400


def check_label(label: Label) -> None:
    """Refuse a label that cannot become a file name."""
    if _CALL.fullmatch(label.call) is None:
        raise OpenError(f"call {label.call[:80]!r}: expected 1 to 64 of A-Z a-z 0-9 _ . -")
    _day(label.started_at)


def _day(started_at: str) -> str:
    try:
        moment = datetime.fromisoformat(started_at)
    except ValueError:
        raise OpenError(f"started_at {started_at[:40]!r}: expected an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise OpenError(f"started_at {started_at!r}: expected a time zone (UTC, such as ...Z)")
    return moment.astimezone(UTC).strftime("%Y/%m/%d")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One storage. A new recording goes to the first shelf with more than `reserve_octets` free."""

    root: Path
    reserve_octets: int = 64 << 20

    def path(self, label: Label, format_: Format) -> Path:
        """Where the audio of a recording lies."""
        day = self.root / _day(label.started_at)
        return day / f"{label.call}-{label.recording}.{format_.value}"

    def find(self, label: Label) -> Path | None:
        """The audio file of a recording if it is on this shelf, in whatever format."""
        candidates = (self.path(label, format_) for format_ in Format)
        return next((path for path in candidates if path.is_file()), None)

    def free_octets(self) -> int:
        """Space left for us; 0 when the storage cannot be asked (unplugged)."""
        try:
            state = os.statvfs(self.root)
        except OSError:
            return 0
        return state.f_bavail * state.f_frsize

    def has_room(self, octets: int = 0) -> bool:
        return self.free_octets() > self.reserve_octets + octets

    def audio(self) -> Iterator[Path]:
        """Every recording on the shelf, oldest day first, finished or not."""
        for day in sorted(self.root.glob("[0-9]*/[0-9]*/[0-9]*")):
            for path in sorted(day.iterdir()):
                if path.suffix in (".opus", ".wav") and _NAME.fullmatch(path.stem):
                    yield path

    def unfinished(self) -> Iterator[Path]:
        """Audio that nobody closed."""
        return (path for path in self.audio() if not sidecar(path).exists())

    def results(self) -> Iterator[RecordingResult]:
        """Every finished recording, from the sidecars alone."""
        for path in self.audio():
            if (result := read_result(path)) is not None:
                yield result


def claim(shelf: Shelf) -> int:
    """Make sure no other recorder writes to this shelf; holds for as long as the returned file
    descriptor is open, so at most for the life of the process."""
    folder = os.open(shelf.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(folder)
        raise ShelfError(
            f"shelf {shelf.root}: another recorder writes to it; expected to be the only one"
        ) from None
    return folder


def days_left(free_octets: int, octets_kept: int, kept_s: float) -> float:
    """How long the space lasts if recording goes on as over the last `kept_s` seconds."""
    if octets_kept <= 0 or kept_s <= 0:
        return float("inf")
    return free_octets / (octets_kept / kept_s) / _DAY_S


def sidecar(audio: Path) -> Path:
    """The description of a finished recording."""
    return audio.with_suffix(".json")


def open_mark(audio: Path) -> Path:
    """The description of an unfinished one."""
    return audio.with_suffix(".open")


def stage(target: Path, value: Mapping[str, Any]) -> None:
    """Write `value` beside `target`, to be settled after a sync."""
    temporary = target.with_name(target.name + ".new")
    temporary.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def settle(target: Path) -> None:
    """Put what was staged in its place."""
    target.with_name(target.name + ".new").rename(target)


def write_open_mark(audio: Path, label: Label, missing_octets: int) -> None:
    """Note what an unfinished recording is. Not synced: the next sync of the storage takes it."""
    mark = open_mark(audio)
    stage(mark, {**asdict(label), "missing_octets": missing_octets})
    settle(mark)


def read_open_mark(audio: Path) -> tuple[Label, int]:
    """Label and missing octets of an unfinished recording; what the path tells if the mark did
    not survive."""
    named = _NAME.fullmatch(audio.stem)
    if named is None:
        raise ShelfError(f"{audio}: expected a file named <call>-<16 hex digits>")
    day = "-".join(audio.parts[-4:-1])
    recording = RecordingId(named["recording"])
    plain = Label(recording, named["call"], f"{day}T00:00:00Z", {})
    try:
        value = json.loads(open_mark(audio).read_bytes())
        label = Label(recording, named["call"], str(value["started_at"]), dict(value["meta"]))
        missing = int(value["missing_octets"])
        _day(label.started_at)
    except (OSError, ValueError, KeyError, TypeError, OpenError):
        return plain, 0
    return label, missing


def result_values(result: RecordingResult) -> dict[str, Any]:
    """As JSON; the path is left out, the sidecar's own place says it."""
    values = {**asdict(result), "format": result.format.value, "ending": result.ending.value}
    del values["path"]
    return values


def read_result(audio: Path) -> RecordingResult | None:
    """The sidecar of a recording; None if there is none that can be read."""
    try:
        value = json.loads(sidecar(audio).read_bytes())
        return RecordingResult(
            recording=recording_id(value["recording"]),
            call=str(value["call"]),
            started_at=str(value["started_at"]),
            path=str(audio),
            format=Format(value["format"]),
            octets=int(value["octets"]),
            sha256=str(value["sha256"]),
            duration_s=float(value["duration_s"]),
            missing_s=float(value["missing_s"]),
            ending=Ending(value["ending"]),
            meta=dict(value["meta"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
