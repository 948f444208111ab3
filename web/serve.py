"""The HTTP server: gunicorn, run from here, one process with threads.

One process because the sign-in throttle and the shared live snapshot live in memory; threads
because views wait for the core. No page holds a thread: live pages poll, and a poll is over in
milliseconds; a recording being downloaded holds one, so there are plenty.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

THREADS = 24
KEEPALIVE_S = 15
"""Longer than the slowest poll, so that live pages keep their connection."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where and how to listen."""

    bind: str
    certificate: Path | None = None
    certificate_key: Path | None = None
    log_level: str = "info"


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(app: Flask, listen: Listen, worker: str | type = "gthread") -> None:
    """Serve `app` until SIGTERM or SIGINT; requests that are running may finish."""
    options: dict[str, Any] = {
        "bind": listen.bind,
        "worker_class": worker,
        "workers": 1,
        "threads": THREADS,
        "worker_connections": 400,
        "keepalive": KEEPALIVE_S,
        "timeout": 60,
        "graceful_timeout": 5,
        "loglevel": listen.log_level,
        "proc_name": "callbox-web",
        "limit_request_line": 4096,
        "control_socket_disable": True,
    }
    if listen.certificate:
        options["certfile"] = str(listen.certificate)
        options["keyfile"] = str(listen.certificate_key or listen.certificate)
    _Server(app, options).run()
