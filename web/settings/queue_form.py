"""The form of a queue: everything the schema has of one, but skills, as fields of a page.

Pure. A field of a part within is named `part-field` (`comfort-exit_key`), one of a member
`member_rules-201-penalty`. What a form does not send stays as it was: a check box counts as sent if
its group (`has`) was. Tests: tests/web/settings/test_queue_form.py.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from firmware.config.schema import MemberRule, Queue
from web.settings.forms import to_destination

Form = Mapping[str, str]
WORDS: Final = ("name", "strategy")
NUMBERS: Final = (
    "ring_s", "wrap_up_s", "wrap_up_extend_s", "buffer_s", "max_unanswered", "auto_pause_s",
    "progressive_every_s", "max_wait_s", "max_waiting", "service_level_s", "short_abandon_s",
    "weight", "sticky_s", "sticky_for_h", "repeat_caller_s", "penalty_relax_every_s",
)  # fmt: skip
WAYS: Final = ("on_timeout", "on_full", "on_empty")
OWN_WAYS: Final = ("on_paused", "on_unreachable", "on_closed")
"""Of which none may be set: then the call goes where `on_empty` says."""
CHOICES: Final = ("number", "welcome", "music", "survey", "hours")
"""Of which none may be chosen."""
SWITCHES: Final = (
    "join_when_paused", "join_when_unreachable", "leave_when_paused", "leave_when_unreachable",
    "leave_when_closed",
)  # fmt: skip
COMFORT_WORDS: Final = ("first_s", "every_s", "exit_key", "agent_hears")
COMFORT_SWITCHES: Final = ("tell_position", "tell_wait", "agent_confirms")
CALLBACK_WORDS: Final = (
    "key", "offer_after_s", "tries", "rest_s", "expires_s", "ring_s", "keep_lines_free",
)  # fmt: skip
CALLBACK_SWITCHES: Final = ("is_offered", "may_key_number")


def queue(form: Form, members: list[str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The queue as the form has it, on top of what it was `before`."""
    shown = copy.deepcopy(dict(before))
    _words(shown, form, "", (*WORDS, *NUMBERS))
    _optional(shown, form, "", CHOICES)
    _switches(shown, form, "", SWITCHES)
    for way in (*WAYS, *OWN_WAYS):
        if way in form:
            is_own = way in OWN_WAYS and not form[way]
            shown[way] = None if is_own else to_destination(form[way])
    comfort, callback = shown["comfort"], shown["callback"]
    _words(comfort, form, "comfort-", COMFORT_WORDS)
    _optional(comfort, form, "comfort-", ("message",))
    _switches(comfort, form, "comfort-", COMFORT_SWITCHES)
    if "comfort-on_exit" in form:
        comfort["on_exit"] = to_destination(form["comfort-on_exit"])
    _words(callback, form, "callback-", CALLBACK_WORDS)
    _optional(callback, form, "callback-", ("greeting",))
    _switches(callback, form, "callback-", CALLBACK_SWITCHES)
    if "has-notes" in form:
        shown["notes"] = {
            "dispositions": _codes(form),
            "end_wrap_up": "notes-end_wrap_up" in form,
        }
    shown["members"] = members
    shown["member_rules"] = _member_rules(form, members, before.get("member_rules", {}))
    return shown


def _codes(form: Form) -> list[int]:
    """Of the dispositions that fit; all of them ticked, or none, is the same: the office's list."""
    listed = [name.removeprefix("has-disposition-") for name in form if name.startswith("has-disp")]
    codes = [int(one) for one in listed if one.isdecimal() and f"notes-disposition-{one}" in form]
    return [] if len(codes) == len(listed) else sorted(codes)


def _words(part: dict[str, Any], form: Form, prefix: str, names: Iterable[str]) -> None:
    part |= {name: form[prefix + name].strip() for name in names if prefix + name in form}


def _optional(part: dict[str, Any], form: Form, prefix: str, names: Iterable[str]) -> None:
    part |= {name: form[prefix + name].strip() or None for name in names if prefix + name in form}


def _switches(part: dict[str, Any], form: Form, prefix: str, names: Iterable[str]) -> None:
    if "has" in form:
        part |= {name: prefix + name in form for name in names}


def _member_rules(
    form: Form, members: list[str], before: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What is special about members; nothing about those who are as everybody is."""
    rules: dict[str, dict[str, Any]] = {}
    usual = MemberRule().model_dump()
    for member in members:
        rule, prefix = usual | dict(before.get(member, {})), f"member_rules-{member}-"
        _words(rule, form, prefix, ("penalty", "share"))
        _optional(rule, form, prefix, ("ring_s",))
        _switches(rule, form, prefix, ("is_fixed",))
        if _as_typed(rule) != _as_typed(usual):
            rules[member] = rule
    return rules


def _as_typed(rule: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in rule.items()}


def blank() -> dict[str, Any]:
    """A queue that is not there yet."""
    return Queue(id="new", name="-").model_dump(mode="json") | {"name": ""}


def places(id: str) -> dict[str, str]:
    """Form field by the end of a problem's place, for `web.change.save`."""
    start = f"queues/{id}/"
    own = (*WORDS, *NUMBERS, *WAYS, *OWN_WAYS, *CHOICES, *SWITCHES)
    comfort = (*COMFORT_WORDS, *COMFORT_SWITCHES, "message", "on_exit")
    callback = (*CALLBACK_WORDS, *CALLBACK_SWITCHES, "greeting", "lines", "numbers")
    return {
        **{start + name: name for name in own},
        **{f"{start}comfort/{name}": f"comfort-{name}" for name in comfort},
        **{f"{start}callback/{name}": f"callback-{name}" for name in callback},
    }
