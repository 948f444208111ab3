"""The simulated HAT from outside: pty, MicroPython process, lines socket, watchdog, misbehaviour.

Runs the very program of board/hat under the MicroPython Unix port (sim/run.py) and stands where
the serial line, the telephone lines and the power supply are:

- `tty`: a symbolic link to the slave of a pty; the box opens it like a serial port. It stays when
  the program is reset, as a serial port does.
- `lines_socket`: the simulated exchange listens there. JSON lines. From the exchange, the whole
  electrical state of a port on every change:
  {"port":1,"battery_v":48.0,"reversed":false,"ring_hz":0.0,"ring_vrms":0.0,"loop_ma":25.0,
  "parallel":false}. To the exchange: {"hello":true,"ports":[1,...]}, the box's side of each port
  ({"port":1,"off_hook":false,"onhook_listen":false,"pcm_on":true,"slot":1,"rx_gain_db":0.0,
  "tx_gain_db":0.0,"acim":0}) and {"lifeline":true|false}, whole and on every change.
- `control`: a listening socket for trials, JSON lines, each answered with {"ok":true} or
  {"error":"..."}: {"do":"reset"}, {"do":"hang"} (the watchdog must act), {"do":"garbage",
  "hex":"00ff"} (octets put on the line to the box), {"do":"mute","s":5}, {"do":"status"}.

Without an exchange all lines are dead (0 V). Left out: audio (the exchange carries the timeslots).
Command line: python -m tools.hatsim. Tests: tests/tools/hatsim/test_end_to_end.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pty
import shutil
import socket
import sys
import termios
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

HERE: Final = Path(__file__).resolve().parent
BOARD: Final = HERE.parent.parent / "board" / "hat"
RECONNECT_S: Final = 0.25
RESTART_S: Final = 0.05
MAX_RESTART_S: Final = 5.0
RESET_POWER: Final = 1  # machine.PWRON_RESET
RESET_WATCHDOG: Final = 3  # machine.WDT_RESET
LINE_LIMIT: Final = 65536
HEAP: Final = "256k"
"""Words are 8 octets here and 4 on the RP2040, whose heap is 190 kB; source is compiled here and
comes compiled there. So this is the tighter of the two."""
DEAD_LINE: Final = {
    "battery_v": 0.0,
    "reversed": False,
    "ring_hz": 0.0,
    "ring_vrms": 0.0,
    "loop_ma": 0.0,
    "parallel": False,
}


class HatsimError(Exception):
    """The simulation cannot start, or was asked for something it does not know."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the simulated HAT is put together."""

    tty: Path
    lines_socket: Path | None = None
    control: Path | None = None
    ports: int = 8
    protocol: int | None = None
    """Protocol number the firmware claims; None: its own."""
    build: str | None = None
    host_silent_s: float | None = None
    """Seconds of host silence after which the firmware lets go of the lines; None: its 10 s."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the launcher knows, for trials and the control socket."""

    tty: str
    pid: int | None
    starts: int
    lines_connected: bool
    relay_lifeline: bool | None


