"""The C core's own tests, under the compiler's sanitizers where they do not disturb the test."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from hal.switch.build import HERE, LIBRARIES, sources

CASES = [
    ("test_parts.c", "address,undefined"),
    ("test_switch.c", "address,undefined"),
    ("test_switch.c", "thread"),
    ("test_srtp.c", "address,undefined"),
    ("test_alloc.c", "none"),
]
FLAGS = ["-std=gnu11", "-g1", "-O1", "-Wall", "-Wextra", "-Werror"]


def gcc(*words: object) -> None:
    done = subprocess.run(
        ["gcc", *FLAGS, f"-I{HERE}", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def sanitized(sanitizer: str) -> list[str]:
    return [] if sanitizer == "none" else [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"]


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    """Objects of the core by sanitizer, each compiled once."""

    @cache
    def compiled(sanitizer: str) -> list[Path]:
        folder = tmp_path_factory.mktemp("core")
        objects = {source: folder / f"{source.stem}.o" for source in sources()}
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(gcc, *sanitized(sanitizer), "-c", source, "-o", made)
                for source, made in objects.items()
            ]
        for job in jobs:
            job.result()
        return list(objects.values())

    return compiled


@pytest.mark.parametrize(("source", "sanitizer"), CASES, ids=[f"{s}-{k}" for s, k in CASES])
def test_under_sanitizer(core, tmp_path: Path, source: str, sanitizer: str) -> None:
    program = tmp_path / "program"
    libraries = [f"-l{library}" for library in LIBRARIES]
    gcc(*sanitized(sanitizer), HERE / "tests" / source, *core(sanitizer), "-o", program, *libraries)
    ran = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout) == (0, "ok\n"), ran.stderr[-6000:]
