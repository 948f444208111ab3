"""What must outlive a restart of the core but is no configuration: who is signed in, who works.

Phones stay registered and agents logged in across a restart or an upgrade, so that the box is
ready for calls at once. One small JSON file, written whole (temporary, fsync, rename, fsync of
the folder); a file that cannot be read is put aside and told, and the box starts without it.

Tests: tests/firmware/test_memory.py.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from hal.lines.tones import LearnedTone

logger = logging.getLogger(__name__)

Remembered = dict[str, Any]  # plain JSON: each part checks its own
Learned = dict[int, tuple[LearnedTone, ...]]
"""Hang-up tones by line."""


class Memory:
    """The file. Blocking: call from a thread; one save waits for another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = ""
        self._saving = Lock()

    def load(self) -> Remembered:
        """What was saved last; empty at the first start."""
        try:
            text = self._path.read_text(encoding="utf-8")
            value = json.loads(text)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self._put_aside(error)
            return {}
        if not isinstance(value, dict):
            self._put_aside(ValueError(f"expected an object, found {type(value).__name__}"))
            return {}
        self._last = text
        return value

    def save(self, value: Remembered) -> None:
        """Write `value` if it changed; `OSError` if the medium refuses."""
        text = json.dumps(value, indent=1, sort_keys=True)
        with self._saving:
            if text != self._last:
                self._write(text)

    def _write(self, text: str) -> None:
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._last = text

    def _put_aside(self, error: Exception) -> None:
        logger.warning(
            "%s cannot be read (%s): kept as .bad; phones will register again by themselves, "
            "agents must log in again",
            self._path,
            error,
        )
        if self._path.exists():
            self._path.replace(self._path.with_suffix(".bad"))


def learned_as_json(learned: Learned) -> dict[str, list[dict[str, int]]]:
    """The learned tones of all lines as they are saved."""
    return {str(line): [asdict(tone) for tone in learned[line]] for line in sorted(learned)}


def learned_from(value: Any) -> Learned:
    """Inverse of `learned_as_json`. What is not understood is left out: it is learned again."""
    if not isinstance(value, Mapping):
        return {}
    learned: Learned = {}
    for line, tones in value.items():
        try:
            learned[int(line)] = tuple(LearnedTone(**tone) for tone in tones)
        except (TypeError, ValueError) as error:
            logger.warning("learned tones of line %s: %s; they are learned again", line, error)
    return learned


def words_of(value: object) -> dict[str, str]:
    """The words of a remembered object; what is no word, or no object, is left out."""
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(k, str) and isinstance(v, str)}
