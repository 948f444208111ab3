"""What callers of the switch may ask for, checked before the C core sees it.

Pure. Each function returns its argument in the form the core takes, or raises `SwitchMisuse`
naming the value and what was expected. Whether a port is there and what kind it is the core knows
itself. Tests: tests/hal/switch/test_rtp.py, test_codecs.py, test_srtp.py.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

from hal.switch.errors import SwitchMisuse
from hal.switch.face import Codec, SrtpKeys

MAX_GAIN_DB: Final = 30.0
SUITES: Final = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4}
"""RFC 4568 clause 6.2, with the octets of a packet's tag."""
SRTP_KEY_OCTETS: Final = 30


@lru_cache(maxsize=1024)  # the same few with every call
def ipv4(text: str) -> bytes:
    """An address as the core reads it."""
    try:
        return str(ipaddress.IPv4Address(text)).encode("ascii")
    except ValueError:
        raise SwitchMisuse(f"address {text!r}: expected an IPv4 address") from None


def udp_port(what: str, number: int, least: int) -> int:
    """A port number of the party's."""
    if not least <= number <= 65535:
        raise SwitchMisuse(f"{what} port {number}: expected {least} to 65535")
    return number


def dtmf_payload_type(number: int | None) -> int:
    """The payload type of telephone events, -1: none."""
    if number is None:
        return -1
    if not 96 <= number <= 127:
        raise SwitchMisuse(f"DTMF payload type {number}: expected 96 to 127")
    return number


def payload_type(codec: Codec, asked: int | None, dtmf: int | None) -> int:
    """The payload type of audio: the codec's own, unless another was negotiated."""
    number = codec.value if asked is None else asked
    if not 0 <= number <= 127 or 64 <= number <= 95:  # RFC 3551 clause 6: RTCP's, if mixed up
        raise SwitchMisuse(f"payload type {number}: expected 0 to 63 or 96 to 127")
    if number == dtmf:
        raise SwitchMisuse(f"payload type {number}: expected another one for audio than for DTMF")
    return number


def tag_octets(keys: SrtpKeys) -> int:
    """The length of a packet's tag; both keys were found whole."""
    if keys.suite not in SUITES:
        raise SwitchMisuse(f"SRTP suite {keys.suite!r}: expected one of {', '.join(SUITES)}")
    for whose, key in (("our", keys.ours), ("their", keys.theirs)):
        if len(key) != SRTP_KEY_OCTETS:
            raise SwitchMisuse(f"{whose} SRTP key of {len(key)} octets: expected {SRTP_KEY_OCTETS}")
    return SUITES[keys.suite]


def gain(gain_db: float) -> float:
    """Decibels as a factor."""
    if not gain_db <= MAX_GAIN_DB:
        raise SwitchMisuse(f"gain {gain_db} dB: expected at most {MAX_GAIN_DB}")
    return float(10 ** (gain_db / 20)) if gain_db else 1.0
