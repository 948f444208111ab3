"""How good a call sounds, estimated from what the network did to it: the E-model.

Pure. ITU-T G.107 (06/2015): a rating R = Ro - Is - Id - Ie,eff, of which a score from 1 to 4.5
follows (annex B). Everything that a network does not change has the default value of table 3, so
that R = 93.2 at best, for which the score is 4.4. What changes is the one-way delay and the loss.

Codecs: G.711 has Ie 0 and, with concealment, Bpl 25.1 for packets lost at random (G.113 appendix
I). Wideband is rated on the longer scale of G.107.1, on which R is 129 at best and narrowband stays
where it was: Ie of G.722 at 64 kbit/s there is 13 (G.113 appendix IV). There is no figure of the
ITU for Opus: it is assumed as good as G.722.2 at 23 kbit/s, Ie 1. Bpl of both wideband codecs is
assumed to be 10, less robust than G.711: more is missing with a packet that carries more. The
score ends at 4.5, so wideband shows as that when nothing is lost.

The delay is half the round trip that RTCP found, one packet, and a jitter buffer of twice the
jitter. Left out: bursts of loss (BurstR 1), echo heard by the talker beyond the default, noise.
Tests: tests/hal/test_quality.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log2, log10, sqrt
from typing import Final

from hal.leg import Quality
from hal.switch.face import Codec, PortCounters

PACKET_MS: Final = 20.0

# G.107 table 3: defaults, by the names of the standard.
SLR, RLR, STMR, DS, DR = 8.0, 2.0, 15.0, 3.0, 3.0
TELR, WEPL = 65.0, 110.0
QDU, NC, NFOR, PS, PR = 1.0, -70.0, -64.0, 35.0, 35.0


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a codec costs by itself, and how it bears loss."""

    ie: float
    bpl: float
    more: float = 0.0
    """How much higher its scale reaches than that of narrowband."""


IMPAIRMENTS: Final = {
    "PCMA": Impairment(0.0, 25.1),
    "PCMU": Impairment(0.0, 25.1),
    "G722": Impairment(13.0, 10.0, more=129.0 - 93.2),
    "opus": Impairment(1.0, 10.0, more=129.0 - 93.2),
    "TDM": Impairment(0.0, 25.1),
}
NAMES: Final = {
    Codec.PCMA: "PCMA",
    Codec.PCMU: "PCMU",
    Codec.G722: "G722",
    Codec.OPUS: "opus",
}


def rating(codec: str, loss_percent: float, delay_ms: float) -> float:
    """R: 93.2 for G.711 without loss or delay, 129 at most. `delay_ms`: mouth to ear."""
    cost = IMPAIRMENTS[codec]
    loss = min(max(loss_percent, 0.0), 100.0)
    ie_eff = cost.ie + (95.0 - cost.ie) * loss / (loss + cost.bpl) if loss else cost.ie
    return BASE + cost.more - delay_impairment(max(delay_ms, 0.0)) - ie_eff


def score(r: float) -> float:
    """MOS from R (annex B, clause B.4)."""
    if r <= 0.0:
        return 1.0
    if r >= 100.0:
        return 4.5
    # The polynomial dips below 1 for R under 6.5; no listener does.
    return max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6)


def delay_impairment(delay_ms: float) -> float:
    """Id (clause 7.4) without echo cancellation beyond the default: T = Ta = Tr / 2."""
    return _talker_echo(delay_ms) + _listener_echo(delay_ms) + _too_long(delay_ms)


def _talker_echo(t_ms: float) -> float:
    """Idte."""
    if t_ms < 1.0:
        return 0.0
    terv = TELR - 40.0 * log10((1.0 + t_ms / 10.0) / (1.0 + t_ms / 150.0))
    terv += 6.0 * exp(-0.3 * t_ms**2)
    re = 80.0 + 2.5 * (terv - 14.0)
    half = (ROE - re) / 2.0
    return (half + sqrt(half**2 + 100.0) - 1.0) * (1.0 - exp(-t_ms))


def _listener_echo(t_ms: float) -> float:
    """Idle."""
    rle = 10.5 * (WEPL + 7.0) / sqrt(sqrt(2.0 * t_ms + 1.0))
    half = (RO - rle) / 2.0
    return half + sqrt(half**2 + 169.0)


