"""Ogg pages: against files that opusenc wrote, and against damage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from recorder import ogg


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Ten seconds by opusenc, which uses libogg's own page writer."""
    path: Path = tmp_path_factory.mktemp("ogg") / "foreign.opus"
    command = ["opusenc", "--quiet", "--raw", "--raw-rate", "8000", "--raw-chan", "1"]
    noise = bytes(i * i % 251 for i in range(160_000))
    subprocess.run([*command, "-", str(path)], input=noise, check=True)
    return path.read_bytes()


def test_every_page_of_another_writer_is_good(foreign: bytes) -> None:
    found = list(ogg.pages(foreign))
    assert found[-1].end == len(foreign)
    assert [page.sequence for page in found] == list(range(len(found)))
    assert found[0].flags == ogg.Flag.FIRST
    assert found[-1].flags == ogg.Flag.LAST
    assert found[0].body.startswith(b"OpusHead")


def test_written_again_they_are_the_same_octets(foreign: bytes) -> None:
    first = next(ogg.pages(foreign))
    again = ogg.page([first.body], first.granule, first.serial, first.sequence, first.flags)
    assert again == foreign[: first.end]


@pytest.mark.parametrize("length", [0, 1, 254, 255, 256, 510, 1275])
def test_packets_of_any_length(length: int) -> None:
    (found,) = ogg.pages(ogg.page([bytes(length), b"x"], 960, 7, 3, ogg.Flag.LAST))
    assert (found.body, found.granule, found.serial) == (bytes(length) + b"x", 960, 7)
    assert (found.sequence, found.segments) == (3, length // 255 + 2)


def test_too_much_for_one_page_is_refused() -> None:
    with pytest.raises(ValueError, match="256 segments on one page: expected at most 255"):
        ogg.page([b""] * 256, 0, 1, 0)


def test_any_flipped_octet_ends_the_walk_before_its_page() -> None:
    whole = ogg.page([b"first"], 1, 7, 0) + ogg.page([b"second"], 2, 7, 1)
    middle = len(ogg.page([b"first"], 1, 7, 0))
    for at in range(middle, len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        assert [page.sequence for page in ogg.pages(bytes(damaged))] == [0]


def test_cut_anywhere_only_whole_pages_count(foreign: bytes) -> None:
    ends = [page.end for page in ogg.pages(foreign)]
    for cut in range(0, len(foreign), 97):
        good = [page.end for page in ogg.pages(foreign[:cut])]
        assert good == [end for end in ends if end <= cut]


def test_a_zero_filled_tail_is_not_a_page(foreign: bytes) -> None:
    assert [p.end for p in ogg.pages(foreign + bytes(5000))][-1] == len(foreign)
