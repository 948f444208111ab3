"""The box's certificate for TLS: one given by the office, or one of its own making.

RFC 5280 (certificates), RFC 5922 (names in them for SIP), TLS 1.2 and newer (RFC 8996 forbids the
rest). The box is its own authority: what phones are given to trust (`box.crt`) stays the same when
the box gets another address and with it another certificate. That protects against listening in;
against a false box it protects only phones that were given `box.crt`. Left out: certificate
requests, client certificates (a phone proves itself by digest).
Tests: tests/hal/sip/test_certificate.py.
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
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hal.sip.errors import BadCertificate
from hal.sip.sdp import is_ip

KEY_FILE: Final = "box.pem"
"""Private key and certificate in one file: they can never be of two different makings."""
CERTIFICATE_FILE: Final = "box.crt"
"""The authority's certificate alone, for phones that ask what to trust."""
AUTHORITY_FILE: Final = "authority.pem"
"""Key and certificate of the box's own authority. Who has it can make false boxes."""
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
    """The file with key and certificate in `folder`, made if there is none, and anew when the box
    has a name or an address that the one there does not know.

    `names`: host names and addresses under which phones know the box. A certificate put there by
    hand is kept.
    """
    path, authority = folder / KEY_FILE, folder / AUTHORITY_FILE
    wanted = tuple(dict.fromkeys(names)) or ("callbox",)
    if path.exists() and not (authority.exists() and _is_outdated(path, authority, wanted)):
        return path
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not authority.exists():
        _write(authority, b"".join(_make_authority()), 0o600)
    issuer = _read(authority)
    _write(folder / CERTIFICATE_FILE, issuer[1].public_bytes(_PEM), 0o644)
    _write(path, b"".join(_make(wanted, *issuer)), 0o600)
    return path


_PEM = serialization.Encoding.PEM
Key = ec.EllipticCurvePrivateKey


def _read(path: Path) -> tuple[Key, x509.Certificate]:
    try:
        data = path.read_bytes()
        key = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise BadCertificate(f"{path}: {error}, expected a PEM key and its certificate") from error
    if not isinstance(key, Key):
        raise BadCertificate(f"{path}: expected a key on an elliptic curve")
    return key, certificate


def _is_outdated(path: Path, authority: Path, wanted: tuple[str, ...]) -> bool:
    """True for one of our making that lacks a name; what is not ours is left alone."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(_read(authority)[1])
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, BadCertificate, x509.ExtensionNotFound):
        return False
    return any(name not in known for name in _alternatives(wanted))


def _make_authority() -> tuple[bytes, bytes]:
    """Key and certificate of the authority, in PEM. P-256: a handshake costs the box a tenth of
    RSA's, and every telephone with TLS 1.2 has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own: phones tell authorities apart by name.
    name = f"Callbox {secrets.token_hex(4)}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    return _private(key), builder.sign(key, hashes.SHA256()).public_bytes(_PEM)


def _make(
    names: tuple[str, ...], issuer_key: Key, issuer: x509.Certificate
) -> tuple[bytes, bytes, bytes]:
    """A key, its certificate, and that of who signed it."""
    key = ec.generate_private_key(ec.SECP256R1())
    # Old telephones look at this name only, and know the box by its address.
    common = next((name for name in names if is_ip(name)), names[0])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])
    builder = (
        _builder(subject, issuer.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
    )
    certificate = builder.sign(issuer_key, hashes.SHA256())
    return _private(key), certificate.public_bytes(_PEM), issuer.public_bytes(_PEM)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINS)
        .not_valid_after(_ENDS)
    )


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: Key) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(_PEM, form, serialization.NoEncryption())


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    """Names as RFC 5280 clause 4.2.1.6 tells them apart; addresses once more as if they were
    names: Mbed TLS 2, which is in Linphone and in telephones, compares with nothing else."""
    addresses = [x509.IPAddress(ipaddress.ip_address(name)) for name in names if is_ip(name)]
    return [*(x509.DNSName(name) for name in names), *addresses]


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
