"""How long each timer of a line runs: by the standard, by the country, by what was set up.

Pure. Which timer runs in which state is analog.py's; supervisor.py starts them.
Tests: tests/hal/lines/test_durations.py.
"""

from __future__ import annotations

from typing import Final

from hal.lines.analog import Timer
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.tones import ToneKind

RING_MARGIN_S: Final = 2.0
"""Beyond the longest pause of the cadence: exchanges differ by half a second and more."""
ALERT_S: Final = 5.0
"""ETSI EN 300 659-1 clause 5.2: ringing follows caller ID within this."""
CURRENT_S: Final = 2.0
BLIND_S: Final = 20.0
"""A silent line board puts its lines on hook after 10 s; then nothing is left to come back to."""
STUCK_S: Final = 2.0
DIGIT_S: Final = 0.2
DIGITS_MARGIN_S: Final = 0.3
RINGBACK_MARGIN_S: Final = 1.0
POLARITY_ONLY_S: Final = 120.0
"""With answer by reversal alone, and no other sign: the exchange has long given up."""


def length_s(timer: Timer, config: LineConfig, digits: int) -> float:
    """Of a timer on a line so set up, `digits` of which are being dialled."""
    match timer:
        case Timer.DIGITS:
            return DIGIT_S * digits + DIGITS_MARGIN_S
        case Timer.ANSWER if config.answer_by is AnswerBy.POLARITY:
            return POLARITY_ONLY_S
        case Timer.RING:
            return config.row.ring_gap_ms / 1000 + RING_MARGIN_S
        case Timer.RINGBACK:
            return _ringback_cycle_s(config) + RINGBACK_MARGIN_S
        case _:
            return {
                Timer.IDENTIFY: config.identify_s,
                Timer.ALERT: ALERT_S,
                Timer.CURRENT: CURRENT_S,
                Timer.TONE: config.dial_tone_s,
                Timer.ANSWER: config.answer_s,
                Timer.DROP: config.drop_s,
                Timer.LEARN: config.learn_s,
                Timer.GUARD: config.guard_s,
                Timer.STUCK: STUCK_S,
                Timer.BLIND: BLIND_S,
            }[timer]


def _ringback_cycle_s(config: LineConfig) -> float:
    cadence = next(tone.cadence_ms for tone in config.tones() if tone.kind is ToneKind.RINGBACK)
    return max(on + off for on, off in zip(cadence[::2], cadence[1::2], strict=True)) / 1000
