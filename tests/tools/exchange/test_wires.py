"""The lines socket's messages: what is accepted and what is refused by name."""

from __future__ import annotations

import json

import pytest

from tools.exchange.errors import BadRequest
from tools.exchange.wires import BoardHello, BoxSide, Electrical, Lifeline, parse


def test_the_board_says_everything_about_a_port() -> None:
    line = (
        b'{"port":3,"off_hook":true,"onhook_listen":false,"pcm_on":true,"slot":7,'
        b'"rx_gain_db":-1.5,"tx_gain_db":3,"acim":2}\n'
    )
    assert parse(line) == BoxSide(3, True, False, True, 7, -1.5, 3.0, 2)


def test_hello_and_lifeline() -> None:
    assert parse(b'{"hello":true,"ports":[1,2]}') == BoardHello((1, 2))
    assert parse(b'{"lifeline":true}') == Lifeline(True)


def test_the_exchange_says_everything_about_a_pair() -> None:
    state = Electrical(2, 48.0, True, 25.0, 75.0, 25.0, False)
    assert bytes(state).endswith(b"\n")
    assert json.loads(bytes(state)) == {
        "port": 2,
        "battery_v": 48.0,
        "reversed": True,
        "ring_hz": 25.0,
        "ring_vrms": 75.0,
        "loop_ma": 25.0,
        "parallel": False,
    }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "is not JSON"),
        (b"3", "expected an object"),
        (b'{"off_hook":true}', "port 0: expected 1 to 99"),
        (b'{"port":1,"slot":32}', "slot 32: expected 0 to 31"),
        (b'{"port":1,"rx_gain_db":"loud"}', "rx_gain_db 'loud': expected -60 to 30 dB"),
        (b'{"hello":true,"ports":"all"}', "ports 'all': expected a list"),
    ],
)
def test_what_cannot_be_is_refused_by_name(line: bytes, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        parse(line)
