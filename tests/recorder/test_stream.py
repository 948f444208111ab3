"""The wire between core and recorder: exact inverse, any cutting up, and refusal of the rest."""

from __future__ import annotations

import struct
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.stream import (
    MAX_FRAME,
    OCTETS_PER_S,
    Audio,
    Mark,
    Message,
    Note,
    Reader,
    RecordingId,
    StreamError,
    Type,
    encode,
    recording_id,
)

ID = RecordingId("00112233445566aa")
SAMPLES: list[Message] = [
    Note(Type.HELLO, {"protocol": 1}),
    Note(Type.OPEN, {"recording": ID, "call": "c", "started_at": "x", "meta": {"caller": "Ä"}}),
    Audio(ID, 0, b""),
    Audio(ID, 2**64 - 1, bytes(range(256))),
    Note(Type.META, {}),
    Note(Type.CLOSE, {"recording": ID, "octets": 2**53}),
    Mark(Type.HAVE, ID, 0),
    Mark(Type.ACK, ID, 123_456_789_012),
    Note(Type.DONE, {"path": "/a/b", "duration_s": 1.25}),
    Note(Type.TROUBLE, {"code": "disk_full"}),
]
NAMES = [f"{type(m).__name__}-{i}" for i, m in enumerate(SAMPLES)]

ids = st.text("0123456789abcdef", min_size=16, max_size=16).map(RecordingId)
offsets = st.integers(0, 2**64 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
notes = st.builds(
    Note,
    st.sampled_from([Type.HELLO, Type.OPEN, Type.META, Type.CLOSE, Type.DONE, Type.TROUBLE]),
    st.dictionaries(st.text(), json_values, max_size=4),
)
messages = (
    st.builds(Audio, ids, offsets, st.binary(max_size=400))
    | st.builds(Mark, st.sampled_from([Type.HAVE, Type.ACK]), ids, offsets)
    | notes
)


def test_a_frame_octet_by_octet_as_written_in_the_contract() -> None:
    assert encode(Mark(Type.ACK, ID, 0x0102)) == (
        b"\x00\x00\x00\x19\x07" + b"00112233445566aa" + b"\x00\x00\x00\x00\x00\x00\x01\x02"
    )
    assert encode(Audio(ID, 3, b"\xd5\x55")) == (
        b"\x00\x00\x00\x1b\x03" + b"00112233445566aa" + b"\x00\x00\x00\x00\x00\x00\x00\x03\xd5\x55"
    )
    assert encode(Note(Type.HELLO, {"protocol": 1})) == b'\x00\x00\x00\x0f\x01{"protocol":1}'


@given(st.lists(messages, max_size=5))
def test_exact_inverse_whole(sent: list[Message]) -> None:
    reader = Reader()
    assert reader.receive(b"".join(map(encode, sent))) == sent
    assert reader.receive(b"") == []


@given(st.lists(messages, max_size=4), st.lists(st.integers(0, 2000), max_size=8))
def test_exact_inverse_however_it_is_cut_up(sent: list[Message], cuts: list[int]) -> None:
    wire = b"".join(map(encode, sent))
    edges = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    reader = Reader()
    got = [m for a, b in pairwise(edges) for m in reader.receive(wire[a:b])]
    assert got == sent


@pytest.mark.parametrize("message", SAMPLES, ids=NAMES)
def test_octet_by_octet_then_with_trailing_octets(message: Message) -> None:
    wire = encode(message)
    reader = Reader()
    for at in range(len(wire) - 1):
        assert reader.receive(wire[at : at + 1]) == []
    assert reader.receive(wire[-1:] + b"\x00\x00") == [message]


@pytest.mark.parametrize("message", SAMPLES, ids=NAMES)
def test_truncated_waits_for_the_rest(message: Message) -> None:
    wire = encode(message)
    for length in range(len(wire)):
        assert Reader().receive(wire[:length]) == []


@pytest.mark.parametrize("length", [0, MAX_FRAME + 1, 2**32 - 1])
def test_a_length_out_of_bounds_is_refused_before_its_body_comes(length: int) -> None:
    with pytest.raises(StreamError, match=f"frame length {length}: expected 1 to {MAX_FRAME}"):
        Reader().receive(struct.pack(">IB", length, Type.AUDIO))


def test_the_longest_frame_is_taken() -> None:
    octets = bytes(MAX_FRAME - 1 - 24)
    assert len(octets) > 60 * OCTETS_PER_S
    assert Reader().receive(encode(Audio(ID, 0, octets))) == [Audio(ID, 0, octets)]
    with pytest.raises(StreamError, match=str(MAX_FRAME + 1)):
        Reader().receive(encode(Audio(ID, 0, octets + b"\xd5")))


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (0, b"", "frame type 0: expected 1 to 9"),
        (10, b"", "frame type 10: expected 1 to 9"),
        (Type.OPEN, b"{", "OPEN: body is not JSON"),
        (Type.OPEN, b"\xff\xfe\xfd", "OPEN: body is not JSON"),
        (Type.META, b"[1]", "META: body is list, expected an object"),
        (Type.AUDIO, b"00112233445566aa", "AUDIO: 16 octets, expected at least 24"),
        (Type.HAVE, b"00112233445566AA" + bytes(8), "HAVE: recording id '00112233445566AA'"),
        (Type.ACK, b"\xff" * 24, "ACK: "),
    ],
)
def test_broken_frames_say_what_is_wrong(kind: int, body: bytes, told: str) -> None:
    with pytest.raises(StreamError, match=told):
        Reader().receive(struct.pack(">IB", len(body) + 1, kind) + body)


@given(st.binary(max_size=300))
def test_random_octets_give_messages_or_a_stream_error(data: bytes) -> None:
    reader, whole = Reader(), encode(SAMPLES[0])
    with suppress(StreamError):
        reader.receive(data)
        assert len(reader.receive(whole)) <= 1 + len(data)
    # Whatever it was: a reader that starts after it is in a known state.
    assert Reader().receive(whole) == [SAMPLES[0]]


@pytest.mark.parametrize("text", ["", "0" * 15, "0" * 17, "0" * 15 + "A", "0" * 15 + "\u0661"])
def test_a_recording_id_is_sixteen_lower_case_hex_digits(text: str) -> None:
    with pytest.raises(ValueError, match="expected 16 lower-case hex digits"):
        recording_id(text)
