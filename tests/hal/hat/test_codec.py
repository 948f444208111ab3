"""HAT payloads: octets written out by hand from board/PROTOCOL.md, and both ends in agreement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hal.hat import codec, outbox, session
from hal.hat.codec import BadPayload, HostSilent, Numbered, Type
from hal.hat.messages import (
    Fault,
    Hello,
    Loop,
    PolarityReversed,
    PortChanged,
    PortStatus,
    RingEnded,
    RingStarted,
)
from tools.hatsim.cpython import load

PROTOCOL_MD = Path(__file__).parents[3] / "board" / "PROTOCOL.md"

EVENTS = {
    Type.RING_STARTED: ("02c409", RingStarted(2, 25.0)),
    Type.RING_ENDED: ("02d0070000", RingEnded(2, 2000)),
    Type.POLARITY: ("0101", PolarityReversed(1, True)),
    Type.PORT_STATUS: (
        "080320fefa0001",
        PortChanged(PortStatus(8, Loop.SEIZED, -48.0, 25.0, True)),
    ),
    Type.FAULT: ("0301" + b"no link".hex(), Fault(3, "no link (code 1)")),
    Type.HOST_SILENT: ("10270000", HostSilent(10000)),
}


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.name)
def test_events(kind: Type) -> None:
    body, event = EVENTS[kind]
    payload = bytes.fromhex("0700000040e20100" + body)
    assert codec.parse_event(kind, payload) == Numbered(7, 123456, event)
    longer = payload + b"\x00" if kind is not Type.FAULT else payload
    assert codec.parse_event(kind, longer).number == 7


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.name)
def test_truncated_events_are_refused(kind: Type) -> None:
    payload = bytes.fromhex("0700000040e20100" + EVENTS[kind][0])
    end = 10 if kind is Type.FAULT else len(payload)
    for cut in range(end):
        with pytest.raises(BadPayload, match=f"0x{kind:02x}"):
            codec.parse_event(kind, payload[:cut])


def test_hat_hello() -> None:
    payload = bytes.fromhex("01341200007856341205000000e80300008303")
    payload += b"\x03abc" + b"\x0fcallbox-hat 1.0"
    assert codec.parse_hello(payload) == codec.HatHello(
        Hello(1, "callbox-hat 1.0", "abc", (1, 2, 8), 1000, "watchdog"), 0x1234, 0x12345678, 5
    )
    for cut in range(len(payload)):
        with pytest.raises(BadPayload):
            codec.parse_hello(payload[:cut])


def test_commands() -> None:
    assert codec.hello(0x1234, 0x12345678, 4).hex() == "01341200007856341204000000"
    assert codec.hook(3, True).hex() == "0301"
    assert codec.monitor(3, False).hex() == "0300"
    assert codec.flash(3, 600).hex() == "035802"
    assert codec.configure(1, "DE", 1, -3.5, 6.0).hex() == "01444501ddff3c00"
    assert codec.lifeline(True).hex() == "01"
    assert codec.led("line8", "fast").hex() == "0803"


def test_both_ends_and_the_document_number_alike() -> None:
    board = load("protocol")
    document = dict(
        re.findall(r"^\| `0x([0-9a-f]{2})` \| ([A-Z_]+) \|", PROTOCOL_MD.read_text(), re.M)
    )
    assert {int(number, 16): name for number, name in document.items()} == {
        kind.value: kind.name for kind in Type
    }
    for kind in Type:
        assert getattr(board, kind.name) == kind.value
    assert board.PROTOCOL == codec.PROTOCOL
    assert board.WINDOW == outbox.WINDOW
    assert board.RETRY_MS == outbox.RETRY_S * 1000
    assert board.HEARTBEAT_MS == session.HEARTBEAT_S * 1000


def test_loop_states_are_numbered_as_on_the_board() -> None:
    fxo = load("fxo")
    for number, loop in enumerate(codec.LOOPS):
        assert getattr(fxo, loop.name) == number
