"""Voice messages: whose they are, listening, deleting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from web_fakes import FakeCore

Post = Callable[..., object]


def test_members_see_their_mailbox(agent: FlaskClient) -> None:
    page = agent.get("/voicemail").text
    assert "Pieter Kruger" in page
    assert "1 new, 2 messages" in page
    assert "Number withheld" in page
    assert "Sipho Dlamini" not in page  # his own
    assert "The call" not in page  # calls are for supervisors


def test_supervisors_see_all(supervisor: FlaskClient) -> None:
    page = supervisor.get("/voicemail").text
    assert "Sipho Dlamini" in page
    assert 'href="/calls/c9"' in page
    assert 'href="/voicemail"' in supervisor.get("/").text  # in the menu


def test_listening_in_parts(agent: FlaskClient) -> None:
    assert agent.get("/voicemail/m1.wav").data == b"RIFFm1"
    part = agent.get("/voicemail/m1.wav", headers={"Range": "bytes=4-5"})
    assert (part.status_code, part.data, part.mimetype) == (206, b"m1", "audio/wav")


def test_heard_and_deleted(agent: FlaskClient, core: FakeCore, post: Post) -> None:
    assert post(agent, "/voicemail/m1/heard").status_code == 302
    script = {"Accept": "application/json"}
    assert post(agent, "/voicemail/m1/heard", headers=script).status_code == 204
    assert core.heard == ["m1", "m1"]
    post(agent, "/voicemail/m1/delete")
    assert [m.id for m in core.voicemails[0].messages] == ["m2"]


@pytest.mark.parametrize("path", ["/voicemail/m9.wav", "/voicemail/m1.wav"])
def test_not_there_or_not_mine(agent: FlaskClient, core: FakeCore, path: str) -> None:
    core.voicemails = [
        box.model_copy(update={"members": (), "id": "205"}) for box in core.voicemails
    ]
    answer = agent.get(path)
    assert answer.status_code == 404
    assert "no such voice message" in answer.text


def test_no_mailbox_no_entry_in_the_menu(agent: FlaskClient, core: FakeCore) -> None:
    core.office = core.office.model_copy(update={"mailboxes": ()})
    core.voicemails = []
    assert 'href="/voicemail"' not in agent.get("/").text
    assert "No mailbox" in agent.get("/voicemail").text
