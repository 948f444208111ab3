"""The first account's code."""

from __future__ import annotations

import re
from pathlib import Path

from firmware.first_run import FirstRun


def test_a_new_box_shows_a_code_that_only_its_user_can_read(tmp_path: Path) -> None:
    path = tmp_path / "first-run-code"
    first = FirstRun(path, is_needed=True)
    assert re.fullmatch(r"\d{4}-\d{4}", first.code)
    assert path.read_text() == first.code + "\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_start_makes_another_code_and_the_first_account_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "first-run-code"
    codes = {FirstRun(path, is_needed=True).code for _ in range(5)}
    assert len(codes) > 1
    FirstRun(path, is_needed=True).over()
    assert not path.exists()


def test_with_an_account_no_code_is_shown_and_none_can_be_guessed(tmp_path: Path) -> None:
    path = tmp_path / "first-run-code"
    path.write_text("1234-5678\n")
    first = FirstRun(path, is_needed=False)
    assert not path.exists()
    assert len(first.code) == 32
