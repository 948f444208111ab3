"""What outlives a restart: written whole, and never in the way of a start."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firmware.memory import Memory, learned_as_json, learned_from, words_of
from hal.lines.tones import LearnedTone


def test_what_was_saved_is_loaded_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    assert Memory(path).load() == {}
    Memory(path).save({"presences": {"201": "ready"}})
    assert Memory(path).load() == {"presences": {"201": "ready"}}
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unchanged_memory_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = Memory(path)
    memory.save({"a": 1})
    first = path.stat().st_ino
    memory.save({"a": 1})
    assert path.stat().st_ino == first
    memory.save({"a": 2})
    assert path.stat().st_ino != first


def test_two_saves_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    """The last one, when the core ends, may meet one that is still under way in a thread."""
    memory = Memory(tmp_path / "memory.json")
    values: list[dict[str, object]] = [
        {"bindings": ["x" * 50_000 * (n % 2)], "n": n} for n in range(60)
    ]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(memory.save, values))  # raises what a thread raised
    assert Memory(tmp_path / "memory.json").load() in values
    assert not list(tmp_path.glob("*.bad"))


@pytest.mark.parametrize("content", [b"{broken", b"[1]", b"\xff\xfe"])
def test_an_unreadable_file_is_put_aside_and_told(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "memory.json"
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert Memory(path).load() == {}
    assert "cannot be read" in caplog.text
    assert (tmp_path / "memory.bad").read_bytes() == content


def test_a_medium_that_refuses_is_an_error_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = Memory(path)
    memory.save({"a": 1})
    (tmp_path / "memory.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        memory.save({"a": 2})
    assert Memory(path).load() == {"a": 1}


def test_learned_tones_come_back_and_what_is_not_understood_is_learned_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    learned = {1: (LearnedTone(400, 0, 500, 500, 2),), 8: (LearnedTone(350, 440, 250, 250),)}
    assert learned_from(learned_as_json(learned)) == learned
    with caplog.at_level(logging.WARNING):
        assert learned_from({"1": [{"hz": 1}], "x": [], "2": 7}) == {}
    assert "learned again" in caplog.text
    assert learned_from(["nonsense"]) == {}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"201": "ready", "202": "paused"}, {"201": "ready", "202": "paused"}),
        ({"201": 3, "202": "paused"}, {"202": "paused"}),
        (["201"], {}),
        (None, {}),
    ],
)
def test_only_words_are_taken_from_what_was_remembered(value: object, words: object) -> None:
    assert words_of(value) == words
