"""The intake's decisions: no socket, no file, no clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.errors import AudioError, OpenError
from recorder.intake import GAP_LIMIT_S, TABLE, Intake, Move, State, done_note
from recorder.messages import (
    Append,
    Describe,
    Dropped,
    Ending,
    Finish,
    Finished,
    Format,
    Label,
    RecordingResult,
    Silence,
    Sound,
    Start,
    Started,
    Synced,
    Trouble,
)
from recorder.stream import OCTETS_PER_S, Audio, Mark, Note, RecordingId, StreamError, Type

ID = RecordingId("00112233445566aa")
LABEL = Label(ID, "call-1", "2026-03-04T05:06:07Z", {"caller": "1"})
OPEN = Note(
    Type.OPEN,
    {"recording": ID, "call": "call-1", "started_at": LABEL.started_at, "meta": {"caller": "1"}},
)


def result(ending: Ending = Ending.COMPLETE) -> RecordingResult:
    return RecordingResult(
        ID, "call-1", LABEL.started_at, "/s/a.opus", Format.OPUS, 9, "ab", 2.0, 0.0, ending
    )


def close(total: int) -> Note:
    return Note(Type.CLOSE, {"recording": ID, "octets": total, "meta": {"x": 1}})


def going(have: int = 0) -> Intake:
    intake = Intake(grace_s=60)
    assert intake.receive(OPEN).jobs == [Start(LABEL)]
    assert intake.report(Started(ID, have)).messages == [Mark(Type.HAVE, ID, have)]
    return intake


def test_audio_in_order_is_taken_as_it_is() -> None:
    intake = going()
    assert intake.receive(Audio(ID, 0, b"abcd")).jobs == [Append(ID, (Sound(b"abcd"),))]
    assert intake.receive(Audio(ID, 4, b"ef")).jobs == [Append(ID, (Sound(b"ef"),))]


def test_what_is_there_already_is_dropped() -> None:
    intake = going(have=4)
    assert intake.receive(Audio(ID, 0, b"abcd")).jobs == []
    assert intake.receive(Audio(ID, 2, b"cdef")).jobs == [Append(ID, (Sound(b"ef"),))]


def test_a_gap_becomes_silence() -> None:
    assert going().receive(Audio(ID, 10, b"ab")).jobs == [Append(ID, (Silence(10), Sound(b"ab")))]


def test_a_gap_of_days_is_a_mistake() -> None:
    with pytest.raises(AudioError, match=r"expected a gap of at most 14400 s"):
        going().receive(Audio(ID, GAP_LIMIT_S * OCTETS_PER_S + 2, b"ab"))


@pytest.mark.parametrize(("offset", "octets"), [(1, b"ab"), (0, b"abc")])
def test_half_a_frame_is_a_mistake(offset: int, octets: bytes) -> None:
    with pytest.raises(AudioError, match="expected whole frames of 2"):
        going().receive(Audio(ID, offset, octets))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=20))
def test_however_it_is_sent_the_file_gets_each_octet_once_in_its_place(
    sends: list[tuple[int, int]],
) -> None:
    intake, written = going(), bytearray()
    for at, length in sends:
        octets = bytes(range(2 * at, 2 * at + 2 * length))
        for job in intake.receive(Audio(ID, 2 * at, octets)).jobs:
            assert isinstance(job, Append)
            for piece in job.pieces:
                is_sound = isinstance(piece, Sound)
                written += piece.octets if is_sound else b"\xff" * piece.octets
    assert all(octet in (at, 0xFF) for at, octet in enumerate(written))
    assert len(written) == max([0, *(2 * at + 2 * n for at, n in sends)])


def test_acks_are_what_the_medium_has_and_only_news() -> None:
    intake = going()
    intake.receive(Audio(ID, 0, bytes(3_200)))
    assert intake.report(Synced({ID: 960})).messages == [Mark(Type.ACK, ID, 960)]
    assert intake.report(Synced({ID: 960})).messages == []
    assert intake.report(Synced({RecordingId("f" * 16): 960})).messages == []


def test_close_with_its_tail_missing_fills_it() -> None:
    jobs = going(have=100).receive(close(160)).jobs
    assert jobs == [Append(ID, (Silence(60),)), Finish(ID, Ending.COMPLETE, {"x": 1})]


def test_done_comes_when_the_storage_says_so() -> None:
    intake = going()
    assert intake.receive(close(0)).messages == []
    (done,) = intake.report(Finished(result())).messages
    assert isinstance(done, Note)
    assert (done.type, done.body["path"], done.body["duration_s"]) == (Type.DONE, "/s/a.opus", 2.0)
    assert intake.going == 0


def test_a_core_that_reconnects_gets_have_without_the_file_being_opened_again() -> None:
    intake = going()
    intake.receive(Audio(ID, 0, bytes(500)))
    intake.core_left(10.0)
    answer = intake.receive(OPEN)
    assert (answer.jobs, answer.messages) == ([], [Mark(Type.HAVE, ID, 500)])
    assert intake.tick(1e6) == []


def test_nobody_comes_back_it_is_closed_once() -> None:
    intake = going()
    intake.core_left(10.0)
    assert intake.tick(69.9) == []
    assert intake.tick(70.0) == [Finish(ID, Ending.INTERRUPTED)]
    assert intake.tick(1e6) == []
    assert intake.report(Finished(result(Ending.INTERRUPTED))).messages == []


def test_coming_back_while_it_is_being_closed_takes_it_up_again() -> None:
    intake = going()
    intake.core_left(10.0)
    intake.tick(70.0)
    assert intake.receive(OPEN).jobs == []
    assert intake.report(Finished(result(Ending.INTERRUPTED))).jobs == [Start(LABEL)]


def test_found_on_the_shelf_it_waits_for_its_core() -> None:
    intake = Intake(grace_s=60)
    intake.adopt(LABEL, 0.0)
    assert intake.tick(59.0) == []
    assert intake.receive(OPEN).jobs == [Start(LABEL)]
    assert intake.tick(1e6) == []


def test_found_on_the_shelf_and_nobody_wants_it() -> None:
    intake = Intake(grace_s=60)
    intake.adopt(LABEL, 0.0)
    assert intake.tick(60.0) == [Start(LABEL)]
    intake.report(Started(ID, 960))
    assert intake.tick(60.3) == [Finish(ID, Ending.INTERRUPTED)]


def test_complete_already_only_done_is_said() -> None:
    intake = Intake(grace_s=60)
    intake.receive(OPEN)
    assert intake.report(Started(ID, 32_000, result())).messages == [Mark(Type.HAVE, ID, 32_000)]
    assert intake.receive(Audio(ID, 0, b"ab")).jobs == []
    answer = intake.receive(close(32_000))
    assert (answer.jobs, answer.messages) == ([], [done_note(result())])


def test_a_file_lost_with_its_shelf_is_opened_anew() -> None:
    intake = going(have=100)
    intake.report(Dropped(ID))
    assert intake.receive(OPEN).jobs == [Start(LABEL)]


def test_meta_and_trouble_pass_through() -> None:
    intake = going()
    meta = Note(Type.META, {"recording": ID, "meta": {"agent": "A"}})
    assert intake.receive(meta).jobs == [Describe(ID, {"agent": "A"})]
    (told,) = intake.report(Trouble("disk_full", "w", "y", "d")).messages
    assert told == Note(
        Type.TROUBLE, {"code": "disk_full", "what": "w", "why": "y", "do": "d", "recording": ""}
    )


@pytest.mark.parametrize("octets", [None, -2, 3, 1.0, "4", True])
def test_close_wants_an_even_number(octets: object) -> None:
    with pytest.raises(OpenError, match="expected an even number from 0"):
        going().receive(Note(Type.CLOSE, {"recording": ID, "octets": octets}))


def test_audio_and_close_before_have_are_mistakes() -> None:
    intake = Intake(grace_s=60)
    intake.receive(OPEN)
    with pytest.raises(AudioError, match="before its HAVE"):
        intake.receive(Audio(ID, 0, b"ab"))
    with pytest.raises(OpenError, match="before its HAVE"):
        intake.receive(close(0))


@pytest.mark.parametrize("kind", [Type.DONE, Type.TROUBLE])
def test_what_only_a_recorder_says_is_refused(kind: Type) -> None:
    with pytest.raises(StreamError, match="only the recorder sends it"):
        Intake(60).receive(Note(kind, {}))


def test_every_state_can_be_reached() -> None:
    assert {State.OPENING, *TABLE.values()} == set(State)
    assert {move for _state, move in TABLE} == set(Move)


def test_what_a_new_core_does_not_open_is_closed_soon() -> None:
    hello = Note(Type.HELLO, {"protocol": 1})
    intake = going(have=960)
    intake.core_left(10.0)
    intake.adopt(Label(RecordingId("ff" * 8), "call-2", LABEL.started_at, {}), 10.0)
    intake.receive(hello)
    assert intake.tick(12.0) == []
    assert intake.tick(16.9) == []
    jobs = intake.tick(17.0)
    assert [type(job) for job in jobs] == [Start, Finish]
    assert jobs[1] == Finish(ID, Ending.INTERRUPTED)


def test_what_a_core_opens_with_its_hello_goes_on() -> None:
    intake = going(have=960)
    intake.core_left(10.0)
    intake.receive(Note(Type.HELLO, {"protocol": 1}))
    intake.receive(OPEN)
    assert intake.tick(12.0) == []
    assert intake.tick(200.0) == []
