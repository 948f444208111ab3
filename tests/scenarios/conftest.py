"""The whole box as a fixture: started by its own supervisor, with simulated lines and real phones.

Real: the HAT program under MicroPython, the serial link, the timeslot stream, the switch, SIP and
RTP with baresip, espeak-ng's voice, the recorder's files, the records. Simulated: the telephone
network and the chips behind the HAT program's SPI.

What the fixtures are made of lies beside this file: boxes.py and running_box.py (the box),
network.py (callers), office.py (settings and phones), sound.py.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.scenarios.boxes import Boxes, start_used_box, stop_box  # noqa: E402 -- needs the path above
from tests.scenarios.network import Network, clear  # noqa: E402
from tests.scenarios.office import Office, Settings  # noqa: E402
from tests.scenarios.running_box import RunningBox  # noqa: E402
from tests.scenarios.sound import Sound, speak  # noqa: E402


@pytest.fixture(scope="session")
def boxes() -> type[Boxes]:
    """For scenarios that a shared box would not survive."""
    return Boxes


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBox]:
    """One box for all scenarios that leave it as they found it."""
    running = start_used_box(tmp_path_factory.mktemp("box") / "run")
    yield running
    stop_box(running)


@pytest.fixture
async def network(box: RunningBox) -> AsyncIterator[Network]:
    made = Network(box.run / "exchange.sock")
    await clear(box, made)
    await made.is_free()
    await made.as_at_first()
    await made.watch_for_tears()
    yield made
    made.close()
    try:
        await box.until("all calls over", lambda live: not live.calls, 30)
    except AssertionError:
        await clear(box, made)  # so that the next scenario, or the next try, finds none
        raise


@pytest.fixture
async def settings(box: RunningBox) -> AsyncIterator[Settings]:
    """Name it before `office`: the phones leave before the configuration is put back."""
    made = Settings(box)
    yield made
    await made.restore()


@pytest.fixture
async def office(box: RunningBox, tmp_path: Path) -> AsyncIterator[Office]:
    made = Office(box, tmp_path)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the caller says: a real (synthetic) voice."""
    return speak(
        tmp_path_factory.mktemp("voice") / "hello.wav",
        "Hello, this is Alice Example. I would like to order seven boxes for Thursday morning.",
        "en-gb",
    )


@pytest.fixture(scope="session")
def reply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the agent says."""
    return speak(
        tmp_path_factory.mktemp("voice") / "reply.wav",
        "Good morning, sales department, Anna speaking. What can I do for you today? " * 6,
        "en-us+f3",
    )


@pytest.fixture(scope="session")
def sound() -> Sound:
    return Sound()


@pytest.fixture
def hatsim(box: RunningBox) -> Iterator[Network]:
    """The control socket of the simulated line board; it speaks as the network's does."""
    made = Network(box.run / "hatsim.sock")
    yield made
    made.close()