def _too_long(t_ms: float) -> float:
    """Idd: conversation suffers beyond 100 ms whatever the echo."""
    if t_ms <= 100.0:
        return 0.0
    x = log2(t_ms / 100.0)
    return 25.0 * (_bend(x, 6) - 3.0 * _bend(x / 3.0, 6) + 2.0)


def _bend(x: float, sharpness: int) -> float:
    """1 for a small x, x for a big one."""
    return float((1.0 + x**sharpness) ** (1.0 / sharpness))


def _power_sum(*levels_db: float) -> float:
    return 10.0 * log10(sum(10.0 ** (level / 10.0) for level in levels_db))


def _noise() -> float:
    """No (clause 7.2): all noise together, dBm0p."""
    olr = SLR + RLR
    nos = PS - SLR - DS - 100.0 + 0.004 * (PS - olr - DS - 14.0) ** 2
    pre = PR + 10.0 * log10(1.0 + 10.0 ** ((10.0 - (STMR + DR)) / 10.0))
    nor = RLR - 121.0 + pre + 0.008 * (pre - 35.0) ** 2
    return _power_sum(NC, nos, nor, NFOR + RLR)


def _simultaneous() -> float:
    """Is (clause 7.3): too loud, sidetone, quantizing noise."""
    xolr = SLR + RLR + 0.2 * (64.0 + NO - RLR)
    loud = 20.0 * (_bend(xolr / 8.0, 8) - xolr / 8.0)
    stmr = -_power_sum(-STMR, -TELR)  # T = 0
    sidetone = (
        12.0 * _bend((stmr - 13.0) / 6.0, 8)
        - 28.0 * _bend((stmr + 1.0) / 19.4, 35)
        - 13.0 * _bend((stmr - 3.0) / 33.0, 13)
        + 29.0
    )
    q = 37.0 - 15.0 * log10(QDU)
    g = 1.07 + 0.258 * q + 0.0602 * q**2
    y = (RO - 100.0) / 15.0 + 46.0 / 8.4 - g / 9.0
    z = 46.0 / 30.0 - g / 40.0
    return loud + sidetone + 15.0 * log10(1.0 + 10.0**y + 10.0**z)


NO: Final = _noise()
RO: Final = 15.0 - 1.5 * (SLR + NO)
ROE: Final = -1.5 * (NO - RLR)
BASE: Final = RO - _simultaneous()


def of_counters(counters: PortCounters) -> Quality | None:
    """A leg's quality by what the switch counted on its port; None if nothing was sent or heard."""
    if counters.packets_in + counters.packets_out == 0 or counters.codec is None:
        return None
    codec = NAMES[counters.codec]
    lost = _percent(counters.packets_lost, counters.packets_in + counters.packets_lost)
    unplayed = counters.packets_lost + counters.packets_late
    missed = _percent(unplayed, counters.packets_in + counters.packets_lost)
    far_lost = counters.far_lost
    far = None if far_lost is None else _percent(far_lost, counters.packets_out)
    there = delay_ms(counters.jitter_ms, counters.round_trip_ms)
    back = delay_ms(counters.far_jitter_ms or 0.0, counters.round_trip_ms)
    if not counters.packets_in:
        missed = 100.0  # we send, and nothing comes
    worse = min(rating(codec, missed, there), rating(codec, far or 0.0, back))
    return Quality(
        codec=codec,
        is_encrypted=counters.is_encrypted,
        packets_in=counters.packets_in,
        packets_out=counters.packets_out,
        loss_percent=lost,
        jitter_ms=counters.jitter_ms,
        far_loss_percent=far,
        far_jitter_ms=counters.far_jitter_ms,
        round_trip_ms=counters.round_trip_ms,
        level_dbm0=counters.level_in_dbm0,
        mos=round(score(worse), 2),
    )


def of_timeslot(level_dbm0: float) -> Quality:
    """A leg on a line: A-law in a timeslot, of which nothing is lost and nothing comes late."""
    best = round(score(rating("TDM", 0.0, 0.0)), 2)
    return Quality("TDM", False, 0, 0, 0.0, 0.0, None, None, None, level_dbm0, best)


def delay_ms(jitter_ms: float, round_trip_ms: float | None) -> float:
    """One way, on this leg alone."""
    return PACKET_MS + 2.0 * jitter_ms + (round_trip_ms or 0.0) / 2.0


def _percent(part: int, whole: int) -> float:
    return min(100.0, 100.0 * part / whole) if whole > 0 and part > 0 else 0.0
