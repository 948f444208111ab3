"""Caller ID as the box's codec hears it: on hook, between rings or before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tools.exchange import g711


def fields(message: bytes) -> dict[int, bytes]:
    found, at = {}, 2
    while at < 2 + message[1]:
        found[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return found


def listen(bench: Any) -> None:
    bench.hook(1, False, onhook_listen=True)


@pytest.mark.parametrize(("cid", "standard"), [("v23", 2), ("bell202", 1)])
def test_fsk_between_the_first_and_the_second_ring(
    bench: Any, spandsp: Any, cid: str, standard: int
) -> None:
    listen(bench)
    bench.ask(do="ring", line=1, cid=cid, from_="0215557788", name="Alice Example")
    heard = bench.run(2.9)
    (message,) = spandsp.caller_id(heard, standard)
    assert fields(message) == {1: b"03141230", 2: b"0215557788", 7: b"Alice Example"}
    assert [wire.ring_hz for wire in bench.wires] == [25.0, 0.0, 25.0, 0.0]  # one pattern only
    # EN 300 659-1 clause 6.2: at least 500 ms of silence between ring and transmission
    assert g711.level_dbm0(heard[8000:12000]) < -55


def test_a_long_name_keeps_the_second_ring_waiting(bench: Any, spandsp: Any) -> None:
    listen(bench)
    name = "x" * 50
    bench.ask(do="ring", line=1, from_="0215557788", name=name)
    (message,) = spandsp.caller_id(bench.run(6), 2)
    assert fields(message)[7] == name.encode()


def test_a_withheld_number_says_so(bench: Any, spandsp: Any) -> None:
    listen(bench)
    bench.ask(do="ring", line=1, cid="withheld", from_="0215557788", name="Alice Example")
    (message,) = spandsp.caller_id(bench.run(3), 2)
    assert fields(message)[4] == b"P"
    assert b"0215557788" not in message


def test_dtmf_before_the_first_ring_after_a_reversal(
    bench_of: Callable[..., Any], spandsp: Any
) -> None:
    bench = bench_of("SE")
    listen(bench)
    bench.ask(do="ring", line=1, from_="0215557788")
    heard = bench.run(3)
    assert spandsp.digits(heard) == "A0215557788C"
    shown = [(wire.reversed, wire.ring_hz > 0) for wire in bench.wires]
    assert shown[:3] == [(True, False), (False, False), (False, True)]


@pytest.mark.parametrize("monitor", [True, False])
def test_without_caller_id_or_without_the_monitor_nothing_is_heard(
    bench: Any, spandsp: Any, monitor: bool
) -> None:
    bench.hook(1, False, onhook_listen=monitor)
    bench.ask(do="ring", line=1, cid="none" if monitor else "v23", from_="0215557788")
    assert g711.level_dbm0(bench.run(3)) < -55


def test_an_answer_in_mid_transmission_connects(bench: Any) -> None:
    listen(bench)
    bench.ask(do="ring", line=1, from_="0215557788")
    bench.run(2.0)
    bench.hook(1, True)
    bench.run(0.2)
    assert bench.events() == ["ringing", "answered"]
    assert g711.level_dbm0(bench.run(1)) < -55
