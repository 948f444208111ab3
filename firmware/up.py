"""`callbox up`: the whole box on one machine, with simulated lines, under one supervisor.

Starts the simulated telephone network and line board, the recorder, the core, the web pages, the
console and two demo agents, each a process of its own with a log of its own; restarts what dies;
stops all on Ctrl-C. On the real box systemd does this, with real lines.

    python -m firmware.up [--run run] [--country ZA] [--no-demo-agents] [--web-port 8080]

Tests: tests/scenarios start the box through this program.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firmware.api.client import ApiClient
from firmware.api.errors import ApiError
from firmware.run_folder import HOUSE, run_folder

DATAGRAM: Final = socket.SOCK_DGRAM
STREAM: Final = socket.SOCK_STREAM
BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Wait before each restart of a process that died; the last for ever after."""
GRACE_S: Final = 8.0
"""How long a process may take to end before it is killed."""
SETTLED_S: Final = 30.0
"""A process that lived so long starts again with the shortest wait."""


class CannotStart(Exception):
    """Nothing can be started like this; the message is for people."""


class PortsTaken(CannotStart):
    """No port is free."""


class FolderTooDeep(CannotStart):
    """The path of the run folder leaves no room for the names of sockets."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the box."""

    name: str
    module: str
    arguments: tuple[str, ...]
    ready: Callable[[], bool]
    """True once the others may rely on it."""


