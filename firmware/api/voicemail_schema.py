"""What the control API says about voice messages.

Pure: pydantic models, as in schema.py.

    GET  /voicemail                       [VoiceMailbox]
    GET  /voicemail/{id}                  audio/wav (404; 503 the medium cannot be read)
    POST /voicemail/{id}/heard            204 (404)
    POST /voicemail/{id}/delete           204 (404)
"""

from __future__ import annotations

from datetime import datetime

from firmware.api.schema import View


class VoiceMessage(View):
    """One voice message."""

    id: str
    at: datetime
    number: str = ""
    """The caller's; empty if it is not known."""
    name: str = ""
    length_s: float
    call: str = ""
    """The call in which it was left."""
    is_heard: bool = False


class VoiceMailbox(View):
    """A mailbox and its messages, the newest first."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    new: int
    old: int
    messages: list[VoiceMessage]
