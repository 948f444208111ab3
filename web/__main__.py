"""`python -m web --api SOCKET --records URL --bind 127.0.0.1:8080 --state DIR`: start the pages.

The shell around `app.create_app`: reads the arguments, makes the neighbours, runs gunicorn.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from firmware.api.client import ApiClient
from firmware.records.store import Records
from web.app import create_app
from web.parts import WebConfig
from web.secret import SecretError, load_or_create
from web.serve import Listen, serve

CORE_TIMEOUT_S = 4.0


def main(argv: list[str] | None = None) -> int:
    """Run until told to stop."""
    args = _arguments().parse_args(argv)
    logging.basicConfig(level=args.log.upper(), format="%(levelname)s %(name)s: %(message)s")
    try:
        key = load_or_create(args.state)
    except (SecretError, OSError) as error:
        sys.stderr.write(f"web: {error}\n")
        return 1
    config = WebConfig(
        secret_key=key,
        shelves=tuple(args.shelf),
        is_https=args.certificate is not None or args.https_proxy,
        is_behind_proxy=args.proxy or args.https_proxy,
        sip_host=args.sip_host,
        sip_port=args.sip_port,
        sip_tls_port=args.sip_tls_port,
        provision_port=args.provision_port,
        trust=args.trust,
    )
    core = ApiClient(args.api, timeout_s=CORE_TIMEOUT_S)
    app = create_app(config, core, Records(args.records, read_only=True))
    serve(app, Listen(args.bind, args.certificate, args.certificate_key, args.log))
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("web", description="The pages of the box.")
    add = parser.add_argument
    add("--api", type=Path, required=True, help="Unix socket of the core's control API")
    add("--records", required=True, help="URL of the records database")
    add("--state", type=Path, required=True, help="folder for the cookie key")
    add("--bind", default="127.0.0.1:8080", help="address and port; port 0: any free one")
    add("--shelf", type=Path, action="append", default=[], help="folder recordings may be in")
    add("--sip-host", default="", help="address phones sign in to; else the browser's host name")
    add("--sip-port", type=int, default=5060)
    add("--sip-tls-port", type=int, help="port of phones over TLS")
    add("--provision-port", type=int, help="port at which phones fetch their files (HTTPS)")
    add("--trust", type=Path, help="certificate that phones may be told to trust (PEM)")
    add("--certificate", type=Path, help="serve HTTPS with this certificate (PEM)")
    add("--certificate-key", type=Path, help="its key (PEM)")
    add("--proxy", action="store_true", help="behind one proxy that sets X-Forwarded-For")
    add("--https-proxy", action="store_true", help="the same, and browsers speak HTTPS to it")
    add("--log", default="info", choices=["debug", "info", "warning", "error"])
    return parser


if __name__ == "__main__":
    sys.exit(main())
