"""What can go wrong with the configuration.

ConfigError
├── InvalidOffice      it cannot run: one Problem per mistake, with its place
├── StaleGeneration    somebody else changed it meanwhile
├── NothingToUndo      no older generation is kept
├── UnknownVersion     written by a newer Callbox
├── ConfigInUse        another process has the folder open
└── NotStored          the medium refused the write; the old configuration stays in force
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from firmware.config.check import Problem


class ConfigError(Exception):
    """Root: anything about the configuration."""


class InvalidOffice(ConfigError):
    """The proposed configuration cannot run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        said = "; ".join(f"{p.where}: {p.what}" if p.where else p.what for p in self.problems)
        super().__init__(f"the configuration cannot be used: {said}")


class StaleGeneration(ConfigError):
    """The change was based on a configuration that is no longer the current one."""

    def __init__(self, given: int, current: int) -> None:
        self.given, self.current = given, current
        super().__init__(
            f"the change is based on generation {given}, but the configuration is now at "
            f"generation {current}: load it again and repeat the change"
        )


class NothingToUndo(ConfigError):
    """There is no kept generation before the one in force."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        super().__init__(f"generation {generation} has no older one that is kept: nothing to undo")


class UnknownVersion(ConfigError):
    """The configuration has a version this program does not know."""

    def __init__(self, found: object, newest: int) -> None:
        self.found, self.newest = found, newest
        super().__init__(
            f"configuration version {found!r}: this Callbox reads versions 1 to {newest}. "
            "It was written by another release: install that release, or import a "
            "configuration exported by this one"
        )


class ConfigInUse(ConfigError):
    """Only one process may hold the folder."""

    def __init__(self, folder: Path, holder: str) -> None:
        self.folder, self.holder = folder, holder
        super().__init__(
            f"{folder} is in use by another Callbox core (process {holder or 'unknown'}): "
            "stop it first, or give this one another folder"
        )


class NotStored(ConfigError):
    """The medium refused the write. What was in force stays in force."""

    def __init__(self, folder: Path, error: OSError) -> None:
        self.folder, self.error = folder, error
        super().__init__(
            f"the change could not be stored in {folder} ({error.strerror or error}): "
            "the configuration in force is unchanged; make room or replace the medium"
        )
