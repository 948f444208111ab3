"""Where a message came from or goes to, and the small face of the wire.

A flow (RFC 5626's word) is one UDP address pair or one TCP or TLS connection. Requests to a phone
go along the flow it signed in on: through its NAT, and over its own connection. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Flow:
    """One path between us and a peer."""

    transport: str
    """`udp`, `tcp` or `tls`."""
    ip: str
    """The peer's address, always a literal."""
    port: int
    listener: int = 0
    """Which of our sockets, by its place in the list of listeners."""
    connection: int = 0
    """Number of the TCP or TLS connection, 0 for UDP."""

    @property
    def is_reliable(self) -> bool:
        return self.transport != "udp"

    def __str__(self) -> str:
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.transport}:{host}:{self.port}"


class Wire(Protocol):
    """What the pure layers need of the transport."""

    def send(self, data: bytes, flow: Flow) -> bool:
        """Hand over one message; False if the flow is gone or the address is not usable."""
        ...

    def local(self, flow: Flow) -> tuple[str, int]:
        """Our address as the peer of this flow sees it: literal and port."""
        ...
