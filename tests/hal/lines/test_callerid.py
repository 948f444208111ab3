"""Who calls, and why that is not known (ETSI EN 300 659-3 clause 5.3.4)."""

import pytest

from hal.leg import Party, PortId
from hal.lines.callerid import is_mark, party, receivers, unknown
from hal.lines.countries import CallerIdWay
from hal.lines.tones import Segment
from hal.switch.face import CallerIdHeard, Detect

V23 = (CallerIdWay.V23_AFTER_RING,)


def test_number_and_name():
    heard = CallerIdHeard(PortId(1), "v23", "0301234567", "MEIER")
    assert party(heard) == Party("0301234567", "MEIER")


@pytest.mark.parametrize(
    ("absent", "why"),
    [
        ("P", "withheld by caller"),
        ("O", "number not available from the network"),
        ("", "number not available from the network"),
    ],
)
def test_no_number(absent, why):
    heard = CallerIdHeard(PortId(1), "v23", "", "", number_absent=absent)
    assert party(heard).why_unknown == why


@pytest.mark.parametrize(
    ("ways", "mark", "why"),
    [
        (V23, False, "no caller ID signal before ring 2"),
        (V23, True, "a caller ID signal came, but it was damaged (checksum or cut off)"),
        ((), False, "caller ID is not set up for this line"),
    ],
)
def test_no_message(ways, mark, why):
    assert unknown(ways, mark, "before ring 2").why_unknown == why


def test_one_receiver_for_each_way():
    every = receivers(tuple(CallerIdWay))
    assert every == (
        Detect.CALLER_ID_V23 | Detect.CALLER_ID_BELL202 | Detect.CALLER_ID_DTMF | Detect.TONES
    )
    assert receivers(()) is Detect.NONE


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (Segment(1300, 0, 150), True),  # V.23
        (Segment(1200, 0, 150), True),  # Bell 202
        (Segment(425, 0, 150), False),
        (Segment(1300, 2100, 150), False),
        (Segment(1300, 0, 20), False),
    ],
)
def test_the_mark_before_a_message(segment, expected):
    assert is_mark(segment) is expected
