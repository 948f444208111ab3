"""`callbox up`: the whole box on one machine, with simulated lines, under one supervisor.

Starts the simulated telephone network and line board, the recorder, the core, the web pages, the
console and two demo agents, each a process of its own with a log of its own; restarts what dies;
stops all on Ctrl-C. Says how to use it when a call that is placed at once is answered. On the real
box systemd does this, with real lines.

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
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from firmware.api.client import ApiClient
from firmware.api.errors import ApiError
from firmware.run_folder import HOUSE, run_folder
from firmware.supervisor_task import Part, Supervisor

DATAGRAM: Final = socket.SOCK_DGRAM
STREAM: Final = socket.SOCK_STREAM


class CannotStart(Exception):
    """Nothing can be started like this; the message is for people."""


class PortsTaken(CannotStart):
    """No port is free."""


class FolderTooDeep(CannotStart):
    """The path of the run folder leaves no room for the names of sockets."""


PORTS_TRIED: Final = 100
PROVISION_PORT: Final = 8443
SOCKET_PATH_OCTETS: Final = 107
"""The longest path of a Unix socket: 108 with its final zero, unix(7)."""
LONGEST_SOCKET: Final = "exchange.sock"
AGENTS_S: Final = 30.0
"""How long the demo agents are waited for: the box is of use without them."""
AGENTS_READY: Final = "agents/ready"


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
    host: str
    """Address at which phones and browsers reach the box."""
    web_port: int
    sip_port: int
    sip_tls_port: int
    provision_port: int
    """Where phones fetch their files."""

    def __getitem__(self, name: str) -> str:
        return str(self.run / name)

    def exists(self, name: str) -> Callable[[], bool]:
        return (self.run / name).exists


def parts(places: Places, country: str) -> list[tuple[Part, ...]]:
    """The box and its simulated surroundings, in the order in which they start; some at a time."""
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
         "--sip", f"{places.host}:{places.sip_port}", "--sip-tls", str(places.sip_tls_port)),
        places.exists("core.sock"),
    )  # fmt: skip
    web = Part(
        "web",
        "web",
        ("--api", places["core.sock"], "--records", places["records.db"],
         "--bind", f"{places.host}:{places.web_port}", "--state", places["web"],
         "--shelf", places["recordings"],
         "--sip-host", places.host, "--sip-port", str(places.sip_port),
         "--sip-tls-port", str(places.sip_tls_port), "--trust", places["tls/box.crt"],
         "--provision-port", str(places.provision_port)),
        lambda: _answers(places.host, places.web_port),
    )  # fmt: skip
    provision = Part(
        "provision",
        "web.provision",
        ("--api", places["core.sock"], "--bind", f"{places.host}:{places.provision_port}",
         "--certificate", places["tls/box.pem"], "--trust", places["tls/box.crt"],
         "--sip-host", places.host),
        lambda: True,  # phones ask again
    )  # fmt: skip
    announce = Part(
        "announce",
        "firmware.announce",
        ("--address", places.host, "--files-port", str(places.provision_port),
         "--web-port", str(places.web_port), "--sip-port", str(places.sip_port),
         "--sip-tls-port", str(places.sip_tls_port)),
        lambda: True,  # nobody of the box waits for it
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
    return [(exchange, recorder), (hat,), (core,), (web, provision, announce, cable, console)]


def demo_agents(places: Places, people: Sequence[tuple[str, str, str]]) -> Part:
    """The first two people of the demo office, as real phones."""
    arguments = ["--server", f"{places.host}:{places.sip_port}", "--api", places["core.sock"]]
    arguments += ["--folder", places["agents"]]
    for person in people:
        arguments += ["--agent", ":".join(person)]
    return Part("agents", "tools.demo_agents", tuple(arguments), places.exists(AGENTS_READY))


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0


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
    for stale in [*run.glob("*.sock"), *run.glob("*.tty"), run / AGENTS_READY]:
        stale.unlink(missing_ok=True)
    web_port = free_port(asked.web_port, STREAM, address=asked.host)
    sip_port = free_port(asked.sip_port, DATAGRAM, STREAM, address=asked.host)
    for name, wanted, port in (
        ("web", asked.web_port, web_port),
        ("SIP", asked.sip_port, sip_port),
    ):
        if wanted not in (0, port):
            say(f"! {name} port {wanted} is in use by another program: using {port} instead")
    # 5061 beside 5060, as RFC 3261 clause 19.1.2 has it.
    sip_tls_port = free_port(sip_port + 1 if asked.sip_port else 0, STREAM, address=asked.host)
    files = PROVISION_PORT if asked.web_port else 0
    provision_port = free_port(files, STREAM, address=asked.host)
    return Places(run, asked.host, web_port, sip_port, sip_tls_port, provision_port)


async def up(asked: argparse.Namespace, places: Places, say: Callable[[str], None]) -> int:
    """Start everything, say how to use it, wait for the end."""
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, done.set)
    code = 0
    supervisor = Supervisor(places.run, say)
    tidying = asyncio.create_task(supervisor.run(), name="logs")
    agents = Agents(supervisor, places, say)
    say("Callbox, simulated. Starting:")
    try:
        *before, last = parts(places, asked.country)
        for together in before:
            await start(supervisor, together)
        more = [agents.start(await people(places))] if asked.demo_agents else []
        await start(supervisor, last, more)
        say(welcome(places, agents.words))
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(agents.tell_when_ready(), name="agents")
            await done.wait()
            telling.cancel()
        say("Stopping.")
    except* TimeoutError as late:
        for error in late.exceptions:
            say(f"! {error}")
        code = 1
    finally:
        tidying.cancel()
        await supervisor.stop()
    return code


async def start(
    supervisor: Supervisor, together: Sequence[Part], more: Sequence[Coroutine[Any, Any, None]] = ()
) -> None:
    """Start parts at the same time, and wait for all; `TimeoutError`s in a group."""
    async with asyncio.TaskGroup() as group:
        for part in together:
            group.create_task(supervisor.start(part), name=part.name)
        for work in more:
            group.create_task(work)


class Agents:
    """The demo agents: started beside the last parts, waited for, but not for ever."""

    def __init__(self, supervisor: Supervisor, places: Places, say: Callable[[str], None]) -> None:
        self._supervisor, self._places, self._say = supervisor, places, say
        self._late: Part | None = None
        self.words = "off"
        """How they stand, for people."""

    async def start(self, who: Sequence[tuple[str, str, str]]) -> None:
        """Those of `people`."""
        if not who:
            self.words = "none: nobody in this office has an extension"
            return
        part = demo_agents(self._places, who)
        try:
            await self._supervisor.start(part, AGENTS_S)
        except TimeoutError as error:
            self._say(f"! {error}")
            self._late = part
            self.words = "not ready yet: calls find nobody until this says that they are"
        else:
            self.words = f"{' and '.join(name for *_, name in who)} are ready and answer calls"

    async def tell_when_ready(self) -> None:
        """Say so if they come later."""
        if self._late is not None:
            while not self._late.ready():  # noqa: ASYNC110  # another process makes it true
                await asyncio.sleep(0.5)
            self._say("  The demo agents are ready and answer calls.")


async def people(places: Places) -> list[tuple[str, str, str]]:
    """Extension, secret and name of the first two people of the configuration."""
    try:
        document = await asyncio.to_thread(ApiClient(Path(places["core.sock"])).config)
    except ApiError:
        return []
    return [(e.number, e.secret, e.name) for e in document.office.extensions[:2]]


def welcome(places: Places, agents: str) -> str:
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
            f"  Web page     http://{places.host}:{places.web_port}/",
            f"  Sign-in      {sign_in}",
            f"  Place a call {callbox} ring --line 1 --from 0215557788 "
            '--name "Alice Example" --press 1',
            f"  Console      {callbox} serial   (or any terminal on {places['serial.tty']})",
            f"  Phones       SIP server {places.host}:{places.sip_port}; with TLS port "
            f"{places.sip_tls_port}; accounts on the page People",
            "               new ones ask at "
            f"https://{places.host}:{places.provision_port}/provision/ and wait on the page Phones",
            f"  Demo agents  {agents}",
            f"  Logs         {places['log']}",
            "",
            "Ctrl-C stops the box.",
        ]
    )


def _address(text: str) -> str:
    """An address of this machine; `argparse.ArgumentTypeError` says what was expected."""
    with socket.socket(socket.AF_INET, DATAGRAM) as probe:
        try:
            probe.bind((text, 0))
        except OSError:
            raise argparse.ArgumentTypeError(
                f"{text!r}: expected an IPv4 address of this machine, such as 192.168.1.10"
            ) from None
        if probe.getsockname()[0] == "0.0.0.0":
            raise argparse.ArgumentTypeError("0.0.0.0: expected the one address phones shall use")
    return text


def main(given: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="callbox up", description="The whole box, simulated.")
    parser.add_argument("--run", type=Path, default=run_folder())
    parser.add_argument("--country", default="ZA", help="telephone network to simulate")
    parser.add_argument(
        "--host", type=_address, default="127.0.0.1",
        help="address of this machine at which phones and browsers of the office reach the box",
    )  # fmt: skip
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
