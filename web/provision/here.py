"""What a file needs beside the facts of its phone: where the box is, and the office's clock.

Pure. Also `plain`, through which every text of the office passes on its way into a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from web.provision.zones import Zone


@dataclass(frozen=True, slots=True)
class Here:
    """The box as the phone that asks reaches it."""

    host: str
    """Name or address; an IPv6 address without brackets."""
    base_url: str
    """Where the files are, ending in a slash."""
    zone: Zone

    @property
    def in_uri(self) -> str:
        """The host inside an address of SIP or of the web (RFC 3986 clause 3.2.2)."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def certificate_url(self) -> str:
        """What the phone may be told to trust."""
        return f"{self.base_url}box.crt"


def plain(text: str) -> str:
    """`text` in one line: neither a file of lines nor XML can hold control characters."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
