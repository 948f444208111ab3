"""The cookie key: private, whole, the same for all who ask."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from web.secret import NAME, SecretError, load_or_create


def test_made_once_private_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    key = load_or_create(state)
    assert len(key) == 32
    assert load_or_create(state) == key
    assert (state / NAME).stat().st_mode & 0o777 == 0o600
    assert os.listdir(state) == [NAME]


def test_all_who_start_together_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_or_create, [tmp_path / "state"] * 8))
    assert len(keys) == 1


def test_key_others_can_read_is_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path)
    (tmp_path / NAME).chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        load_or_create(tmp_path)


def test_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).touch(0o600)
    with pytest.raises(SecretError, match="0 octets, expected 32"):
        load_or_create(tmp_path)
