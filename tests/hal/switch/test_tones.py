"""Rendered cadences: lengths, frequencies, level."""

from __future__ import annotations

import numpy as np
import pytest

from hal.switch import g711, tones


def pcm(alaw: bytes) -> np.ndarray:
    return np.frombuffer(g711.to_pcm16(alaw), "<i2").astype(float)


def test_busy_tone_is_425_hz_half_a_second_on_and_off(tools) -> None:
    """ITU-T E.180 clause 5: busy, 425 Hz."""
    samples = pcm(tones.render([([425], 500), ([], 500)]))
    assert len(samples) == 8000
    assert tools.power_at(425, samples[:4000]) > 0.99
    assert np.max(np.abs(samples[4000:])) == 8  # the quietest A-law has


def test_level_is_as_asked() -> None:
    samples = pcm(tones.render([([1000], 1000)], level_dbm0=-10.0))
    full_scale_sine = 10 * np.log10(32768**2 / 2)  # +3.14 dBm0
    assert 10 * np.log10(np.mean(samples**2)) - full_scale_sine + 3.14 == pytest.approx(
        -10.0, abs=0.1
    )


def test_two_frequencies_share_a_step(tools) -> None:
    samples = pcm(tones.render([([440, 480], 1000)]))
    assert tools.power_at(440, samples) == pytest.approx(0.5, abs=0.02)
    assert tools.power_at(480, samples) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("cadence", [[], [([425], 0)]])
def test_nothing_to_render_is_refused(cadence) -> None:
    with pytest.raises(ValueError, match="cadence"):
        tones.render(cadence)


def test_too_loud_is_refused() -> None:
    with pytest.raises(ValueError, match="2 tones at 0"):
        tones.render([([440, 480], 100)], level_dbm0=0.0)
