"""The exchange without its sockets: a network under a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest

from tools.exchange import country, g711
from tools.exchange.frames import SLOTS
from tools.exchange.messages import Told, parse
from tools.exchange.network import Network
from tools.exchange.wires import BoxSide, Electrical

NOON = datetime(2026, 3, 14, 12, 30)


class Bench:
    """A network, the wires it shows, the story it tells, and a box that does as it is told."""

    def __init__(self, code: str = "ZA", lines: int = 8) -> None:
        self.network = Network(country.load(code), lines, lambda: NOON)
        self.story: list[Told] = []
        self.kept: list[g711.Samples] = []
        self.wires: list[Electrical] = []
        self.network.on_electrical = self.wires.append

    def _hear(self, told: Told, heard: g711.Samples | None) -> None:
        self.story.append(told)
        if heard is not None:
            self.kept.append(heard)

    def ask(self, clip: g711.Samples | None = None, **request: object) -> dict[str, object] | None:
        """Make a request as a client would."""
        if "from_" in request:
            request["from"] = request.pop("from_")
        return self.network.request(parse(request), self._hear, clip)

    def hook(self, port: int, off: bool, **more: object) -> None:
        """The box's hook on a port."""
        self.network.set_side(BoxSide(port, off, pcm_on=True, **more))  # type: ignore[arg-type]  # fields by name

    def run(self, seconds: float, port: int = 1, says: g711.Samples | None = None) -> g711.Samples:
        """Let time pass; what was heard in the port's slot. `says` is what the box sends."""
        heard = []
        for index in range(round(seconds / g711.TICK_S)):
            frames = np.full((g711.BLOCK, SLOTS), g711.IDLE, np.uint8)
            if says is not None:
                block = says[index * g711.BLOCK : (index + 1) * g711.BLOCK]
                frames[: block.size, port] = g711.encode(block)
            heard.append(g711.decode(self.network.tick(frames)[:, port]))
        return np.concatenate(heard)

    def events(self) -> list[str]:
        """The story in one word each, without what the caller says about the audio."""
        return [told.event for told in self.story if told.event != "hearing"]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def bench_of() -> Callable[..., Bench]:
    return Bench
