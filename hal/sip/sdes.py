"""Keys for encrypted audio, as a session description carries them (SDES, RFC 4568).

Pure. One `a=crypto:` line is a tag, a suite, key material and session parameters. Who offers
writes one line per suite it can do, the best first; who answers takes the first it can do and
repeats its tag, with a key of its own (clause 5.1). A line that asks for something we do not do is
passed over, never taken by half (clause 6.3): several keys at once, a key identifier in each
packet (MKI), re-derivation (KDR), anything left unencrypted or unsigned, forward error correction,
and whatever is not known, unless marked as optional with a minus. A lifetime binds who sends with
that key, so theirs is read and checked only; we name none, which means the whole life of a key
(2^48 packets). Left out: MIKEY, DTLS-SRTP.
Tests: tests/hal/sip/test_sdes.py.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from hal.sip.errors import NoCommonMedia

SUITES: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""RFC 4568 clause 6.2, the better first."""
KEY_OCTETS: Final = 30
"""A master key of 128 bits and a salt of 112, for both suites."""
MAX_LIFETIME: Final = 2**48
"""Packets under one key (RFC 3711 clause 9.2)."""

_TAG: Final = re.compile(r"[0-9]{1,9}\Z")
_LIFETIME: Final = re.compile(r"(2\^)?([0-9]{1,15})\Z")


class NotOurs(NoCommonMedia):
    """A crypto line that cannot be taken; the text says why, without the key."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One line, as far as we take it."""

    tag: int
    suite: str
    key: bytes
    """Master key and salt."""

    def __repr__(self) -> str:
        return f"Crypto(tag={self.tag}, suite={self.suite!r})"  # a key is no matter for logs

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode('ascii')}"

    @staticmethod
    def parse(value: str) -> Crypto:
        """Read what stands behind `a=crypto:`; `NotOurs` says what keeps us from taking it."""
        words = value.split()
        if len(words) < 3:
            raise NotOurs("a=crypto: expected tag, suite and key")
        tag, suite, keys, *parameters = words
        if not _TAG.match(tag):
            raise NotOurs(f"a=crypto: tag {tag[:20]!r}, expected 1 to 9 digits")
        if suite.upper() not in SUITES:
            raise NotOurs(f"a=crypto: suite {suite[:40]!r}, expected one of {', '.join(SUITES)}")
        for parameter in parameters:
            _check_parameter(parameter)
        return Crypto(int(tag), suite.upper(), _key(keys))


def _check_parameter(text: str) -> None:
    """WSH tells the size of a window and may be passed over (6.3.7); the rest is binding."""
    if not text.startswith(("-", "WSH=")):
        raise NotOurs(f"a=crypto: session parameter {text[:40]!r}, expected none or WSH")


def _key(text: str) -> bytes:
    """`inline:` key and salt in base64, then a lifetime if they like."""
    method, colon, info = text.partition(":")
    if method.lower() != "inline" or not colon:
        raise NotOurs(f"a=crypto: key method {method[:20]!r}, expected inline")
    if ";" in info:
        raise NotOurs("a=crypto: several keys, expected one")
    encoded, *more = info.split("|")
    if len(more) > 1 or (more and ":" in more[0]):
        raise NotOurs("a=crypto: a key identifier (MKI), expected none")
    if more:
        _check_lifetime(more[0])
    try:
        key = base64.b64decode(encoded.encode("ascii", "replace"), validate=True)
    except binascii.Error:
        raise NotOurs("a=crypto: the key, expected base64") from None
    if len(key) != KEY_OCTETS:
        raise NotOurs(f"a=crypto: a key of {len(key)} octets, expected {KEY_OCTETS}")
    return key


def _check_lifetime(text: str) -> None:
    found = _LIFETIME.match(text)
    if found is None:
        raise NotOurs(f"a=crypto: lifetime {text[:20]!r}, expected packets or a power of 2")
    figure = int(found[2])
    is_fine = figure <= 48 if found[1] else 1 <= figure <= MAX_LIFETIME
    if not is_fine:
        raise NotOurs(f"a=crypto: lifetime {text[:20]!r}, expected 1 to 2^48 packets")


def first_of_ours(values: list[str]) -> Crypto:
    """The first line that can be taken: who offers has put them in order. `NotOurs` gives the
    reason of the last that cannot. A tag used twice names neither (clause 4.1: it is unique)."""
    why = "no a=crypto line"
    tags = [value.split(None, 1)[0] for value in values if value.strip()]
    for value in values:
        try:
            found = Crypto.parse(value)
        except NotOurs as error:
            why = str(error)
            continue
        if tags.count(str(found.tag)) == 1:
            return found
        why = f"a=crypto: tag {found.tag} twice, expected it once"
    raise NotOurs(why)
