"""SHA-256 for who knows it, MD5 for who does not (RFC 8760 clause 2.4)."""

from __future__ import annotations

from hal.sip import offers
from hal.sip.offers import Offers

BOTH = ("SHA-256", "MD5")
IP = "192.0.2.7"


def test_the_best_is_on_top_for_who_is_not_known() -> None:
    assert Offers(BOTH).choose(IP, "201", "Yealink SIP-T54W 96.86.0.70", "a") == BOTH


def test_known_for_giving_up_on_a_second_challenge() -> None:
    made = Offers(BOTH)
    for name in ("baresip v1.0.0 (x86_64/linux)", "baresip v0.6.5 (x)", "", "SIPp/Linux"):
        assert made.choose(IP, "201", name, "a") == ("MD5",)
    assert made.choose(IP, "201", "baresip v3.5.1 (x86_64/Linux)", "a") == BOTH


def test_who_comes_again_without_credentials_was_puzzled_for_good() -> None:
    made = Offers(BOTH)
    assert made.choose(IP, "201", "Old", "a") == BOTH
    assert made.choose(IP, "201", "Old", "a") == BOTH  # the same request: our answer was lost
    assert made.choose(IP, "201", "Old", "b") == ("MD5",)
    made.answered(IP, "201")
    assert made.choose(IP, "201", "Old", "c") == ("MD5",)
    assert made.choose(IP, "202", "Old", "c") == BOTH


def test_who_answers_is_offered_the_best_again() -> None:
    made = Offers(BOTH)
    for salt in "abc":
        assert made.choose(IP, "201", "New", salt) == BOTH
        made.answered(IP, "201")


def test_one_algorithm_is_no_choice_and_the_table_is_bounded() -> None:
    assert Offers(("SHA-256",)).choose(IP, "201", "", "a") == ("SHA-256",)
    made = Offers(BOTH)
    for n in range(offers.MAX_PHONES + 5):
        made.choose(IP, str(n), "Any", "a")
    assert len(made) == offers.MAX_PHONES
