"""Pages saved as they were opened change nothing, also of what they do not show."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.config.schema import Office

Post = Callable[..., object]
SALES = {"to": "queue", "id": "sales"}
WEEK = {"mon": [{"opens": "08:00", "closes": "17:00"}]}


class Form(HTMLParser):
    """The form of a page as a browser sends it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self._select = self._text = ""
        self._first: str | None = None
        """Value of a list's first entry: chosen unless another is."""
        self._is_chosen = False
        self.feed(page)

    def _put(self, name: str, value: str) -> None:
        if name:
            self.data.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        name = has.get("name", "")
        match tag:
            case "input" if has.get("type") in ("checkbox", "radio"):
                if "checked" in has:
                    self._put(name, has.get("value", "on"))
            case "input" if has.get("type") not in ("submit", "file"):
                self._put(name, has.get("value", ""))
            case "select":
                self._select, self._first, self._is_chosen = name, None, False
            case "option" if self._select:
                if self._first is None:
                    self._first = has.get("value", "")
                if "selected" in has:
                    self._put(self._select, has.get("value", ""))
                    self._is_chosen = True
            case "textarea":
                self._text = name
                self._put(name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            if not self._is_chosen and self._first is not None:
                self._put(self._select, self._first)
            self._select = ""
        elif tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.data[self._text][-1] += data


def full(core: FakeCore) -> Office:
    """An office with hours, languages, a question, rules for numbers, a survey and a notice."""
    document = core.office.model_dump(mode="json")
    document["schedules"] = [{"id": "day", "name": "Hours", "week": WEEK, "open": SALES}]
    document["questions"] = [
        {"id": "who", "name": "customer number", "prompt": "welcome", "then": SALES}
    ]
    document["schedules"][0]["special_days"] = [
        {"day": "2026-12-24", "name": "Christmas Eve", "spans": WEEK["mon"]}
    ]
    document["pause_reasons"] = ["Lunch", "Training"]
    document["dispositions"] = [
        {"code": 7, "name": "Order taken", "is_resolved": True},
        {"code": 8, "name": "Calls again", "is_resolved": False},
    ]
    document["surveys"] = [{"id": "how", "name": "How was it", "prompt": "welcome"}]
    rule = {"id": "vip", "name": "VIP", "numbers": ["021*"], "priority": 3}
    document["callers"] = {"rules": [rule], "block_days": 30}
    document["site"] |= {"country": "DE", "region": "BY"}
    document["lines"][0] |= {"destination": {"to": "schedule", "id": "day"}, "language": "af"}
    document["menus"][0] |= {
        "dial_extensions": True,
        "languages": {"8": "af"},
        "silence": "welcome",
        "wrong_key": "welcome",
        "digit_timeout_s": 1.5,
    }
    document["menus"][0]["options"]["4"] = {"to": "question", "id": "who"}
    document["menus"][0]["options"]["5"] = {"to": "schedule", "id": "day"}
    document["queues"][0] |= {
        "survey": "how",
        "notes": {"dispositions": [8], "end_wrap_up": True},
        "strategy": "weighted",
        "member_rules": {"201": {"penalty": 1, "share": 3, "ring_s": 12, "is_fixed": True}},
        "on_paused": SALES | {"id": "service"},
        "hours": "day",
        "on_closed": {"to": "message", "id": "welcome"},
        "leave_when_closed": True,
        "join_when_paused": False,
        "music": "welcome",
        "skills": {},
        "comfort": {
            "tell_wait": True,
            "message": "welcome",
            "exit_key": "*",
            "on_exit": {"to": "voicemail", "id": "office"},
            "agent_hears": "queue_and_wait",
        },
        "callback": {"is_offered": True, "numbers": ["021*"], "lines": [1], "tries": 2},
    }
    document["recording"] |= {"announcement": "welcome", "opt_out_key": "9"}
    return Office.model_validate(document)


@pytest.mark.parametrize(
    "page",
    [
        "office",
        "lines",
        "menus/main",
        "queues/sales",
        "queues/service",
        "hours/day",
        "callers/vip",
        "pauses",
        "dispositions",
        "messages/welcome",
        "recording",
    ],
)
def test_nothing_is_lost(owner: FlaskClient, core: FakeCore, post: Post, page: str) -> None:
    before = core.office = full(core)
    form = Form(owner.get(f"/settings/{page}").get_data(as_text=True)).data
    form.pop("csrf", None)
    answer = post(owner, f"/settings/{page}", form)
    assert answer.status_code == 302, answer.get_data(as_text=True)[-3000:]
    assert core.generation == 13
    assert core.office == before
