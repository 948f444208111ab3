"""`python -m firmware.announce --files-port 8443 ...`: tell the network that the box is here.

The two ways run beside each other; one that cannot (no network yet, no right, too many groups)
says so and tries again, and the other goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from firmware.announce.mdns_task import Mdns
from firmware.announce.plug_and_play_task import PlugAndPlayListener
from firmware.announce.services import Ports, services

logger = logging.getLogger(__name__)

AGAIN_S: Final = 30.0


async def keep(what: str, run: Callable[[], Awaitable[None]], again_s: float = AGAIN_S) -> None:
    """Run one way of announcing again and again."""
    while True:
        try:
            await run()
        except OSError as error:
            logger.warning("%s does not work: %s; trying again in %g s", what, error, again_s)
        except Exception:  # supervision boundary: the other way goes on
            logger.exception("! %s failed; trying again in %g s", what, again_s)
        await asyncio.sleep(again_s)


def own_address(asked: str) -> str:
    """The address to announce; `OSError` while there is no network."""
    if asked not in ("", "0.0.0.0"):
        return asked
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: which address would be ours?
        return str(probe.getsockname()[0])


async def announce(asked: argparse.Namespace) -> None:
    """Both ways, until a signal comes."""
    done, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, done.set)

    async def by_mdns() -> None:
        offered = services(
            Ports(asked.files_port, asked.web_port, asked.sip_port, asked.sip_tls_port), asked.name
        )
        await Mdns(offered, asked.name, [own_address(asked.address)]).run()

    async def by_plug_and_play() -> None:
        address = own_address(asked.address)
        url = f"https://{address}:{asked.files_port}/provision/"
        await PlugAndPlayListener(address, url).run()

    async with asyncio.TaskGroup() as group:
        ways = [group.create_task(keep("mDNS", by_mdns), name="mdns")]
        if asked.files_port is not None:
            ways.append(group.create_task(keep("Plug and Play", by_plug_and_play), name="pnp"))
        await done.wait()
        for way in ways:
            way.cancel()


def main(given: Sequence[str] | None = None) -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser("announce", description="Tells the network about the box.")
    add = parser.add_argument
    add("--address", default="", help="address of the box; default: that of the default route")
    add("--name", default=socket.gethostname(), help="name of the box")
    add("--files-port", type=int, help="where phones fetch their files")
    add("--web-port", type=int)
    add("--sip-port", type=int)
    add("--sip-tls-port", type=int)
    asked = parser.parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(announce(asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
