"""The office around the box: what it set up, and the agents with their phones (baresip)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.api.schema import ConfigChange
from tests.scenarios.running_box import RunningBox
from tools.baresip import Account, Baresip

Document = dict[str, Any]


class Settings:
    """What the office set up: changed for one scenario, then put back."""

    def __init__(self, box: RunningBox) -> None:
        self._box = box
        self._before: Document | None = None

    async def change(self, edit: Callable[[Document], None]) -> None:
        """Have `edit` change the office's configuration, which is in force on return."""
        api = self._box.api
        document = await asyncio.to_thread(api.config)
        office = document.office.model_dump(mode="json")
        self._before = self._before or document.office.model_dump(mode="json")
        edit(office)
        await self._put(document.generation, office)

    async def staff(self, *numbers: str, queue: str = "sales", **more: Any) -> None:
        """Have these people serve a queue; who does not exist is taken on. `more`: fields of it."""

        def edit(office: Document) -> None:
            known = {person["number"] for person in office["extensions"]}
            office["extensions"] += [
                {"number": n, "name": f"Agent {n}", "secret": f"secret-of-{n}"}
                for n in numbers
                if n not in known
            ]
            row = next(q for q in office["queues"] if q["id"] == queue)
            row |= {"members": list(numbers), **more}

        await self.change(edit)

    async def restore(self) -> None:
        if self._before is not None:
            document = await asyncio.to_thread(self._box.api.config)
            await self._put(document.generation, self._before)

    async def _put(self, generation: int, office: Document) -> None:
        change = ConfigChange(generation=generation, who="test", what="scenario", office=office)
        await asyncio.to_thread(self._box.api.change_config, change)


class Office:
    """The agents' phones."""

    def __init__(self, box: RunningBox, folder: Path) -> None:
        self._box, self.folder = box, folder
        self.phones: dict[str, Baresip] = {}

    async def phone(self, extension: str, **more: Any) -> Baresip:
        """Plug in a phone and wait until it is signed in."""
        config = await asyncio.to_thread(self._box.api.config)
        person = next(e for e in config.office.extensions if e.number == extension)
        folder = self.folder / extension
        folder.mkdir(parents=True)
        keep, speaks = more.pop("keep", True), more.pop("speaks", None)
        modules = more.pop("modules", ())
        account = Account(extension, person.secret, self._box.sip, **more)
        phone = self.phones[extension] = Baresip(account, folder, speaks, keep, modules=modules)
        await phone.start()
        await self._box.until(
            f"phone {extension} signed in",
            lambda live: [p for p in live.phones if p.extension == extension and p.is_reachable],
        )
        return phone

    async def agent(self, extension: str, **more: Any) -> Baresip:
        """A phone whose user takes calls of the queue."""
        phone = await self.phone(extension, **more)
        await self._box.agent(extension, "login")
        await self._box.agent_is(extension, "ready")
        return phone

    def answered_by(self, number: str) -> str:
        """Whose phone says that it talked with the number."""
        (extension,) = (
            extension
            for extension, phone in self.phones.items()
            if any(
                event["type"] == "CALL_ESTABLISHED" and number in event["peeruri"]
                for event in phone.events
            )
        )
        return extension

    async def close(self) -> None:
        for extension, phone in self.phones.items():
            await phone.stop()
            with contextlib.suppress(Exception):
                await self._box.agent(extension, "logout")
