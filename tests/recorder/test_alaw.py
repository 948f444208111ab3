"""A-law table against ffmpeg's."""

from __future__ import annotations

import subprocess

import pytest

from recorder.alaw import SILENCE, to_linear


def test_every_octet_as_ffmpeg_decodes_it() -> None:
    octets = bytes(range(256))
    source = ["-f", "alaw", "-ar", "8000", "-ac", "1", "-i", "-"]
    command = ["ffmpeg", "-v", "error", *source, "-f", "s16le", "-"]
    ran = subprocess.run(command, input=octets, capture_output=True, check=True)
    assert bytes(to_linear(octets)) == ran.stdout


def test_the_ends_of_table_1a() -> None:
    # G.711 table 1a: decoder output 1 for the first and 4032 for the last value, here times eight.
    assert bytes(to_linear(bytes((SILENCE, 0xAA)))) == (8).to_bytes(2, "little") + (
        4032 * 8
    ).to_bytes(2, "little")


@pytest.mark.parametrize("length", [0, 1, 3])
def test_any_length(length: int) -> None:
    assert len(to_linear(bytearray(length))) == 2 * length
