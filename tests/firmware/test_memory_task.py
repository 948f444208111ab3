"""When what outlives a restart is saved."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from firmware import memory_task
from firmware.memory import Memory
from firmware.memory_task import Remembering
from firmware.trouble import Troubles

LONG_S = 3600.0


class Watched(Memory):
    """The file, telling of each save."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.saved: asyncio.Queue[Any] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def save(self, value: Any) -> None:
        super().save(value)
        self._loop.call_soon_threadsafe(self.saved.put_nowait, value)


async def test_news_is_saved_at_once_and_the_rest_from_time_to_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_task, "MEMORY_S", LONG_S)
    monkeypatch.setattr(memory_task, "SOON_S", 0.0)
    memory, now = Watched(tmp_path / "memory.json"), {"bindings": ["201"]}
    saving = Remembering(memory, lambda: dict(now), Troubles(), str(tmp_path))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(saving.run())
        saving.soon()
        async with asyncio.timeout(10):
            assert await memory.saved.get() == {"bindings": ["201"]}
        now["bindings"] = ["201", "202"]
        saving.soon()
        async with asyncio.timeout(10):
            assert await memory.saved.get() == {"bindings": ["201", "202"]}
        monkeypatch.setattr(memory_task, "MEMORY_S", 0.0)
        saving.soon()
        async with asyncio.timeout(10):
            await memory.saved.get()
            await memory.saved.get()  # without news
        task.cancel()
    assert Memory(tmp_path / "memory.json").load() == {"bindings": ["201", "202"]}
