"""Starts the HAT's own program with the simulated `machine`. Run by tools/hatsim/launcher.py.

Environment, besides machine.py's: HATSIM_PROTOCOL, HATSIM_BUILD (another firmware version),
HATSIM_SILENT_MS (host silent sooner than after 10 s, for trials).
"""

import asyncio
import os

import machine
import main
import protocol


async def run():
    await asyncio.gather(
        machine.BENCH.serve(),
        main.run(
            machine,
            int(os.getenv("HATSIM_PROTOCOL") or protocol.PROTOCOL),
            os.getenv("HATSIM_BUILD") or main.BUILD,
            int(os.getenv("HATSIM_SILENT_MS") or protocol.HOST_SILENT_MS),
        ),
    )


asyncio.run(run())
