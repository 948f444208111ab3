"""A box that is late refuses new calls, early, and goes on with those it has."""

from __future__ import annotations

import pytest

from hal.sip.agent import AGAIN_S
from hal.sip.lag import ENOUGH, KEPT_S, LATE_S, SETTLED_S, Lag
from hal.sip.tables import T1_S
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone


def test_it_is_late_behind_the_second_repeat_and_before_the_third() -> None:
    assert T1_S + 2 * T1_S < LATE_S < T1_S + 2 * T1_S + 4 * T1_S  # RFC 3261 clause 17.1.1.2


@pytest.mark.parametrize(
    ("lags_s", "is_late"),
    [
        ([0.001] * 20, False),
        ([LATE_S] * 20, True),
        ([LATE_S], False),  # the process had stood still
        ([LATE_S] * 8, False),  # starved, and nobody calls
        ([LATE_S] * 15 + [0.1] + [LATE_S] * 4, False),
        ([3600.0] * 20, False),  # the clock was set
        ([-3600.0] * 20, False),
    ],
)
def test_what_counts_as_late(lags_s: list[float], is_late: bool) -> None:
    lag, now = Lag(), 100.0
    for lag_s in lags_s:
        now += 0.1
        lag.note(lag_s, now)
    assert lag.is_late(now) is is_late
    assert not lag.is_late(now + KEPT_S)  # nothing was read since


def test_new_calls_are_refused_while_the_box_is_late(switch: FakeSwitch) -> None:
    """RFC 3261 clause 21.5.4: 503 with Retry-After, before anything else is looked at."""
    net = Net()
    box = Box(net, switch)
    phone, other = Phone(net, "201", 5071), Phone(net, "202", 5072)
    phone.register()
    other.register()
    phone.call("600")
    box.offered[0].answer()
    net.run(0.1)
    phone.ack()
    for _ in range(ENOUGH):
        net.run(SETTLED_S / 10)
        box.lag.note(LATE_S, net.clock())
    other.request("INVITE", "sip:600@192.0.2.1", body=other.sdp())
    phone.within("BYE")
    net.run(0.5)
    refused = other.responses[-1]
    assert refused.status == 503
    assert AGAIN_S[0] <= int(refused.first("Retry-After") or "0") <= AGAIN_S[1]
    assert phone.responses[-1].status == 200
    assert box.agent.snapshot().calls_refused_late == 1
    assert len(box.offered) == 1
    net.run(KEPT_S)
    other.call("600")
    assert len(box.offered) == 2
