"""Which report a page asks for: query string to a `reports.Asked`, and to its neighbours.

Pure. What cannot be understood is named in `complaints` and replaced by the usual, never an error
page. Tests: tests/web/reports/test_period.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from gettext import gettext as _
from typing import TypeVar

from firmware.config.schema import Office
from firmware.records.kpi import ServiceLevel
from firmware.records.reports import MOST_DAYS, Asked, Limits, Rule

T = TypeVar("T", bound=Enum)


class Span(Enum):
    """How long."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    DAYS = "days"  # from one day to another


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report as the page states it."""

    asked: Asked
    span: Span
    formula: ServiceLevel
    usual: tuple[ServiceLevel, Rule]
    """As the office counts unless it is asked otherwise."""
    complaints: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """The query string of this page."""
        own = self.fields_of(self.asked.first)
        if self.span is Span.DAYS:
            own["to"] = self.asked.last.isoformat()
        return own

    def fields_of(self, day: date, span: Span | None = None) -> dict[str, str]:
        """The query string of the same report of another day."""
        asked = self.asked
        chosen = {
            "span": (span or self.span).value,
            "day": day.isoformat(),
            "queue": asked.queue,
            "agent": asked.agent,
            "line": str(asked.line) if asked.line is not None else "",
            "formula": self.formula.value if self.formula is not self.usual[0] else "",
            "rule": asked.rule.value if asked.rule is not self.usual[1] else "",
        }
        return {name: value for name, value in chosen.items() if value}

    @property
    def before(self) -> dict[str, str] | None:
        """The period before this one."""
        return None if self.span is Span.DAYS else self._neighbour(self.asked.first, -1)

    @property
    def after(self) -> dict[str, str] | None:
        """The period after this one."""
        return None if self.span is Span.DAYS else self._neighbour(self.asked.last, 1)

    def _neighbour(self, edge: date, step: int) -> dict[str, str] | None:
        try:
            return self.fields_of(edge + timedelta(days=step))
        except OverflowError:
            return None


def parse(form: Mapping[str, str], today: date, zone: str, office: Office) -> Wanted:
    """The report that `form` asks for; a week begins on Monday."""
    complaints: list[str] = []
    span = _choice(Span, form.get("span", ""), Span.DAY)
    day = _day(form.get("day", ""), today, complaints)
    first, last = _bounds(span, day)
    if span is Span.DAYS:
        last = _day(form.get("to", ""), day, complaints)
        if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
            complaints.append(_("The last day comes before the first, or too long after it."))
            last = first
    usual = ServiceLevel(office.reporting.formula), Rule(office.reporting.interval)
    line = form.get("line", "")
    return Wanted(
        Asked(
            first,
            last,
            zone,
            limits_of(office),
            queue=form.get("queue", "")[:64],
            agent=form.get("agent", "")[:16],
            line=int(line) if line.isascii() and line.isdigit() and len(line) < 3 else None,
            rule=_choice(Rule, form.get("rule", ""), usual[1]),
            line_count=sum(x.is_enabled for x in office.lines),
            again_days=office.reporting.again_days,
        ),
        span,
        _choice(ServiceLevel, form.get("formula", ""), usual[0]),
        usual,
        tuple(complaints),
    )


def limits_of(office: Office) -> dict[str, Limits]:
    """Every queue's threshold and limit: also for a report of one queue, as what days that are
    over were added up by."""
    return {q.id: Limits(float(q.service_level_s), float(q.short_abandon_s)) for q in office.queues}


def _bounds(span: Span, day: date) -> tuple[date, date]:
    if span is Span.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if span is Span.MONTH:
        first = day.replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return first, following - timedelta(days=1)
    return day, day


def _day(text: str, usual: date, complaints: list[str]) -> date:
    if not text:
        return usual
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 2000 <= found.year <= 2999:
        complaints.append(_("%r is not a date; expected one such as 2026-11-21.") % text[:32])
        return usual
    return found


def _choice(kind: type[T], text: str, usual: T) -> T:
    return next((one for one in kind if one.value == text), usual)
