"""Replaces: reading the header, and the answers of RFC 3891 clause 3 to calls that carry it."""

from __future__ import annotations

import pytest

from hal.sip.errors import BadMessage
from hal.sip.message import Request
from hal.sip.replaces import Replaces, Stage
from hal.sip.uri import SipUri


@pytest.mark.parametrize(
    ("text", "claim"),
    [  # the examples of RFC 3891 clause 6.1
        (
            "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff",
            Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r"),
        ),
        (
            "12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only",
            Replaces("12adf2f34456gs5", "12345", "54321", is_early_only=True),
        ),
        (
            "87134@171.161.34.23;to-tag=24796;from-tag=0",
            Replaces("87134@171.161.34.23", "24796", "0"),
        ),
    ],
)
def test_reads_and_writes(text: str, claim: Replaces) -> None:
    assert Replaces.parse(text) == claim
    assert Replaces.parse(str(claim)) == claim


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";to-tag=1;from-tag=2",
        "a;to-tag=1",
        "a;from-tag=1",
        "a;to-tag=1;from-tag=2;to-tag=3",
        "a;to-tag;from-tag=2",
        "a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2",
        "a b;to-tag=1;from-tag=2",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(BadMessage):
        Replaces.parse(text)


def test_a_phone_without_tag_is_zero() -> None:
    assert Replaces("a", "1", "0").is_from("")
    assert not Replaces("a", "1", "2").is_from("")


@pytest.mark.parametrize(
    ("stage", "is_early_only", "status"),
    [
        (None, False, 481),
        (Stage.EARLY_THEIRS, False, 481),
        (Stage.EARLY_OURS, True, None),
        (Stage.CONFIRMED, False, None),
        (Stage.CONFIRMED, True, 486),
        (Stage.ENDED, False, 603),
    ],
)
def test_which_claims_are_refused(
    stage: Stage | None, is_early_only: bool, status: int | None
) -> None:
    """RFC 3891 clause 3."""
    assert Replaces("a", "1", "2", is_early_only).refusal(stage) == status


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("REFER", ("Replaces",)),
        ("INVITE", ("Replaces", "Replaces")),
        ("INVITE", ("Replaces", "Join")),
    ],
)
def test_contradictions(method: str, headers: tuple[str, ...]) -> None:
    fields = tuple((name, "a;to-tag=1;from-tag=2") for name in headers)
    with pytest.raises(BadMessage) as refused:
        Replaces.of(Request(method, SipUri("h"), fields))
    assert refused.value.status == 400
