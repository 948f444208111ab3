"""What can go wrong at the switch's face.

SwitchError
├── SwitchMisuse    the caller named a port, slot, sound, tap or value that is not right
├── SwitchFull      nothing is left: ports, command ring, memory
└── SwitchSystem    the operating system refused (socket, thread); `errno` says why
"""

from __future__ import annotations


class SwitchError(Exception):
    """Root: any failed command to the switch. The message names value and expectation."""


class SwitchMisuse(SwitchError):
    """The caller's mistake; repeating it will not help."""


class SwitchFull(SwitchError):
    """No port, memory or room for commands left; may work again later."""


class SwitchSystem(SwitchError):
    """A system call failed."""

    def __init__(self, what: str, errno: int) -> None:
        super().__init__(what)
        self.errno = errno
