"""What the box announces of itself on the office's network (RFC 6763, DNS-based discovery).

Pure. `_callbox._tcp` is where phones fetch their files (key `path`), `_http._tcp` the pages,
`_sip._udp` and `_sips._tcp` where phones sign in. Shell: mdns_task.py.
Tests: tests/firmware/announce/test_services.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

LONGEST_LABEL: Final = 63
"""Octets (RFC 1035 clause 2.3.4)."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the box is heard; None: it is not."""

    files: int | None = None
    web: int | None = None
    sip: int | None = None
    sip_tls: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    kind: str
    port: int
    name: str
    text: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """The instance, as DNS has it."""
        return f"{self.name}.{self.kind}"


def services(ports: Ports, host: str) -> list[Service]:
    """What to announce for a box named `host`."""
    name = label(f"Callbox on {host}")
    offered: tuple[tuple[str, int | None, dict[str, str]], ...] = (
        ("_callbox._tcp.local.", ports.files, {"path": "/provision/"}),
        ("_http._tcp.local.", ports.web, {"path": "/"}),
        ("_sip._udp.local.", ports.sip, {}),
        ("_sips._tcp.local.", ports.sip_tls, {}),
    )
    return [Service(kind, port, name, text) for kind, port, text in offered if port is not None]


def label(text: str) -> str:
    """`text` as the name of an instance: no dots, and not too long in UTF-8."""
    octets = text.replace(".", " ").encode("utf-8", "replace")[:LONGEST_LABEL]
    return octets.decode("utf-8", "ignore").strip() or "Callbox"


def host_label(text: str) -> str:
    """`text` as the name of a host (RFC 1123 clause 2.1)."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.partition(".")[0])
    return kept[:LONGEST_LABEL].strip("-").lower() or "callbox"
