"""Build the C core of the switch as a Python extension, in place (cffi, API mode).

`python hal/switch/build.py` from anywhere: makes hal/switch/_switch.abi3.so, again only when a
source is newer. The declarations Python sees are read from switch.h as it stands. Needs a C
compiler, libspandsp-dev, libspeexdsp-dev, libopus-dev and nettle-dev. Leaves out the C tests
(built by tests/hal/switch/test_c.py) and the benchmark programs (built by tools/bench).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from cffi import FFI

HERE: Final = Path(__file__).resolve().parent
MODULE: Final = "hal.switch._switch"
LIBRARIES: Final = ("nettle", "opus", "spandsp", "tiff", "speexdsp", "m", "pthread")
FLAGS: Final = ("-O2", "-ftree-vectorize", "-std=gnu11", "-Wall", "-Wextra", "-Werror")


def sources() -> list[Path]:
    """The C files of the core (tests and benchmarks live in folders of their own)."""
    return sorted(p for p in HERE.glob("*.c") if not p.name.startswith("_"))


def declarations() -> str:
    """What switch.h offers to its control side."""
    header = (HERE / "switch.h").read_text("utf-8")
    found = re.search(r"/\* cffi: begin \*/(.*)/\* cffi: end \*/", header, re.DOTALL)
    if found is None:
        raise SystemExit(f"{HERE / 'switch.h'}: no 'cffi: begin' and 'cffi: end' marks")
    return found[1]


def is_current() -> bool:
    """True if the built module is newer than everything it is made of."""
    built = list(HERE.glob("_switch*.so"))
    made_of = [*sources(), *HERE.glob("*.h"), Path(__file__)]
    newest = max(p.stat().st_mtime for p in made_of)
    return bool(built) and min(p.stat().st_mtime for p in built) > newest


def build() -> Path:
    """Compile if needed; return the path of the module."""
    if is_current():
        return next(HERE.glob("_switch*.so"))
    ffi = FFI()
    ffi.cdef(declarations())
    ffi.set_source(
        MODULE,
        '#include "switch.h"',
        sources=[str(p) for p in sources()],
        include_dirs=[str(HERE)],
        libraries=list(LIBRARIES),
        extra_compile_args=list(FLAGS),
        py_limited_api=True,
    )
    with tempfile.TemporaryDirectory() as work:
        made = Path(ffi.compile(tmpdir=work))
        fresh = HERE / f"_switch_new_{os.getpid()}"
        shutil.copy(made, fresh)
        return fresh.replace(HERE / made.name)  # at once: others may be importing it


if __name__ == "__main__":
    print(build())
    sys.exit(0)
