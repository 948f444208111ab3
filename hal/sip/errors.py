"""What can go wrong with SIP, apart by who is to blame.

    SipError
    +-- BadMessage      the peer broke the format (RFC 3261 clause 25); `status` answers a request
    |   +-- TooLarge    it broke one of our limits
    +-- BadStream       a TCP peer can no longer be followed: the connection must be closed
    +-- NoCommonMedia   an offer or answer without audio we can carry (488)
    +-- OutOfOrder      an in-dialog request with a CSeq already passed (500)
    +-- BadCertificate  the box's certificate or key for TLS cannot be used
    +-- Misuse          our own code asked for something impossible

Pure. Each message names the value, the expectation and the place.
"""

from __future__ import annotations


class SipError(Exception):
    """Root of everything hal.sip raises on purpose."""


class BadMessage(SipError):
    """`found` at `where` is not `expected`; `status` is the response a request deserves."""

    def __init__(self, where: str, found: str, expected: str, status: int = 400) -> None:
        super().__init__(f"{where}: {found[:60]!r}, expected {expected}")
        self.where, self.found, self.expected, self.status = where, found, expected, status


class TooLarge(BadMessage):
    """`size` of `where` is beyond the stated `limit`."""

    def __init__(self, where: str, size: int, limit: int, status: int = 513) -> None:
        super().__init__(where, str(size), f"at most {limit}", status)


class BadStream(SipError):
    """The octet stream cannot be framed any more."""


class NoCommonMedia(SipError):
    """Nothing in the description can be carried; the text says what was missing."""


class OutOfOrder(SipError):
    """CSeq `got` came after `last`."""

    def __init__(self, got: int, last: int) -> None:
        super().__init__(f"CSeq {got}: expected more than {last}")
        self.got, self.last = got, last


class BadCertificate(SipError):
    """The text names the files and what is wrong with them."""


class Misuse(SipError):
    """The caller of this package broke its contract."""
