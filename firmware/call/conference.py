"""Who hears whom when two, three or more talk and some of them hold the call.

Pure: ports in, pairs out. Everybody who has not put the call on hold hears all others who have
not; who would hear nobody gets music. Whoever holds is not listening, and is heard by nobody: what
a phone sends while it holds (its own music, or the room) is nobody's business.

Shell: bridge.py. Tests: tests/firmware/call/test_conference.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hal.leg import PortId


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the parties of a call hear."""

    pairs: frozenset[tuple[PortId, PortId]] = frozenset()
    """(listener, source)."""
    music: frozenset[PortId] = frozenset()


def hearing(
    talking: Sequence[PortId], holding: Collection[PortId], waiting: Collection[PortId]
) -> Hearing:
    """`talking`: who is in the conversation; `holding`: who of them, or of those who wait, has
    put us on hold; `waiting`: who is kept apart, with music."""
    there = [port for port in talking if port not in holding]
    pairs = {(one, other) for one in there for other in there if one != other}
    alone = there if len(there) == 1 and len(talking) > 1 else []
    return Hearing(
        frozenset(pairs), frozenset([*alone, *(port for port in waiting if port not in holding)])
    )
