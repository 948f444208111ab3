"""A real SIP phone without a sound card: the baresip program, one process per phone.

Used for the demo agents of `make run` and by the scenarios. The phone signs in, speaks a WAV
file in every call, and keeps what it heard in WAV files (module sndfile) if asked to: whichever
codec, transport, encryption and way of answering its account says. Control: baresip's own ctrl_tcp
module (JSON in netstrings), on a port of 127.0.0.1.

    phone = Baresip(Account("201", "secret", "127.0.0.1:5060"), folder, speaks=Path("hi.wav"))
    await phone.start(); await phone.command("dial", "202"); await phone.stop()
    Account("201", ..., transport="tls", codecs=("opus", "pcma"), mediaenc="srtp-mand")
    Baresip(account, folder, modules=("mwi", "presence"))

Tests: tests/tools/test_baresip.py, the scenarios in tests/scenarios.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import shutil
import socket
import struct
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.exchange import sound

MODULE_FOLDERS: Final = (
    "/usr/lib/baresip/modules",
    "/usr/lib/x86_64-linux-gnu/baresip/modules",
    "/usr/lib/aarch64-linux-gnu/baresip/modules",
)
_CONFIG: Final = """\
poll_method epoll
sip_listen 127.0.0.1:{sip_port}
call_local_timeout 120
call_max_calls 4
audio_path .
audio_player aubridge,nobody
audio_source aufile,speaks.wav
audio_alert aubridge,nobody
auplay_srate {rate_hz}
ausrc_srate {rate_hz}
auplay_channels 1
ausrc_channels 1
rtp_tos 184
rtp_ports 20000-60000
rtcp_mux no
jitter_buffer_delay 1-5
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path heard
module_path {modules}
module g711.so
module g722.so
module opus.so
module srtp.so
module aufile.so
module aubridge.so
{sndfile}
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
{applications}"""

CODECS: Final = {
    "pcma": "pcma/8000/1",
    "pcmu": "pcmu/8000/1",
    "g722": "g722/16000/1",
    "opus": "opus/48000/2",
}
"""As baresip names them."""


START_TRIES: Final = 5
"""A port that was free a moment ago may be taken when the phone wants it: then others are tried."""


class NoBaresip(Exception):
    """The program is not installed."""


class PhoneDoesNotStart(Exception):
    """The program ends by itself, or is never ready."""


@dataclass(frozen=True, slots=True)
class Account:
    """A SIP account as a phone's user would type it."""

    user: str
    secret: str
    server: str
    transport: str = "udp"
    answers: str = "auto"
    """`auto` answers at once, `manual` rings until told, `early` rings with its audio."""
    name: str = ""
    codecs: tuple[str, ...] = ("pcma", "pcmu")
    """Names of CODECS, the one it likes best first."""
    mediaenc: str = ""
    """`srtp` encrypts if the other can, `srtp-mand` always (RTP/SAVP, `srtp-mandf`: RTP/SAVPF)."""
    more: tuple[str, ...] = ()
    """Other parameters as baresip writes them: `mwi=yes`, `dtmfmode=info`."""

    def __str__(self) -> str:
        name = f'"{self.name}" ' if self.name else ""
        codecs = ",".join(CODECS[codec] for codec in self.codecs)
        words = [
            f"{name}<sip:{self.user}@{self.server};transport={self.transport}>",
            f"auth_user={self.user};auth_pass={self.secret};answermode={self.answers}",
            f"regint=60;audio_codecs={codecs}",
            *([f"mediaenc={self.mediaenc}"] if self.mediaenc else []),
            *([] if any(word.startswith("dtmfmode=") for word in self.more) else _RTP_EVENTS),
            *self.more,
        ]
        return ";".join(words) + "\n"


_RTP_EVENTS: Final = ("dtmfmode=rtpevent",)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_sip_port() -> int:
    """A port for SIP over UDP and TCP; baresip takes the next one as well, for TLS."""
    while True:
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError, OverflowError):
            udp = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", 0))
            port = int(udp.getsockname()[1])
            for tcp_port in (port, port + 1):
                tcp = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                tcp.bind(("127.0.0.1", tcp_port))
            return port


def write_tone(
    path: Path,
    hz: float = 440.0,
    seconds: float = 20.0,
    level: float = 0.1,
    rate_hz: int = 8000,
    also_hz: float = 0.0,
) -> Path:
    """A plain tone as WAV, mono, for phones that need only be heard; a second one if asked for."""
    turns = [2 * math.pi * one / rate_hz for one in (hz, also_hz) if one]
    samples = (
        round(32767 * level * sum(math.sin(turn * n) for turn in turns))
        for n in range(int(seconds * rate_hz))
    )
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate_hz)
        wav.writeframes(b"".join(struct.pack("<h", s) for s in samples))
    return path


