"""What phones hear over the wire; the core is a fake that does as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from firmware.api.errors import CoreAway, Refused
from firmware.api.phone_schema import PhoneAnswer, PhoneAsk, PhoneFacts
from web.provision.app import Settings, create_app


@dataclass
class FakeDesk:
    """Answers everybody alike."""

    answer: PhoneAnswer | Exception
    asked: list[PhoneAsk] = field(default_factory=list)

    def ask_phone(self, asked: PhoneAsk) -> PhoneAnswer:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def desk(facts: PhoneFacts) -> FakeDesk:
    return FakeDesk(PhoneAnswer(verdict="give", facts=facts))


@pytest.fixture
def client(desk: FakeDesk, tmp_path: Path) -> FlaskClient:
    (tmp_path / "box.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    settings = Settings(tmp_path / "box.crt", "192.0.2.1", 8443)
    return create_app(desk, settings).test_client()


def test_the_core_is_asked_for_the_phone_and_its_words_are_written(
    client: FlaskClient, desk: FakeDesk
) -> None:
    agent = {"User-Agent": "Yealink SIP-T31P 124.86.0.40"}
    answer = client.get("/provision/001565A1B2C3.cfg", headers=agent)
    assert answer.status_code == 200
    assert "account.1.password = own-secret-of-it" in answer.text
    assert "https://192.0.2.1:8443/provision/" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    [asked] = desk.asked
    assert (asked.mac, asked.brand, asked.model, asked.address) == (
        "001565a1b2c3", "yealink", "T31P", "127.0.0.1",
    )  # fmt: skip


def test_a_file_of_another_form_than_the_brands_own_is_written_as_asked(
    client: FlaskClient,
) -> None:
    answer = client.get("/provision/001565a1b2c3.json")
    assert answer.json is not None
    assert answer.json["secret"] == "own-secret-of-it"


@pytest.mark.parametrize(("verdict", "status"), [("wait", 404), ("no", 403), ("limit", 429)])
def test_who_gets_nothing_reads_no_secret(
    client: FlaskClient, desk: FakeDesk, verdict: str, status: int
) -> None:
    desk.answer = PhoneAnswer(verdict=verdict)  # type: ignore[arg-type]
    answer = client.get("/provision/001565a1b2c3.cfg")
    assert answer.status_code == status
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "error",
    [CoreAway("the call core is not running", "why", "do"), Refused(503, "no room")],
    ids=["away", "refused"],
)
def test_a_core_that_cannot_answer_is_asked_again_later(
    client: FlaskClient, desk: FakeDesk, error: Exception
) -> None:
    desk.answer = error
    assert client.get("/provision/001565a1b2c3.cfg").status_code == 503


def test_a_mistake_of_ours_is_told_without_its_words(client: FlaskClient, desk: FakeDesk) -> None:
    desk.answer = ZeroDivisionError("a secret in a traceback")
    answer = client.get("/provision/001565a1b2c3.cfg")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/", "/provision/", "/provision/../../etc/passwd", "/provision/..%2f..%2fetc%2fpasswd",
     "/provision/" + "x" * 3000, "/provision/box.pem", "/provision/%00", "/provision/app/",
     "/provision/app/" + "t" * 65, "/provision/app/a%20b", "/provision/snomD735.htm", "/login"],
)  # fmt: skip
def test_nothing_else_is_here_and_the_core_is_not_asked(
    client: FlaskClient, desk: FakeDesk, path: str
) -> None:
    assert client.get(path).status_code == 404
    assert desk.asked == []


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_uses_a_file_up(client: FlaskClient, desk: FakeDesk, method: str) -> None:
    assert client.open("/provision/001565a1b2c3.cfg", method=method).status_code == 405
    assert desk.asked == []


def test_common_file_and_certificate_are_for_everybody(client: FlaskClient, desk: FakeDesk) -> None:
    assert client.get("/provision/y000000000123.cfg").text == "#!version:1.0.0.1\n"
    assert "BEGIN CERTIFICATE" in client.get("/provision/box.crt").text
    assert desk.asked == []


def test_an_app_brings_its_token(client: FlaskClient, desk: FakeDesk, facts: PhoneFacts) -> None:
    app = facts.model_copy(update={"brand": "linphone"})
    desk.answer = PhoneAnswer(verdict="give", facts=app)
    answer = client.get("/provision/app/tok_en-1")
    assert "lpconfig" in answer.text
    assert (desk.asked[0].token, desk.asked[0].mac) == ("tok_en-1", None)


def test_long_words_of_a_phone_are_cut(client: FlaskClient, desk: FakeDesk) -> None:
    agent = {"User-Agent": "Yealink SIP-T31P " + "x" * 5000}
    assert client.get("/provision/001565a1b2c3.cfg", headers=agent).status_code == 200
    assert len(desk.asked[0].user_agent) == 128


def test_without_a_certificate_to_trust_there_is_none(desk: FakeDesk, tmp_path: Path) -> None:
    for path in (None, tmp_path / "gone.crt"):
        client = create_app(desk, Settings(path)).test_client()
        assert client.get("/provision/box.crt").status_code == 404
