"""The aligner: streams that begin anywhere, slip, or are no streams at all."""

from __future__ import annotations

import numpy as np
import pytest

from tools.exchange.frames import MAX_BUFFER, Aligner, idle_block


def numbered(blocks: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Frames with their number in slot 5; 0x1B never, so that nothing imitates slot 0."""
    frames = np.concatenate([idle_block()] * blocks)
    frames[:, 5] = np.arange(len(frames)) % 16
    return frames


def received(aligner: Aligner, data: bytes, step: int) -> list[int]:
    found = []
    for at in range(0, len(data), step):
        for frames in aligner.receive(data[at : at + step]):
            found += list(frames[:, 5])
    return found


@pytest.mark.parametrize("step", [1, 7, 64, 2560])
@pytest.mark.parametrize("skip", [0, 1, 31, 32, 33, 63])
def test_the_frame_is_found_wherever_the_stream_begins(skip: int, step: int) -> None:
    frames = numbered(3)
    found = received(Aligner(), frames.tobytes()[skip:], step)
    begin = 0 if skip == 0 else 2
    expected = list(frames[begin:, 5])
    assert found == expected[: len(found)]
    assert len(found) >= len(expected) - 4


@pytest.mark.parametrize("octets", [b"\x00", b"\xd5" * 5, b"\xd5" * 31, b"\xd5" * 33])
def test_a_slip_is_noticed_once_and_healed(octets: bytes) -> None:
    stream = numbered(2).tobytes()
    aligner = Aligner()
    received(aligner, stream + octets + stream + stream, 2560)
    assert aligner.losses == 1
    assert aligner.is_aligned
    assert received(aligner, stream, 2560)[-1] == 15


def test_a_single_wrong_signal_is_no_loss() -> None:
    frames = numbered(2)
    frames[40, 0] = 0x00
    aligner = Aligner()
    assert len(received(aligner, frames.tobytes(), 100)) >= len(frames) - 4
    assert aligner.losses == 0


def test_garbage_is_never_frames_and_never_piles_up() -> None:
    aligner = Aligner()
    garbage = np.random.default_rng(3).integers(0, 27, 4 * MAX_BUFFER).astype(np.uint8)
    assert aligner.receive(garbage.tobytes()) == []
    assert not aligner.is_aligned
    assert received(aligner, numbered(3).tobytes(), 2560)