def micropython() -> str:
    """The MicroPython Unix port: beside this interpreter, else on the PATH."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        raise HatsimError(
            "no `micropython` command found: install the `sim` extra (x86-64) or Debian's "
            "micropython package"
        )
    return found


def check_line(message: object, ports: int) -> dict[str, Any]:
    """A port state of the exchange, checked; `ValueError` names what is wrong with it."""
    if not isinstance(message, dict):
        raise ValueError(f"line state {message!r}: expected an object")
    port = message.get("port")
    if not isinstance(port, int) or not 1 <= port <= ports:
        raise ValueError(f"port {port!r}: expected 1 to {ports}")
    state: dict[str, Any] = {"port": port}
    for name, default in DEAD_LINE.items():
        value = message.get(name, default)
        wanted = bool if isinstance(default, bool) else (int, float)
        if not isinstance(value, wanted) or (isinstance(value, bool) != isinstance(default, bool)):
            raise ValueError(f"port {port}: {name} is {value!r}, expected {type(default).__name__}")
        state[name] = value
    return state


class Hatsim:
    """The whole simulated HAT. `run()` until cancelled; `started` is set once the tty is there."""

    def __init__(self, settings: Settings) -> None:
        if not 1 <= settings.ports <= 8:
            raise HatsimError(f"{settings.ports} ports: expected 1 to 8")
        self._settings = settings
        self._lines: dict[int, dict[str, Any]] = {}
        self._box: dict[int, dict[str, Any]] = {}
        self._lifeline: bool | None = None
        self._exchange: asyncio.StreamWriter | None = None
        self._world: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._master = -1
        self._starts = 0
        self._reset_cause = RESET_POWER
        self._fed_at = 0.0
        self._watchdog_s: float | None = None
        self.started = asyncio.Event()

    def snapshot(self) -> Snapshot:
        process = self._process
        return Snapshot(
            tty=str(self._settings.tty),
            pid=process.pid if process is not None and process.returncode is None else None,
            starts=self._starts,
            lines_connected=self._exchange is not None,
            relay_lifeline=self._lifeline,
        )

    async def run(self) -> None:
        """Everything, until cancelled."""
        self._master, slave = pty.openpty()
        try:
            tty.setraw(slave, termios.TCSANOW)
            os.set_blocking(self._master, False)
            self._link_tty(os.ttyname(slave))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_running(), name="hatsim-micropython")
                if self._settings.lines_socket is not None:
                    group.create_task(self._keep_lines(), name="hatsim-lines")
                if self._settings.control is not None:
                    group.create_task(self._serve_control(), name="hatsim-control")
                self.started.set()
        finally:
            self._settings.tty.unlink(missing_ok=True)
            os.close(slave)  # held open: a pty without a reader would give errors, not silence
            os.close(self._master)

    def _link_tty(self, device: str) -> None:
        path = self._settings.tty
        if path.exists() and not path.is_symlink():
            raise HatsimError(f"{path} exists and is no symbolic link: not replaced")
        path.unlink(missing_ok=True)
        path.symlink_to(device)
        logger.info("HAT serial line at %s (%s)", path, device)

    # --- the MicroPython process

    async def _keep_running(self) -> None:
        """Start the program, and again whenever it ends: as a board does after a reset."""
        loop = asyncio.get_running_loop()
        pause = RESTART_S
        while True:
            began = loop.time()
            await self._run_once()
            pause = RESTART_S if loop.time() - began > 1.0 else min(pause * 2, MAX_RESTART_S)
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        near, far = socket.socketpair()
        try:
            reader, writer = await asyncio.open_connection(sock=near, limit=LINE_LIMIT)
            self._process = process = await asyncio.create_subprocess_exec(
                micropython(),
                "-X",
                f"heapsize={HEAP}",
                str(HERE / "sim" / "run.py"),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(self._master, far.fileno()),
                env=self._environment(far.fileno()),
            )
        finally:
            far.close()
        self._starts += 1
        self._world = writer
        self._watchdog_s = None
        for state in self._lines.values():
            self._to_world(state)
        try:
            await self._follow(reader, process)
        finally:
            self._world = None
            writer.close()
            if process.returncode is None:
                process.kill()
            await process.wait()
        logger.info("HAT program ended with %s, reset", process.returncode)
        if process.returncode == RESET_WATCHDOG:
            self._reset_cause = RESET_WATCHDOG

    def _environment(self, world_fd: int) -> dict[str, str]:
        settings = self._settings
        environment = dict(os.environ)
        environment |= {
            "MICROPYPATH": f"{HERE / 'sim'}:{BOARD}:{BOARD / 'lib'}:.frozen",
            "HATSIM_UART_FD": str(self._master),
            "HATSIM_WORLD_FD": str(world_fd),
            "HATSIM_PORTS": str(settings.ports),
            "HATSIM_RESET_CAUSE": str(self._reset_cause),
        }
        if settings.protocol is not None:
            environment["HATSIM_PROTOCOL"] = str(settings.protocol)
        if settings.build is not None:
            environment["HATSIM_BUILD"] = settings.build
        if settings.host_silent_s is not None:
            environment["HATSIM_SILENT_MS"] = str(int(settings.host_silent_s * 1000))
        return environment

    async def _follow(
        self, reader: asyncio.StreamReader, process: asyncio.subprocess.Process
    ) -> None:
        """Take what the program says until it ends or its watchdog bites."""
        while True:
            try:
                async with asyncio.timeout(self._watchdog_s):
                    line = await reader.readline()
            except TimeoutError:
                logger.warning("HAT program hangs for %.1f s: watchdog reset", self._watchdog_s)
                self._reset_cause = RESET_WATCHDOG
                return
            if not line:
                return
            self._from_world(json.loads(line))

    def _from_world(self, message: dict[str, Any]) -> None:
        if "watchdog_ms" in message:
            # The program says it at most every half second: allow for that.
            self._watchdog_s = message["watchdog_ms"] / 1000 + 0.5
            return
        if "lifeline" in message:
            self._lifeline = message["lifeline"]
        else:
            self._box[message["port"]] = message
        self._to_exchange(message)

    def _to_world(self, message: dict[str, Any]) -> None:
        if self._world is not None:
            self._world.write(json.dumps(message).encode() + b"\n")

    # --- the exchange

    def _to_exchange(self, message: dict[str, Any]) -> None:
        if self._exchange is not None:
            self._exchange.write(json.dumps(message).encode() + b"\n")

    async def _keep_lines(self) -> None:
        """Be connected to the exchange; without it the lines are dead."""
        path = str(self._settings.lines_socket)
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_unix_connection(path, limit=LINE_LIMIT)
                await self._talk(reader, writer)
            for port in list(self._lines):
                self._set_line({"port": port, **DEAD_LINE})
            await asyncio.sleep(RECONNECT_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._exchange = writer
        try:
            self._to_exchange({"hello": True, "ports": list(range(1, self._settings.ports + 1))})
            for state in self._box.values():
                self._to_exchange(state)
            if self._lifeline is not None:
                self._to_exchange({"lifeline": self._lifeline})
            while line := await reader.readline():
                try:
                    self._set_line(check_line(json.loads(line), self._settings.ports))
                except ValueError as error:
                    logger.warning("exchange: %s; line state ignored", error)
        finally:
            self._exchange = None
            writer.close()

    def _set_line(self, state: dict[str, Any]) -> None:
        self._lines[state["port"]] = state
        self._to_world(state)

    # --- misbehaviour on demand

    async def _serve_control(self) -> None:
        path = self._settings.control
        assert path is not None
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve_one, str(path), limit=LINE_LIMIT)
        async with server:
            await server.serve_forever()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    answer = self.do(json.loads(line))
                except (ValueError, HatsimError) as error:
                    answer = {"error": str(error)}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        finally:
            writer.close()

    def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order of the control socket; returns the answer."""
        match order:
            case {"do": "reset"}:
                self._reset_cause = RESET_POWER
                if self._process is not None and self._process.returncode is None:
                    self._process.kill()
            case {"do": "hang"}:
                self._to_world({"hang": True})
            case {"do": "garbage", "hex": str(text)}:
                os.write(self._master, bytes.fromhex(text))
            case {"do": "mute", "s": int() | float() as seconds}:
                self._to_world({"mute_ms": int(seconds * 1000)})
            case {"do": "status"}:
                snapshot = self.snapshot()
                return {name: getattr(snapshot, name) for name in snapshot.__slots__}
            case _:
                raise HatsimError(
                    f"order {order!r}: expected do = reset, hang, garbage (hex), mute (s) or status"
                )
        return {"ok": True}
