"""Aligner against streams built here octet by octet from G.704, whole and in pieces."""

import random

import pytest

from hal.tdm.frames import (
    BLOCK_OCTETS,
    IDLE_ALAW,
    Aligned,
    Aligner,
    Block,
    Lost,
    Slipped,
)


def stream(frames: int, seed: int = 1) -> bytes:
    """G.704 frames: FAS 0x9B and NFAS 0xDF by turns, each slot with noise of its own."""
    noise = random.Random(seed)
    octets = bytearray()
    for frame in range(frames):
        octets.append(0x9B if frame % 2 == 0 else 0xDF)
        octets += bytes(noise.choices(range(256), k=31))
    return bytes(octets)


def blocks(found):
    return b"".join(item.octets for item in found if isinstance(item, Block))


def changes(found):
    return [item for item in found if not isinstance(item, Block)]


def test_a_whole_stream_is_cut_into_blocks_of_ten_milliseconds():
    sent = stream(800)
    found = Aligner().receive(sent)
    assert changes(found) == [Aligned(0)]
    assert blocks(found) == sent
    assert [len(item.octets) for item in found if isinstance(item, Block)] == [2560] * 10


def test_byte_by_byte_gives_the_same():
    sent = stream(160)
    aligner = Aligner()
    found = [item for octet in sent for item in aligner.receive(bytes([octet]))]
    assert blocks(found) == sent
    assert changes(found) == [Aligned(0)]


@pytest.mark.parametrize(("fas", "nfas"), [(0x1B, 0x40), (0x9B, 0xFF), (0x1B, 0xDF), (0x9B, 0x5F)])
def test_only_the_bits_of_g704_matter(fas, nfas):
    sent = bytearray(stream(160))
    sent[0::64] = bytes([fas]) * 80
    sent[32::64] = bytes([nfas]) * 80
    assert blocks(Aligner().receive(bytes(sent))) == bytes(sent)


@pytest.mark.parametrize("offset", [1, 31, 32, 33, 63])
def test_a_start_in_the_middle_is_filled_to_the_nearest_pair(offset):
    sent = stream(1000)
    found = Aligner().receive(sent[offset:])
    assert changes(found) == [Aligned(64 - offset)]
    audio = blocks(found)
    assert sent[64:10_000] in audio
    assert abs(audio.index(sent[64:10_000]) - (64 - offset)) <= 32


@pytest.mark.parametrize("moved", [1, 4, 31, 32, -1, -8, -31])
def test_a_slip_is_noticed_and_measured(moved):
    before, after = stream(803, seed=2), stream(805, seed=3)
    before = before[: 64 * 401]  # the pattern goes on at a FAS
    joined = before + bytes([0x55]) * moved + after if moved > 0 else before + after[-moved:]
    found = Aligner().receive(joined)
    assert changes(found)[0] == Aligned(0)
    assert changes(found)[1] == Lost()
    slip = changes(found)[2]
    assert isinstance(slip, Slipped)
    assert slip.octets == moved
    assert slip.skipped_octets % 64 == moved % 64
    assert len(changes(found)) == 3


@pytest.mark.parametrize("moved", [1, 16, 32, -1, -16, -31])
def test_time_never_stretches_and_the_audio_comes_back_in_its_place(moved):
    before, after = stream(800, seed=2), stream(1600, seed=3)
    joined = before + bytes([0x55]) * moved + after if moved > 0 else before + after[-moved:]
    audio = blocks(Aligner().receive(joined))
    assert len(joined) - BLOCK_OCTETS - 32 <= len(audio) <= len(joined) + 32
    assert audio[: 64 * 400] == before
    tail = after[6400:20_000]
    assert abs(audio.index(tail) - joined.index(tail)) <= 32


