"""Quality in words: what a shop owner reads, and what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.call.quality import figures, grade, words
from hal.leg import Quality

CLEAN = Quality("PCMA", False, 3000, 3000, 0.0, 2.6, 0.0, 1.0, 4.0, -20.0, 4.4)


@pytest.mark.parametrize(
    ("mos", "said"),
    [(4.5, "Good"), (4.03, "Good"), (3.9, "Fair"), (3.6, "Fair"), (3.59, "Poor"), (1.0, "Poor")],
)  # ITU-T G.107 table B.1
def test_grades(mos: float, said: str) -> None:
    assert grade(mos) == said


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (CLEAN, "Good (4.4), telephone sound: no loss, 3 ms jitter"),
        (
            replace(CLEAN, codec="G722", is_encrypted=True, loss_percent=0.3, mos=4.5),
            "Good (4.5), wideband sound, encrypted: 0.3 % lost, 3 ms jitter",
        ),
        (
            replace(CLEAN, loss_percent=7.2, mos=3.55),
            "Poor (3.5), telephone sound: 7 % of what the phone sent was lost: "
            "check the phone's network cable or Wi-Fi",
        ),
        (
            replace(CLEAN, far_loss_percent=1.5, mos=4.2),
            "Good (4.2), telephone sound: 1.5 % of what was sent to it was lost: "
            "check the phone's network cable or Wi-Fi",
        ),
        (
            replace(CLEAN, loss_percent=3.0, far_jitter_ms=45.0, mos=3.7),
            "Fair (3.7), telephone sound: 3 % of what the phone sent was lost; "
            "it came unevenly, by 45 ms: check the phone's network cable or Wi-Fi",
        ),
        (
            replace(CLEAN, round_trip_ms=640.0, mos=3.2),
            "Poor (3.2), telephone sound: a word takes 320 ms to get there",
        ),
        (
            replace(CLEAN, packets_in=0, mos=1.0),
            "Poor (1.0), telephone sound: nothing that the phone sent arrived: "
            "a firewall or a second router may be in between",
        ),
        (
            Quality("TDM", False, 0, 0, 0.0, 0.0, None, None, None, -21.0, 4.4),
            "Good (4.4), telephone sound",
        ),
    ],
)
def test_words(quality: Quality, said: str) -> None:
    assert words(quality) == said


def test_figures_to_keep() -> None:
    kept = figures(replace(CLEAN, far_loss_percent=None, is_encrypted=True))
    assert kept["far_loss_percent"] is None
    assert (kept["codec"], kept["encrypted"], kept["mos"]) == ("PCMA", 1, 4.4)
