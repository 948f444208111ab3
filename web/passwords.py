"""Password hashing: argon2id (RFC 9106), 19 MiB, 2 passes: 35 ms on the build machine.

At most two hashes are computed at once: on a small box, sign-in attempts must not eat the memory
and the processor the calls need. Tests: tests/web/test_passwords.py.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 10
LONGEST: Final = 256
MEMORY_KIB: Final = 19_456
PASSES: Final = 2


class Passwords:
    """Makes and checks password hashes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._at_once = threading.Semaphore(2)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The encoded argon2id hash of `password`."""
        with self._at_once:
            return self._hasher.hash(password)

    def is_right(self, password_hash: str | None, password: str) -> bool:
        """Check a password. None (no such account) takes as long and is never right."""
        with self._at_once:
            try:
                return (
                    self._hasher.verify(password_hash or self._nobody, password)
                    and password_hash is not None
                )
            except (VerificationError, InvalidHashError):
                return False


def complaint(password: str, again: str, name: str) -> str:
    """What is wrong with a new password, in plain words; empty if nothing."""
    if len(password) < SHORTEST:
        return f"The password has {len(password)} characters; it needs at least {SHORTEST}."
    if len(password) > LONGEST:
        return f"The password is longer than {LONGEST} characters."
    if password != again:
        return "The two passwords are not the same."
    if name and password.lower().strip("0123456789") == name.lower():
        return "The password is your name; choose something nobody can guess."
    return ""
