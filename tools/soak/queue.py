"""Random days through the queue core: callers, agents, phones, hours, offices and restarts as no
office has them, every step held against what must always be so.

Which event comes next is drawn here; what it does, and what is checked after each, is day.py; the
offices it happens in are offices.py. Short days, made shorter when something does not hold:
tests/firmware/acd/test_random_days.py. Long ones:

    python -m tools.soak.queue [--events 1000000] [--seed 1]

An event that breaks something is told with its seed and number; the same seed brings it again.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from firmware.acd import messages
from firmware.acd.strategy import STRATEGIES
from tools.soak.day import Day
from tools.soak.offices import AGENTS, DESKS, IDS, NUMBERS, SKILLS, drawn_office

STEPS_OF_A_DAY: Final = 4000


def step(day: Day, draw: Random) -> None:
    """One of the things above, the usual ones more often."""
    number, what = draw.randrange(14), draw.randrange(12)
    agent, phone = draw.choice(AGENTS), draw.choice(("", *DESKS))
    kind = draw.choices(range(10), (7, 5, 3, 2, 6, 4, 0.15, 0.2, 0.05, 0.03))[0]
    match kind:
        case 0:
            deadline = day.acd.next_deadline()
            if what < 4 and deadline is not None:  # to the very moment
                day.passes(max(0.0, deadline - day.now))
            else:
                day.passes(draw.expovariate(1 / 5))
        case 1:
            day.comes(
                draw.choice(IDS), draw.choice(NUMBERS), what // 10, phone if what == 3 else "",
                skill=draw.choice(SKILLS) if what == 4 else "",
                kept_s=draw.uniform(0, 900) if what == 5 else None,
            )  # fmt: skip
        case 2:
            deed = draw.choices(range(7), (6, 1, 6, 1, 0.6, 1, 0.5))[0]
            day.agent_does(agent, deed, phone)
        case 3:
            day.phone_does(phone or "299", draw.choices(range(7), (0.5, 4, 4, 0.5, 1, 1, 1))[0])
        case 4:
            day.offer_ends(number, what % 5)
        case 5:
            day.caller_does(number, what % 6)
        case 6:
            day.office_changes(drawn_office(draw))
        case 7:
            day.hours_change(frozenset(id for id in IDS if draw.random() < 0.2))
        case 8:
            day.midnight()
        case 9:
            day.restarts()


def a_day(seed: int, steps: int = STEPS_OF_A_DAY) -> Day:
    """A whole one, from the first caller to the last agent gone."""
    draw = Random(seed)
    day = Day(drawn_office(draw), seed)
    for phone in DESKS:
        day.phone_does(phone, 1)
    for n in range(steps):
        try:
            step(day, draw)
        except Exception as error:
            error.add_note(f"day {seed}, step {n}")
            raise
    day.ends()
    return day


def missing(seen: Counter[str]) -> list[str]:
    """Of everything that can come up, what did not."""
    events = {kind.__name__ for kind in messages.Event.__args__}
    commands = {kind.__name__ for kind in messages.Command.__args__} - {"Repaired"}
    states = {"logged_out", "ready", "offered", "on_call", "wrap_up", "paused", "dnd",
              "unreachable", "busy"}  # fmt: skip
    causes = {reason.name for reason in messages.Left}
    return sorted((events | commands | states | causes | STRATEGIES.keys()) - seen.keys())


def run(events: int, seed: int, say: Callable[[str], None] = print) -> Counter[str]:
    """Days one after the other, until so many events were taken."""
    seen: Counter[str] = Counter()
    kinds = [kind.__name__ for kind in messages.Event.__args__]
    began, days = time.monotonic(), 0
    while sum(seen[kind] for kind in kinds) < events:
        seen += a_day(seed + days).seen
        days += 1
        if days % 50 == 0:
            say(f"{days} days, {sum(seen[kind] for kind in kinds)} events, nothing wrong")
    took = time.monotonic() - began
    total = sum(seen[kind] for kind in kinds)
    say(f"{days} days, {total} events in {took:.0f} s, every one checked: nothing wrong")
    return seen


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Random days through the queue core.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(given)
    seen = run(chosen.events, chosen.seed)
    for name, count in sorted(seen.items()):
        print(f"{count:9} {name}")
    if left := missing(seen):
        raise SystemExit(f"never came up: {', '.join(left)}")


if __name__ == "__main__":
    main()
