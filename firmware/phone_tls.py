"""What phones are shown over TLS: the certificate in the run folder, made there at first start.

An unusable one costs TLS only: the box says so and phones go on over UDP and TCP.
Tests: tests/firmware/test_phone_tls.py.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from firmware.trouble import Trouble, TroubleSink
from hal.sip.certificate import KEY_FILE, own_certificate, server_context
from hal.sip.errors import BadCertificate

TROUBLE = "phones.certificate"


def phone_tls(folder: Path, troubles: TroubleSink, host: str = "") -> ssl.SSLContext | None:
    """For the TLS listeners; None, and a trouble on the board, when there can be none. `host`: the
    address they listen at."""
    try:
        return server_context(own_certificate(folder, [*_names(), *_addresses(host)]))
    except (BadCertificate, OSError) as error:
        troubles.report(
            Trouble(
                TROUBLE,
                "phones cannot use TLS",
                str(error),
                f"put a certificate with its key into {folder / KEY_FILE}, or remove that file to "
                "have a new one made; then restart the core",
                "warning",
            )
        )
        return None


def _names() -> list[str]:
    """What phones may call the box: its own name, also as multicast DNS (RFC 6762) has it."""
    name = socket.gethostname().partition(".")[0]
    return [name, f"{name}.local"] if name.isascii() and name else []


def _addresses(host: str) -> list[str]:
    """What phones may type: most know the box by its address alone."""
    if host not in ("", "0.0.0.0", "::"):
        return [host]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: which address would be ours?
        except OSError:
            return []  # not connected to any network yet
        return [str(probe.getsockname()[0])]
