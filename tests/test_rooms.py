"""Who may know whom: walks every import and holds the README's picture true.

Also: a module whose docstring says "Pure" imports nothing that waits, and every module says what
it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ROOMS = ("board", "firmware", "hal", "recorder", "tools", "web")

MAY_KNOW: dict[str, tuple[str, ...]] = {
    "board": ("board",),
    "hal": ("hal", "board.hat.wire"),
    "recorder": ("recorder", "firmware.records"),
    "web": (
        "web",
        "firmware.api.advice_schema",
        "firmware.api.callback_schema",
        "firmware.api.client",
        "firmware.api.errors",
        "firmware.api.phone_schema",
        "firmware.api.routing_schema",
        "firmware.api.schema",
        "firmware.api.voicemail_schema",
        "firmware.records",
        "firmware.config.callers",
        "firmware.config.places",
        "firmware.config.schema",
        "firmware.config.check",
        "firmware.config.dhcp_advice",
        "firmware.config.codes",
        "firmware.config.dispositions",
        "firmware.call.keys",
    ),
    "firmware": ("firmware", "hal", "recorder.stream"),
    "tools": ROOMS,
}
BASE = (
    "firmware.config",
    "firmware.records",
    "firmware.run_folder",
    "firmware.trouble",
    "firmware.voice",
)
LAYERS = ("firmware.call", "firmware.acd", "firmware.ivr", "firmware.route", "firmware.api")
"""Lowest first: each may know those before it and the base."""

WAITS = {"asyncio", "socket", "select", "subprocess", "threading", "time", "serial", "aiohttp"}


def modules() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((HOUSE / room).rglob("*.py")):
            if "hat/lib" not in path.as_posix() and "hatsim/sim" not in path.as_posix():
                yield path.relative_to(HOUSE)


def imports(path: Path) -> set[str]:
    """What a module imports, as dotted names of modules or their members."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((HOUSE / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


def own(names: set[str]) -> set[str]:
    return {n for n in names if is_within(n, ROOMS) or n.startswith("tests")}


ALL = list(modules())


@pytest.mark.parametrize("path", ALL, ids=str)
def test_rooms_know_only_whom_they_may(path: Path) -> None:
    if path.parts[:2] == ("board", "hat"):
        return  # MicroPython: its modules are at the root of the board's own flash
    strangers = {n for n in own(imports(path)) if not is_within(n, MAY_KNOW[path.parts[0]])}
    assert not strangers, f"{path} may not know {strangers}"


@pytest.mark.parametrize("path", [p for p in ALL if p.parts[0] == "firmware"], ids=str)
def test_layers_of_the_firmware(path: Path) -> None:
    here = ".".join(path.with_suffix("").parts)
    layer = next((i for i, name in enumerate(LAYERS) if is_within(here, (name,))), None)
    if is_within(here, BASE):
        allowed = BASE
    elif layer is not None:
        allowed = BASE + LAYERS[: layer + 1]
    elif is_within(here, ("firmware.console",)):
        allowed = ("firmware.console", "firmware.api", *BASE)
    else:
        return  # box, live, up and their like put everything together
    mine = {n for n in own(imports(path)) if n.startswith("firmware")}
    above = {n for n in mine if not is_within(n, allowed)}
    assert not above, f"{path} may not know {above}"


@pytest.mark.parametrize("path", ALL, ids=str)
def test_modules_say_what_they_are_and_pure_ones_do_not_wait(path: Path) -> None:
    text = (HOUSE / path).read_text()
    docstring = ast.get_docstring(ast.parse(text))
    if path.name == "__init__.py" and not text.strip():
        return
    assert docstring, f"{path} has no docstring"
    first = docstring.split("\n\n", 1)[-1].split(":")[0].split(".")[0].strip()
    if first == "Pure":
        impure = {n.split(".")[0] for n in imports(path)} & WAITS
        assert not impure, f"{path} says it is pure and imports {impure}"


def test_nobody_knows_the_tests() -> None:
    assert not [p for p in ALL if any(n.startswith("tests") for n in imports(p))]


def test_the_tests_that_modules_name_exist() -> None:
    named = {
        (path, name)
        for path in ALL
        for name in re.findall(r"tests/[\w/]+\.py", (HOUSE / path).read_text())
    }
    assert named
    missing = [f"{path} names {name}" for path, name in named if not (HOUSE / name).exists()]
    assert not missing
