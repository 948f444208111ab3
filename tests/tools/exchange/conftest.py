"""The exchange without its sockets: a network under a clock that the test turns."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from datetime import datetime
from typing import Any

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


class Spandsp:
    """The receivers of libspandsp, called through its binary interface: another implementation."""

    _FIELD = ctypes.POINTER(ctypes.c_uint8)

    def __init__(self) -> None:
        self._library = library = ctypes.CDLL("libspandsp.so.2")
        pointer = ctypes.c_void_p
        self._message = ctypes.CFUNCTYPE(None, pointer, self._FIELD, ctypes.c_int)
        library.adsi_rx_init.restype = library.dtmf_rx_init.restype = pointer
        library.adsi_rx_init.argtypes = [pointer, ctypes.c_int, self._message, pointer]
        library.adsi_rx.argtypes = library.dtmf_rx.argtypes = [pointer, pointer, ctypes.c_int]
        library.adsi_rx_free.argtypes = library.dtmf_rx_free.argtypes = [pointer]
        library.dtmf_rx_init.argtypes = [pointer, pointer, pointer]
        library.dtmf_rx_get.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int]

    def caller_id(self, samples: g711.Samples, standard: int) -> list[bytes]:
        """Messages in the audio. Standard: 1 Bell 202, 2 V.23, 5 DTMF (adsi.h)."""
        found: list[bytes] = []

        def keep(user: object, octets: Any, count: int) -> None:
            found.append(bytes(octets[:count]))

        callback = self._message(keep)
        state = self._library.adsi_rx_init(None, standard, callback, None)
        self._feed(self._library.adsi_rx, state, samples)
        self._library.adsi_rx_free(state)
        return found

    def digits(self, samples: g711.Samples) -> str:
        """DTMF in the audio."""
        state = self._library.dtmf_rx_init(None, None, None)
        self._feed(self._library.dtmf_rx, state, samples)
        text = ctypes.create_string_buffer(129)
        self._library.dtmf_rx_get(state, text, 128)
        self._library.dtmf_rx_free(state)
        return text.value.decode()

    @staticmethod
    def _feed(receive: Any, state: object, samples: g711.Samples) -> None:
        whole = np.clip(samples, -32768, 32767).astype(np.int16)
        for at in range(0, whole.size, 160):
            block = np.ascontiguousarray(whole[at : at + 160])
            receive(state, block.ctypes.data, block.size)


@pytest.fixture(scope="session")
def spandsp() -> Spandsp:
    return Spandsp()
