"""Statuses: exact inverses, and what is not one is named."""

import pytest

from hal.tdm.messages import (
    Connected,
    FrameFound,
    FrameLost,
    Stats,
    StatusError,
    Trouble,
    encode,
    parse,
)


@pytest.mark.parametrize(
    "status",
    [
        Connected("unix:/x.sock"),
        Trouble("no line audio", "No such file", 'start "it"\n'),
        FrameFound(64, -4),
        FrameLost(),
        Stats(blocks_in=7, xruns=1),
    ],
    ids=lambda status: type(status).__name__,
)
def test_a_status_comes_back_as_it_was(status):
    line = encode(status)
    assert parse(line) == status
    assert line.count(b"\n") == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Traceback (most recent call last):\n", "expected JSON"),
        (b"[1]", "expected a status of connected"),
        (b'{"status": "tired"}', "expected a status of connected"),
        (b'{"status": "frame_found"}', "skipped_octets"),
    ],
)
def test_what_is_not_a_status_is_named(line, expected):
    with pytest.raises(StatusError, match=expected):
        parse(line)
