"""Digest: the published examples, nonces, counts."""

from __future__ import annotations

import pytest

from hal.sip.digest import (
    MAX_NONCES,
    NONCE_LIFE_S,
    WINDOW,
    Credentials,
    Doorkeeper,
    Nonces,
    Verdict,
)
from hal.sip.errors import BadMessage
from hal.sip.message import Request
from hal.sip.uri import SipUri

# RFC 7616 clause 3.9.1.
RFC7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
    'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
# RFC 2617 clause 3.5.
RFC2617 = (
    'Digest username="Mufasa", realm="testrealm@host.com", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, '
    'cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        (RFC7616.format(algorithm="MD5", response="8ca523f5e9506fed4657c9700eebdbec"),
         "Circle of Life"),
        (RFC7616.format(
            algorithm="SHA-256",
            response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
         "Circle of Life"),
        (RFC2617, "Circle Of Life"),
    ],
    ids=["RFC 7616 MD5", "RFC 7616 SHA-256", "RFC 2617"],
)  # fmt: skip
def test_published_examples(value: str, secret: str) -> None:
    given = Credentials.parse(value)
    assert given is not None
    assert given.expected("GET", secret) == given.response


def test_nonce_is_good_once_per_count() -> None:
    nonces = Nonces(b"k")
    nonce = nonces.make(1000, "s")
    assert nonces.use(nonce, "00000001", 1001)
    assert not nonces.use(nonce, "00000001", 1001)
    assert nonces.use(nonce, "00000003", 1001)
    assert nonces.use(nonce, "00000002", 1001)  # overtaken on the way
    assert not nonces.use(nonce, "00000002", 1001)
    assert not nonces.use(nonce, "00000003", 1001)
    assert not nonces.use(nonce, "00000000", 1001)


def test_a_count_may_be_overtaken_so_far_and_no_farther() -> None:
    nonces = Nonces(b"k")
    nonce = nonces.make(1000, "s")
    assert nonces.use(nonce, f"{1 + WINDOW:08x}", 1001)
    assert nonces.use(nonce, "00000001", 1001)
    assert not nonces.use(nonce, "00000001", 1001)
    assert nonces.use(nonce, "ffffffff", 1001)
    assert not nonces.use(nonce, "00000002", 1001)
    assert nonces.use(nonce, "fffffffe", 1001)


def test_a_nonce_belongs_to_the_address_it_was_given_to() -> None:
    nonces = Nonces(b"k")
    nonce = nonces.make(1000, "s", "192.0.2.1")
    assert not nonces.use(nonce, "00000001", 1001, "192.0.2.2")
    assert nonces.use(nonce, "00000001", 1001, "192.0.2.1")


def test_used_nonces_are_bounded() -> None:
    nonces = Nonces(b"k")
    for n in range(MAX_NONCES + 10):
        assert nonces.use(nonces.make(1000, str(n)), "00000001", 1001)
    assert len(nonces) == MAX_NONCES


def test_a_repeated_request_gets_the_same_nonce() -> None:
    nonces = Nonces(b"k")
    assert nonces.make(1000, "a") == nonces.make(1010, "a")
    assert nonces.make(1000, "a") != nonces.make(1000, "b")
    assert nonces.make(1000, "a") != nonces.make(1100, "a")


def test_nonce_grows_old_and_cannot_be_made() -> None:
    nonces = Nonces(b"k")
    nonce = nonces.make(1000, "s")
    assert not nonces.use(nonce, "00000001", 1001 + NONCE_LIFE_S)
    assert not nonces.use(nonce, "00000001", 900)
    assert not Nonces(b"other").use(nonce, "00000001", 1001)
    assert not nonces.use("x.y.z", "00000001", 1001)
    assert not nonces.use("", "", 1001)


def test_a_count_is_eight_digits() -> None:
    nonces = Nonces(b"k")
    with pytest.raises(BadMessage, match="nc"):
        nonces.use(nonces.make(1, "s"), "1", 1)


def _signed(keeper: Doorkeeper, user: str, secret: str, algorithm: str = "MD5") -> Request:
    nonce = (
        keeper.challenge(10, f"{user}{secret}{algorithm}")[0][1].split('nonce="')[1].split('"')[0]
    )
    bare = Credentials(user, "r", nonce, "sip:h", "", algorithm.lower(), "auth", "00000001", "c")
    value = (
        f'Digest username="{user}", realm="r", nonce="{nonce}", uri="sip:h", qop=auth, nc=00000001,'
        f' cnonce="c", algorithm={algorithm}, response="{bare.expected("REGISTER", secret)}"'
    )
    return Request("REGISTER", SipUri("h"), (("Authorization", value),))


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_verdicts(algorithm: str) -> None:
    keeper = Doorkeeper("r", {"a": "x"}.get, ("SHA-256", "MD5"))
    good = _signed(keeper, "a", "x", algorithm)
    assert keeper.check(good, 11).verdict is Verdict.GOOD
    assert keeper.check(good, 11).verdict is Verdict.STALE
    assert keeper.check(_signed(keeper, "a", "y", algorithm), 11).verdict is Verdict.WRONG
    assert keeper.check(_signed(keeper, "b", "x", algorithm), 11).verdict is Verdict.UNKNOWN_USER
    assert keeper.check(Request("REGISTER", SipUri("h")), 11).verdict is Verdict.NONE


def test_challenge_names_the_algorithms_in_order() -> None:
    """RFC 8760 clause 2.4: one header each, the preferred first."""
    challenge = Doorkeeper("r", {}.get, ("SHA-256", "MD5")).challenge(1, "s", is_stale=True)
    assert [name for name, _ in challenge] == ["WWW-Authenticate"] * 2
    assert "algorithm=SHA-256" in challenge[0][1]
    assert "algorithm=MD5" in challenge[1][1]
    assert all("stale=true" in value for _, value in challenge)
