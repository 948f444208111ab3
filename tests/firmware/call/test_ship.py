"""The core's outbox: what is held, sent, sent again and forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.call.ship import CLOSING_LIMIT, HOLD_LIMIT, TOTAL_LIMIT, Done, Outbox, Trouble
from recorder.stream import Audio, Mark, Message, Note, RecordingId, StreamError, Type

ID = RecordingId("00112233445566aa")
AT = "2026-03-04T05:06:07Z"
ALL = 1 << 30


def connected(*, have: int = 0) -> Outbox:
    outbox = Outbox()
    outbox.open(ID, "call-1", AT, {})
    outbox.connected()
    outbox.received(Mark(Type.HAVE, ID, have))
    return outbox


def types(messages: list[Message]) -> list[Type]:
    return [Type.AUDIO if isinstance(m, Audio) else m.type for m in messages]


def test_connecting_introduces_every_recording() -> None:
    outbox = Outbox()
    outbox.open(ID, "call-1", AT, {"caller": "1"})
    outbox.describe(ID, {"agent": "A"})
    hello, opening = outbox.connected()
    assert hello == Note(Type.HELLO, {"protocol": 1})
    assert opening == Note(
        Type.OPEN,
        {
            "recording": ID,
            "call": "call-1",
            "started_at": AT,
            "meta": {"caller": "1", "agent": "A"},
        },
    )
    assert outbox.due(ALL) == []


def test_no_audio_before_have() -> None:
    outbox = Outbox()
    outbox.connected()
    outbox.open(ID, "call-1", AT, {})
    outbox.put(ID, 0, b"ab")
    assert types(outbox.due(ALL)) == [Type.OPEN]
    assert outbox.due(ALL) == []
    outbox.received(Mark(Type.HAVE, ID, 0))
    assert outbox.due(ALL) == [Audio(ID, 0, b"ab")]


def test_held_until_acknowledged_and_sent_again_from_have() -> None:
    outbox = connected()
    for at in (0, 2, 4, 6):
        outbox.put(ID, at, b"xy")
    assert len(outbox.due(ALL)) == 4
    outbox.received(Mark(Type.ACK, ID, 3))  # a chunk is forgotten when all of it is there
    assert outbox.snapshot().held_octets == 6
    outbox.disconnected()
    assert outbox.due(ALL) == []
    outbox.connected()
    outbox.received(Mark(Type.HAVE, ID, 4))
    assert outbox.due(ALL) == [Audio(ID, 4, b"xy"), Audio(ID, 6, b"xy")]


def test_the_limit_of_one_sending_keeps_the_order() -> None:
    outbox = connected()
    for at in range(0, 10, 2):
        outbox.put(ID, at, b"xy")
    assert [len(outbox.due(3)) for _ in range(4)] == [2, 2, 1, 0]


def test_close_follows_the_last_audio_and_is_repeated_after_a_reconnect() -> None:
    outbox = connected()
    outbox.put(ID, 0, b"abcd")
    outbox.close(ID, {"result": "sold"})
    closing = Note(Type.CLOSE, {"recording": ID, "octets": 4, "meta": {"result": "sold"}})
    assert outbox.due(ALL) == [Audio(ID, 0, b"abcd"), closing]
    assert outbox.due(ALL) == []
    outbox.disconnected()
    outbox.connected()
    outbox.received(Mark(Type.HAVE, ID, 4))
    assert outbox.due(ALL) == [closing]


def test_done_ends_it_and_frees_what_was_held() -> None:
    outbox = connected()
    outbox.put(ID, 0, b"abcd")
    outbox.close(ID, {})
    done = {"recording": ID, "path": "/x", "octets": 9, "duration_s": 0.5, "missing_s": 0.0}
    assert outbox.received(Note(Type.DONE, done)) == [Done(ID, "/x", 9, 0.5, 0.0)]
    assert (outbox.snapshot().recordings, outbox.snapshot().held_octets) == (0, 0)
    assert outbox.received(Note(Type.DONE, done)) == []


def test_what_was_lost_is_told_exactly() -> None:
    outbox = connected()
    outbox.close(ID, {})
    done = {"recording": ID, "path": "/x", "octets": 9, "duration_s": 61.0, "missing_s": 12.5}
    trouble, _done = outbox.received(Note(Type.DONE, done))
    assert isinstance(trouble, Trouble)
    assert trouble.code == "audio_lost"
    assert "12.5 s of 61.0 s" in trouble.what
    assert outbox.snapshot().missing_s == 12.5


def test_memory_is_bounded_per_recording_and_in_all() -> None:
    outbox = Outbox()
    names = [f"{number:016x}" for number in range(200)]
    for name in names:
        outbox.open(name, "c", AT, {})
        recording = RecordingId(name)
        outbox.put(recording, 0, bytes(outbox.room(recording)))
        assert outbox.room(recording) == 0
    assert outbox.snapshot().held_octets == TOTAL_LIMIT
    first = RecordingId(names[0])
    outbox.received(Mark(Type.ACK, first, HOLD_LIMIT))
    assert outbox.room(first) == HOLD_LIMIT
    assert outbox.room(first, is_last=True) == min(CLOSING_LIMIT, HOLD_LIMIT)


def test_audio_that_found_no_room_counts_for_the_length() -> None:
    outbox = connected()
    outbox.put(ID, 0, b"ab")
    outbox.ends_at(ID, 1_000)
    outbox.close(ID, {})
    _audio, closing = outbox.due(ALL)
    assert isinstance(closing, Note)
    assert closing.body["octets"] == 1_000


@pytest.mark.parametrize(
    ("recording", "call", "told"),
    [("x", "c", "16 lower-case hex"), (ID, "a/b", "a/b"), (ID, "", "1 to 64")],
)
def test_names_that_cannot_be_files_are_refused_at_once(
    recording: str, call: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        Outbox().open(recording, call, AT, {})


def test_meta_that_is_not_json_is_refused_at_once() -> None:
    with pytest.raises(TypeError):
        Outbox().open(ID, "c", AT, {"x": b"octets"})


def test_the_same_recording_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="is open already"):
        connected().open(ID, "c", AT, {})


@pytest.mark.parametrize(
    "message",
    [
        Audio(ID, 0, b""),
        Note(Type.OPEN, {}),
        Note(Type.DONE, {"recording": ID}),
        Note(Type.HELLO, {"protocol": 2}),
    ],
)
def test_what_no_recorder_says_is_refused(message: Message) -> None:
    with pytest.raises(StreamError):
        connected().received(message)


@given(st.lists(st.sampled_from(["put", "send", "ack", "break"]), max_size=60), st.data())
def test_over_a_wire_that_breaks_every_octet_arrives(steps: list[str], data: st.DataObject) -> None:
    """A recorder that keeps what came in order, and whose medium lags behind at will."""
    outbox = connected()
    fed = have = safe = 0
    for step in [*steps, "break", "send"]:
        match step:
            case "put":
                outbox.put(ID, fed, bytes(4))
                fed += 4
            case "send":
                for message in outbox.due(ALL):
                    assert isinstance(message, Audio)
                    assert message.offset <= have
                    have = max(have, message.offset + 4)
            case "ack":
                safe = data.draw(st.integers(safe, have))
                outbox.received(Mark(Type.ACK, ID, safe))
            case "break":
                have = data.draw(st.integers(safe, have))  # a recorder killed keeps what is safe
                outbox.disconnected()
                outbox.connected()
                outbox.received(Mark(Type.HAVE, ID, have))
    assert have == fed
