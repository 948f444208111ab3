"""The queue core by itself: one decision with much waiting, and a day of calls replayed.

A decision is one event that ends with a call offered: 10 queues, 60 agents of whom each serves
three, 200 callers waiting, and agents whose wrap-up ends one after the other. Beside it, as the
least that any core would do in Python: one look at each of these callers and agents in their
dictionaries. Goal: under 50 us. The day: 20 000 calls, from the first ring to the end of the
wrap-up, through the same core by firmware.acd.replay. Goal: under 10 s.

    python -m tools.bench.queue [--calls 20000]
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from firmware.acd import messages as m
from firmware.acd.past import Arrival, Move, Past, PickUp, Standing
from firmware.acd.queue import Acd
from firmware.acd.replay import Outcome, WhatIf, compare
from firmware.config.schema import Queue
from firmware.records.messages import CallId
from tools.bench.processes import load_average, quantile, table, yardstick_ms

QUEUES: Final = 10
AGENTS: Final = 60
WAITING: Final = 200
SERVED: Final = 3
"""Queues of each agent."""
DECISIONS: Final = 3000
RUNS: Final = 3
CHECK_EACH: Final = 20
"""Steps between two checks of the invariants, which in service are 20 s apart."""
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Steps:
    """Processor time of many single steps, microseconds."""

    what: str
    us: Sequence[float]


def office(wrap_up_s: int) -> tuple[Queue, ...]:
    """Ten queues; agent n serves three of them."""
    members: dict[int, list[str]] = {q: [] for q in range(QUEUES)}
    for n in range(AGENTS):
        for step in range(SERVED):
            members[(n + step * SERVED) % QUEUES].append(str(201 + n))
    strategies = ("longest_idle", "fewest_calls", "linear")
    return tuple(
        Queue(
            id=f"q{q}", name=f"Queue {q}", members=tuple(members[q]), wrap_up_s=wrap_up_s,
            strategy=strategies[q % len(strategies)],
            max_wait_s=7200, max_waiting=WAITING,
        )
        for q in range(QUEUES)
    )  # fmt: skip


def decisions(count: int) -> list[Steps]:
    """Each step of a full office's turn, `count` times: the least of `RUNS` runs of the very same
    steps, as the core does the same each time, and only the machine is disturbed by others."""
    runs = [_decisions(count) for _ in range(RUNS)]
    return [
        Steps(same[0].what, [min(us) for us in zip(*(s.us for s in same), strict=True)])
        for same in zip(*runs, strict=True)
    ]


def _decisions(count: int) -> list[Steps]:
    acd, now, calls = Acd(), 0.0, 0
    acd.advance(m.Configured(office(600), {}), now)
    for agent in list(acd.agents):
        acd.advance(m.Reachable(agent, True), now)
        acd.advance(m.LoggedIn(agent), now)
    decided: list[float] = []
    others: list[float] = []
    looks: list[float] = []
    checks: list[float] = []

    def step(event: m.Event) -> list[m.Command]:
        began = time.thread_time_ns()
        commands = acd.advance(event, now)
        took_us = (time.thread_time_ns() - began) / 1000
        if made := sum(isinstance(c, m.Offer) for c in commands):
            decided.extend([took_us / made] * made)  # an event may bring many together
        else:
            others.append(took_us)
        return commands

    offers: list[m.Offer] = []
    talking: list[m.Offer] = []
    while len(decided) < count:
        now += 0.5
        while len(acd.waiting) < WAITING + len(offers):
            calls += 1
            event = m.Offered(CallId(f"call-{calls}"), f"q{calls % QUEUES}", f"021{calls:07}")
            offers += [c for c in step(event) if isinstance(c, m.Offer)]
        looks.append(_look(acd))
        if len(looks) % CHECK_EACH == 0:
            began = time.thread_time_ns()
            acd.repair(now)
            checks.append((time.thread_time_ns() - began) / 1000)
        if offers:
            offer = offers.pop(0)
            step(m.OfferAnswered(offer.call, offer.agent))
            talking.append(offer)
        else:
            offer = talking.pop(0)
            step(m.CallEnded(offer.call))
            offers += [c for c in step(m.Readied(offer.agent)) if isinstance(c, m.Offer)]
    return [
        Steps("a decision", decided),
        Steps("other events", others),
        Steps("one look at all callers and agents", looks),
        Steps("a check of everything", checks),
    ]


def _look(acd: Acd) -> float:
    """What walking over the same tables costs, without deciding anything."""
    began = time.thread_time_ns()
    for call in acd.waiting:
        acd.waiting[call]
    for agent in acd.agents:
        acd.agents[agent]
    return (time.thread_time_ns() - began) / 1000


def day(calls: int) -> Past:
    """A day with a morning and an afternoon peak, for 60 agents."""
    draw = random.Random(20)
    arrivals = tuple(
        Arrival(
            CallId(f"call-{n}"), at, f"q{n % QUEUES}", draw.expovariate(1 / 90), 0.0,
            draw.uniform(5, 25), draw.expovariate(1 / 240), is_on_line=True, before_s=8.0,
        )
        for n, at in enumerate(sorted(_moment(draw) for _ in range(calls)))
    )  # fmt: skip
    moves = tuple(Move(0.0, str(201 + n), Standing.READY) for n in range(AGENTS))
    how = tuple(PickUp(draw.uniform(2, 9), draw.random() > 0.08) for _ in range(500))
    return Past(float(DAY_S), arrivals, moves, how)


def _moment(draw: random.Random) -> float:
    if draw.random() < 0.4:
        return draw.uniform(0, DAY_S)
    peak = draw.choice((10.5, 14.5)) * 3600
    return min(max(draw.gauss(peak, 7200), 0.0), DAY_S - 1.0)


def report(steps: Sequence[Steps]) -> str:
    """The table of decisions."""
    rows = [
        (s.what, str(len(s.us)), *(f"{quantile(s.us, q):.1f} us" for q in (0.5, 0.99, 1.0)))
        for s in steps
    ]
    head = ("step", "times", "p50", "p99", "max")
    return f"{table(head, rows)}\nA fixed piece of Python takes {yardstick_ms():.1f} ms."


def _row(what: str, outcome: Outcome) -> tuple[str, ...]:
    total = outcome.total
    level = total.service_level()
    return (
        what, str(total.offered), str(total.answered), str(total.abandoned),
        f"{100 * level:.1f} %" if level is not None else "n/a",
        f"{total.mean_answer_s or 0:.1f} s", str(outcome.most_lines),
    )  # fmt: skip


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The queue core by itself.")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    chosen = parser.parse_args(given)
    print(f"Queue core: {WAITING} callers wait, {AGENTS} agents in {QUEUES} queues. Goal: 50 us.")
    print(report(decisions(chosen.decisions)))
    past, queues = day(chosen.calls), office(30)
    began = time.thread_time()
    seen = compare(past, queues, WhatIf("q0", -1))
    each_s = (time.thread_time() - began) / 2
    print(
        f"\nA day of {chosen.calls} calls replayed: {each_s:.1f} s (goal: 10 s for 20 000), "
        f"{1e6 * each_s / chosen.calls:.0f} us a call; a fixed piece of Python takes "
        f"{yardstick_ms():.1f} ms, load {load_average():.1f}."
    )
    head = ("", "offered", "answered", "gave up", "SL-F3", "ASA", "most lines")
    rows = [_row("as it was", seen.before), _row("one agent of q0 fewer", seen.after)]
    print(table(head, rows))


if __name__ == "__main__":
    main()
