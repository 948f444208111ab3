"""The key that signs session cookies: made once, kept in the state directory, mode 0600.

Created by link(2) from a finished temporary file, so two processes that start together agree on
one key and nobody ever reads half of one. Tests: tests/web/test_secret.py.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

OCTETS: Final = 32
NAME: Final = "web-secret.key"


class SecretError(Exception):
    """The key file cannot be used."""


def load_or_create(state: Path) -> bytes:
    """The key in `state`, made if there is none; `SecretError` says what is wrong with it."""
    path = state / NAME
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise SecretError(f"{path}: others may read it, expected mode 0600; chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != OCTETS:
        raise SecretError(
            f"{path}: {len(key)} octets, expected {OCTETS}; delete it and start again "
            "(everybody has to sign in again)"
        )
    return key


def _create(path: Path) -> None:
    temporary = path.with_name(f".{NAME}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(OCTETS))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: use its key
            os.link(temporary, path)
    finally:
        temporary.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
