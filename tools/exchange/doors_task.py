"""A listening Unix socket that owns its connections: when it closes, they are over.

Shell. `asyncio.start_unix_server` keeps no hold of the tasks it starts; here each connection is
known until it has ended, and ends before the server does.
Tests: tests/tools/exchange/test_sockets.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Doors:
    """Serves each connection with `serve`; it has to return when its peer has gone."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._inside: dict[asyncio.StreamWriter, asyncio.Event] = {}

    async def keep(self, path: Path) -> None:
        """Serve until cancelled, then see everybody out."""
        server = await asyncio.start_unix_server(self._enter, str(path))
        try:
            await server.serve_forever()
        finally:
            server.close()
            inside = list(self._inside.items())
            for writer, _ in inside:
                writer.transport.abort()
            for _, has_left in inside:
                await has_left.wait()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        has_left = self._inside[writer] = asyncio.Event()
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()
            del self._inside[writer]
            has_left.set()
