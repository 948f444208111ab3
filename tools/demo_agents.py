"""Demo agents: real SIP phones (baresip) whose users answer by themselves and say a sentence.

    python -m tools.demo_agents --server 127.0.0.1:5060 --api run/core.sock --folder run/agents \\
        --agent 201:secret:Anna --agent 202:secret:Ben [--answer-after-s 2]

Each signs in as a phone would and logs in to its queues; when it rings, it picks up after a
moment. It never hangs up first. Once all can be called there is a file `ready` in the folder. Ends
on SIGINT or SIGTERM.

Tests: tests/tools/test_demo_agents.py, tests/scenarios/test_first_minute.py.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from firmware.api.client import ApiClient
from firmware.api.errors import ApiError
from firmware.api.schema import AgentAction
from tools.baresip import Account, Baresip, write_tone

logger = logging.getLogger("tools.demo_agents")


READY: Final = "ready"
ABSENT: Final = ("logged_out", "unreachable")
LOOK_S: Final = 0.2
"""Between two looks whether the box can reach the phone, which signs in by itself."""


def speech(name: str, path: Path) -> Path:
    """What the agent says, as WAV; a tone where espeak-ng is missing."""
    if shutil.which("espeak-ng") is None:
        return write_tone(path)
    words = f"Hello, this is {name}. Thank you for calling. How can I help you today? "
    subprocess.run(
        ["espeak-ng", "-v", "en", "-w", str(path), words * 4], check=True, capture_output=True
    )
    return path


async def work(
    account: Account,
    api: ApiClient,
    folder: Path,
    answer_after_s: float,
    is_ready: Callable[[], None],
) -> None:
    """One agent: sign in, log in, and answer until cancelled."""
    spoken = await asyncio.to_thread(speech, account.name, folder / "speech.wav")
    phone = Baresip(account, folder, spoken)
    try:
        await phone.start()
        if await log_in(api, account.user):
            while not await takes_calls(api, account.user):  # noqa: ASYNC110  # another process's
                await asyncio.sleep(LOOK_S)
            logger.info("agent %s (%s) is ready", account.user, account.name)
            is_ready()
        seen = 0
        while True:
            await phone.wait_for("CALL_INCOMING", 10**9, seen)
            seen = len(phone.events)
            await asyncio.sleep(answer_after_s)
            await phone.command("accept")
    finally:
        await phone.stop()


async def takes_calls(api: ApiClient, extension: str) -> bool:
    """True if the box has the agent logged in and can reach the phone; a pause is the user's."""
    with contextlib.suppress(ApiError):
        live = await asyncio.to_thread(api.live)
        return any(a.extension == extension and a.state not in ABSENT for a in live.agents)
    return False


async def log_in(api: ApiClient, extension: str, tries: int = 10) -> bool:
    """Log the agent in to its queues; the core may still be starting. False if it refused."""
    body = AgentAction(who="demo")
    for turn in range(tries):
        try:
            await asyncio.to_thread(api.agent_action, extension, "login", body)
            return True
        except ApiError as error:
            if turn == tries - 1:
                logger.error("agent %s could not log in: %s", extension, error)
        await asyncio.sleep(1)
    return False


async def run(asked: argparse.Namespace) -> None:
    """All agents until a signal comes."""
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, done.set)
    api = ApiClient(asked.api)
    tasks = []
    ready: set[str] = set()

    def is_ready(user: str) -> None:
        ready.add(user)
        if len(ready) == len(asked.agent):
            (asked.folder / READY).touch()

    (asked.folder / READY).unlink(missing_ok=True)
    async with asyncio.TaskGroup() as group:
        for entry in asked.agent:
            user, secret, name = entry.split(":", 2)
            (asked.folder / user).mkdir(parents=True, exist_ok=True)
            account = Account(user, secret, asked.server, answers="manual", name=name)
            ready_now = partial(is_ready, user)
            agent = work(account, api, asked.folder / user, asked.answer_after_s, ready_now)
            tasks.append(group.create_task(agent, name=user))
        await done.wait()
        for task in tasks:
            task.cancel()


def main() -> int:
    """Run until a signal comes; 2 when there is no baresip."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo_agents", description="Agents.")
    parser.add_argument("--server", required=True, help="HOST:PORT of the SIP registrar")
    parser.add_argument("--api", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--agent", action="append", default=[], help="EXTENSION:SECRET:NAME")
    parser.add_argument("--answer-after-s", type=float, default=2.0)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    if shutil.which("baresip") is None:
        print("demo agents: baresip is not installed: apt-get install baresip", file=sys.stderr)
        return 2
    asyncio.run(run(asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
