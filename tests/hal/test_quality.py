"""The E-model against what its standard and others published."""

from __future__ import annotations

import pytest

from hal.leg import PortId
from hal.quality import delay_impairment, delay_ms, of_counters, of_timeslot, rating, score
from hal.switch.face import Codec, PortCounters


def test_all_defaults() -> None:
    """G.107 clause 7.7: R is 93.2 with every default; annex B: MOS 4.41."""
    assert rating("PCMA", 0.0, 0.0) == pytest.approx(93.2, abs=0.05)
    assert score(93.2) == pytest.approx(4.41, abs=0.005)


@pytest.mark.parametrize(
    ("r", "mos"),
    [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)],  # G.107 table B.1
)
def test_scores_of_ratings(r: float, mos: float) -> None:
    assert score(r) == pytest.approx(mos, abs=0.01)


def test_the_ends_of_the_scale() -> None:
    assert score(-5.0) == 1.0
    assert score(3.0) == 1.0
    assert score(100.0) == score(120.0) == 4.5


@pytest.mark.parametrize("ms", [50, 100, 150, 200, 250, 300])
def test_delay(ms: float) -> None:
    """Cole and Rosenbluth (2001) fitted 0.024 d + 0.11 (d - 177.3) to this part of the model."""
    fitted = 0.024 * ms + (0.11 * (ms - 177.3) if ms > 177.3 else 0.0)
    assert delay_impairment(ms) == pytest.approx(fitted, abs=1.6)


@pytest.mark.parametrize(
    ("loss_percent", "ie_eff"),
    [(0, 0.0), (1, 3.6), (2, 7.0), (5, 15.8), (10, 27.1), (20, 42.1)],
)
def test_loss_of_g711_with_concealment(loss_percent: float, ie_eff: float) -> None:
    """G.113 appendix I: Ie 0, Bpl 25.1; clause 7.5: 95 * loss / (loss + Bpl)."""
    assert 93.2 - rating("PCMU", loss_percent, 0.0) == pytest.approx(ie_eff, abs=0.06)


def test_wideband_is_better_on_one_scale() -> None:
    """G.107.1: R up to 129; G.113: G.722 at 64 kbit/s costs 13 of it."""
    assert rating("G722", 0.0, 0.0) == pytest.approx(129 - 13, abs=0.05)
    assert rating("opus", 0.0, 0.0) > rating("G722", 0.0, 0.0) > rating("PCMA", 0.0, 0.0)


@pytest.mark.parametrize("codec", ["PCMA", "G722", "opus", "TDM"])
def test_worse_networks_sound_worse(codec: str) -> None:
    losses = [rating(codec, loss, 20.0) for loss in (0, 1, 3, 10, 50, 100)]
    delays = [rating(codec, 0.0, ms) for ms in (20, 100, 200, 400, 800)]
    assert losses == sorted(losses, reverse=True)
    assert delays == sorted(delays, reverse=True)


def counted(**figures: float | int | None) -> PortCounters:
    base: dict[str, float | int | None] = {
        "packets_in": 1000, "packets_out": 1000, "packets_lost": 0, "packets_late": 0,
        "packets_refused": 0, "concealed_ms": 0, "jitter_ms": 1.0, "level_in_dbm0": -20.0,
        "level_out_dbm0": -20.0, "erle_db": 0.0,
    }  # fmt: skip
    return PortCounters(PortId(1), "rtp", codec=Codec.PCMA, **(base | figures))  # type: ignore[arg-type] # by name


def test_a_port_without_packets_has_no_quality() -> None:
    assert of_counters(counted(packets_in=0, packets_out=0)) is None


def test_a_clean_call() -> None:
    quality = of_counters(counted())
    assert quality is not None
    assert (quality.codec, quality.loss_percent, quality.far_loss_percent) == ("PCMA", 0.0, None)
    assert quality.mos == pytest.approx(4.4, abs=0.02)


def test_the_worse_way_counts() -> None:
    near = of_counters(counted(packets_in=930, packets_lost=70))
    far = of_counters(counted(far_lost=70, far_jitter_ms=1.0))
    assert near is not None
    assert far is not None
    assert near.loss_percent == far.far_loss_percent == pytest.approx(7.0)
    assert near.mos == far.mos < 3.8


def test_a_phone_that_nothing_comes_from() -> None:
    deaf = of_counters(counted(packets_in=0))
    assert deaf is not None
    assert deaf.mos < 1.5


def test_a_line() -> None:
    line = of_timeslot(-21.5)
    assert (line.codec, line.level_dbm0, line.mos) == ("TDM", -21.5, 4.41)


def test_packets_too_late_to_be_played_are_missed_too() -> None:
    late = of_counters(counted(packets_late=50, jitter_ms=40.0))
    assert late is not None
    assert late.loss_percent == 0.0
    assert late.mos < 4.0


def test_delay_of_one_leg() -> None:
    assert delay_ms(0.0, None) == 20.0
    assert delay_ms(5.0, 60.0) == 60.0
