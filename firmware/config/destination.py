"""Where a call goes next. Pure; what each kind of place is: firmware.config.schema.

Tests: tests/firmware/config/test_check.py (that each leads somewhere).
"""

from __future__ import annotations

from typing import Final, Literal

from firmware.config.part import Part


class Destination(Part):
    """Where a call goes next. `id`: identifier of the menu, queue, prompt, schedule, question,
    directory or mailbox, or the extension number; empty for the end."""

    to: Literal[
        "menu",
        "queue",
        "extension",
        "message",
        "schedule",
        "question",
        "directory",
        "voicemail",
        "hangup",
    ]
    id: str = ""


HANG_UP: Final = Destination(to="hangup")
