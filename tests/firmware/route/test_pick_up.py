"""Which call somebody may pick up."""

import pytest

from firmware.config.schema import Extension, Office
from firmware.records.messages import CallId
from firmware.route.pick_up import Nothing, Ringing, choose, may_take
from hal.leg import LegId

GROUPS = {"201": "front", "202": "front", "203": "back", "204": "", "205": ""}
OFFICE = Office(
    extensions=tuple(
        Extension(number=n, name=f"P{n}", secret="secret-of-it", pickup_group=g)
        for n, g in GROUPS.items()
    )
)


def ringing(*where: str) -> list[Ringing]:
    """Calls that ring, the newest first."""
    return [
        Ringing(CallId(f"call-{n}"), extension, 100.0 - n, LegId(f"leg-{n}"))
        for n, extension in enumerate(where)
    ]


@pytest.mark.parametrize(
    ("by", "extension", "rings", "taken"),
    [
        ("201", "", ["202"], "call-0"),
        ("201", "", ["202", "202"], "call-1"),  # the one that rings longer
        ("201", "", ["203", "204"], "box-nothing-rings"),
        ("201", "", [], "box-nothing-rings"),
        ("204", "", ["205"], "box-nothing-rings"),  # in no group
        ("201", "202", ["202"], "call-0"),
        ("201", "203", ["203"], "box-not-your-group"),
        ("201", "204", ["204"], "call-0"),  # in no group: for everybody
        ("204", "201", ["201"], "box-not-your-group"),
        ("204", "205", ["205"], "call-0"),
        ("203", "203", ["203"], "call-0"),  # one's own other phone
        ("201", "202", ["203"], "box-nothing-rings"),
        ("299", "204", ["204"], "call-0"),
    ],
)
def test_choice(by: str, extension: str, rings: list[str], taken: str) -> None:
    found = choose(OFFICE, by, extension, ringing(*rings))
    assert (found.prompt if isinstance(found, Nothing) else found.call) == taken


def test_lamp_keys_follow_the_same_rule() -> None:
    assert may_take(OFFICE, "201", "202")
    assert may_take(OFFICE, "201", "204")
    assert not may_take(OFFICE, "201", "203")
    assert not may_take(OFFICE, "204", "203")
