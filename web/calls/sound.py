"""Where a recording is: the path from the records, checked before a byte of it is served.

Served are only regular files with a sound's suffix, at an absolute path that is its own
canonical form (no `..`, no symbolic link on the way) and, when shelves are configured, inside
one of them. Tests: tests/web/calls/test_sound.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import Final

from firmware.records.messages import RecordingRow
from web.errors import Gone, Notice

TYPES: Final = {".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav"}


def media_type(path: Path) -> str:
    """The media type of a path accepted by `locate`."""
    return TYPES[path.suffix]


def locate(row: RecordingRow | None, shelves: Sequence[Path]) -> Path:
    """The file of a recording; `Gone` says why there is none."""
    if row is None:
        raise _gone(_("The call was not recorded."), _("Recording can be switched on in Settings."))
    if row.state == "deleted":
        raise _gone(
            _("It was deleted when its keeping time ended."),
            _("Settings show how long recordings are kept."),
        )
    path = Path(row.path)
    if not row.path or not is_allowed(path, shelves):
        raise _gone(
            _("The place the records name for it is not on a recording shelf."),
            _("Tell whoever looks after the box."),
        )
    if not path.is_file():
        raise _gone(
            _("Its file is not on the storage at the moment."),
            _("Put the USB storage back in if it was unplugged, then reload."),
        )
    return path


def is_allowed(path: Path, shelves: Sequence[Path]) -> bool:
    """True if `path` may be served, whether or not it exists."""
    if "\0" in str(path) or not path.is_absolute() or path.suffix not in TYPES:
        return False
    if ".." in path.parts or path.resolve() != path:
        return False
    return not shelves or any(path.is_relative_to(shelf.resolve()) for shelf in shelves)


def _gone(why: str, do: str) -> Gone:
    return Gone(Notice(_("There is no recording to play."), why, do))
