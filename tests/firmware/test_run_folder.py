"""Where commands look for the box."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.run_folder import HOUSE, run_folder


def test_named_folder_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBOX_RUN", "/var/lib/callbox")
    assert run_folder() == Path("/var/lib/callbox")


def test_without_a_working_copy_it_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CALLBOX_RUN", raising=False)
    assert run_folder(house=tmp_path) == Path("run")


def test_working_copy_has_its_own_wherever_the_command_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.delenv("CALLBOX_RUN", raising=False)
    monkeypatch.chdir("/")
    assert run_folder(house=tmp_path) == tmp_path / "run"
    assert (HOUSE / "pyproject.toml").exists()
