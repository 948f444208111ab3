"""The small pure parts: timers, rates, INFO digits, causes, dialogs."""

from __future__ import annotations

import pytest

from hal.leg import Cause
from hal.sip.causes import STATUS_FOR, cause_for, stated_cause
from hal.sip.dialog import Dialog
from hal.sip.errors import BadMessage, OutOfOrder
from hal.sip.flow import Flow
from hal.sip.info import digit_in
from hal.sip.message import Request, Response
from hal.sip.rates import Rates
from hal.sip.timers import Timers
from hal.sip.uri import SipUri
from tests.hal.sip.wire import Clock

FLOW = Flow("udp", "192.0.2.9", 5060)


def test_timers_run_in_order_and_stop() -> None:
    clock, ran = Clock(), list[str]()
    timers = Timers(clock)
    timers.start(2, lambda: ran.append("b"))
    timers.start(1, lambda: ran.append("a"))
    timers.start(1.5, lambda: ran.append("never")).stop()
    clock.now += 3
    timers.fire()
    assert ran == ["a", "b"]
    assert timers.next_at is None


def test_stopped_timers_do_not_gather_until_their_time() -> None:
    """Most timers of a call are for what does not happen."""
    clock, ran = Clock(), list[int]()
    timers = Timers(clock)
    for n in range(20_000):
        timer = timers.start(32, ran.append, n)
        if n % 1000:
            timer.stop()
    assert len(timers) < 3000
    clock.now += 33
    timers.fire()
    assert ran == list(range(0, 20_000, 1000))
    assert len(timers) == 0


def test_timers_tell_when_the_next_comes_earlier() -> None:
    told: list[float] = []
    timers = Timers(Clock(), told.append)
    for delay_s in (5, 7, 2):
        timers.start(delay_s, lambda: None)
    assert told == [1005, 1002]


def test_rates_refill_and_forget() -> None:
    rates = Rates(per_s=1, burst=2, max_sources=3)
    assert [rates.allow("a", 0), rates.allow("a", 0), rates.allow("a", 0)] == [True, True, False]
    assert rates.allow("a", 1.5)
    for source in "bcdefg":
        rates.allow(source, 2)
    assert len(rates) == 3
    assert rates.refused == 1


def info(kind: str, body: bytes) -> Request:
    return Request("INFO", SipUri("h"), (("Content-Type", kind),), body)


@pytest.mark.parametrize(
    ("kind", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Duration=160\r\nSignal= * \r\n", "*"),
        ("application/dtmf-relay", b"Signal=11", "#"),
        ("application/dtmf-relay", b"Signal=16", None),
        ("application/dtmf", b"a", "A"),
        ("text/plain", b"5", None),
    ],
)
def test_info_digits(kind: str, body: bytes, digit: str | None) -> None:
    assert digit_in(info(kind, body)) == digit


@pytest.mark.parametrize("body", [b"", b"Signal=", b"Signal=55", b"Signal=x"])
def test_info_without_a_digit(body: bytes) -> None:
    with pytest.raises(BadMessage):
        digit_in(info("application/dtmf-relay", body))


def test_every_cause_has_a_failure_status() -> None:
    assert set(STATUS_FOR) == set(Cause)
    assert all(400 <= status < 700 for status in STATUS_FOR.values())


@pytest.mark.parametrize(
    ("status", "cause"),
    [  # RFC 3398 clause 8.2.6.1
        (403, 21), (404, 1), (484, 28), (486, 17), (502, 38), (504, 102), (600, 17), (603, 21),
        (604, 1), (500, 41), (503, 41), (415, 79), (501, 79), (420, 127), (513, 127),
    ],
)  # fmt: skip
def test_status_to_cause(status: int, cause: int) -> None:
    assert cause_for(status) == cause


def test_unavailable_before_ringing_is_absent() -> None:
    assert cause_for(480, has_rung=False) is Cause.SUBSCRIBER_ABSENT
    assert cause_for(480, has_rung=True) is Cause.NO_ANSWER


def test_reason_goes_before_the_status() -> None:
    response = Response(480, "x", (("Reason", 'SIP;cause=480, Q.850;cause=17;text="busy"'),))
    assert stated_cause(response) is Cause.USER_BUSY
    assert stated_cause(Response(480, "x", (("Reason", "nonsense"),))) is None
    assert stated_cause(Response(480, "x", (("Reason", "Q.850;cause=999"),))) is None


def invite(cseq: int = 5, *more: tuple[str, str]) -> Request:
    headers = (
        ("From", "<sip:a@h>;tag=their"), ("To", "<sip:b@h>"), ("Call-ID", "c"),
        ("CSeq", f"{cseq} INVITE"), ("Contact", "<sip:a@192.0.2.9:5070>"), *more,
    )  # fmt: skip
    return Request("INVITE", SipUri("h"), headers)


def test_dialog_of_a_server_keeps_the_route_order() -> None:
    """RFC 3261 clause 12.1.1."""
    routes = ("Record-Route", "<sip:p1;lr>, <sip:p2;lr>")
    dialog = Dialog.from_invite(invite(5, routes), "our", FLOW)
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:a@192.0.2.9:5070"
    assert bye.values("Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert (bye.from_.tag, bye.to.tag, bye.call_id) == ("our", "their", "c")


def test_dialog_of_a_client_turns_the_routes_round() -> None:
    """RFC 3261 clause 12.1.2."""
    answer = Response(
        200, "OK",
        (("To", "<sip:b@h>;tag=other"), ("Contact", "<sip:b@192.0.2.8>"),
         ("Record-Route", "<sip:p1;lr>"), ("Record-Route", "<sip:p2;lr>")),
    )  # fmt: skip
    dialog = Dialog.from_response(invite(), answer, FLOW)
    assert dialog.ack(5).values("Route") == ["<sip:p2;lr>", "<sip:p1;lr>"]
    assert str(dialog.ack(5).cseq) == "5 ACK"
    assert str(dialog.request("BYE").cseq) == "6 BYE"


def test_dialog_refuses_what_comes_out_of_order() -> None:
    dialog = Dialog.from_invite(invite(5), "our", FLOW)
    moved = Flow("udp", "192.0.2.99", 5060)
    dialog.accept(invite(6), moved)
    assert dialog.flow == moved
    for cseq in (6, 5):
        with pytest.raises(OutOfOrder):
            dialog.accept(invite(cseq), FLOW)


def test_re_invite_moves_the_target() -> None:
    """RFC 3261 clause 12.2.2."""
    dialog = Dialog.from_invite(invite(5), "our", FLOW)
    again = Request("INVITE", SipUri("h"), (("CSeq", "6 INVITE"), ("Contact", "<sip:new@h>")))
    dialog.accept(again, FLOW)
    assert str(dialog.target) == "sip:new@h"
