"""What people set by phone, in the stored configuration."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.errors import ConfigError, InvalidOffice, NotStored, StaleGeneration
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.route.wishes_task import LIMIT, Wishes


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConfigStore]:
    with ConfigStore(tmp_path / "config", initial=demo_office) as made:
        yield made


class Box:
    """Takes configurations on."""

    def __init__(self, store: Any) -> None:
        self.in_force: list[Office] = []
        self.wishes = Wishes(store, self.apply)
        self.results: list[ConfigError | None] = []

    async def apply(self, office: Office) -> None:
        self.in_force.append(office)

    async def wish(self, extension: str, **fields: Any) -> ConfigError | None:
        """One wish, until it is answered."""
        answered = asyncio.Event()

        def done(error: ConfigError | None) -> None:
            self.results.append(error)
            answered.set()

        assert self.wishes.ask(extension, fields, "as asked", done)
        running = asyncio.create_task(self.wishes.run())
        async with asyncio.timeout(10):
            await answered.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return self.results[-1]


async def test_a_wish_is_stored_audited_and_in_force(store: ConfigStore, tmp_path: Path) -> None:
    box = Box(store)
    assert await box.wish("201", forward_always="202") is None
    assert store.office.extensions[0].forward_always == "202"
    assert box.in_force == [store.office]
    newest = store.history()[0]
    assert (newest.who, newest.what) == ("201 by phone", "as asked")
    store.close()
    with ConfigStore(tmp_path / "config") as again:
        assert again.office.extensions[0].forward_always == "202"


async def test_what_is_so_already_makes_no_new_generation(store: ConfigStore) -> None:
    before = store.generation
    box = Box(store)
    assert await box.wish("201", do_not_disturb=False) is None
    assert await box.wish("299", do_not_disturb=True) is None
    assert (store.generation, box.in_force) == (before, [])


async def test_what_cannot_be_changes_nothing(store: ConfigStore) -> None:
    box = Box(store)
    error = await box.wish("201", forward_always="299")
    assert isinstance(error, InvalidOffice)
    assert [p.where for p in error.problems] == ["extensions/201/forward_always"]
    assert box.in_force == []
    assert await box.wish("201", forward_always="202") is None


class Contended:
    """A store that somebody else writes to just before us, `times` times, or that is full."""

    def __init__(self, store: ConfigStore, times: int, error: ConfigError | None = None) -> None:
        self.store, self.left, self.error = store, times, error

    @property
    def document(self) -> Any:
        return self.store.document

    def change(self, office: Any, generation: int, who: str, what: str = "") -> Any:
        if self.error is not None:
            raise self.error
        if self.left:
            self.left -= 1
            page = self.store.office.model_dump(mode="json")
            page["site"]["name"] = f"Saved {self.left}"
            self.store.change(page, self.store.generation, "web", "page")
        return self.store.change(office, generation, who, what)


async def test_a_page_saved_in_between_is_kept(store: ConfigStore) -> None:
    box = Box(Contended(store, 2))
    assert await box.wish("201", do_not_disturb=True) is None
    assert store.office.site.name == "Saved 0"
    assert store.office.extensions[0].do_not_disturb


async def test_a_page_saved_again_and_again(store: ConfigStore) -> None:
    assert isinstance(
        await Box(Contended(store, 99)).wish("201", do_not_disturb=True), StaleGeneration
    )


async def test_a_full_medium_is_answered_too(store: ConfigStore, tmp_path: Path) -> None:
    full = NotStored(tmp_path, OSError(28, "No space left on device"))
    box = Box(Contended(store, 0, full))
    assert await box.wish("201", do_not_disturb=True) is full
    assert not store.office.extensions[0].do_not_disturb


async def test_only_so_many_wait(store: ConfigStore) -> None:
    wishes = Box(store).wishes
    asked = [wishes.ask("201", {}, "", lambda error: None) for _ in range(LIMIT + 1)]
    assert asked == [True] * LIMIT + [False]


async def test_any_part_of_the_office_can_be_changed(store: ConfigStore) -> None:
    box = Box(store)
    done: list[ConfigError | None] = []
    answered = asyncio.Event()

    def rename(office: dict[str, Any]) -> None:
        office["site"]["name"] = "Elsewhere"

    def second(error: ConfigError | None) -> None:
        done.append(error)
        answered.set()

    assert box.wishes.change("201", rename, "renamed", done.append)
    assert box.wishes.change("201", rename, "renamed", second)
    running = asyncio.create_task(box.wishes.run())
    async with asyncio.timeout(10):
        await answered.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert done == [None, None]
    assert [change.what for change in store.history()] == ["renamed", "first start"]
    assert store.office.site.name == "Elsewhere"
