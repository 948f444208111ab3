"""Keys in session descriptions (RFC 4568)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.sip.sdes import SUITES, Crypto, NotOurs, first_of_ours

# RFC 4568 clause 9.1 and 5.1.1: its own examples, as far as they fit our suites.
EXAMPLE = "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20"
KEY = b"YS___semctl () {\t220;}\n}\nunles"
INLINE = "inline:" + base64.b64encode(bytes(range(30))).decode()


def test_the_example_of_the_standard() -> None:
    assert Crypto.parse(EXAMPLE) == Crypto(1, "AES_CM_128_HMAC_SHA1_80", KEY)


@given(st.integers(0, 999_999_999), st.sampled_from(SUITES), st.binary(min_size=30, max_size=30))
def test_inverse(tag: int, suite: str, key: bytes) -> None:
    assert Crypto.parse(str(Crypto(tag, suite, key))) == Crypto(tag, suite, key)


@pytest.mark.parametrize("more", ["", "|2^48", "|2^31", "|1000000", f"|{2**48}"])
def test_lifetimes_are_the_senders_matter(more: str) -> None:
    assert Crypto.parse(f"1 {SUITES[0]} {INLINE}{more}").key == bytes(range(30))


@pytest.mark.parametrize("more", ["WSH=64", "-UNKNOWN=1", "WSH=128 -FUTURE"])
def test_parameters_that_bind_nobody(more: str) -> None:
    assert Crypto.parse(f"1 {SUITES[1]} {INLINE} {more}").suite == SUITES[1]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "tag, suite and key"),
        (f"1 {SUITES[0]}", "tag, suite and key"),
        (f"x {SUITES[0]} {INLINE}", "tag"),
        (f"1234567890 {SUITES[0]} {INLINE}", "tag"),
        (f"1 F8_128_HMAC_SHA1_80 {INLINE}", "suite"),
        (f"1 AES_256_CM_HMAC_SHA1_80 {INLINE}", "suite"),
        (f"1 {SUITES[0]} uri:https://example.com/key", "inline"),
        (f"1 {SUITES[0]} inline:WVNf", "3 octets"),
        (f"1 {SUITES[0]} inline:" + "A" * 44, "33 octets"),
        (f"1 {SUITES[0]} inline:" + "*" * 40, "base64"),
        (f"1 {SUITES[0]} inline:" + "A" * 39, "base64"),
        (f"1 {SUITES[0]} {INLINE}|2^20|1:32", "MKI"),
        (f"1 {SUITES[0]} {INLINE}|1:4", "MKI"),
        (f"1 {SUITES[0]} {INLINE}|2^20|1:4;{INLINE}|2^20|2:4", "several"),
        (f"1 {SUITES[0]} {INLINE}|2^49", "lifetime"),
        (f"1 {SUITES[0]} {INLINE}|0", "lifetime"),
        (f"1 {SUITES[0]} {INLINE}|forever", "lifetime"),
        (f"1 {SUITES[0]} {INLINE} KDR=1", "KDR"),
        (f"1 {SUITES[0]} {INLINE} UNENCRYPTED_SRTP", "UNENCRYPTED_SRTP"),
        (f"1 {SUITES[0]} {INLINE} UNAUTHENTICATED_SRTP", "UNAUTHENTICATED_SRTP"),
        (f"1 {SUITES[0]} {INLINE} FUTURE", "FUTURE"),
    ],
)
def test_what_we_do_not_do_is_not_taken_by_half(value: str, why: str) -> None:
    with pytest.raises(NotOurs, match=why):
        Crypto.parse(value)


def test_the_first_that_can_be_taken_is() -> None:
    lines = [
        f"1 F8_128_HMAC_SHA1_80 {INLINE}",
        f"2 {SUITES[1]} {INLINE}",
        f"3 {SUITES[0]} {INLINE}",
    ]
    assert first_of_ours(lines).tag == 2


def test_a_tag_used_twice_names_neither() -> None:
    lines = [f"1 {SUITES[0]} {INLINE}", f"1 {SUITES[1]} {INLINE}", f"2 {SUITES[1]} {INLINE}"]
    assert first_of_ours(lines).tag == 2
    with pytest.raises(NotOurs, match="twice"):
        first_of_ours(lines[:2])


def test_no_line_at_all() -> None:
    with pytest.raises(NotOurs, match="no a=crypto"):
        first_of_ours([])


def test_keys_do_not_show_in_logs() -> None:
    crypto = Crypto.parse(EXAMPLE)
    assert "WVNf" not in repr(crypto)
    assert "unles" not in repr(crypto)
    with pytest.raises(NotOurs) as refused:
        Crypto.parse(f"1 {SUITES[0]} inline:SECRETSECRET")
    assert "SECRET" not in str(refused.value)


@given(st.text(max_size=120))
def test_damage_is_refused_by_name(noise: str) -> None:
    try:
        Crypto.parse(f"1 {SUITES[0]} {noise}")
    except NotOurs:
        return
    assert "inline:" in noise.lower()
