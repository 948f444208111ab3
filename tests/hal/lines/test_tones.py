"""Cadences against ITU-T E.180 and its tolerances, and the learning of tones nobody wrote down."""

import random

import pytest

from hal.lines.countries import COUNTRIES
from hal.lines.tones import (
    BusyLearner,
    LearnedTone,
    Segment,
    Tone,
    ToneKind,
    ToneWatch,
    learn,
    near_hz,
)


class Ear:
    """Plays segments one behind the other, with the time they take."""

    def __init__(self, watch):
        self.watch, self.now = watch, 10.0

    def hear(self, ms, *hz):
        self.now += ms / 1000
        f1, f2 = (*hz, 0, 0)[:2]
        return self.watch.receive(Segment(f1, f2, ms), self.now)

    def cycles(self, count, cadence_ms, *hz):
        """The kinds recognised while a cadence is played."""
        found = set()
        for _ in range(count):
            for on_ms, off_ms in zip(cadence_ms[::2], cadence_ms[1::2], strict=True):
                for heard in (self.hear(on_ms, *hz), self.hear(off_ms)):
                    if heard is not None:
                        found.add(heard.kind)
        return found


def ear(code):
    return Ear(ToneWatch(COUNTRIES[code].tones()))


CADENCED = [
    (code, tone.kind)
    for code, row in sorted(COUNTRIES.items())
    for tone in row.tones()
    if tone.kind in (ToneKind.BUSY, ToneKind.CONGESTION, ToneKind.RINGBACK)
    # the same tone under two names: either is right
    if (code, tone.kind) not in {("AU", ToneKind.CONGESTION), ("PL", ToneKind.CONGESTION)}
]


@pytest.mark.parametrize(
    ("code", "kind"), CADENCED, ids=lambda value: getattr(value, "name", value)
)
@pytest.mark.parametrize("error", [0.95, 1.0, 1.05])
def test_every_countrys_tones_are_told_apart(code, kind, error):
    tone = next(tone for tone in COUNTRIES[code].tones() if tone.kind is kind)
    cadence = [round(ms * error) for ms in tone.cadence_ms]
    found = ear(code).cycles(3, cadence, *tone.hz)
    assert kind in found
    assert found <= {kind, ToneKind.RINGBACK}  # a burst may look like ringback: that only waits


def test_one_cycle_of_busy_is_not_enough():
    assert ear("DE").cycles(1, (480, 480), 425) == set()


def test_busy_broken_by_speech_begins_anew():
    listening = ear("DE")
    listening.cycles(1, (480, 480), 425)
    listening.now += 1.0  # a second of sound that is neither tone nor silence
    assert listening.cycles(1, (480, 480), 425) == set()
    assert listening.cycles(1, (480, 480), 425) == {ToneKind.BUSY}


@pytest.mark.parametrize(
    "silences_ms",
    [(), (240,), (80, 80, 60), (180, 140)],
    ids=["none", "at first", "in pieces", "two"],
)
def test_busy_over_noise_needs_one_cycle_more(silences_ms):
    listening = ear("ZA")
    found = []
    for _ in range(4):
        began = listening.now
        for ms in silences_ms:
            heard = listening.hear(ms)
            listening.now += 0.04  # noise
            assert heard is None
        listening.now = began + 0.48  # noise
        found.append(listening.hear(520, 400))
    assert [item.kind if item else None for item in found] == [None, None, None, ToneKind.BUSY]


def test_tones_with_anything_but_silence_between_are_not_learned():
    learner = Ear(BusyLearner())
    for _ in range(8):
        learner.now += 0.2
        assert learner.hear(330, 1000) is None


def test_the_pieces_of_a_long_tone_are_put_together():
    listening = ear("DE")
    assert listening.hear(1300, 425) is None
    assert listening.hear(1300, 427).kind is ToneKind.DIAL


@pytest.mark.parametrize(
    ("heard", "tone_hz", "modulation", "expected"),
    [
        ((425, 0), (425,), 0, True),
        ((440, 0), (425,), 0, True),
        ((450, 0), (425,), 0, False),
        ((350, 440), (350, 440), 0, True),
        ((440, 350), (350, 440), 0, True),
        ((440, 0), (350, 440), 0, False),
        ((425, 0), (413, 438), 0, True),  # beats: seen as one
        ((400, 450), (400, 450), 0, True),
        ((367, 433), (400,), 33, True),  # the sidebands
        ((400, 0), (400,), 33, True),
        ((500, 0), (400,), 33, False),
        ((0, 0), (425,), 0, False),
    ],
)
def test_frequencies(heard, tone_hz, modulation, expected):
    tone = Tone(ToneKind.BUSY, tone_hz, (), modulation)
    assert near_hz(Segment(*heard, 500), tone) is expected


@pytest.mark.parametrize(
    ("bursts", "is_sit"),
    [
        ([(330, 950), (330, 1400), (330, 1800)], True),
        ([(280, 985), (276, 1370), (380, 1776)], True),  # a common recording of it
        ([(330, 950), (330, 1800), (330, 1400)], False),
        ([(100, 950), (330, 1400), (330, 1800)], False),
    ],
)
def test_the_special_information_tone(bursts, is_sit):
    listening = ear("DE")
    heard = [listening.hear(ms, hz) for ms, hz in bursts]
    assert any(item is not None and item.kind is ToneKind.SIT for item in heard) is is_sit


@pytest.mark.parametrize("seed", range(20))
def test_random_segments_of_speech_are_never_a_hang_up(seed):
    dice = random.Random(seed)
    listening = ear("DE")
    for _ in range(2000):
        listening.now += dice.random() * 0.5
        heard = listening.hear(dice.randrange(40, 400), dice.choice((0, dice.randrange(200, 900))))
        assert heard is None or heard.kind is ToneKind.RINGBACK


def test_a_repeated_tone_is_found_whatever_its_frequency():
    learner = Ear(BusyLearner())
    found = [
        learner.hear(ms, *hz)
        for on_ms in (330, 340, 320, 335)
        for ms, hz in ((on_ms, (1000,)), (200, ()))
    ]
    assert found[:-1] == [None] * 7
    assert found[-1] == LearnedTone(1000, 0, 331, 200)


@pytest.mark.parametrize("cadence", [(1000, 4000), (330, 200, 330, 900)])
def test_ringback_and_uneven_tones_are_not_learned(cadence):
    learner = Ear(BusyLearner())
    for _ in range(6):
        for step, ms in enumerate(cadence):
            assert learner.hear(ms, *((425,) if step % 2 == 0 else ())) is None


def test_a_second_sighting_is_counted():
    first = learn((), LearnedTone(620, 0, 330, 170))
    assert learn(first, LearnedTone(615, 0, 340, 165)) == (LearnedTone(620, 0, 330, 170, seen=2),)


def test_another_tone_is_kept_beside_it():
    known = (LearnedTone(620, 0, 330, 170),)
    assert learn(known, LearnedTone(425, 0, 330, 170)) == (*known, LearnedTone(425, 0, 330, 170))
