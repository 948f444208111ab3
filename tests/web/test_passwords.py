"""Hashes are argon2id with the stated cost; bad passwords are named."""

from __future__ import annotations

import pytest

from web.passwords import Passwords, complaint


def test_hash_is_argon2id_with_the_stated_cost() -> None:
    passwords = Passwords()
    encoded = passwords.hash("correct horse battery")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")  # RFC 9106 encoded form
    assert passwords.is_right(encoded, "correct horse battery")
    assert not passwords.is_right(encoded, "correct horse batterz")


def test_nobody_has_no_password() -> None:
    passwords = Passwords()
    assert not passwords.is_right(None, "nobody has this password")
    assert not passwords.is_right("not a hash", "x")


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("123456789", "123456789", "9 characters; it needs at least 10"),
        ("x" * 300, "x" * 300, "longer than 256"),
        ("long enough 1", "long enough 2", "not the same"),
        ("thandithandi2026", "thandithandi2026", "is your name"),
        ("a fine sentence", "a fine sentence", ""),
    ],
)
def test_complaints(password: str, again: str, says: str) -> None:
    said = complaint(password, again, "thandithandi")
    assert says in said
    assert bool(said) == bool(says)
