"""What is wrong with the link to the HAT, why, and what to do, in the words people get to see.

Pure. When each is said is session.py's. Tests: tests/hal/hat/test_session.py, through the links
that break so.
"""

from __future__ import annotations

from hal.hat import codec
from hal.hat.messages import Hello, LinkDown


def device_lost(why: str) -> LinkDown:
    return LinkDown(why, "check that the HAT is seated and that the serial port is enabled")


def silent(seconds: float) -> LinkDown:
    return LinkDown(
        f"HAT silent for {seconds:.0f} s",
        "wait a minute; if it stays silent, check that the HAT is seated and its status LED "
        "blinks, then power the box off and on",
    )


def deaf(command: str, tries: int) -> LinkDown:
    return LinkDown(
        f"HAT talks but does not answer ({command}, {tries} tries)",
        "check the serial connection from the box to the HAT (GPIO 14); reseat the HAT",
    )


def wrong_version(hello: Hello) -> LinkDown:
    return LinkDown(
        f"HAT firmware speaks protocol {hello.protocol} ({hello.build}), "
        f"this box needs {codec.PROTOCOL}",
        "run `make flash-image` and copy build/hat to the HAT over its USB port "
        "(board/PROTOCOL.md, versions)",
    )


def forgotten(hello: Hello, was_reset: bool) -> LinkDown:
    """The lines went on hook unseen: by a reset, or because nothing was heard from this box."""
    if was_reset:
        return LinkDown(
            f"the HAT was reset ({hello.reset_cause}) {hello.uptime_ms / 1000:.1f} s ago",
            "nothing now, it is back; if it happens again, check its power supply",
            are_lines_on_hook=True,
        )
    return LinkDown(
        "the HAT heard nothing from this box for too long and put all lines on hook",
        "nothing now, it is back; if it happens again, look for what held the box up",
        are_lines_on_hook=True,
    )


def let_go(silent_ms: int) -> str:
    """The HAT heard nothing from the box for so long that it hung up by itself."""
    return (
        f"the HAT heard nothing from this box for {silent_ms / 1000:.0f} s, put all "
        "lines on hook and connected line 1 to the lifeline telephone"
    )