class Supervisor:
    """Starts parts in order, restarts what dies, stops all in reverse order."""

    def __init__(self, run: Path, say: Callable[[str], None]) -> None:
        self._run, self._say = run, say
        self._alive: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def start(self, part: Part, timeout_s: float = 30.0) -> None:
        """Start a part and wait until it is ready; `TimeoutError` names its log."""
        self._say(f"  {part.name} ...")
        self._keepers.append(asyncio.create_task(self._keep(part), name=part.name))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not part.ready():  # noqa: ASYNC110  # another process makes it true
                    await asyncio.sleep(0.05)
                return
        raise TimeoutError(
            f"{part.name} did not become ready within {timeout_s:g} s; its log says why: "
            f"{self._log(part)}"
        )

    def process_id(self, name: str) -> int | None:
        """The process id of a part that runs."""
        process = self._alive.get(name)
        return process.pid if process is not None else None

    async def stop(self) -> None:
        """Stop everything, last started first."""
        self._is_stopping = True
        for name in reversed(list(self._alive)):
            await _end(self._alive[name])
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def _log(self, part: Part) -> Path:
        return self._run / "log" / f"{part.name}.log"

    async def _keep(self, part: Part) -> None:
        loop = asyncio.get_running_loop()
        turn = 0
        while not self._is_stopping:
            began = loop.time()
            try:
                how = f"ended (code {await self._once(part)})"
            except OSError as error:  # no memory, no process left, no place for its log
                how = f"cannot be started ({error})"
            if self._is_stopping:
                return
            turn = 0 if loop.time() - began > SETTLED_S else turn
            wait_s = BACKOFF_S[min(turn, len(BACKOFF_S) - 1)]
            turn += 1
            self._say(
                f"! {part.name} {how}: starting it again in {wait_s:g} s; log: {self._log(part)}"
            )
            await asyncio.sleep(wait_s)

    async def _once(self, part: Part) -> int:
        path = self._log(part)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", part.module, *part.arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip  # own session: Ctrl-C reaches the supervisor alone, which stops in order
        self._alive[part.name] = process
        try:
            return await process.wait()
        finally:
            self._alive.pop(part.name, None)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(GRACE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


PORTS_TRIED: Final = 100
SOCKET_PATH_OCTETS: Final = 107
"""The longest path of a Unix socket: 108 with its final zero, unix(7)."""
LONGEST_SOCKET: Final = "exchange.sock"


def free_port(wanted: int, *kinds: socket.SocketKind, address: str = "127.0.0.1") -> int:
    """`wanted`, or the next higher port that is free for every kind of socket; 0 gives any."""
    for port in [0] * PORTS_TRIED if wanted == 0 else range(wanted, wanted + PORTS_TRIED):
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError, OverflowError):
            for kind in kinds:
                probe = probes.enter_context(socket.socket(socket.AF_INET, kind))
                # As a server does: a port whose last connections only wait to be forgotten is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind is STREAM)
                probe.bind((address, port))
                port = int(probe.getsockname()[1])
            return port
    raise PortsTaken(
        f"ports {wanted} to {wanted + PORTS_TRIED - 1} of {address} are all in use: "
        "stop what has them, or name another with --sip-port or --web-port"
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are in the run folder."""

    run: Path
    web_port: int
    sip_port: int
    sip_tls_port: int

    def __getitem__(self, name: str) -> str:
        return str(self.run / name)

    def exists(self, name: str) -> Callable[[], bool]:
        return (self.run / name).exists


def parts(places: Places, country: str) -> list[Part]:
    """The box and its simulated surroundings, in the order in which they start."""
    exchange = Part(
        "exchange",
        "tools.exchange",
        ("--country", country, "--lines", "8", "--lines-socket", places["lines.sock"],
         "--tdm-socket", places["tdm.sock"], "--control", places["exchange.sock"]),
        places.exists("exchange.sock"),
    )  # fmt: skip
    hat = Part(
        "hat",
        "tools.hatsim",
        ("--lines-socket", places["lines.sock"], "--tty", places["hat.tty"],
         "--control", places["hatsim.sock"]),
        places.exists("hat.tty"),
    )  # fmt: skip
    recorder = Part(
        "recorder",
        "recorder",
        ("--socket", places["recorder.sock"], "--shelf", places["recordings"],
         "--records", places["records.db"]),
        places.exists("recorder.sock"),
    )  # fmt: skip
    core = Part(
        "core",
        "firmware",
        ("--run", str(places.run), "--demo", "--hat", places["hat.tty"],
         "--tdm", f"unix:{places['tdm.sock']}", "--simulator", places["exchange.sock"],
         "--sip", f"127.0.0.1:{places.sip_port}", "--sip-tls", str(places.sip_tls_port)),
        places.exists("core.sock"),
    )  # fmt: skip
    web = Part(
        "web",
        "web",
        ("--api", places["core.sock"], "--records", places["records.db"],
         "--bind", f"127.0.0.1:{places.web_port}", "--state", places["web"],
         "--shelf", places["recordings"],
         "--sip-host", "127.0.0.1", "--sip-port", str(places.sip_port)),
        lambda: _answers(places.web_port),
    )  # fmt: skip
    cable = Part(
        "cable",
        "tools.nullmodem",
        (places["console.tty"], places["serial.tty"]),
        places.exists("serial.tty"),
    )
    console = Part(
        "console",
        "firmware.console",
        ("--tty", places["console.tty"], "--api", places["core.sock"]),
        lambda: True,
    )
    return [exchange, hat, recorder, core, web, cable, console]


def demo_agents(places: Places, people: Sequence[tuple[str, str, str]]) -> Part:
    """The first two people of the demo office, as real phones."""
    arguments = ["--server", f"127.0.0.1:{places.sip_port}", "--api", places["core.sock"]]
    arguments += ["--folder", places["agents"]]
    for person in people:
        arguments += ["--agent", ":".join(person)]
    return Part("agents", "tools.demo_agents", tuple(arguments), lambda: True)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check_depth(run: Path) -> None:
    """`FolderTooDeep` if a socket in the folder would have a longer path than the system takes."""
    octets = len(os.fsencode(run / LONGEST_SOCKET))
    if octets > SOCKET_PATH_OCTETS:
        raise FolderTooDeep(
            f"{run}: the path is {octets - SOCKET_PATH_OCTETS} octets too long for the sockets in "
            "it; name a shorter run folder, for example CALLBOX_RUN=/var/tmp/callbox"
        )


def prepare(asked: argparse.Namespace, say: Callable[[str], None]) -> Places:
    """The run folder without what an earlier run left lying, and free ports."""
    run: Path = asked.run.resolve()
    check_depth(run)
    run.mkdir(parents=True, exist_ok=True)
    for stale in [*run.glob("*.sock"), *run.glob("*.tty")]:
        stale.unlink()
    web_port = free_port(asked.web_port, STREAM)
    sip_port = free_port(asked.sip_port, DATAGRAM, STREAM)
    for name, wanted, port in (
        ("web", asked.web_port, web_port),
        ("SIP", asked.sip_port, sip_port),
    ):
        if wanted not in (0, port):
            say(f"! {name} port {wanted} is in use by another program: using {port} instead")
    # 5061 beside 5060, as RFC 3261 clause 19.1.2 has it.
    sip_tls_port = free_port(sip_port + 1 if asked.sip_port else 0, STREAM)
    return Places(run, web_port, sip_port, sip_tls_port)


async def up(asked: argparse.Namespace, places: Places, say: Callable[[str], None]) -> int:
    """Start everything, say how to use it, wait for the end."""
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, done.set)
    supervisor = Supervisor(places.run, say)
    say("Callbox, simulated. Starting:")
    try:
        for part in parts(places, asked.country):
            await supervisor.start(part)
        if asked.demo_agents:
            await supervisor.start(demo_agents(places, await people(places)))
        say(welcome(places, asked))
        await done.wait()
        say("Stopping.")
    except TimeoutError as error:
        say(f"! {error}")
        return 1
    finally:
        await supervisor.stop()
    return 0


async def people(places: Places) -> list[tuple[str, str, str]]:
    """Extension, secret and name of the first two people of the configuration."""
    try:
        document = await asyncio.to_thread(ApiClient(Path(places["core.sock"])).config)
    except ApiError:
        return []
    return [(e.number, e.secret, e.name) for e in document.office.extensions[:2]]


def welcome(places: Places, asked: argparse.Namespace) -> str:
    """How to use what has been started."""
    code = places.run / "first-run-code"
    callbox = shlex.quote(os.path.relpath(Path(sys.executable).parent / "callbox"))
    if places.run != HOUSE / "run":  # another terminal would not look there by itself
        callbox = f"CALLBOX_RUN={shlex.quote(str(places.run))} {callbox}"
    if code.exists():
        sign_in = f"first run: make your account with the code  {code.read_text().strip()}"
    else:
        sign_in = "sign in with the account made on the first run"
    return "\n".join(
        [
            "",
            f"  Web page     http://127.0.0.1:{places.web_port}/",
            f"  Sign-in      {sign_in}",
            f"  Place a call {callbox} ring --line 1 --from 0215557788 "
            '--name "Alice Example" --press 1',
            f"  Console      {callbox} serial   (or any terminal on {places['serial.tty']})",
            f"  Phones       SIP server 127.0.0.1:{places.sip_port}; with TLS port "
            f"{places.sip_tls_port}; accounts on the page People",
            f"  Demo agents  {'two, answering by themselves' if asked.demo_agents else 'off'}",
            f"  Logs         {places['log']}",
            "",
            "Ctrl-C stops the box.",
        ]
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="callbox up", description="The whole box, simulated.")
    parser.add_argument("--run", type=Path, default=run_folder())
    parser.add_argument("--country", default="ZA", help="telephone network to simulate")
    parser.add_argument("--web-port", type=int, default=8080)
    parser.add_argument("--sip-port", type=int, default=5060)
    parser.add_argument("--no-demo-agents", dest="demo_agents", action="store_false")
    asked = parser.parse_args(given)

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    try:
        return asyncio.run(up(asked, prepare(asked, say), say))
    except CannotStart as error:
        say(f"! {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