def test_nothing_misaligned_is_handed_on_after_a_slip():
    """Slot n of every frame after the slip holds what slot n was sent, or idle code."""
    marked = b"".join(
        bytes([0x9B if frame % 2 == 0 else 0xDF, *range(0x60, 0x7F)]) for frame in range(1600)
    )
    cut = 32 * 805 + 64 * 10  # in the middle of a block
    audio = blocks(Aligner().receive(marked[:cut] + marked[cut + 7 :]))
    slot = set(audio[5::32])
    assert slot <= {0x64, IDLE_ALAW}


def test_garbage_gives_idle_blocks_then_the_stream():
    garbage = bytes(random.Random(5).choices(range(0x20, 0x7F), k=50_000))
    sent = stream(1600)
    found = Aligner().receive(garbage + sent)
    assert isinstance(found[0], Block)
    assert found[0].is_filled
    assert set(found[0].octets[5::32]) == {IDLE_ALAW}
    assert changes(found)[-1] == Aligned(50_000)
    assert sent[640:40_000] in blocks(found)


def test_a_dead_stream_ticks_on_with_idle_code():
    aligner = Aligner()
    aligner.receive(stream(160))
    found = aligner.receive(bytes(25_600 + BLOCK_OCTETS))
    assert changes(found) == [Lost()]
    assert sum(isinstance(item, Block) for item in found) == 10
    assert not aligner.is_aligned


def test_bit_errors_of_1e_4_do_not_lose_the_frame():
    """At 1e-4 three FAS in a row are wrong once in 3e9 (7 bits each): never in this test."""
    noise = random.Random(6)
    sent = bytearray(stream(8000))
    for _ in range(len(sent) * 8 // 10_000):
        sent[noise.randrange(len(sent))] ^= 1 << noise.randrange(8)
    found = Aligner().receive(bytes(sent))
    assert changes(found) == [Aligned(0)]
    assert blocks(found) == bytes(sent)


@pytest.mark.parametrize(("wrong", "is_lost"), [(2, False), (3, True)])
@pytest.mark.parametrize("first_pair", [10, 38, 39])  # within a block, and over its edge
def test_three_wrong_fas_in_a_row_lose_the_frame_two_do_not(wrong, is_lost, first_pair):
    """G.706 clause 4.1.1."""
    sent = bytearray(stream(480))
    for pair in range(first_pair, first_pair + wrong):
        sent[pair * 64] ^= 0x10
    found = Aligner().receive(bytes(sent))
    assert (Lost() in found) is is_lost


def test_three_wrong_nfas_in_a_row_lose_the_frame():
    """G.706 clause 4.1.1, the additional criterion."""
    sent = bytearray(stream(480))
    for pair in range(3):
        sent[32 + (50 + pair) * 64] &= 0xBF
    assert Lost() in Aligner().receive(bytes(sent))


def test_a_burst_that_moves_nothing_comes_back_as_aligned():
    sent = bytearray(stream(800))
    sent[64 * 100 : 64 * 110] = bytes(640)
    assert changes(Aligner().receive(bytes(sent))) == [Aligned(0), Lost(), Aligned(704)]


@pytest.mark.parametrize("seed", range(20))
def test_random_portions_never_break_it(seed):
    """Cuts, insertions and noise: blocks stay whole, start with FAS, and their sum fits."""
    noise = random.Random(seed)
    sent = bytearray(stream(1600, seed))
    for _ in range(5):
        at = noise.randrange(len(sent))
        match noise.randrange(3):
            case 0:
                del sent[at : at + noise.randrange(200)]
            case 1:
                sent[at:at] = noise.randbytes(noise.randrange(200))
            case 2:
                sent[at : at + 300] = noise.randbytes(300)
    aligner = Aligner()
    found = []
    at = 0
    while at < len(sent):
        step = noise.randrange(1, 4000)
        found += aligner.receive(bytes(sent[at : at + step]))
        at += step
    given = [item for item in found if isinstance(item, Block)]
    assert {len(item.octets) for item in given} == {2560}
    assert abs(len(given) * BLOCK_OCTETS - len(sent)) <= 2 * BLOCK_OCTETS
