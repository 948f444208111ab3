"""Voice messages on the medium: a folder per mailbox, a WAV and a JSON file per message.

Blocking: called from a thread (mailboxes_task.py). Each file is written whole (temporary, fsync,
rename, fsync of the folder), the sound first, so that a message described is a message that plays.
A sound without description, of a power cut between the two, is a message of an unknown caller; a
description without sound is nothing, and removed.

Tests: tests/firmware/ivr/test_message_files.py.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from firmware.ivr.mailbox import Message
from firmware.ivr.voicemail import RATE_HZ
from firmware.voice.wave import write_alaw_wav

logger = logging.getLogger(__name__)

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DATA: Final = b"data"


class MessageFiles:
    """The messages of all mailboxes, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> list[Message]:
        """Every message there is; what is no message any more is cleared away."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return [message for box in sorted(self._folder.iterdir()) for message in _of(box)]

    def keep(self, message: Message, alaw: bytes) -> None:
        """Write a new message."""
        path = self._path(message)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path.with_suffix(".wav"), write_alaw_wav(alaw))
        self.describe(message)

    def describe(self, message: Message) -> None:
        """Write what is known of a message anew: it was heard, or its mail is sent."""
        document = asdict(message) | {"at": message.at.isoformat()}
        text = json.dumps(document, indent=1, sort_keys=True)
        _write(self._path(message).with_suffix(".json"), text.encode())

    def sound(self, message: Message) -> bytes:
        """The message as a WAV file; `OSError` if it cannot be read."""
        return self._path(message).with_suffix(".wav").read_bytes()

    def remove(self, message: Message) -> None:
        """Delete a message; the description last, so that half of it is cleared at the start."""
        path = self._path(message)
        path.with_suffix(".wav").unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)

    def _path(self, message: Message) -> Path:
        for name in (message.mailbox, message.id):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r}: expected letters, digits, - and _")
        return self._folder / message.mailbox / message.id


def alaw_of(wav: bytes) -> bytes:
    """The octets of a message's sound, as `keep` wrote it."""
    at = wav.find(_DATA, 12)
    size = int.from_bytes(wav[at + 4 : at + 8], "little")
    return wav[at + 8 : at + 8 + size] if at > 0 else b""


def _of(box: Path) -> Iterator[Message]:
    for path in sorted(box.glob("*.json")):
        if path.with_suffix(".wav").exists():
            yield _read(path, box.name)
        else:
            path.unlink()
    for path in sorted(box.glob("*.wav")):
        if not path.with_suffix(".json").exists():
            yield _unknown(path, box.name)
    for path in box.glob("*.new"):
        path.unlink()


def _read(path: Path, mailbox: str) -> Message:
    try:
        given: dict[str, Any] = json.loads(path.read_bytes())
        at = datetime.fromisoformat(given["at"])
        return Message(**given | {"at": at, "mailbox": mailbox, "id": path.stem})
    except (OSError, ValueError, TypeError, KeyError) as error:
        logger.warning("%s: not understood (%s): kept as of an unknown caller", path, error)
        return _unknown(path.with_suffix(".wav"), mailbox)


def _unknown(sound: Path, mailbox: str) -> Message:
    """What is left when only the sound is: its time is that of the file."""
    state = sound.stat()
    at = datetime.fromtimestamp(state.st_mtime, UTC)
    return Message(sound.stem, mailbox, at, "", "", state.st_size / RATE_HZ)


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
