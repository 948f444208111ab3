"""Checks of schedules, questions, directories, surveys and what depends on the caller's number.

Pure. Part of firmware.config.check, which knows the rules about a configuration as a whole. What
is refused here besides references: what could never happen, such as a rule behind a wider one.

Tests: tests/firmware/config/test_check_places.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from firmware.config.callers import WITHHELD, CallerRule
from firmware.config.destination import Destination
from firmware.config.document import Document
from firmware.config.holiday_calendar import has_calendar
from firmware.config.keypad import keys_of
from firmware.config.problem import Problem


def problems(office: Document) -> list[Problem]:
    """Everything wrong with these parts of `office`."""
    return [
        *_duplicates(office),
        *_schedules(office),
        *_calendar(office),
        *_questions(office),
        *_directories(office),
        *_menus(office),
        *_rules(office),
    ]


def destinations(office: Document) -> Iterator[tuple[str, Destination]]:
    """Every destination of these parts with its place."""
    for schedule in office.schedules:
        yield f"schedules/{schedule.id}/open", schedule.open
        yield f"schedules/{schedule.id}/closed", schedule.closed
        if schedule.holiday is not None:
            yield f"schedules/{schedule.id}/holiday", schedule.holiday
    for question in office.questions:
        yield f"questions/{question.id}/then", question.then
        if question.otherwise is not None:
            yield f"questions/{question.id}/otherwise", question.otherwise
    for directory in office.directories:
        yield f"directories/{directory.id}/otherwise", directory.otherwise
    for rule in office.callers.rules:
        if rule.destination is not None:
            yield f"callers/rules/{rule.id}/destination", rule.destination
    yield "callers/blocked", office.callers.blocked


def ways_without_a_key(office: Document) -> dict[tuple[str, str], list[Destination]]:
    """Where each of these places leads a caller who does nothing."""
    found: dict[tuple[str, str], list[Destination]] = {}
    for schedule in office.schedules:
        ways = (schedule.open, schedule.closed, schedule.holiday)
        found["schedule", schedule.id] = [to for to in ways if to is not None]
    for question in office.questions:
        found["question", question.id] = [question.otherwise or question.then]
    for directory in office.directories:
        found["directory", directory.id] = [directory.otherwise]
    return found


def prompts(office: Document) -> Iterator[tuple[str, str]]:
    """Every prompt used by these parts, with its place."""
    for question in office.questions:
        yield f"questions/{question.id}/prompt", question.prompt
    for directory in office.directories:
        if directory.prompt:
            yield f"directories/{directory.id}/prompt", directory.prompt
    for survey in office.surveys:
        yield f"surveys/{survey.id}/prompt", survey.prompt
        if survey.thanks:
            yield f"surveys/{survey.id}/thanks", survey.thanks
    for menu in office.menus:
        if menu.wrong_key:
            yield f"menus/{menu.id}/wrong_key", menu.wrong_key
        if menu.silence:
            yield f"menus/{menu.id}/silence", menu.silence


def _duplicates(office: Document) -> Iterator[Problem]:
    groups: dict[str, Iterable[str]] = {
        "schedules": (s.id for s in office.schedules),
        "questions": (q.id for q in office.questions),
        "directories": (d.id for d in office.directories),
        "surveys": (s.id for s in office.surveys),
        "callers/rules": (r.id for r in office.callers.rules),
        "callers/blacklist": (b.number for b in office.callers.blacklist),
    }
    for group, names in groups.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield Problem(f"{group}/{name}", f"{name!r} is used {times} times, expected once")


def _schedules(office: Document) -> Iterator[Problem]:
    switches: dict[str, str] = {}
    for schedule in office.schedules:
        where = f"schedules/{schedule.id}"
        if schedule.open.to == "hangup":
            what = "callers are let go although it is open: expected somewhere they are served"
            yield Problem(f"{where}/open", what)
        days_off = any(not special.spans for special in schedule.special_days)
        if schedule.holiday is not None and schedule.holidays == "as_usual" and not days_off:
            what = (
                "never used: public holidays are days as usual here, and no special day is closed"
            )
            yield Problem(f"{where}/holiday", what)
        if schedule.switch and schedule.switch in switches:
            what = f"{schedule.switch} switches {switches[schedule.switch]} already"
            yield Problem(f"{where}/switch", what)
        switches[schedule.switch] = schedule.name


def _calendar(office: Document) -> Iterator[Problem]:
    """Holidays can be told only where there is a calendar."""
    if all(s.holidays == "as_usual" for s in office.schedules):
        return
    site = office.site
    if not has_calendar(site.country, ""):
        what = (
            f"there is no calendar of public holidays for {site.country}: "
            "set holidays of the schedules to as_usual, and enter them as special days"
        )
        yield Problem("site/country", what)
    elif not has_calendar(site.country, site.region):
        what = f"{site.region!r} is no region of {site.country} with a calendar of public holidays"
        yield Problem("site/region", what)


def _questions(office: Document) -> Iterator[Problem]:
    for question in office.questions:
        if question.then.to == "hangup":
            what = "callers are let go with their number: expected somewhere they are served"
            yield Problem(f"questions/{question.id}/then", what)
    known = {survey.id for survey in office.surveys}
    for queue in office.queues:
        if queue.survey is not None and queue.survey not in known:
            yield Problem(f"queues/{queue.id}/survey", f"no survey {queue.survey!r}")


def _directories(office: Document) -> Iterator[Problem]:
    for directory in office.directories:
        members = directory.members or [person.number for person in office.extensions]
        names = [person.name for person in office.extensions if person.number in members]
        if not any(map(keys_of, names)):
            what = "nobody can be found: expected people whose names have letters of the keys"
            yield Problem(f"directories/{directory.id}", what)


def _menus(office: Document) -> Iterator[Problem]:
    for menu in office.menus:
        for digit in menu.languages:
            if len(digit) != 1 or digit not in "0123456789*#":
                where = f"menus/{menu.id}/languages/{digit}"
                yield Problem(where, f"{digit!r}: expected one key, 0 to 9, * or #")
    if office.recording.opt_out_key and office.recording.announcement is None:
        what = "never used: expected an announcement, during which it is pressed"
        yield Problem("recording/opt_out_key", what)
    if office.recording.announce_before_people and office.recording.announcement is None:
        what = "never happens: expected an announcement"
        yield Problem("recording/announce_before_people", what)


def _rules(office: Document) -> Iterator[Problem]:
    lines = {line.number for line in office.lines}
    people = {person.number for person in office.extensions}
    before: list[CallerRule] = []
    for rule in office.callers.rules:
        where = f"callers/rules/{rule.id}"
        for line in rule.lines:
            if line not in lines:
                yield Problem(f"{where}/lines", f"there is no line {line}")
        if rule.owner is not None and rule.owner not in people:
            yield Problem(f"{where}/owner", f"no extension {rule.owner!r}")
        is_special = rule.destination or rule.language or rule.priority or rule.owner
        if not (is_special or rule.skills):
            what = (
                "changes nothing: expected a destination, a language, a priority, an owner or "
                "skills"
            )
            yield Problem(where, what)
        for pattern in rule.numbers:
            if (wider := _hidden_by(rule, pattern, before)) is not None:
                what = f"{pattern} never gets here: {wider.name} comes first and fits as well"
                yield Problem(f"{where}/numbers", what)
        before.append(rule)


def _hidden_by(rule: CallerRule, pattern: str, before: list[CallerRule]) -> CallerRule | None:
    """An earlier rule that takes every call this pattern fits."""
    for wider in before:
        if wider.lines and not (rule.lines and set(rule.lines) <= set(wider.lines)):
            continue
        if any(covers(other, pattern) for other in wider.numbers):
            return wider
    return None


def covers(wide: str, narrow: str) -> bool:
    """Every number that the second pattern fits is fitted by the first."""
    if wide == narrow:
        return True
    if not wide.endswith("*") or narrow == WITHHELD:
        return False
    return narrow.removesuffix("*").startswith(wide.removesuffix("*"))
