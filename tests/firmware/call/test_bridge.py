"""The bridge of a call on a switch that remembers what it was told."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.call.audio import Audio
from firmware.call.bridge import Bridge
from hal.leg import Direction, Kind


@pytest.fixture
def audio(switch: Any) -> Audio:
    made = Audio(switch)
    made.shelf.music = switch.load(b"music")
    return made


@pytest.fixture
def three(make_leg: Any) -> list[Any]:
    return [make_leg(Kind.PHONE, Direction.INCOMING) for _ in range(3)]


def test_a_third_party_joins_without_disturbing_the_two(
    audio: Audio, switch: Any, three: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = three
    bridge = Bridge(audio)
    bridge.talk(a, b)
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(audio, "hear", lambda *pair: asked.append(pair))
    monkeypatch.setattr(audio, "unhear", lambda *pair: pytest.fail(f"parted {pair}"))
    bridge.talk(a, b, c)
    assert set(asked) == {
        (a.port, c.port), (c.port, a.port), (b.port, c.port), (c.port, b.port),
    }  # fmt: skip


def test_the_one_left_on_hold_by_one_side_then_the_other_hears_music_and_then_the_other(
    audio: Audio, switch: Any, three: list[Any]
) -> None:
    a, b, _ = three
    bridge = Bridge(audio)
    bridge.talk(a, b)
    bridge.hold(a, True)
    assert (switch.hears, set(switch.plays)) == (set(), {b.port})
    bridge.hold(b, True)
    assert set(switch.plays) == set()
    bridge.hold(a, False)
    assert set(switch.plays) == {a.port}
    bridge.hold(b, False)
    assert switch.plays == {}
    assert switch.hears == {(a.port, b.port), (b.port, a.port)}


def test_who_waits_hears_music_until_talking(audio: Audio, switch: Any, three: list[Any]) -> None:
    a, b, _ = three
    bridge = Bridge(audio)
    bridge.talk(waiting=(a,))
    assert set(switch.plays) == {a.port}
    bridge.talk(a, b)
    assert switch.plays == {}


def test_who_leaves_is_heard_by_nobody_and_the_others_go_on(
    audio: Audio, switch: Any, three: list[Any]
) -> None:
    a, b, c = three
    bridge = Bridge(audio)
    bridge.talk(a, b, c)
    bridge.leave(c)
    assert switch.hears == {(a.port, b.port), (b.port, a.port)}
    bridge.leave(b)
    assert switch.hears == set()
    assert switch.plays == {}
