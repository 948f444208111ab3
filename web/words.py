"""How the pages say things: times, durations, states and outcomes in plain words.

Pure, apart from the office's time zone, which is an argument. Every text passes `_`, so a
translation is a catalogue away. Tests: tests/web/test_words.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from gettext import gettext as _
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firmware.config.schema import Extension
from firmware.records.messages import CallRow, Outcome


@dataclass(frozen=True, slots=True)
class Label:
    """A state for people: words, and the tone that colours them (never colour alone)."""

    words: str
    tone: str
    """`good`, `busy`, `wait`, `bad` or `calm`: the classes of the style sheet."""


AGENT: Final[Mapping[str, Label]] = {
    "logged_out": Label(_("Logged out"), "calm"),
    "ready": Label(_("Ready"), "good"),
    "offered": Label(_("Phone is ringing"), "busy"),
    "on_call": Label(_("On a queue call"), "busy"),
    "wrap_up": Label(_("Wrapping up"), "wait"),
    "paused": Label(_("Paused"), "wait"),
    "dnd": Label(_("Do not disturb"), "wait"),
    "unreachable": Label(_("Phone not reachable"), "bad"),
    "busy": Label(_("On own call"), "busy"),
}
BUSY_WITH: Final[Mapping[str, Label]] = {
    "internal": Label(_("On an internal call"), "busy"),
    "outgoing": Label(_("On an outgoing call"), "busy"),
    "incoming": Label(_("On a direct call"), "busy"),
}
STRATEGY: Final[Mapping[str, str]] = {
    "longest_idle": _("Who has been free the longest"),
    "fewest_calls": _("Who answered the fewest calls today"),
    "least_talk": _("Who talked the least today"),
    "round_robin": _("One after the other, in turn"),
    "linear": _("Always in the same order"),
    "ring_all": _("All at once; the first to answer has it"),
    "progressive": _("One more phone every few seconds"),
    "random": _("By chance"),
    "random_memory": _("By chance, not the same one twice"),
    "weighted": _("By chance, by each one's share"),
    "skill": _("Who can do best what is needed"),
}
LINE: Final[Mapping[str, Label]] = {
    "idle": Label(_("Idle"), "good"),
    "ringing": Label(_("Ringing"), "busy"),
    "in use": Label(_("In use"), "busy"),
    "dialling": Label(_("Dialling"), "busy"),
    "parallel": Label(_("Used by another telephone"), "wait"),
    "guard": Label(_("Just released"), "calm"),
    "unplugged": Label(_("Unplugged"), "bad"),
    "down": Label(_("Out of order"), "bad"),
    "disabled": Label(_("Switched off"), "calm"),
}
STAGE: Final[Mapping[str, Label]] = {
    "ringing": Label(_("Ringing"), "busy"),
    "menu": Label(_("In the menu"), "busy"),
    "message": Label(_("Hears a message"), "busy"),
    "waiting": Label(_("Waiting"), "wait"),
    "offering": Label(_("Phone is ringing"), "wait"),
    "talking": Label(_("Talking"), "good"),
    "held": Label(_("On hold"), "wait"),
    "conference": Label(_("Conference"), "good"),
    "transferring": Label(_("Being transferred"), "wait"),
    "parked": Label(_("Parked"), "wait"),
    "survey": Label(_("Survey"), "wait"),
    "dialling": Label(_("Dialling"), "busy"),
    "ending": Label(_("Ending"), "calm"),
}
OUTCOME: Final[Mapping[Outcome, Label]] = {
    Outcome.ANSWERED: Label(_("Answered"), "good"),
    Outcome.ABANDONED: Label(_("Gave up waiting"), "bad"),
    Outcome.IN_MENU: Label(_("Left in the menu"), "calm"),
    Outcome.OVERFLOWED: Label(_("Nobody was free"), "wait"),
    Outcome.BUSY: Label(_("Busy"), "calm"),
    Outcome.NO_ANSWER: Label(_("No answer"), "calm"),
    Outcome.MISSED: Label(_("Missed"), "bad"),
    Outcome.FAILED: Label(_("Failed"), "bad"),
}
SOUND: Final[Mapping[str, Label]] = {
    "Good": Label(_("Good"), "good"),
    "Fair": Label(_("Fair"), "wait"),
    "Poor": Label(_("Poor"), "bad"),
}
LOST: Final[Mapping[str, Label]] = {
    "open": Label(_("Not called back"), "bad"),
    "unknown": Label(_("No number to call"), "calm"),
    "tried": Label(_("Tried, not reached"), "wait"),
    "called_again": Label(_("Called again"), "good"),
    "reached": Label(_("Reached"), "good"),
}
LEFT: Final[Mapping[str, Label]] = {
    "timeout": Label(_("Waited too long"), "wait"),
    "full": Label(_("The queue was full"), "bad"),
    "empty": Label(_("Nobody was logged in"), "bad"),
    "paused": Label(_("Everybody was paused"), "bad"),
    "unreachable": Label(_("No phone could be reached"), "bad"),
    "removed": Label(_("The queue was removed"), "calm"),
    "closed": Label(_("The office was closed"), "calm"),
    "key": Label(_("Pressed the key to go out"), "calm"),
    "callback": Label(_("Took a callback"), "good"),
    "moved": Label(_("Was led elsewhere"), "calm"),
    "restart": Label(_("The box was restarted"), "bad"),
}
DIRECTION: Final[Mapping[str, str]] = {
    "incoming": _("Incoming"),
    "outgoing": _("Outgoing"),
    "internal": _("Internal"),
}
ROLE: Final[Mapping[str, str]] = {
    "owner": _("Owner"),
    "supervisor": _("Supervisor"),
    "agent": _("Agent"),
}
ENDED_BY: Final[Mapping[str, str]] = {
    "caller": _("the caller hung up"),
    "agent": _("the agent hung up"),
    "called": _("the called side hung up"),
    "box": _("the box ended it"),
    "fault": _("it was cut off by a fault"),
    "transfer": _("it was joined with another call"),
}
CAUSE: Final[Mapping[int, str]] = {  # ITU-T Q.850 (05/2018) Table 1
    1: _("No such number"),
    16: _("Ended normally"),
    17: _("Busy"),
    18: _("No response"),
    19: _("Nobody answered"),
    20: _("Not connected to the network"),
    21: _("Refused"),
    26: _("Answered elsewhere"),
    27: _("Out of order"),
    28: _("Number incomplete or wrong"),
    31: _("Ended"),
    34: _("No line free"),
    38: _("Network out of order"),
    41: _("Temporary failure"),
    42: _("Network congested"),
    79: _("Not possible here"),
    102: _("Timed out"),
    127: _("Ended by another network"),
}


def label(table: Mapping[str, Label], state: str) -> Label:
    """The label of `state`; an unknown state is shown as it is, calmly."""
    return table.get(state) or Label(state.replace("_", " "), "calm")


def agent(state: str, reason: str) -> Label:
    """What an agent does; on a call that is no queue's, what kind of call it is."""
    return (BUSY_WITH.get(reason) if state == "busy" else None) or label(AGENT, state)


