"""A scenario: requests with the second at which each is made.

JSON: a list of requests, each with `"at": seconds`. TOML: the same as `[[request]]` tables.
Pure but for reading the file. Shell: scenario_task.py.
Tests: tests/tools/exchange/test_scenario.py.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.exchange.errors import BadRequest
from tools.exchange.messages import parse


@dataclass(frozen=True, slots=True)
class Step:
    """One request and its time after the start."""

    at_s: float
    request: dict[str, Any]


def read(path: Path) -> list[Step]:
    """The steps in order of time; `BadRequest` names the file and the step."""
    try:
        text = path.read_text(encoding="utf-8")
        value = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadRequest(f"scenario {str(path)!r} cannot be read: {error}") from None
    steps = value.get("request", []) if isinstance(value, dict) else value
    if not isinstance(steps, list):
        raise BadRequest(f"scenario {str(path)!r}: expected a list of requests")
    found = [_step(path, index, step) for index, step in enumerate(steps, 1)]
    return sorted(found, key=lambda step: step.at_s)


def _step(path: Path, index: int, step: object) -> Step:
    where = f"scenario {str(path)!r}, request {index}"
    if not isinstance(step, dict):
        raise BadRequest(f"{where}: expected a table, not {step!r}")
    at_s = step.get("at", 0)
    if isinstance(at_s, bool) or not isinstance(at_s, int | float) or not 0 <= at_s <= 86_400:
        raise BadRequest(f"{where}: at {at_s!r}: expected seconds, 0 to 86400")
    if step.get("record"):
        raise BadRequest(f"{where}: record needs a client that waits; use tools.ring")
    try:
        parse(step)
    except BadRequest as error:
        raise BadRequest(f"{where}: {error}") from None
    return Step(float(at_s), step)
