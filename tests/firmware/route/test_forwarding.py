"""Where calls for Anna (201) go. The table reads: her settings, what is the matter, what comes."""

from typing import Any

import pytest

from firmware.config.schema import Extension, Menu, Office, Prompt, Queue
from firmware.route.desk import Unreached
from firmware.route.forwarding import Forward, Ring, Stop, after, before
from firmware.route.numbers import ToExtension, ToLine, ToMenu, ToQueue
from hal.leg import Cause


def office(anna: dict[str, Any] | None = None, **more: Any) -> Office:
    people = [
        Extension(number="201", name="Anna", secret="secret-201", **(anna or {})),
        Extension(number="202", name="Ben", secret="secret-202", may_dial_out=False),
        *(Extension(number=f"20{n}", name=f"P{n}", secret="secret-20n") for n in range(3, 9)),
    ]
    return Office(
        extensions=tuple(people),
        queues=(Queue(id="sales", name="Sales", number="300"),),
        menus=(Menu(id="main", name="Main", number="400", greeting="hello"),),
        prompts=(Prompt(id="hello", name="Hello", texts={"en": "Hello"}),),
        **more,
    )


def anna(place: Office) -> Extension:
    return place.extensions[0]


BUSY = Unreached("201", Cause.USER_BUSY, "486 Busy Here")
REFUSED = Unreached("201", Cause.REJECTED, "603 Decline")
SILENT = Unreached("201", Cause.NO_ANSWER, "rang for 25 s")
AWAY = Unreached("201", Cause.SUBSCRIBER_ABSENT, "no phone is signed in")


@pytest.mark.parametrize(
    ("settings", "is_busy", "number", "words"),
    [
        ({}, False, None, ""),
        ({}, True, None, ""),
        ({"forward_busy": "202"}, True, None, ""),
        (
            {"forward_busy": "202", "call_waiting": False},
            True,
            "202",
            "Anna (201) is busy: forwarded to Ben (202)",
        ),
        ({"forward_busy": "202", "call_waiting": False}, False, None, ""),
        (
            {"forward_always": "300"},
            False,
            "300",
            "Anna (201) forwards all calls: forwarded to the queue Sales",
        ),
        (
            {"forward_always": "400", "do_not_disturb": True},
            True,
            "400",
            "Anna (201) forwards all calls: forwarded to the menu Main",
        ),
        (
            {"forward_busy": "00825551234", "do_not_disturb": True},
            False,
            "00825551234",
            "Anna (201) is not to be disturbed: forwarded to 0825551234 outside",
        ),
    ],
)
def test_before_the_phone_rings(
    settings: dict[str, Any], is_busy: bool, number: str | None, words: str
) -> None:
    place = office(settings)
    decided = before(place, anna(place), is_busy, ("201",))
    if number is None:
        assert decided == Ring()
    else:
        assert isinstance(decided, Forward)
        assert (decided.number, decided.words) == (number, words)


def test_where_it_goes_is_what_the_number_means() -> None:
    kinds = {"202": ToExtension, "300": ToQueue, "400": ToMenu, "00825551234": ToLine}
    for number, kind in kinds.items():
        place = office({"forward_always": number})
        decided = before(place, anna(place), False, ("201",))
        assert isinstance(decided, Forward)
        assert isinstance(decided.to, kind)


def test_do_not_disturb_is_busy_and_so_is_a_phone_in_use_without_call_waiting() -> None:
    for settings in ({"do_not_disturb": True}, {"call_waiting": False}):
        place = office(settings)
        decided = before(place, anna(place), True, ("201",))
        assert isinstance(decided, Stop)
        assert decided.cause is Cause.USER_BUSY


BOTH = {"forward_busy": "202", "forward_no_answer": "203"}


@pytest.mark.parametrize(
    ("settings", "unreached", "number"),
    [
        (BOTH, BUSY, "202"),
        (BOTH, REFUSED, "202"),
        (BOTH, SILENT, "203"),
        (BOTH, AWAY, "203"),
        ({"forward_busy": "202"}, SILENT, None),
        ({"forward_no_answer": "203"}, BUSY, None),
        ({}, AWAY, None),
        ({}, Unreached("201", Cause.NORMAL_UNSPECIFIED, "302", redirect="204"), "204"),
        (BOTH, Unreached("201", Cause.NORMAL_UNSPECIFIED, "302", redirect="204"), "204"),
    ],
)
def test_after_it_rang_in_vain(
    settings: dict[str, Any], unreached: Unreached, number: str | None
) -> None:
    place = office(settings)
    decided = after(place, anna(place), unreached, ("201",))
    if number is None:
        assert isinstance(decided, Stop)
        assert decided.cause is unreached.cause
    else:
        assert isinstance(decided, Forward)
        assert decided.number == number


@pytest.mark.parametrize(
    ("redirect", "says"),
    [
        ("201", "came to Anna (201) already"),
        ("70", "cannot be forwarded to 70"),
        ("*8", "cannot be forwarded to *8"),
        ("299", "there is no extension 299"),
        ("x;y", "is no number"),
    ],
)
def test_a_phone_that_asks_for_nonsense(redirect: str, says: str) -> None:
    place = office()
    unreached = Unreached("201", Cause.NORMAL_UNSPECIFIED, "302", redirect=redirect)
    decided = after(place, anna(place), unreached, ("201",))
    assert isinstance(decided, Stop)
    assert says in decided.words


def test_a_phone_may_send_calls_outside_only_where_its_owner_may_dial() -> None:
    place = office()
    ben = place.extensions[1]
    unreached = Unreached("202", Cause.NORMAL_UNSPECIFIED, "302", redirect="00825551234")
    decided = after(place, ben, unreached, ("202",))
    assert isinstance(decided, Stop)
    assert "extension 202 may not dial outside numbers" in decided.words


def test_nobody_is_asked_twice_and_five_times_is_enough() -> None:
    place = office({"forward_busy": "208"})
    again = after(place, anna(place), BUSY, ("208", "201"))
    assert isinstance(again, Stop)
    assert "came to P8 (208) already" in again.words
    assert isinstance(after(place, anna(place), BUSY, ("1", "2", "3", "4", "201")), Forward)
    sixth = after(place, anna(place), BUSY, ("1", "2", "3", "4", "5", "201"))
    assert isinstance(sixth, Stop)
    assert "forwarded 5 times already" in sixth.words