def sound(grade: str) -> Label:
    """How a call sounds at a phone, beside other states of it."""
    known = label(SOUND, grade)
    return Label(_("Sound: %s") % known.words.lower(), known.tone)


def before(at: datetime, seconds: float) -> datetime:
    """The moment so long ago."""
    return at - timedelta(seconds=seconds)


def about(seconds: float | None) -> str:
    """An expected time: no more exact than it is known."""
    if seconds is None:
        return _("not known")
    if seconds < 45:
        return _("less than a minute")
    return _("about %d min") % max(1, round(seconds / 60))


def zone(name: str) -> ZoneInfo:
    """The office's time zone; UTC if this system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def span(seconds: float | None) -> str:
    """A duration: `0:07`, `12:30`, `1:02:03`."""
    if seconds is None:
        return "–"  # noqa: RUF001  # an en dash is the typographer's "none"
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def long_span(seconds: float) -> str:
    """A long duration in words: `3 days 4 h`, `4 h 12 min`, `12 min`, `40 s`."""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return _("%(days)d days %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(seconds)d s") % {"seconds": whole}


def size(octets: float | None) -> str:
    """A size: `512 kB`, `1.2 MB`, `27 GB` (powers of ten, as on the packet of a disk)."""
    if octets is None:
        return _("unknown")
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if octets >= scale:
            figure = octets / scale
            return f"{figure:.0f} {unit}" if figure >= 10 else f"{figure:.1f} {unit}"
    return f"{octets:.0f} B"


def local(at: datetime, where: ZoneInfo) -> datetime:
    """`at` on the office's clock; a time without zone is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(where)


def day(at: datetime, today: date) -> str:
    """The day of a local time as people say it: `Today`, `Yesterday`, `Fri 20 Nov`."""
    gap = (today - at.date()).days
    if gap == 0:
        return _("Today")
    if gap == 1:
        return _("Yesterday")
    return f"{at:%a} {at.day} {at:%b}" + ("" if at.year == today.year else f" {at.year}")


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, for scripts."""
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def caller(number: str, name: str, why_unknown: str) -> str:
    """Who called, in one line: name, else number, else why neither is known."""
    return name or number or why_unknown or _("Unknown caller")


def parties(direction: str, caller_is: str, number: str, called: str) -> str:
    """A call that was made from here, in one line. The caller of a callback (firmware.route.
    callback_task) is the very number that was called: `called back Alice`."""
    if direction == "outgoing" and called and called == number:
        return _("called back %s") % caller_is
    return f"{caller_is} → {called or _('Unknown')}"


def ending(row: CallRow) -> str:
    """How a call ended, as the end of a sentence."""
    return ENDED_BY.get(row.ended_by, row.ended_by)


def beyond(words: str, state: str) -> str:
    """What `words` say beyond the state that a badge already shows: `in use, 24 mA` -> `24 mA`."""
    rest = words.removeprefix(state)
    return rest.lstrip(", ") if rest != words else words


def hue(name: str) -> int:
    """One of six colours for a person, always the same one."""
    return sum(name.encode()) % 6


def cause(number: int) -> str:
    """An ITU-T Q.850 cause for people, with its number for technicians."""
    words = CAUSE.get(number)
    return f"{words} ({number})" if words else _("Cause %d") % number


def in_order(people: Sequence[Extension], members: Sequence[str]) -> list[Extension]:
    """`people` with the members of a queue first, in the queue's order, which a form keeps."""
    places = {number: place for place, number in enumerate(members)}
    return sorted(people, key=lambda person: places.get(person.number, len(places)))
