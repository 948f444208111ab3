"""Guessing is slowed and shut out; whoever mistypes a password, or shares an address, is not."""

from __future__ import annotations

import pytest

from hal.sip import shutout
from hal.sip.shutout import Admission, Shut, ShutOut, is_own, source_of

STRANGER = "203.0.113.9"  # RFC 5737
DESK = "192.168.1.40"


def guess(out: ShutOut, ip: str, times: int, now: float = 0.0, users: int = 1) -> list[Shut]:
    """So many different wrong passwords, for so many users in turn."""
    sentences = [out.wrong(ip, str(200 + n % users), f"proof {now} {n}", now) for n in range(times)]
    return [sentence for sentence in sentences if sentence is not None]


def test_a_stranger_that_guesses_is_slowed_and_shut_out() -> None:
    out = ShutOut()
    assert guess(out, STRANGER, 9) == []
    assert out.admit(STRANGER, "200", 0.0) is Admission.OPEN
    assert out.delay_s(STRANGER, 0.0) == shutout.SLOW_S
    (shut,) = guess(out, STRANGER, 2, now=1.0)
    assert (shut.source, shut.user, shut.until) == (STRANGER, "", 61.0)
    assert out.admit(STRANGER, "anybody", 60.9) is Admission.SHUT
    assert out.admit("203.0.113.10", "200", 60.9) is Admission.OPEN
    assert out.admit(STRANGER, "200", 61.0) is Admission.OPEN
    assert out.refused == 1
    assert out.standing(60.0)[0].source == STRANGER
    assert out.standing(61.0) == ()


def test_each_time_it_is_twice_as_long_up_to_an_hour() -> None:
    out, now = ShutOut(), 0.0
    lasted = []
    for _ in range(9):
        while not (found := guess(out, STRANGER, 1, now)):
            now += 0.001
        lasted.append(round(found[0].until - now))
        now = found[0].until
    assert lasted == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_day_of_quiet_is_forgiven() -> None:
    out = ShutOut()
    guess(out, STRANGER, 10)
    (again,) = guess(out, STRANGER, 10, now=2 * shutout.FORGET_S)
    assert again.until - 2 * shutout.FORGET_S == shutout.FIRST_S


def test_a_phone_with_a_wrong_password_is_never_shut_out() -> None:
    """Every 30 s for a day from inside, every 60 s from outside."""
    out = ShutOut()
    for n in range(2880):
        assert out.wrong(DESK, "201", f"proof {n}", 60.0 * n) is None
        assert out.wrong(STRANGER, "201", f"proof {n}", 60.0 * n) is None


def test_the_same_credentials_again_count_nothing() -> None:
    out = ShutOut()
    assert [out.wrong(STRANGER, "201", "same", 0.0) for _ in range(100)] == [None] * 100
    assert out.delay_s(STRANGER, 0.0) == 0.0


def test_inside_one_wrong_user_shuts_out_nobody_else() -> None:
    out = ShutOut()
    (shut,) = guess(out, DESK, 20)
    assert (shut.source, shut.user) == (DESK, "200")
    assert out.admit(DESK, "200", 1.0) is Admission.SHUT
    assert out.admit(DESK, "201", 1.0) is Admission.OPEN


def test_inside_many_users_shut_out_the_address() -> None:
    out = ShutOut()
    (shut,) = guess(out, DESK, 10, users=10)
    assert shut.user == ""
    assert out.admit(DESK, "299", 1.0) is Admission.SHUT


@pytest.mark.parametrize("ip", [DESK, STRANGER])
def test_a_good_phone_behind_the_same_address_keeps_working(ip: str) -> None:
    out = ShutOut()
    out.right(ip, "299", 0.0)
    assert guess(out, ip, 10, users=10) != []
    assert out.admit(ip, "299", 1.0) is Admission.OPEN
    assert out.admit(ip, "298", 1.0) is Admission.SHUT
    # But that is no way to guess its password.
    for n in range(40):
        out.wrong(ip, "299", f"more {n}", 1.0)
    assert out.admit(ip, "299", 2.0) is Admission.SHUT


def test_release_forgets() -> None:
    out = ShutOut()
    guess(out, STRANGER, 10)
    assert out.release(STRANGER)
    assert not out.release(STRANGER)
    assert not out.release("198.51.100.1")
    assert out.admit(STRANGER, "200", 1.0) is Admission.OPEN
    assert guess(out, STRANGER, 9, now=1.0) == []


def test_ipv6_is_shut_out_by_its_subnet() -> None:
    out = ShutOut()
    for n in range(10):
        out.wrong(f"2001:db8::{n + 1:x}", "201", f"proof {n}", 0.0)
    assert out.admit("2001:db8::ffff", "201", 1.0) is Admission.SHUT
    assert out.admit("2001:db8:0:1::1", "201", 1.0) is Admission.OPEN
    assert source_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert source_of("fe80::1%eth0") == "fe80::/64"


@pytest.mark.parametrize(
    ("ip", "own"),
    [("10.1.2.3", True), ("172.32.0.1", False), ("fe80::1%eth0", True), ("::ffff:10.0.0.1", True),
     ("2001:db8::1", False), (STRANGER, False), (DESK, True)],
)  # fmt: skip
def test_own_networks(ip: str, own: bool) -> None:
    assert is_own(ip) is own


def test_tables_are_bounded_and_sentences_outlast_a_flood() -> None:
    out = ShutOut()
    guess(out, STRANGER, 10)
    for n in range(5000):
        out.wrong(f"198.51.{n // 256}.{n % 256}", str(n), "x", 1.0)
    assert len(out) == shutout.MAX_SOURCES
    assert out.admit(STRANGER, "200", 2.0) is Admission.SHUT
    for n in range(500):
        out.right(DESK, str(n), 1.0)
    source = out._sources[DESK]
    assert len(source.users) == shutout.MAX_USERS
