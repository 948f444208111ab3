"""check_driver.py and check_wire.py under both interpreters."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.hatsim.cpython import FOLDERS, load
from tools.hatsim.fetch_lib import is_installed, parts
from tools.hatsim.launcher import micropython

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "vectors" / "hat_wire" / "vectors.json"

load("chips")  # puts the board's folders on the path


def _checks() -> Any:
    spec = importlib.util.spec_from_file_location("check_driver", HERE / "mpy" / "check_driver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_module = _checks()
Si3050Test = _module.Si3050Test
RingTest = _module.RingTest
PortTest = _module.PortTest
PackingTest = _module.PackingTest


@pytest.mark.skipif(
    not all(is_installed(part) for part in parts()),
    reason="micropython-lib parts missing: python -m tools.hatsim.fetch_lib",
)
@pytest.mark.parametrize("name", ["check_wire", "check_driver"])
def test_under_micropython(name: str) -> None:
    board, sim = FOLDERS
    done = subprocess.run(
        [micropython(), str(HERE / "mpy" / f"{name}.py")],
        env=os.environ
        | {"MICROPYPATH": f"{board}:{sim}:{board / 'lib'}:.frozen", "VECTORS": str(VECTORS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    report = done.stdout + done.stderr
    assert "0 failed" in report or "OK" in report, report
    assert "FAIL" not in report, report
    assert " ... ok" in report, report
