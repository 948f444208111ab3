"""Fixtures of the page tests: fakes, an application on them, signed-in clients."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).parent))

from jinja2 import FileSystemBytecodeCache
from web_fakes import FAST, PASSWORD, FakeCore, FakeRecords, csrf_of, demo_records, write_wav

from web.app import create_app
from web.floor.day import Day
from web.parts import Parts, Shared, WebConfig

Page = Callable[..., str]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A short recording."""
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    write_wav(path, 2)
    return path.read_bytes()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


@pytest.fixture
def records(shelf: Path, sound: bytes) -> FakeRecords:
    return demo_records(shelf, datetime.now(UTC), sound)


@pytest.fixture
def app(
    core: FakeCore, records: FakeRecords, shelf: Path, compiled: FileSystemBytecodeCache
) -> Flask:
    app = create_app(WebConfig(secret_key=b"k" * 32, shelves=(shelf,)), core, records)
    parts: Parts = app.extensions["callbox"]
    parts.passwords._hasher = FAST  # the real cost is tested once, in test_passwords.py
    level = Day("SL-F3", "answered in T / (answered + gave up)", {"sales": 0.878})
    parts.day = Shared(lambda: level, 60.0)  # reading it is tested in floor/test_day.py
    app.jinja_env.bytecode_cache = compiled
    app.testing = True
    return app


@pytest.fixture
def parts(app: Flask) -> Parts:
    found: Parts = app.extensions["callbox"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody, before sign-in."""
    return app.test_client()


def signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    form = {"csrf": csrf_of(client), "name": name, "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 302
    return client


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    return signed_in(app, "thandi")


@pytest.fixture
def supervisor(app: Flask) -> FlaskClient:
    return signed_in(app, "sam")


@pytest.fixture
def agent(app: Flask) -> FlaskClient:
    """Anna, extension 201."""
    return signed_in(app, "anna")


@pytest.fixture
def post() -> Callable[..., object]:
    """Post a form the way a page does, with the token of the session."""

    def send(client: FlaskClient, path: str, data: dict[str, object] | None = None, **more: object):
        form = {"csrf": csrf_of(client, "/"), **(data or {})}
        return client.post(path, data=form, **more)

    return send
