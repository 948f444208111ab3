"""The certificate of the box: made at first start, and a bad one costs TLS only."""

from __future__ import annotations

import ssl
from pathlib import Path

from firmware.phone_tls import TROUBLE, phone_tls
from firmware.trouble import Troubles


def test_it_is_made_at_first_and_kept(tmp_path: Path) -> None:
    troubles = Troubles()
    assert isinstance(phone_tls(tmp_path / "tls", troubles), ssl.SSLContext)
    made = (tmp_path / "tls" / "box.pem").read_bytes()
    assert isinstance(phone_tls(tmp_path / "tls", troubles), ssl.SSLContext)
    assert (tmp_path / "tls" / "box.pem").read_bytes() == made
    assert troubles.standing() == []


def test_a_damaged_one_is_told_and_left_alone(tmp_path: Path) -> None:
    troubles = Troubles()
    (tmp_path / "box.pem").write_bytes(b"damaged")
    assert phone_tls(tmp_path, troubles) is None
    [(_, trouble)] = troubles.standing()
    assert trouble.code == TROUBLE
    assert str(tmp_path / "box.pem") in trouble.why
    assert (tmp_path / "box.pem").read_bytes() == b"damaged"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    troubles = Troubles()
    (tmp_path / "tls").write_text("a file")
    assert phone_tls(tmp_path / "tls", troubles) is None
    [(_, trouble)] = troubles.standing()
    assert str(tmp_path / "tls") in trouble.why
