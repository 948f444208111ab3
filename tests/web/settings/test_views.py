"""Settings through their pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

from firmware.config.schema import Destination

Post = Callable[..., object]
BASE = {"generation": "12"}
MENU = BASE | {"name": "Main menu", "text-en": "Hello.", "option-1": "queue:sales",
               "timeout_s": "4", "tries": "2", "otherwise": "extension:206"}  # fmt: skip
QUEUE = BASE | {"name": "Sales", "strategy": "linear", "ring_s": "15", "wrap_up_s": "5",
                "max_wait_s": "300", "max_waiting": "9", "service_level_s": "20",
                "members": ["202", "201"], "on_timeout": "extension:206", "on_full": "hangup:",
                "on_empty": "menu:main"}  # fmt: skip
PAGES = [
    "/settings", "/settings/office", "/settings/lines", "/settings/menus", "/settings/menus/main",
    "/settings/menus/new", "/settings/queues", "/settings/queues/sales", "/settings/queues/new",
    "/settings/messages", "/settings/messages/welcome", "/settings/messages/new",
    "/settings/recording", "/settings/history", "/settings/accounts", "/settings/accounts/anna",
    "/settings/accounts/:new",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_pages_open(owner: FlaskClient, path: str) -> None:
    assert owner.get(path).status_code == 200


@pytest.mark.parametrize("group", ["menus", "queues", "messages"])
def test_unknown_parts(owner: FlaskClient, group: str) -> None:
    assert owner.get(f"/settings/{group}/nothing").status_code == 404


def test_lines(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {f"name-{n}": f"Line {n}" for n in range(1, 5)} | BASE
    form |= {f"destination-{n}": "queue:sales" for n in range(1, 5)} | {"is_enabled-1": "1"}
    assert post(owner, "/settings/lines", form).status_code == 302
    assert core.office.lines[0].destination == Destination(to="queue", id="sales")
    assert [line.is_enabled for line in core.office.lines] == [True, False, False, False]


def test_line_without_a_name(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(owner, "/settings/lines", BASE | {"name-1": ""})
    assert answer.status_code == 422
    assert 'id="f-name-1-note"' in answer.text
    assert core.generation == 12


def test_menu(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/menus/main", MENU).status_code == 302
    menu = core.office.menus[0]
    assert menu.options == {"1": Destination(to="queue", id="sales")}
    assert (menu.tries, menu.timeout_s, menu.greeting) == (2, 4.0, "welcome")
    assert core.office.prompts[0].texts == {"en": "Hello."}


def test_new_menu_gets_a_greeting(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/menus/new", MENU | {"name": "After hours"}).status_code == 302
    menu, greeting = core.office.menus[-1], core.office.prompts[-1]
    assert (menu.id, menu.greeting) == ("after-hours", greeting.id)
    assert greeting.texts == {"en": "Hello."}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"otherwise": "menu:main"}, "comes back here for ever"),
        ({"option-3": "queue:gone"}, "which does not exist"),
        ({"text-en": ""}, "Write what the caller hears"),
        ({"tries": "99"}, "less than or equal to 9"),
    ],
)
def test_menu_mistakes(
    owner: FlaskClient, core: FakeCore, post: Post, change: dict[str, str], says: str
) -> None:
    answer = post(owner, "/settings/menus/main", MENU | change)
    assert answer.status_code == 422
    assert says in answer.text
    assert core.generation == 12


def test_queue(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/queues/sales", QUEUE).status_code == 302
    queue = core.office.queues[0]
    assert (queue.strategy, queue.members, queue.max_waiting) == ("linear", ("202", "201"), 9)
    assert queue.on_timeout == Destination(to="extension", id="206")


def test_queue_form_keeps_the_order_of_agents(owner: FlaskClient, post: Post) -> None:
    post(owner, "/settings/queues/sales", QUEUE)
    page = owner.get("/settings/queues/sales").text
    listed = re.findall(r'name="members" value="(\d+)"( checked)?', page)
    assert listed[:3] == [("202", " checked"), ("201", " checked"), ("203", "")]


def test_new_queue(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(owner, "/settings/queues/new", QUEUE | {"name": "Help desk"}).status_code == 302
    assert core.office.queues[-1].id == "help-desk"


def test_message_and_its_sound(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = BASE | {"name": "Closed", "text-en": "We are closed."}
    assert post(owner, "/settings/messages/new", form).status_code == 302
    assert core.office.prompts[-1].id == "closed"
    sound = owner.get("/settings/messages/closed/en.wav")
    assert sound.mimetype == "audio/wav"
    assert sound.data.startswith(b"RIFF")


def test_what_is_used_cannot_be_removed(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    answer = post(owner, "/settings/queues/sales/remove", BASE, follow_redirects=True)
    assert "Line 2, destination: Leads to queue" in answer.text
    assert len(core.office.queues) == 2


def test_what_is_not_used_can(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    post(owner, "/settings/messages/new", BASE | {"name": "Closed", "text-en": "Closed."})
    post(owner, "/settings/prompts/closed/remove", {"generation": "13"})
    assert [p.id for p in core.office.prompts] == ["welcome"]


def test_recording(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = BASE | {"keep_days": "30", "format": "wav", "announcement": "welcome"}
    assert post(owner, "/settings/recording", form).status_code == 302
    recording = core.office.recording
    assert (recording.is_enabled, recording.keep_days, recording.format) == (False, 30, "wav")
    assert recording.announcement == "welcome"


def test_office(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    form = {"name": "Harbour", "country": "de", "language": "DE", "timezone": "Europe/Berlin"}
    assert post(owner, "/settings/office", BASE | form).status_code == 302
    assert (core.office.site.country, core.office.site.outside_prefix) == ("DE", "")


def test_history_and_undo(owner: FlaskClient, core: FakeCore, post: Post) -> None:
    before = core.office
    post(owner, "/settings/recording", BASE | {"keep_days": "30", "format": "wav"})
    assert "Changed recording" in owner.get("/settings/history").text
    answer = post(owner, "/settings/undo", follow_redirects=True)
    assert "The last change is undone" in answer.text
    assert core.office == before
    assert "nothing to undo" in post(owner, "/settings/undo", follow_redirects=True).text


@pytest.mark.parametrize("generation", ["", "x"])
def test_incomplete_form(owner: FlaskClient, post: Post, generation: str) -> None:
    answer = post(owner, "/settings/queues/sales", QUEUE | {"generation": generation})
    assert answer.status_code == 422
    assert "form is incomplete" in answer.text
