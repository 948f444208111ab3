"""What the lines did: callers who reached them, those a menu served, and seconds in which no line
was free.

Pure. On FXO a caller who meets the network's busy tone is seen by nobody. Measured are the seconds
in which every line was held; how many callers were lost in them is an estimate: in each clock hour
the traffic offered is the one that, by Erlang B, leaves the traffic that was carried, and of those
who tried to come in, the share it blocks was lost. An hour in which every line was held all the
time tells no more than that there were others: it is counted in `full_hours`, and the estimate is
a least one then.

Leaves out: reading the calls (line_days.py). Tests: tests/firmware/records/test_line_use.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from firmware.records.adviser import HOUR_S, Held, carried_by_hour, offered_for
from firmware.records.staffing import blocking


@dataclass(frozen=True, slots=True)
class LineUse:
    """Counts and sums of a period. Adding two gives those of both."""

    reached: int = 0
    """Seizures of a line by callers (R)."""
    served: int = 0
    """Of these, who ended in a menu at something marked as what they had called for."""
    busy_s: float = 0.0
    """All lines held at once, measured."""
    lost: float = 0.0
    """Callers who found no line: an estimate (Erlang B)."""
    full_hours: int = 0
    """Hours of which there is no telling how many more would have come in."""

    def __add__(self, other: LineUse) -> LineUse:
        return LineUse(
            self.reached + other.reached,
            self.served + other.served,
            self.busy_s + other.busy_s,
            self.lost + other.lost,
            self.full_hours + other.full_hours,
        )

    @property
    def self_service(self) -> float | None:
        """Served by a menu / reached."""
        return self.served / self.reached if self.reached else None

    @property
    def lost_share(self) -> float | None:
        """Lost / (reached + lost), by the estimate."""
        tried = self.reached + self.lost
        return self.lost / tried if tried else None


def busy_spells(held: Iterable[Held], lines: int) -> Iterator[Held]:
    """From when to when all of so many lines were held."""
    changes = sorted(
        change for start, end in held if end > start for change in ((start, 1), (end, -1))
    )
    now, since = 0, 0.0
    for at, step in changes:
        was_full, now = now >= lines > 0, now + step
        is_full = now >= lines > 0
        if is_full and not was_full:
            since = at
        elif was_full and not is_full and at > since:
            yield since, at


def cut(spells: Iterable[Held], length_s: float) -> dict[float, float]:
    """Seconds of spells in each piece of so many seconds, by its beginning."""
    found: dict[float, float] = defaultdict(float)
    for start, end in spells:
        at = start
        while at < end:
            begins = at // length_s * length_s
            until = min(end, begins + length_s)
            found[begins] += until - at
            at = until
    return dict(found)


def lost_by_hour(
    held: Sequence[Held], came_in: Iterable[float], lines: int
) -> dict[float, float | None]:
    """Estimate of callers who found no line, by clock hours (their beginnings) in which somebody
    came in. `came_in`: when callers did. None: every line was held all the hour."""
    carried = carried_by_hour(held)
    begun = Counter(int(at // HOUR_S) for at in came_in)
    found: dict[float, float | None] = {}
    for hour, callers in begun.items():
        offered = offered_for(carried.get(hour, 0.0), lines) if lines > 0 else 0.0
        share = blocking(offered, lines) if offered else 0.0
        found[hour * HOUR_S] = None if offered is None else callers * share / (1 - share)
    return found
