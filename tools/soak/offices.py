"""Offices drawn at random, as no office has them: queues with all that can be set, who can what.

Pure. For the random days: day.py, queue.py.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final

from firmware.acd import messages
from firmware.acd.strategy import STRATEGIES
from firmware.config.schema import HANG_UP, Destination, MemberRule, Queue
from firmware.config.waiting import Comfort

AGENTS: Final = ("201", "202", "203", "204", "205", "206")
DESKS: Final = (*AGENTS, "299")
"""Phones; at the last nobody sits of their own."""
NUMBERS: Final = ("", "0211", "0212", "0213", "0214")
IDS: Final = ("sales", "support", "repair", "french")
SKILLS: Final = ("french", "billing")
MANY: Final = tuple(str(n) for n in range(301, 316))
"""A queue of more than are named one by one."""


def drawn_queue(id: str, draw: Random) -> Queue:
    """A queue with whatever can be set."""

    def some(*values: Any) -> Any:
        return draw.choice(values)

    members = draw.sample(AGENTS, draw.randint(1, len(AGENTS)))
    rules = {
        m: MemberRule(
            penalty=some(0, 0, 1, 2),
            share=draw.randint(1, 5),
            ring_s=some(None, 5, 9),
            is_fixed=draw.random() < 0.1,
        )
        for m in members
        if draw.random() < 0.4
    }
    elsewhere = Destination(to="queue", id=draw.choice(IDS))
    return Queue(
        id=id,
        name=id.title(),
        members=tuple(members) + (MANY if draw.random() < 0.1 else ()),
        member_rules=rules,
        strategy=draw.choice(sorted(STRATEGIES)),
        progressive_every_s=some(1, 5, 10),
        weight=some(0, 0, 3, 10),
        penalty_relax_every_s=some(0, 8, 20),
        skills={s: draw.randint(1, 4) for s in SKILLS if draw.random() < 0.2},
        skills_lower_every_s=some(0, 5, 10),
        skills_lower_to=some(0, 0, 1),
        sticky_s=some(0, 20, 60),
        sticky_for_h=some(1, 24),
        repeat_caller_s=some(0, 60),
        ring_s=some(5, 20),
        wrap_up_s=some(0, 15, 30),
        wrap_up_extend_s=some(0, 10, 600),
        buffer_s=some(0, 4),
        max_unanswered=some(0, 1, 2),
        auto_pause_s=some(0, 15),
        unanswered_grace_s=some(0, 0, 20),
        max_wait_s=some(30, 60, 600),
        max_waiting=some(2, 5, 50),
        on_timeout=some(HANG_UP, elsewhere),
        on_paused=some(None, elsewhere),
        join_when_empty=some(True, False),
        leave_when_empty=some(True, True, False),
        join_when_paused=some(True, True, False),
        join_when_unreachable=some(True, True, False),
        leave_when_paused=some(False, True),
        leave_when_unreachable=some(False, True),
        leave_when_closed=some(False, True),
        comfort=Comfort(tell_wait=some(True, False)),
    )


def drawn_office(draw: Random) -> messages.Configured:
    """Some of the queues, and what people can."""
    ids = draw.sample(IDS, draw.randint(2, len(IDS)))
    skills = {a: {s: draw.randint(1, 5) for s in SKILLS if draw.random() < 0.6} for a in AGENTS}
    quiet = frozenset(a for a in AGENTS if draw.random() < 0.05)
    return messages.Configured(tuple(drawn_queue(id, draw) for id in ids), {}, quiet, skills)
