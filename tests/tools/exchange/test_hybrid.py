"""The hybrid: measured return loss, delay and length of the echo, level of the noise."""

from __future__ import annotations

import numpy as np
import pytest

from tools.exchange import g711
from tools.exchange.hybrid import Hybrid, Noise


def echo_of(hybrid: Hybrid, sent: g711.Samples) -> g711.Samples:
    return np.concatenate([hybrid.echo(block) for block in sent.reshape(-1, g711.BLOCK)])


@pytest.mark.parametrize("erl_db", [6.0, 10.0, 20.0, 30.0])
def test_the_return_loss_of_white_noise(erl_db: float) -> None:
    sent = np.random.default_rng(5).standard_normal(16_000).astype(np.float32) * 1000
    echo = echo_of(Hybrid(erl_db), sent)
    loss_db = g711.level_dbm0(sent) - g711.level_dbm0(echo)
    assert loss_db == pytest.approx(erl_db, abs=0.3)


def test_the_echo_begins_after_1_ms_and_is_over_after_6_ms() -> None:
    sent = np.zeros(400, np.float32)
    sent[75] = 10_000  # near the end of a block, so that the echo crosses into the next
    where = np.flatnonzero(np.abs(echo_of(Hybrid(10), sent)) > 1)
    assert where[0] == 75 + 8
    assert where[-1] < 75 + 48


@pytest.mark.parametrize("dbm0", [-65.0, -50.0, -30.0])
def test_noise_has_its_level(dbm0: float) -> None:
    noise = Noise(dbm0)
    heard = np.concatenate([noise.take() for _ in range(200)])
    assert g711.level_dbm0(heard) == pytest.approx(dbm0, abs=0.3)
