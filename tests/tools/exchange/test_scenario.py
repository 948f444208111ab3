"""Scenario files: both notations, the demonstration, and mistakes named by their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tools.exchange
from tools.exchange.errors import BadRequest
from tools.exchange.scenario import read


def test_both_notations_say_the_same_in_order_of_time(tmp_path: Path) -> None:
    requests = [{"at": 5, "do": "ring", "line": 2}, {"at": 1.5, "do": "cut", "line": 1}]
    (tmp_path / "a.json").write_text(json.dumps(requests))
    (tmp_path / "a.toml").write_text(
        '[[request]]\nat = 5\ndo = "ring"\nline = 2\n[[request]]\nat = 1.5\ndo = "cut"\nline = 1\n'
    )
    steps = read(tmp_path / "a.json")
    assert [step.at_s for step in steps] == [1.5, 5.0]
    assert read(tmp_path / "a.toml") == steps


def test_the_demonstration_has_ten_calls() -> None:
    folder = Path(tools.exchange.__path__[0]) / "scenarios"
    steps = read(folder / "morning.toml")
    assert sum(step.request["do"] == "ring" for step in steps) == 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ('{"request": 1}', "expected a list"),
        ("[1]", "request 1: expected a table"),
        ('[{"do":"status"},{"at":-1,"do":"status"}]', "request 2: at -1: expected seconds"),
        ('[{"do":"ring","record":"a.wav"}]', "request 1: record needs a client that waits"),
        ('[{"do":"rong"}]', "request 1: do 'rong': expected one of"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(BadRequest, match=says):
        read(path)
