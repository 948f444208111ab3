"""The flash image: every module compiled, mounted by MicroPython and imported from it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tools.hatsim.fetch_lib import is_installed, parts
from tools.hatsim.flash_image import BLOCK_COUNT, BLOCK_SIZE, build, sources
from tools.hatsim.launcher import micropython

VECTORS = Path(__file__).parents[2] / "vectors" / "hat_wire" / "vectors.json"

pytestmark = pytest.mark.skipif(
    not all(is_installed(part) for part in parts()),
    reason="micropython-lib parts missing: python -m tools.hatsim.fetch_lib",
)

MOUNT = """
import os, sys

class Flash:
    def __init__(self, path):
        self.data = bytearray(open(path, "rb").read())
    def readblocks(self, n, buf, off=0):
        at = n * 4096 + off
        buf[:] = self.data[at : at + len(buf)]
    def writeblocks(self, n, buf, off=0):
        at = n * 4096 + off
        self.data[at : at + len(buf)] = buf
    def ioctl(self, op, arg):
        return {4: len(self.data) // 4096, 5: 4096, 6: 0}.get(op, 0)

vfs = os.VfsLfs2(Flash(sys.argv[1]), progsize=256, readsize=32)
os.mount(vfs, "/flash")
print("files", sorted(os.listdir("/flash")))
sys.path[:] = ["/flash", ".frozen"]
import link, fxo, hardware, program, wire
print("frame", wire.encode(2, 0).hex())
print("from", program.__file__)
"""


def test_image_mounts_and_its_program_loads(tmp_path: Path) -> None:
    image = build(tmp_path / "hat")
    assert image.stat().st_size == BLOCK_SIZE * BLOCK_COUNT
    script = tmp_path / "mount.py"
    script.write_text(MOUNT)
    done = subprocess.run(
        [micropython(), "-X", "heapsize=8m", str(script), str(image)],
        env=os.environ | {"MICROPYPATH": ".frozen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wanted = sorted(["main.py", *(f"{name}.mpy" for name in sources())])
    assert f"files {wanted}" in done.stdout
    vectors = json.loads(VECTORS.read_text())
    heartbeat = next(v for v in vectors["frames"] if v["name"] == "heartbeat")
    assert f"frame {heartbeat['frame']}\n" in done.stdout
    assert "from /flash/program.mpy" in done.stdout
    assert "unittest.mpy" not in done.stdout
