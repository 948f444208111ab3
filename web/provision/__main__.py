"""`python -m web.provision --api SOCKET --bind 0.0.0.0:8443 --certificate run/tls/box.pem`.

The files of telephones, over TLS, in a process of its own: the only one of the web that is open
to everything on the office's network that calls itself a phone.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from firmware.api.client import ApiClient
from web.provision.app import Settings, create_app
from web.provision.hurry import HurriedWorker
from web.serve import Listen, serve

CORE_TIMEOUT_S = 10.0


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop."""
    args = _arguments().parse_args(argv)
    logging.basicConfig(level=args.log.upper(), format="%(levelname)s %(name)s: %(message)s")
    if not args.certificate.exists():
        sys.stderr.write(f"provision: {args.certificate}: no certificate; the core makes it\n")
        return 1
    port = int(args.bind.rpartition(":")[2])
    app = create_app(
        ApiClient(args.api, timeout_s=CORE_TIMEOUT_S),
        Settings(args.trust, args.sip_host, args.shown_port or port),
    )
    listen = Listen(args.bind, args.certificate, args.certificate_key, args.log)
    serve(app, listen, HurriedWorker)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("provision", description="The files of telephones.")
    add = parser.add_argument
    add("--api", type=Path, required=True, help="Unix socket of the core's control API")
    add("--bind", default="0.0.0.0:8443", help="address and port, for HTTPS")
    add("--shown-port", type=int, help="port as phones reach it, if another one")
    add("--certificate", type=Path, required=True, help="certificate (PEM)")
    add("--certificate-key", type=Path, help="its key (PEM), if in another file")
    add("--trust", type=Path, help="certificate that phones may be told to trust (PEM)")
    add("--sip-host", default="", help="where phones sign in; else where they reached us")
    add("--log", default="info", choices=["debug", "info", "warning", "error"])
    return parser


if __name__ == "__main__":
    sys.exit(main())
