"""Which ringing call somebody may pick up.

Pure. Rules: `*8` takes the call that rings longest in one's own group, `*8` with an extension the
call that rings there longest, if that extension is in one's own group or in none. People without
a group can pick up only what rings at people without one, and only by the number: nobody's calls
are taken by chance. A call ringing at one's own other phone may always be picked up.

Shell: attend_task.py. Tests: tests/firmware/route/test_pick_up.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.config.schema import Office
from firmware.records.messages import CallId
from hal.leg import LegId


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call that rings somewhere in the office."""

    call: CallId
    extension: str
    """Where."""
    since: float
    leg: LegId
    """The ringing phone's."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No call can be picked up: what is said, and why for the story."""

    prompt: str
    why: str


def choose(
    office: Office, by: str, extension: str, ringing: Iterable[Ringing]
) -> Ringing | Nothing:
    """The call for `by` to take; `extension` empty: of the whole group."""
    groups = {e.number: e.pickup_group for e in office.extensions}
    mine = groups.get(by, "")
    calls = sorted(ringing, key=lambda one: one.since)
    if not extension:
        there = [r for r in calls if mine and groups.get(r.extension) == mine]
        where = f"in the group {mine}" if mine else f"for {by}, who is in no pick-up group"
        return there[0] if there else Nothing("box-nothing-rings", f"no call rings {where}")
    there = [r for r in calls if r.extension == extension]
    if not there:
        return Nothing("box-nothing-rings", f"no call rings at {extension}")
    if not may_take(office, by, extension):
        return Nothing("box-not-your-group", f"{extension} is in another pick-up group than {by}")
    return there[0]


def may_take(office: Office, by: str, extension: str) -> bool:
    """Whether `by` may take calls that ring at `extension`."""
    groups = {e.number: e.pickup_group for e in office.extensions}
    theirs = groups.get(extension, "")
    return by == extension or not theirs or theirs == groups.get(by, "")
