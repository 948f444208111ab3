"""Plain text for terminals: tables, wrapped paragraphs, durations, and nothing that could harm.

Pure. Names and numbers come from callers and phones, so every control character is replaced
before it reaches a terminal: an escape sequence in a caller's name must not act there.

Tests: tests/firmware/console/test_table.py.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Final

WIDTH: Final = 79
"""One less than 80: some terminals wrap at the last column."""
_LEAST: Final = 6


def clean(text: str) -> str:
    """`text` with everything that is not printable as `?`."""
    return "".join(c if c.isprintable() else "?" for c in text)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], width: int = WIDTH) -> list[str]:
    """Lines of a table; the widest columns are cut until it fits `width`."""
    cells = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
    columns = list(zip(*[list(heads), *cells], strict=True))
    widths = [max(map(len, column)) for column in columns]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    lines = [[*heads], ["-" * wide for wide in widths], *cells]
    return ["  ".join(map(_fitted, line, widths)).rstrip() for line in lines]


def _fitted(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else cell[: width - 1] + "~"


def paragraph(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    """`text` wrapped; its first line begins with `first`, the others with `rest`."""
    lines = textwrap.wrap(
        clean(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,  # commands and file names stay whole
    )
    return lines or [first.rstrip()]


def duration(seconds: float) -> str:
    """`7 s`, `3:05`, `2:03:05`, `4 d 2 h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def since(moment: datetime, now: datetime) -> str:
    """How long ago."""
    return duration((now - moment).total_seconds())


def octets(count: int | None) -> str:
    """`12.3 GB`; `unknown` if it is."""
    if count is None:
        return "unknown"
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
