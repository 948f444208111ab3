"""The box's own certificate: made once, readable by its owner only, good for a handshake."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from hal.sip.certificate import own_certificate, server_context
from hal.sip.errors import BadCertificate


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """Both ends in memory until the client is satisfied; the version they agreed on."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    left = client.wrap_bio(down, up, server_hostname=name)
    right = server.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for end in (left, right):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return left.version()


def test_a_phone_that_trusts_it_is_satisfied(tmp_path: Path) -> None:
    path = own_certificate(tmp_path / "tls", ["callbox.local", "192.0.2.1"])
    for name in ("callbox.local", "192.0.2.1"):
        client = ssl.create_default_context(cafile=str(tmp_path / "tls" / "box.crt"))
        assert handshake(server_context(path), client, name) == "TLSv1.3"
    client = ssl.create_default_context(cafile=str(tmp_path / "tls" / "box.crt"))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_context(path), client, "other.example")


def test_tls_1_1_is_refused(tmp_path: Path) -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="protocol"):
        handshake(server_context(own_certificate(tmp_path)), client, "callbox")


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    path = own_certificate(tmp_path / "tls")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE" in path.read_bytes()
    assert b"PRIVATE" not in (path.parent / "box.crt").read_bytes()
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "authority.pem", "box.crt", "box.pem",
    ]  # fmt: skip


def test_it_is_made_once(tmp_path: Path) -> None:
    before = own_certificate(tmp_path).read_bytes()
    assert own_certificate(tmp_path).read_bytes() == before


def test_another_address_means_another_certificate_of_the_same_authority(tmp_path: Path) -> None:
    own_certificate(tmp_path, ["callbox.local", "192.0.2.1"])
    trusted = (tmp_path / "box.crt").read_bytes()
    path = own_certificate(tmp_path, ["callbox.local", "192.0.2.7"])
    assert (tmp_path / "box.crt").read_bytes() == trusted
    client = ssl.create_default_context(cafile=str(tmp_path / "box.crt"))
    assert handshake(server_context(path), client, "192.0.2.7") == "TLSv1.3"
    before = path.read_bytes()
    own_certificate(tmp_path, ["callbox.local"])  # knows it already
    assert path.read_bytes() == before


def test_one_put_there_by_hand_is_kept(tmp_path: Path) -> None:
    own_certificate(tmp_path / "other", ["office.example"])
    mine = (tmp_path / "other" / "box.pem").read_bytes()
    own_certificate(tmp_path / "tls", ["callbox.local"])
    (tmp_path / "tls" / "box.pem").write_bytes(mine)
    assert own_certificate(tmp_path / "tls", ["192.0.2.1"]).read_bytes() == mine


def test_a_spoilt_authority_is_named(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text("nothing")
    with pytest.raises(BadCertificate, match=r"authority\.pem"):
        own_certificate(tmp_path)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl reads what we wrote")
def test_another_implementation_reads_it(tmp_path: Path) -> None:
    own_certificate(tmp_path, ["callbox.local", "192.0.2.1"])
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "box.pem", "-noout", "-text"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "DNS:callbox.local, DNS:192.0.2.1, IP Address:192.0.2.1" in shown
    assert "Not After : Dec 31 00:00:00 2049" in shown
    assert "NIST CURVE: P-256" in shown


@pytest.mark.parametrize("text", ["", "not a certificate"])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    bad = tmp_path / "mine.pem"
    with pytest.raises(BadCertificate, match=r"mine\.pem"):
        server_context(bad)
    bad.write_text(text)
    with pytest.raises(BadCertificate, match=r"mine\.pem"):
        server_context(bad)


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    one, two = own_certificate(tmp_path / "1"), own_certificate(tmp_path / "2")
    with pytest.raises(BadCertificate, match="with"):
        server_context(one.parent / "box.crt", two)
