"""Frame codec on the vectors, under CPython and (same vectors) under MicroPython."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from board.hat import wire

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "hat_wire" / "vectors.json").read_text()
)


@pytest.mark.parametrize("vector", VECTORS["crc"], ids=lambda v: v["name"])
def test_crc_of_published_check_values(vector: dict[str, Any]) -> None:
    assert wire.crc16(bytes.fromhex(vector["data"])) == vector["crc"]


@pytest.mark.parametrize("vector", VECTORS["cobs"], ids=lambda v: v["name"])
def test_cobs_of_the_published_examples(vector: dict[str, Any]) -> None:
    data, text = bytes.fromhex(vector["data"]), bytes.fromhex(vector["text"])
    assert wire.cobs_encode(data) == text
    assert wire.cobs_decode(text) == data


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda v: v["name"])
def test_frames_are_exact_inverses(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["frame"])
    payload = bytes.fromhex(vector["payload"])
    assert wire.encode(vector["type"], vector["seq"], payload) == frame
    assert wire.decode(frame[:-1]) == (vector["type"], vector["seq"], payload)


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda v: v["name"])
def test_spoilt_frames_are_refused_with_a_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=vector["match"]):
        wire.decode(bytes.fromhex(vector["text"]))


def test_byte_by_byte_whole_and_in_pieces() -> None:
    frames = b"".join(wire.encode(0x10 + n, n, bytes(range(n))) for n in range(30))
    wanted = [(0x10 + n, n, bytes(range(n))) for n in range(30)]
    assert wire.Decoder().feed(frames) == wanted
    single = wire.Decoder()
    assert [found for octet in frames for found in single.feed(bytes((octet,)))] == wanted
    assert single.bad == 0


def test_truncation_costs_one_frame_only() -> None:
    good = wire.encode(1, 2, b"\x00abc\x00")
    for cut in range(1, len(good) - 1):
        decoder = wire.Decoder()
        found = decoder.feed(good[:cut] + b"\x00" + good)
        assert found == [(1, 2, b"\x00abc\x00")]
        assert decoder.bad == 1


def test_every_single_bit_error_is_noticed() -> None:
    good = wire.encode(0x91, 7, bytes.fromhex("0102030405060708"))
    for bit in range((len(good) - 1) * 8):
        spoilt = bytearray(good)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert (0x91, 7, bytes.fromhex("0102030405060708")) not in wire.Decoder().feed(spoilt)


def test_noise_of_any_length_is_survived() -> None:
    noise = random.Random(5)
    decoder = wire.Decoder()
    for _ in range(200):
        decoder.feed(noise.randbytes(noise.randrange(600)))
    decoder.feed(b"\x00")
    assert decoder.feed(wire.encode(1, 1, b"x")) == [(1, 1, b"x")]
    assert decoder.bad > 0
    assert decoder.skipped > 0


def test_payload_that_is_too_long_is_named() -> None:
    with pytest.raises(ValueError, match="payload of 201 octets, expected at most 200"):
        wire.encode(1, 1, bytes(201))
