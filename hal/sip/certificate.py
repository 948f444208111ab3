"""The box's certificate for TLS: one given by the office, or one of its own making.

RFC 5280 (certificates), RFC 5922 (names in them for SIP), TLS 1.2 and newer (RFC 8996 forbids the
rest). A self-signed certificate protects against listening in; against a false box it protects
only phones that were given `box.crt`. Left out: certificate requests, renewal, client
certificates (a phone proves itself by digest). Tests: tests/hal/sip/test_certificate.py.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hal.sip.errors import BadCertificate
from hal.sip.sdp import is_ip

KEY_FILE: Final = "box.pem"
"""Private key and certificate in one file: they can never be of two different makings."""
CERTIFICATE_FILE: Final = "box.crt"
"""The certificate alone, for phones that ask what to trust."""
_BEGINS: Final = datetime(2020, 1, 1, tzinfo=UTC)
_ENDS: Final = datetime(2049, 12, 31, tzinfo=UTC)
"""Whole decades on both sides: box and phones may have a wrong clock, and nobody renews."""


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """What a TLS listener needs. `key` None: it is in the certificate's file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password: a protected key is refused at once instead of asking a terminal.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        where = f"{certificate}" if key is None else f"{certificate} with {key}"
        raise BadCertificate(
            f"{where}: {error}, expected a PEM certificate and its key without a password"
        ) from error
    return context


def own_certificate(folder: Path, names: Iterable[str] = ()) -> Path:
    """The file with key and certificate in `folder`, made if there is none.

    `names`: host names and addresses under which phones know the box. A certificate put there by
    hand is kept.
    """
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key, certificate = _make(tuple(dict.fromkeys(names)))
        _write(folder / CERTIFICATE_FILE, certificate, 0o644)
        _write(path, key + certificate, 0o600)
    return path


def _make(names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """A key on the curve P-256 and its certificate, in PEM. P-256: a handshake costs the box a
    tenth of RSA's, and every telephone with TLS 1.2 has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "callbox")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINS)
        .not_valid_after(_ENDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(pem)


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    """Names as RFC 5280 clause 4.2.1.6 tells them apart."""
    return [
        x509.IPAddress(ipaddress.ip_address(name)) if is_ip(name) else x509.DNSName(name)
        for name in names or ("callbox",)
    ]


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all; nobody can read it before it has its mode."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
