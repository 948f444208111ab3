"""Board and simulation modules under CPython, so that their logic can be driven step by step.

`load("fxo")` imports the file MicroPython would run; `micropython.const` becomes the identity.
Left out: `main` and `machine`, which need MicroPython's time and asyncio.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

HERE: Final = Path(__file__).resolve().parent
FOLDERS: Final = (HERE.parent.parent / "board" / "hat", HERE / "sim")


def load(name: str) -> ModuleType:
    """The module `name` of board/hat or tools/hatsim/sim."""
    if "micropython" not in sys.modules:
        stub = ModuleType("micropython")
        stub.__dict__["const"] = lambda value: value
        sys.modules["micropython"] = stub
    for folder in FOLDERS:
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return importlib.import_module(name)
