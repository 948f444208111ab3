"""A-law against the tables of ITU-T G.711 and, where Python still has it, audioop."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from tools.exchange import g711


@pytest.mark.parametrize(
    ("octet", "value"),
    [
        # G.711 Table 1a: decoder output values 1, 33, 66, 4032 of 4096, times 8 for 16 bits;
        # even bits are inverted on the line
        (0xD5, 8),
        (0x55, -8),
        (0xC5, 264),
        (0xF5, 528),
        (0xAA, 32256),
        (0x2A, -32256),
    ],
)
def test_decoder_values(octet: int, value: int) -> None:
    assert g711.decode(np.array([octet], np.uint8))[0] == value


def test_coding_a_decoded_octet_gives_it_back() -> None:
    octets = np.arange(256).astype(np.uint8)
    assert np.array_equal(g711.encode(g711.decode(octets)), octets)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="audioop left Python in 3.13")
def test_the_tables_are_those_of_audioop() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop
    octets = bytes(range(256))
    assert g711.decode(np.frombuffer(octets, np.uint8)).astype("<i2").tobytes() == audioop.alaw2lin(
        octets, 2
    )
    values = np.arange(-32768, 32768, 7).astype("<i2")
    ours = g711.decode(g711.encode(values.astype(np.float32)))
    theirs = g711.decode(np.frombuffer(audioop.lin2alaw(values.tobytes(), 2), np.uint8))
    # both round to a neighbouring step where a value lies on the border between two
    assert np.abs(ours - theirs).max() <= 1024
    assert np.mean(ours != theirs) < 0.01


def test_the_digital_milliwatt_is_0_dbm0() -> None:
    # G.711 Table 5: this sequence of octets is 1 kHz at 0 dBm0
    octets = np.array([0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4] * 100, np.uint8)
    assert g711.level_dbm0(g711.decode(octets)) == pytest.approx(0.0, abs=0.05)


def test_too_loud_is_clipped_and_silence_has_a_level() -> None:
    loud = np.array([1e6, -1e6], np.float32)
    assert list(g711.encode(loud)) == [0xAA, 0x2A]
    assert g711.level_dbm0(np.zeros(80, np.float32)) == -99
    assert g711.level_dbm0(np.zeros(0, np.float32)) == -99
