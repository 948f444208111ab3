"""A caller whose number becomes known after the call began: between rings, while a phone rings.

Shell for one `Visit`. As long as the caller is where they began and has chosen nothing, they are
led by their number as if it had been known at once: another way, a language, the agent they belong
to, or the blacklist. Left out: who waits in a queue, talks or has pressed a key was led on already
and stays there; the records have the number all the same.

Tests: tests/firmware/route/test_late_number.py.
"""

from __future__ import annotations

from typing import Final

from firmware.call.call import Stage
from firmware.route.asking import BY_NUMBER
from firmware.route.decide import Start, start
from firmware.route.places_task import Places

_BEGINS: Final = frozenset({Stage.RINGING, Stage.DIALLING, Stage.MENU, Stage.MESSAGE})


def known_late(visit: Places, before: str) -> None:
    """The caller's number is another than `before`, which was empty if there was none."""
    call, number = visit.call, visit.call.party.number
    if number == before or not _is_where_it_began(visit):
        return
    then, now = _start(visit, before), _start(visit, number)
    if then is None or now is None:
        return
    call.language, call.priority, call.owner = now.language, now.priority, now.owner
    call.asks[BY_NUMBER] = now.skills
    if now.is_blocked and not then.is_blocked:
        visit.tell("call.blocked", f"{number}: {now.why}")
    if now.to != then.to:
        if call.other is not None:
            visit.dismiss(call.other)
        visit.go(now.to, now.why)


def _is_where_it_began(visit: Places) -> bool:
    call = visit.call
    has_chosen = call.digits or call.collected or call.overflowed or call.joined is not None
    return call.direction == "incoming" and call.stage in _BEGINS and not has_chosen


def _start(visit: Places, number: str) -> Start | None:
    office, days = visit.desk.office, visit.desk.days
    line = next((x for x in office.lines if x.number == visit.call.line), None)
    return start(office, line, number, days.clock()) if line is not None and days else None
