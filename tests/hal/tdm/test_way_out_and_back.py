"""The time from a block that comes in to its answer on the line, through a card that stalls.

The card is a model, because no virtual card plays and records by one clock: periods of 10 ms, a
capture buffer of four, playback that starts with what it is given and stops when it runs dry, as
ALSA's do (alsa-lib, PCM interface, states RUNNING and XRUN). Calls and results are pyalsaaudio's.
"""

import errno
from collections import deque

import alsaaudio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.tdm.frames import IDLE_BLOCK
from hal.tdm.source_task import PERIOD_FRAMES, PERIODS, AlsaSource


def numbered(period):
    return period.to_bytes(4, "big") * (len(IDLE_BLOCK) // 4)


class Card:
    """Capture and playback on one clock."""

    def __init__(self):
        self.now = 0
        self.captured, self.playing = deque(), deque()
        self.is_capturing = self.is_playing = self.has_run_dry = False
        self.played = {}  # period in which an answer was heard, by the period it answers

    def pass_period(self):
        if self.is_playing and not self.playing:
            self.is_playing, self.has_run_dry = False, True
        if self.is_playing:
            block = self.playing.popleft()
            if block != IDLE_BLOCK:
                self.played[int.from_bytes(block[:4], "big")] = self.now
        self.now += 1
        if self.is_capturing:
            self.captured.append(numbered(self.now))
            self.is_capturing = len(self.captured) <= PERIODS

    def pcm(self, type, **_):
        return Capture(self) if type == alsaaudio.PCM_CAPTURE else Playback(self)


class Capture:
    def __init__(self, card):
        self.card = card

    def read(self):
        card = self.card
        if len(card.captured) > PERIODS:
            card.captured.clear()
            return -errno.EPIPE, b""
        card.is_capturing = True
        if not card.captured:
            return 0, b""
        return PERIOD_FRAMES, card.captured.popleft()

    def close(self):
        pass


class Playback:
    def __init__(self, card):
        self.card = card

    def avail(self):
        room = PERIODS - len(self.card.playing)
        return -errno.EPIPE if self.card.has_run_dry else room * PERIOD_FRAMES

    def write(self, block):
        if self.card.has_run_dry:
            self.card.has_run_dry = False
            return -errno.EPIPE
        self.card.playing.append(block)
        self.card.is_playing = True
        return PERIOD_FRAMES

    def close(self):
        pass


@pytest.fixture
def cards(monkeypatch):
    """Make a card, and a source that has it open."""

    def make():
        card = Card()
        monkeypatch.setattr(alsaaudio, "PCM", card.pcm)
        source = AlsaSource("alsa:model", "model")
        source.open()
        return card, source

    return make


def answer(source):
    """Give back each block that came, as the switch does."""
    octets = source.read()
    for at in range(0, len(octets), len(IDLE_BLOCK)):
        source.write(octets[at : at + len(IDLE_BLOCK)])


def test_sound_is_played_two_periods_after_what_it_answers_began(cards):
    card, source = cards()
    for _ in range(10):
        card.pass_period()
        answer(source)
    assert {at - period for period, at in card.played.items()} == {1}
    assert len(card.played) == 8


def test_no_stall_changes_how_long_the_way_is(cards):
    @given(st.lists(st.integers(1, 12), min_size=1, max_size=60))
    def check(stalls):
        card, source = cards()
        for periods in stalls:
            for _ in range(periods):
                card.pass_period()
            answer(source)
        for _ in range(20):  # quiet at last: everything is heard again
            card.pass_period()
            answer(source)
        assert {at - period for period, at in card.played.items()} == {1}
        assert set(range(card.now - 10, card.now - 2)) <= set(card.played)

    check()
