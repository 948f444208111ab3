"""application/simple-message-summary: does a mailbox hold messages (RFC 3842 clause 5).

Pure. Lines as its grammar has them, of the voice messages alone. Reader: the phones' message lamp.
Tests: tests/hal/sip/test_watch.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hal.sip.watch import Messages

TYPE: Final = "application/simple-message-summary"


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in one mailbox."""

    messages: Messages

    def spell(self, uri: str, version: int) -> bytes:
        """The summary of the mailbox `uri`; it has no version."""
        m = self.messages
        lines = (
            f"Messages-Waiting: {'yes' if m.new or m.new_urgent else 'no'}",
            f"Message-Account: {uri}",
            f"Voice-Message: {m.new}/{m.old} ({m.new_urgent}/{m.old_urgent})",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()
