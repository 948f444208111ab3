"""What people set by dialling codes, written into the configuration one after the other.

Shell around firmware.config.store, whose writing waits for the medium: a call never does. Each
change is audited as made by the extension, and taken on without dropping calls. At most LIMIT
wishes wait; one more is refused at once.

Tests: tests/firmware/route/test_wishes_task.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from firmware.config.errors import ConfigError, StaleGeneration
from firmware.config.schema import Office
from firmware.config.store import Document

logger = logging.getLogger(__name__)

LIMIT: Final = 32
TRIES: Final = 5
"""Somebody may save a page in between; five times in a row is not by chance."""

Edit = Callable[[dict[str, Any]], None]
"""Changes a document of the office, in a thread."""
Done = Callable[[ConfigError | None], None]
"""Told how it went: None if it is in force."""


class Store(Protocol):
    """What is needed of firmware.config.store.ConfigStore."""

    @property
    def document(self) -> Document: ...

    def change(
        self, office: Mapping[str, Any] | Office, generation: int, who: str, what: str = ""
    ) -> Document: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person wants changed."""

    extension: str
    edit: Edit
    what: str
    done: Done


class Wishes:
    """The wishes that wait, and their way into the configuration."""

    def __init__(self, store: Store, apply: Callable[[Office], Awaitable[None]]) -> None:
        """`apply`: takes on a configuration that is stored."""
        self._store, self._apply = store, apply
        self._waiting: asyncio.Queue[Wish] = asyncio.Queue(LIMIT)

    def ask(self, extension: str, fields: Mapping[str, Any], what: str, done: Done) -> bool:
        """Have fields of a person changed; `done` says how it went. False if too many wait."""
        return self.change(extension, partial(_set_fields, extension, fields), what, done)

    def change(self, extension: str, edit: Edit, what: str, done: Done) -> bool:
        """Have the office changed by a person; `edit` may be made more than once."""
        try:
            self._waiting.put_nowait(Wish(extension, edit, what, done))
        except asyncio.QueueFull:
            return False
        return True

    async def run(self) -> None:
        """Carry out wishes, for ever."""
        while True:
            wish = await self._waiting.get()
            try:
                wish.done(await self._fulfil(wish))
            except Exception:  # supervision boundary of one wish
                logger.exception("! extension %s: %s", wish.extension, wish.what)

    async def _fulfil(self, wish: Wish) -> ConfigError | None:
        try:
            office = await asyncio.to_thread(self._store_wish, wish)
        except ConfigError as error:
            logger.info("extension %s: %s: %s", wish.extension, wish.what, error)
            return error
        if office is not None:
            await self._apply(office)
        return None

    def _store_wish(self, wish: Wish) -> Office | None:
        """Blocking. Somebody else's change in between is kept: the wish is made again on it.
        None: it is as wished already, and there is no new generation for nothing."""
        for tries_left in reversed(range(TRIES)):
            before = self._store.document
            office = before.office.model_dump(mode="json")
            wish.edit(office)
            if office == before.office.model_dump(mode="json"):
                return None
            who = f"{wish.extension} by phone"
            try:
                return self._store.change(office, before.generation, who, wish.what).office
            except StaleGeneration:
                if not tries_left:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")


def _set_fields(extension: str, fields: Mapping[str, Any], office: dict[str, Any]) -> None:
    for person in office["extensions"]:
        if person["number"] == extension:
            person |= fields
