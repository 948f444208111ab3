"""Every page is well-formed HTML that a keyboard and a screen reader can use."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeRecords

VOID = {"meta", "link", "input", "img", "br", "hr", "source"}  # HTML standard 13.1.2
PAGES = [
    "/", "/calls", "/calls?queue=sales", "/calls?text=zzz", "/people", "/people/201", "/people/add",
    "/people/201/edit", "/settings", "/settings/office", "/settings/lines", "/settings/menus",
    "/settings/menus/main", "/settings/queues", "/settings/queues/sales", "/settings/messages",
    "/settings/messages/welcome", "/settings/recording", "/settings/accounts",
    "/settings/accounts/anna", "/settings/history", "/settings/parking", "/settings/announcements",
    "/settings/announcements/new", "/settings/codes", "/no/such/page", "/reports",
    "/reports?span=month", "/reports/lost", "/reports/planning", "/blocked", "/voicemail",
    "/settings/queues/new", "/settings/hours", "/settings/hours/new", "/settings/pauses",
    "/settings/callers", "/settings/callers/new", "/settings/dispositions",
]  # fmt: skip


class Outline(HTMLParser):
    """Collects what a checker asks: tags left open, identifiers, labels, inline scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.attributes: Counter[str] = Counter()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.attributes.update(name for name, _ in attrs)
        self.ids += [named["id"] or ""] if "id" in named else []
        if tag == "label" and named.get("for"):
            self.labelled.add(named["for"] or "")
        is_field = tag in {"input", "select", "textarea"} and named.get("type") != "hidden"
        if is_field and "label" not in self.open:
            self.fields.append(named)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An SVG shape: nothing to close."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at line {self.getpos()[0]}")


@pytest.fixture
def outline(owner: FlaskClient, request: pytest.FixtureRequest) -> Outline:
    return Outline(owner.get(request.param).text)


@pytest.mark.parametrize("outline", PAGES, indirect=True)
def test_page(outline: Outline) -> None:
    assert outline.wrong == []
    assert outline.open == []
    assert [i for i, times in Counter(outline.ids).items() if times > 1] == []
    assert [f for f in outline.fields if f.get("id") not in outline.labelled] == []
    inline = {"style", "onclick", "onload", "onsubmit", "onerror"}  # the policy forbids them
    assert inline & set(outline.attributes) == set()


@pytest.mark.parametrize("path", ["/", "/desk", "/voicemail"])
def test_agents_page(agent: FlaskClient, path: str) -> None:
    outline = Outline(agent.get(path).text)
    assert (outline.wrong, outline.open) == ([], [])
    assert [i for i, times in Counter(outline.ids).items() if times > 1] == []
    assert [f for f in outline.fields if f.get("id") not in outline.labelled] == []


def test_call_page(owner: FlaskClient, records: FakeRecords) -> None:
    outline = Outline(owner.get(f"/calls/{records.rows[0].id}").text)
    assert (outline.wrong, outline.open) == ([], [])


@pytest.mark.parametrize("path", ["/login", "/setup"])
def test_doors(client: FlaskClient, path: str) -> None:
    outline = Outline(client.get(path, follow_redirects=True).text)
    assert (outline.wrong, outline.open) == ([], [])
