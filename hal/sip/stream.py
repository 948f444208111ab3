"""Cutting a TCP stream into SIP messages (RFC 3261 clause 18.3, RFC 5626 clause 3.5.1).

Pure. Octets in, whole messages and keepalives out. The Content-Length is the only frame: none
means no body, two that differ mean that nothing behind them can be trusted, so the connection
must be closed. Shell: transport_task.py. Tests: tests/hal/sip/test_stream.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hal.sip.errors import BadStream
from hal.sip.message import MAX_MESSAGE

MAX_HEAD: Final = 32_768
"""Octets before the empty line."""
PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Ping:
    """A double CRLF between messages: answer with `PONG`."""


class StreamReader:
    """Incremental: `receive` takes whatever came and returns what is complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._whole = 0
        """Octets of the message whose head is here; 0 until it is. A head is read once, however
        small the pieces are in which its body comes."""

    @property
    def is_between(self) -> bool:
        """No message is half received."""
        return len(self._buffer) <= 3 and not self._buffer.strip(b"\r\n")

    def receive(self, data: bytes) -> list[bytes | Ping]:
        """The messages and pings completed by `data`; `BadStream` when it cannot go on."""
        self._buffer += data
        found: list[bytes | Ping] = []
        while (item := self._next()) is not None:
            found.append(item)
        return found

    def _next(self) -> bytes | Ping | None:
        return self._message() if self._whole else self._begun()

    def _message(self) -> bytes | None:
        if len(self._buffer) < self._whole:
            return None
        message = bytes(self._buffer[: self._whole])
        del self._buffer[: self._whole]
        self._searched = self._whole = 0
        return message

    def _begun(self) -> bytes | Ping | None:
        buffer = self._buffer
        if buffer.startswith(PING):
            del buffer[: len(PING)]
            return Ping()
        if len(buffer) <= 3 and not buffer.strip(b"\r\n"):
            return None  # the start of a ping, or a lone CRLF in front of a message
        if buffer.startswith(b"\r\n"):
            del buffer[:2]
        end = buffer.find(PING, max(0, self._searched - 3))
        if end < 0:
            self._searched = len(buffer)
            if len(buffer) > MAX_HEAD:
                raise BadStream(
                    f"no empty line in {len(buffer)} octets, expected one in {MAX_HEAD}"
                )
            return None
        self._whole = end + len(PING) + _body_length(bytes(buffer[:end]))
        return self._message()


def _body_length(head: bytes) -> int:
    found: set[bytes] = set()
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower() in (b"content-length", b"l"):
            found.add(value.strip())
    if not found:
        return 0
    text = found.pop()
    if found or not text.isdigit() or len(text) > 6 or int(text) > MAX_MESSAGE:
        raise BadStream(f"Content-Length {text[:20]!r}: expected one number up to {MAX_MESSAGE}")
    return int(text)
