"""How many agents and how many lines: Erlang B, C and A.

Pure. Erlang B: calls that find no line are gone. Erlang C: callers wait for ever. Erlang A (Palm):
callers wait as long as their patience, exponentially distributed; a birth-death chain with leave
rate min(n, N) mu + max(n - N, 0) theta. Traffic is in erlang, times in seconds. An agent's handling
time is talk, hold and wrap-up; a line's holding time is menu, wait and talk without wrap-up.

Checked against published values: tests/firmware/records/test_staffing.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MOST_SERVERS: Final = 10_000
"""No office asks for more; a search that would not end says so."""
NEGLIGIBLE: Final = 1e-15
"""Share of the largest state below which the rest of the Erlang A chain adds nothing."""


class ImpossibleLoad(ValueError):
    """A figure that no office can have; the message names it and what was expected."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What callers meet: shares 0 to 1, times in seconds."""

    wait_share: float
    """Callers who wait at all."""
    service_level: float
    """Callers answered within the threshold."""
    mean_wait_s: float
    """Over all answered callers (ASA)."""
    occupancy: float
    abandon_share: float = 0.0


def traffic(calls: float, holding_s: float, interval_s: float) -> float:
    """Offered traffic in erlang."""
    _at_least("calls", calls, 0)
    _at_least("holding time", holding_s, 0)
    if interval_s <= 0:
        raise ImpossibleLoad(f"interval {interval_s} s: expected more than 0")
    return calls * holding_s / interval_s


def blocking(erlang: float, lines: int) -> float:
    """Erlang B: the share of calls that find all lines taken. The recursion that stays stable."""
    _at_least("traffic", erlang, 0)
    _at_least("lines", lines, 0)
    share = 1.0
    for n in range(1, lines + 1):
        share = erlang * share / (n + erlang * share)
    return share


def lines_for(erlang: float, most_blocked: float) -> int:
    """The fewest lines that block no more than a share of the calls."""
    _share("blocking", most_blocked)
    _at_least("traffic", erlang, 0)
    share, lines = (1.0 if erlang else 0.0), 0
    while share > most_blocked:
        lines += 1
        if lines > MOST_SERVERS:
            raise ImpossibleLoad(f"{erlang} erlang: more than {MOST_SERVERS} lines")
        share = erlang * share / (lines + erlang * share)
    return lines


def erlang_c(erlang: float, agents: int, handling_s: float, threshold_s: float) -> Waiting:
    """Callers who never give up. With no more agents than traffic the queue grows for ever."""
    _at_least("handling time", handling_s, 0)
    _at_least("threshold", threshold_s, 0)
    blocked = blocking(erlang, agents)
    if agents <= erlang:
        return Waiting(1.0, 0.0, math.inf, 1.0)
    if handling_s == 0:
        return Waiting(0.0, 1.0, 0.0, 0.0)
    wait_share = agents * blocked / (agents - erlang * (1 - blocked))
    spare = agents - erlang
    return Waiting(
        wait_share,
        1 - wait_share * math.exp(-spare * threshold_s / handling_s),
        wait_share * handling_s / spare,
        erlang / agents,
    )


def agents_for(erlang: float, handling_s: float, threshold_s: float, service_level: float) -> int:
    """The fewest agents that reach a service level by Erlang C."""
    _share("service level", service_level)
    agents = max(1, math.floor(erlang) + 1) if erlang else 0
    while erlang and erlang_c(erlang, agents, handling_s, threshold_s).service_level < (
        service_level
    ):
        agents += 1
        if agents > MOST_SERVERS:
            raise ImpossibleLoad(f"{erlang} erlang: more than {MOST_SERVERS} agents")
    return agents


def staff_for(agents: int, shrinkage: float) -> int:
    """People to plan so that `agents` are there in spite of breaks, leave and training."""
    _share("shrinkage", shrinkage)
    return math.ceil(agents / (1 - shrinkage) - 1e-9)


def erlang_a(erlang: float, agents: int, handling_s: float, patience_s: float) -> Waiting:
    """Callers who give up after a mean patience. The distribution of waits is left out: as
    `service_level` stands the share that did not wait at all. `mean_wait_s` is over all callers,
    those who gave up among them."""
    if handling_s <= 0 or patience_s <= 0:
        raise ImpossibleLoad(
            f"handling {handling_s} s, patience {patience_s} s: expected more than 0"
        )
    _at_least("agents", agents, 1)
    _at_least("traffic", erlang, 0)
    states = _chain(erlang, agents, handling_s / patience_s)
    total = math.fsum(states)
    waiting = math.fsum(states[agents:]) / total
    in_queue = math.fsum((n - agents) * p for n, p in enumerate(states) if n > agents) / total
    busy = math.fsum(min(n, agents) * p for n, p in enumerate(states)) / total
    arrivals_per_s = erlang / handling_s
    if erlang == 0:
        return Waiting(0.0, 1.0, 0.0, 0.0)
    abandoned = in_queue / patience_s / arrivals_per_s
    return Waiting(waiting, 1 - waiting, in_queue / arrivals_per_s, busy / agents, abandoned)


def _chain(erlang: float, agents: int, theta: float) -> list[float]:
    """Unnormalised probabilities of n callers in the system, scaled so that none overflows.
    `theta`: leave rate of one waiting caller, in units of the service rate."""
    states = [1.0]
    while True:
        n = len(states)
        leave = min(n, agents) + max(n - agents, 0) * theta
        states.append(states[-1] * erlang / leave)
        largest = max(states[-1], 1.0)
        if largest > 1e100:
            states = [p / largest for p in states]
        if n > agents and states[-1] <= NEGLIGIBLE * max(states):
            return states


def _at_least(what: str, value: float, least: float) -> None:
    if not value >= least or math.isinf(value):
        raise ImpossibleLoad(f"{what} {value}: expected a number, {least} or more")


def _share(what: str, value: float) -> None:
    if not 0 < value < 1:
        raise ImpossibleLoad(f"{what} {value}: expected a share between 0 and 1")
