"""Builds what goes onto the HAT: build/hat/*.mpy, main.py and build/hat/littlefs.bin.

python -m tools.hatsim.flash_image [--out FOLDER]. mpy-cross compiles every module of board/hat and
the on-board parts of board/manifest.json; `main` is a small source file that imports the compiled
program, since MicroPython starts only a `main.py`. littlefs.bin is the file system of a Raspberry
Pi Pico under MicroPython: 352 blocks of 4096 octets at 0x100a0000.

Left out: the MicroPython firmware itself (the RP2040 has it already, from its maker's UF2).
Tests: tests/tools/hatsim/test_flash_image.py mounts the image in MicroPython and runs from it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

import littlefs

from tools.hatsim.fetch_lib import LIB, FetchError, is_installed, parts
from tools.hatsim.launcher import BOARD

BLOCK_SIZE: Final = 4096
BLOCK_COUNT: Final = 352  # 1408 kB, the file system of MicroPython's Pico port
DISK_VERSION: Final = 0x00020000  # littlefs 2.0, as MicroPython writes it
OUT: Final = BOARD.parent.parent / "build" / "hat"
MAIN: Final = b"""import asyncio

import machine
import program

asyncio.run(program.run(machine))
"""


def sources() -> dict[str, Path]:
    """Module name on the board to source file. `main` becomes `program`."""
    found = {path.stem: path for path in sorted(BOARD.glob("*.py")) if path.stem != "__init__"}
    found["program"] = found.pop("main")
    for part in parts():
        if part.on_board:
            if not is_installed(part):
                raise FetchError(
                    f"{part.name} {part.version} is not in {LIB}: "
                    "run python -m tools.hatsim.fetch_lib"
                )
            found |= {Path(name).stem: LIB / name for name in part.files}
    return found


def compile_all(out: Path) -> dict[str, bytes]:
    """File name on the board to content; the .mpy files are left in `out` as well."""
    out.mkdir(parents=True, exist_ok=True)
    files = {"main.py": MAIN}
    (out / "main.py").write_bytes(MAIN)
    for name, source in sources().items():
        target = out / f"{name}.mpy"
        command = [
            sys.executable,
            "-m",
            "mpy_cross",
            "-s",
            source.name,
            "-o",
            str(target),
            str(source),
        ]
        subprocess.run(command, check=True)
        files[target.name] = target.read_bytes()
    return files


def image(files: dict[str, bytes]) -> bytes:
    """A littlefs with these files."""
    fs = littlefs.LittleFS(
        block_size=BLOCK_SIZE,
        block_count=BLOCK_COUNT,
        prog_size=256,
        read_size=32,
        disk_version=DISK_VERSION,
    )
    for name, content in files.items():
        with fs.open(name, "wb") as handle:
            handle.write(content)
    return bytes(fs.context.buffer)


def build(out: Path = OUT) -> Path:
    """Everything into `out`; returns the image's path."""
    files = compile_all(out)
    target = out / "littlefs.bin"
    fresh = target.with_suffix(".new")
    fresh.write_bytes(image(files))
    fresh.replace(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.hatsim.flash_image")
    parser.add_argument("--out", type=Path, default=OUT)
    try:
        target = build(parser.parse_args().out)
    except FetchError as error:
        raise SystemExit(f"flash_image: {error}") from None
    names = sorted(path.name for path in target.parent.glob("*.mpy"))
    print(f"{target}: {target.stat().st_size} octets, main.py {' '.join(names)}")


if __name__ == "__main__":
    main()
