"""The control API's server: aiohttp on a Unix socket, for members of the box's group.

Every refusal is a `Refusal` in JSON with a sentence that names the value and what was expected;
a mistake of ours is logged with its traceback and answered in plain words without it. There is
no sign-in here: who may open the socket (mode 0660) may do everything; the web process signs
people in.

Tests: tests/firmware/api/test_server_task.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web
from pydantic import BaseModel

from firmware.api.errors import Refused
from firmware.api.face import Box
from firmware.api.resources import Answer, Resources
from firmware.api.routes import ROUTES
from firmware.api.schema import Problem, Refusal
from firmware.config.errors import (
    ConfigError,
    InvalidOffice,
    NothingToUndo,
    NotStored,
    StaleGeneration,
)

logger = logging.getLogger(__name__)

MODE: Final = 0o660
STOP_S: Final = 2.0
"""How long open requests may take to end when the server stops."""
_CONFIG_STATUS: Final = (
    (StaleGeneration, HTTPStatus.CONFLICT),
    (NothingToUndo, HTTPStatus.CONFLICT),
    (InvalidOffice, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotStored, HTTPStatus.INSUFFICIENT_STORAGE),
)


class SocketInUse(Exception):
    """Somebody answers on the socket already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: another core answers there; stop it before starting this one")


class ApiServer:
    """Serves `box` on `path` until cancelled. `ready` is set once it accepts requests."""

    def __init__(self, resources: Resources, path: Path) -> None:
        self._resources = resources
        self._path = path
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled. Raise `SocketInUse` or `OSError` if that cannot begin."""
        runner = web.AppRunner(
            application(self._resources), access_log=None, shutdown_timeout=STOP_S
        )
        await runner.setup()
        try:
            await web.SockSite(runner, listening_socket(self._path)).start()
            self.ready.set()
            await asyncio.Event().wait()
        finally:
            self._resources.close()
            await runner.cleanup()
            self._path.unlink(missing_ok=True)


def server(box: Box, path: Path, version: str) -> ApiServer:
    """The server of a box."""
    return ApiServer(Resources(box, version), path)


def application(resources: Resources) -> web.Application:
    """The routes, as an aiohttp application."""
    app = web.Application(middlewares=[_refusals])
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(getattr(resources, route.name)))
    return app


def listening_socket(path: Path) -> socket.socket:
    """A Unix socket bound to `path`, in place of one that a dead process left."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(path))
            except OSError:
                path.unlink()  # nobody answers: left over
            else:
                raise SocketInUse(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(str(path))
        os.chmod(path, MODE)  # before listen(): nobody can connect with other rights
    except OSError:
        sock.close()
        raise
    return sock


def _handler(
    resource: Callable[[web.Request], Awaitable[Answer]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return _response(await resource(request))

    return handle


def _response(answer: Answer) -> web.StreamResponse:
    match answer:
        case web.StreamResponse():
            return answer
        case BaseModel():
            return web.Response(text=answer.model_dump_json(), content_type="application/json")
        case None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        case Sequence():
            text = f"[{','.join(item.model_dump_json() for item in answer)}]"
            return web.Response(text=text, content_type="application/json")


@web.middleware
async def _refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return _refusal(refused.status, refused.refusal)
    except ConfigError as error:
        return _refusal(_config_status(error), _config_refusal(error))
    except web.HTTPException as error:
        return _refusal(error.status, Refusal(error=_http_words(request, error)))
    except ConnectionError:
        raise  # the client went away: aiohttp closes the connection
    except Exception:  # supervision boundary: one bad request must not end the API
        logger.exception("%s %s failed", request.method, request.path)
        return _refusal(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            Refusal(
                error=f"{request.method} {request.path} failed because of a mistake in Callbox; "
                "the log of the core says where. Nothing else is affected"
            ),
        )


def _refusal(status: int, refusal: Refusal) -> web.Response:
    return web.Response(
        status=status, text=refusal.model_dump_json(), content_type="application/json"
    )


def _config_status(error: ConfigError) -> int:
    return next(
        (status for kind, status in _CONFIG_STATUS if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def _config_refusal(error: ConfigError) -> Refusal:
    problems = error.problems if isinstance(error, InvalidOffice) else ()
    return Refusal(
        error=str(error), problems=[Problem(where=p.where, what=p.what) for p in problems]
    )


def _http_words(request: web.Request, error: web.HTTPException) -> str:
    match error:
        case web.HTTPNotFound():
            return f"{request.path[:80]}: no such path; GET /openapi.json lists them"
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return f"{request.method} {request.path[:80]}: expected {allowed}"
        case web.HTTPRequestEntityTooLarge():
            return f"the request is too large: {error.text}"
        case _:
            return error.text or error.reason
