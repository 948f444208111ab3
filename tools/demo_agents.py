"""Demo agents: real SIP phones (baresip) whose users answer by themselves and say a sentence.

    python -m tools.demo_agents --server 127.0.0.1:5060 --api run/core.sock --folder run/agents \\
        --agent 201:secret:Anna --agent 202:secret:Ben [--answer-after-s 2]

Each signs in as a phone would and logs in to its queues; when it rings, it picks up after a
moment. It never hangs up first. Ends on SIGINT or SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from firmware.api.client import ApiClient
from firmware.api.errors import ApiError
from firmware.api.schema import AgentAction
from tools.baresip import Account, Baresip, write_tone

logger = logging.getLogger("tools.demo_agents")


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
    account: Account, api: ApiClient, folder: Path, answer_after_s: float, name: str
) -> None:
    """One agent: sign in, log in, and answer until cancelled."""
    phone = Baresip(account, folder, speech(name, folder / "speech.wav"))
    try:
        await phone.start()
        await log_in(api, account.user)
        logger.info("agent %s (%s) is ready", account.user, name)
        seen = 0
        while True:
            await phone.wait_for("CALL_INCOMING", 10**9, seen)
            seen = len(phone.events)
            await asyncio.sleep(answer_after_s)
            await phone.command("accept")
    finally:
        await phone.stop()


async def log_in(api: ApiClient, extension: str, tries: int = 10) -> None:
    """Log the agent in to its queues; the core may still be starting."""
    body = AgentAction(who="demo")
    for turn in range(tries):
        try:
            await asyncio.to_thread(api.agent_action, extension, "login", body)
            return
        except ApiError as error:
            if turn == tries - 1:
                logger.error("agent %s could not log in: %s", extension, error)
        await asyncio.sleep(1)


async def run(asked: argparse.Namespace) -> None:
    """All agents until a signal comes."""
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, done.set)
    api = ApiClient(asked.api)
    tasks = []
    async with asyncio.TaskGroup() as group:
        for entry in asked.agent:
            user, secret, name = entry.split(":", 2)
            (asked.folder / user).mkdir(parents=True, exist_ok=True)
            account = Account(user, secret, asked.server, answers="manual", name=name)
            tasks.append(
                group.create_task(
                    work(account, api, asked.folder / user, asked.answer_after_s, name), name=user
                )
            )
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
