"""Checks of a configuration as a whole: references, duplicates, loops and dead ends.

Pure. `schema.Office` runs `problems` on every construction; the API gives each problem with its
place, so that a page can put it beside the field.

Tests: tests/firmware/config/test_check.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from firmware.config import check_dispositions, check_places, check_queues, check_skills
from firmware.config.destination import Destination
from firmware.config.document import DIGITS, Document, Extension
from firmware.config.numbering import Kind, Outside, Owner, meaning, owners
from firmware.config.problem import Problem as Problem

FORWARDS: Final = ("forward_always", "forward_busy", "forward_no_answer")
HOPS: Final = 5
"""Most times one call is forwarded; a longer chain is more likely a mistake than a wish."""
SERVES: Final = ("message", "schedule", "question", "voicemail", "hangup")
"""Where somebody may find what they had called for without a person. (Opening hours and questions
may lead on to one: then the caller does not count as served.)"""


def problems(office: Document) -> list[Problem]:
    """Everything wrong with `office`; an empty list if it can run."""
    return [
        *_duplicates(office),
        *_numbers(office),
        *_dangling(office),
        *_members(office),
        *_phone_sets(office),
        *_forwards(office),
        *_menus(office),
        *_prompts(office),
        *_mail(office),
        *check_places.problems(office),
        *check_queues.problems(office),
        *check_dispositions.problems(office),
        *check_skills.problems(office, destinations(office)),
        *_loops(office),
    ]


def _duplicates(office: Document) -> Iterator[Problem]:
    groups: dict[str, Iterable[str]] = {
        "lines": (str(line.number) for line in office.lines),
        "extensions": (e.number for e in office.extensions),
        "phone_sets": (p.mac for p in office.phone_sets),
        "queues": (q.id for q in office.queues),
        "menus": (m.id for m in office.menus),
        "prompts": (p.id for p in office.prompts),
        "page_groups": (g.number for g in office.page_groups),
        "mailboxes": (m.id for m in office.mailboxes),
        "users": (u.name.lower() for u in office.users),
    }
    for group, names in groups.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield Problem(f"{group}/{name}", f"{name!r} is used {times} times, expected once")


def _numbers(office: Document) -> Iterator[Problem]:
    """A number that is dialled means one thing. Two of one group: see `_duplicates`."""
    for number, found in owners(office).items():
        first = found[0]
        for other in found[1:]:
            if other.where != first.where:
                yield Problem(other.where, f"{number} is the number of {first.words} already")


def destinations(office: Document) -> Iterator[tuple[str, Destination]]:
    """Every destination of the configuration with its place."""
    for line in office.lines:
        yield f"lines/{line.number}/destination", line.destination
    for queue in office.queues:
        for field, to in check_queues.destinations(queue):
            yield f"queues/{queue.id}/{field}", to
        yield f"queues/{queue.id}/comfort/on_exit", queue.comfort.on_exit
    for menu in office.menus:
        for digit, to in menu.options.items():
            yield f"menus/{menu.id}/options/{digit}", to
        yield f"menus/{menu.id}/otherwise", menu.otherwise
    yield "parking/otherwise", office.parking.otherwise
    yield from check_places.destinations(office)


def _dangling(office: Document) -> Iterator[Problem]:
    known = {
        "menu": {m.id for m in office.menus},
        "queue": {q.id for q in office.queues},
        "extension": {e.number for e in office.extensions},
        "message": {p.id for p in office.prompts},
        "voicemail": {m.id for m in office.mailboxes},
        "schedule": {s.id for s in office.schedules},
        "question": {q.id for q in office.questions},
        "directory": {d.id for d in office.directories},
        "hangup": {""},
    }
    for where, to in destinations(office):
        if to.id not in known[to.to]:
            yield Problem(where, f"leads to {to.to} {to.id!r}, which does not exist")


def _members(office: Document) -> Iterator[Problem]:
    extensions = {e.number for e in office.extensions}
    groups = [(f"queues/{q.id}/members", q.members) for q in office.queues]
    groups += [(f"page_groups/{g.number}/members", g.members) for g in office.page_groups]
    groups += [(f"mailboxes/{m.id}/members", m.members) for m in office.mailboxes]
    groups += [(f"directories/{d.id}/members", d.members) for d in office.directories]
    for where, members in groups:
        for member in members:
            if member not in extensions:
                yield Problem(where, f"no extension {member!r}")
        if len(set(members)) != len(members):
            yield Problem(where, "somebody is a member twice")


def _phone_sets(office: Document) -> Iterator[Problem]:
    """Each belongs to somebody, and no two sign in by one name."""
    extensions = {e.number for e in office.extensions}
    accounts: dict[str, str] = {}
    for phone in office.phone_sets:
        where = f"phone_sets/{phone.mac}"
        if phone.extension not in extensions:
            yield Problem(f"{where}/extension", f"no extension {phone.extension!r}")
        other = accounts.setdefault(phone.account, phone.mac)
        if other != phone.mac:
            what = f"signs in as {phone.account}, as {other} does already: expected another person"
            yield Problem(f"{where}/extension", what)


def _forwards(office: Document) -> Iterator[Problem]:
    """Two people may stand in for each other when busy or away: each is rung once, then the call
    is over. Round and round without any phone ringing is only what `forward_always` can do."""
    for person in office.extensions:
        for field in FORWARDS:
            if (target := getattr(person, field)) and (why := _bad_target(office, person, target)):
                yield Problem(f"extensions/{person.number}/{field}", why)
        if why := _endless(office, person):
            yield Problem(f"extensions/{person.number}/forward_always", why)


def _bad_target(office: Document, person: Extension, target: str) -> str:
    """Why calls for `person` cannot be forwarded to `target`; empty if they can."""
    match meaning(office, target):
        case Outside() if not person.may_dial_out:
            return f"{target} is outside, and {person.name} may not call outside numbers"
        case Outside():
            return ""
        case None:
            prefix = office.site.outside_prefix
            begin = f" beginning with {prefix}" if prefix else ""
            return f"{target} is no number here: expected an extension, or one outside{begin}"
        case owner if owner.number == person.number:
            return f"{target} is this person's own number: expected another one"
        case owner if owner.kind not in (Kind.EXTENSION, Kind.QUEUE, Kind.MENU):
            return f"{target} is {owner.words}: expected a person, a queue, a menu or outside"
    return ""


def _endless(office: Document, person: Extension) -> str:
    people = {e.number: e for e in office.extensions}
    way, here = [person.number], person
    while (target := here.forward_always) in people:
        if target == person.number:
            if len(way) == 1:
                return ""  # to oneself: told by `_bad_target`
            return f"forwards in a circle: {', '.join([*way, target])}"
        if target in way:
            return ""  # a circle further on: told there
        way.append(target)
        if len(way) > HOPS + 1:
            return f"forwarded more than {HOPS} times: {', '.join(way)}"
        here = people[target]
    return ""


def _menus(office: Document) -> Iterator[Problem]:
    for menu in office.menus:
        for digit in menu.options:
            if len(digit) != 1 or digit not in DIGITS:
                yield Problem(
                    f"menus/{menu.id}/options/{digit}", f"{digit!r}: expected one of {DIGITS}"
                )
        for key in menu.served:
            if key not in menu.options or menu.options[key].to not in SERVES:
                yield Problem(
                    f"menus/{menu.id}/served",
                    f"{key!r}: expected a key of this menu that leads to one of {list(SERVES)}",
                )


def _prompts(office: Document) -> Iterator[Problem]:
    known = {p.id for p in office.prompts}
    used = [(f"menus/{m.id}/greeting", m.greeting) for m in office.menus]
    used += [(f"queues/{q.id}/welcome", q.welcome) for q in office.queues if q.welcome]
    used += [(f"queues/{q.id}/music", q.music) for q in office.queues if q.music]
    told = [(q.id, q.comfort.message) for q in office.queues]
    used += [(f"queues/{id}/comfort/message", prompt) for id, prompt in told if prompt]
    greetings = [(q.id, q.callback.greeting) for q in office.queues]
    used += [(f"queues/{id}/callback/greeting", prompt) for id, prompt in greetings if prompt]
    used += [(f"mailboxes/{m.id}/greeting", m.greeting) for m in office.mailboxes if m.greeting]
    if office.recording.announcement:
        used.append(("recording/announcement", office.recording.announcement))
    used += check_places.prompts(office)
    for where, prompt in used:
        if prompt not in known:
            yield Problem(where, f"no prompt {prompt!r}")
    for entry in office.prompts:
        if not entry.texts and not entry.files:
            yield Problem(f"prompts/{entry.id}", "has neither a text nor a recording")


def _mail(office: Document) -> Iterator[Problem]:
    if office.mail.host and not office.mail.sender:
        yield Problem("mail/sender", "nobody sends the mail: expected an address of the office")


def _loops(office: Document) -> Iterator[Problem]:
    """Calls that would go round with nobody ever able to answer: followed without a key press."""
    by_itself = check_places.ways_without_a_key(office)
    for menu in office.menus:
        by_itself["menu", menu.id] = [menu.otherwise]
    for queue in office.queues:
        by_itself["queue", queue.id] = [to for _, to in check_queues.destinations(queue)]
    for person in office.extensions:
        if (to := _led_by_forward(office, person.forward_always)) is not None:
            by_itself["extension", person.number] = [to]
    for start in by_itself:
        if start[0] != "extension" and _comes_back(start, by_itself):
            kind, name = start
            group = {"directory": "directories"}.get(kind, f"{kind}s")
            yield Problem(f"{group}/{name}", "a caller who does nothing comes back here for ever")


def _led_by_forward(office: Document, target: str) -> Destination | None:
    match meaning(office, target):
        case Owner(_, Kind.EXTENSION, id):
            return Destination(to="extension", id=id)
        case Owner(_, Kind.QUEUE, id):
            return Destination(to="queue", id=id)
        case Owner(_, Kind.MENU, id):
            return Destination(to="menu", id=id)
    return None


def _comes_back(
    start: tuple[str, str], by_itself: dict[tuple[str, str], list[Destination]]
) -> bool:
    seen: set[tuple[str, str]] = set()
    ahead = [(to.to, to.id) for to in by_itself[start]]
    while ahead:
        place = ahead.pop()
        if place == start:
            return True
        if place in seen:
            continue
        seen.add(place)
        ahead += [(to.to, to.id) for to in by_itself.get(place, [])]
    return False