class Baresip:
    """One phone. `heard` holds what came in (dump-*-dec.wav) when `keep` is set."""

    def __init__(
        self,
        account: Account,
        folder: Path,
        speaks: Path | None = None,
        keep: bool = False,
        *,
        rate_hz: int = 8000,
        modules: tuple[str, ...] = (),
    ) -> None:
        """`rate_hz`: of its microphone and speaker, 48000 for wideband; `speaks` must have the
        same then. `modules`: what else of baresip it has, `mwi`, `presence`."""
        self.account, self.folder, self.keep = account, folder, keep
        self.heard = folder / "heard"
        self.sip_port = 0
        """Where it takes calls, once started."""
        self._speaks, self._rate_hz, self._modules = speaks, rate_hz, modules
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self.events: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    async def start(self) -> None:
        """Start the program and connect to its control port."""
        if shutil.which("baresip") is None:
            raise NoBaresip("baresip is not installed: apt-get install baresip")
        self.heard.mkdir(parents=True, exist_ok=True)
        for _ in range(START_TRIES):
            control_port = free_port()
            self._write_config(control_port)
            self._process = await self._launch()
            if await self._connect(control_port):
                return
            await self.stop()
        raise PhoneDoesNotStart(
            f"the phone of {self.account.user} did not start, {START_TRIES} times in a row; "
            f"its log says why: {self.folder / 'log'}"
        )

    async def _launch(self) -> asyncio.subprocess.Process:
        with (self.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                "baresip", "-4", "-f", ".", cwd=self.folder, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip  # in its folder: a path in its configuration ends at a space

    def _write_config(self, control_port: int) -> None:
        speaks = self.folder / "speaks.wav"
        if self._speaks is None:
            write_tone(speaks, rate_hz=self._rate_hz)
        elif self._rate_hz != 8000:
            shutil.copy(self._speaks, speaks)
        else:  # aufile takes a file only at the rate of the codec
            sound.write(str(speaks), sound.read(str(self._speaks)))
        modules = next((m for m in MODULE_FOLDERS if Path(m).is_dir()), MODULE_FOLDERS[0])
        self.sip_port = free_sip_port()
        text = _CONFIG.format(
            sip_port=self.sip_port,
            control_port=control_port,
            modules=modules,
            rate_hz=self._rate_hz,
            sndfile="module sndfile.so" if self.keep else "",
            applications="".join(f"module_app {name}.so\n" for name in self._modules),
        )
        (self.folder / "config").write_text(text)
        (self.folder / "accounts").write_text(str(self.account))
        (self.folder / "contacts").write_text("")

    async def _connect(self, port: int) -> bool:
        """False if the program ended, or is not ready in time."""
        assert self._process is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while self._process.returncode is None:
                    try:
                        ends = await asyncio.open_connection("127.0.0.1", port)
                    except OSError:
                        await asyncio.sleep(0.05)
                        continue
                    self._reader, self._writer = ends
                    name = f"baresip {self.account.user}"
                    self._reading = asyncio.create_task(self._read(), name=name)
                    return True
        return False

    async def _read(self) -> None:
        assert self._reader is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                body = await self._reader.readexactly(length + 1)
                self.events.append(json.loads(body[:-1]))
                self._news.set()

    async def command(self, command: str, params: str = "") -> None:
        """Give a command of baresip's menu: `dial`, `accept`, `hangup`, `hold`, `resume`,
        `transfer <uri>`, `reinvite`, `sndcode <digit>`, `line <n>` (which of its calls the others
        are for)."""
        assert self._writer is not None
        body = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        await self._writer.drain()

    async def wait_for(self, kind: str, timeout_s: float = 15.0, since: int = 0) -> dict[str, Any]:
        """The first event of type `kind` (REGISTER_OK, CALL_INCOMING, CALL_ESTABLISHED,
        CALL_CLOSED, ...) after event number `since`."""
        async with asyncio.timeout(timeout_s):
            while True:
                for event in self.events[since:]:
                    if event.get("type") == kind:
                        return event
                self._news.clear()
                await self._news.wait()

    async def stop(self) -> None:
        """End the program; kill it if it does not go."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self._writer is not None:
            self._writer.close()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def kill(self) -> None:
        """As if the phone's plug were pulled."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()


if __name__ == "__main__":
    sys.exit("a module, not a program: see tools/demo_agents.py")
