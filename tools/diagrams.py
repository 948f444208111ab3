"""Draws the state tables of the code into the README, as Mermaid diagrams.

    python -m tools.diagrams          write README.md anew
    python -m tools.diagrams --check  say whether it is up to date (exit code 1 if not)

A diagram stands between `<!-- diagram NAME -->` and `<!-- end -->`.
Tests: tests/tools/test_diagrams.py.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from firmware.acd import agent
from firmware.call import transfer
from firmware.ivr import menu
from hal import leg

README: Final = Path(__file__).parent.parent / "README.md"

Moves = list[tuple[str, str, str]]
"""(state, what happens, next state)."""


def tables() -> Mapping[str, Moves]:
    """Every table the README shows."""
    return {
        "leg": [(a.value, move.value, b.value) for (a, move), b in leg.TABLE.items()],
        "agent": [(a.value, step.value, b.value) for (a, step), b in agent.TABLE.items()],
        "transfer": [
            (state.value, event.value, rule.to.value)
            for (state, event), rule in transfer.TABLE.items()
        ],
        "menu": [
            (state.value, event.__name__, after.value)
            for (state, event), (after, _) in menu.TABLE.items()
        ],
    }


def mermaid(moves: Moves) -> str:
    """A state diagram; moves between the same two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, what, after in moves:
        arrows.setdefault((state, after), []).append(what)
    lines = [f"    {a} --> {b}: {', '.join(what)}" for (a, b), what in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def drawn(text: str) -> str:
    """`text` with every diagram drawn anew; `KeyError` names one that has no table."""
    known = tables()

    def draw(found: re.Match[str]) -> str:
        return f"<!-- diagram {found[1]} -->\n{mermaid(known[found[1]])}\n<!-- end -->"

    return re.sub(r"<!-- diagram (\w+) -->.*?<!-- end -->", draw, text, flags=re.DOTALL)


def main() -> int:
    """Write the README, or check it."""
    parser = argparse.ArgumentParser(prog="python -m tools.diagrams", description="Diagrams.")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    fresh = drawn(text)
    if asked.check:
        if fresh != text:
            print("README.md: the diagrams are not those of the code: run `make diagrams`")
        return int(fresh != text)
    README.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
