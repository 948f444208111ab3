"""The small words SIP headers are made of: tokens, quoted strings, parameters, comma lists.

RFC 3261 clause 25.1. Pure. Everything is one pass from left to right; the regular expressions
are flat character classes, so no input takes more than linear time. Text is `str` decoded with
surrogateescape: octets that are not UTF-8 survive a round trip. Names of parameters are compared
without case. Tests: tests/hal/sip/test_headers.py.
"""

from __future__ import annotations

import re
from typing import Final

from hal.sip.errors import BadMessage, TooLarge

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order; None is a parameter without `=`. Quoted values keep their quotes."""

MAX_PARAMS: Final = 64
MAX_LIST: Final = 128

_TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+\Z")
_PARAM_VALUE: Final = re.compile(r"[^\s\";,=<>]+\Z")
_QUOTED_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_QUOTE: Final = re.compile(r'["\\]')
_STOPS: Final = {mark: re.compile(f'["<>{mark}]') for mark in ",;"}
"""What counts while looking for a mark."""
_SPACE: Final = " \t"


def is_token(text: str) -> bool:
    """RFC 3261 `token`."""
    return _TOKEN.match(text) is not None


def number(text: str, where: str, low: int, high: int) -> int:
    """An unsigned decimal within low..high, else `BadMessage`."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
        raise BadMessage(where, text, f"a number from {low} to {high}")
    if not low <= (value := int(digits)) <= high:
        raise BadMessage(where, text, f"a number from {low} to {high}")
    return value


def quoted_end(text: str, start: int, where: str) -> int:
    """Index just behind the quoted string that begins at `start` (a double quote)."""
    at = start + 1
    while found := _QUOTE.search(text, at):
        if found[0] == '"':
            return found.end()
        at = found.end() + 1  # whatever is escaped
    raise BadMessage(where, text[start:], "a closing quote")


def unquote(text: str) -> str:
    """The text inside a quoted string, or the text itself when it has no quotes."""
    if len(text) >= 2 and text[0] == '"' and text[-1] == '"':
        inside = text[1:-1]
        return _QUOTED_ESCAPE.sub(r"\1", inside) if "\\" in inside else inside
    return text


def quote(text: str) -> str:
    """The text as a quoted string; line ends become spaces (they cannot be quoted)."""
    safe = text.replace("\r", " ").replace("\n", " ")
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def split_outside(text: str, mark: str, where: str) -> list[str]:
    """Split at `mark` where it is outside quotes and angle brackets."""
    if mark not in text:
        return [text]
    parts: list[str] = []
    start = at = 0
    inside = False
    while found := _STOPS[mark].search(text, at):
        stop, at = found[0], found.end()
        if stop == '"' and not inside:
            at = quoted_end(text, found.start(), where)
        elif stop in "<>":
            inside = stop == "<"
        elif stop == mark and not inside:
            parts.append(text[start : found.start()])
            start = at
    parts.append(text[start:])
    if len(parts) > MAX_LIST:
        raise TooLarge(f"{where} list", len(parts), MAX_LIST)
    return parts


def split_commas(text: str, where: str) -> list[str]:
    """The values of a header that may be a list; an empty value is an error."""
    parts = [part.strip(_SPACE) for part in split_outside(text, ",", where)]
    if len(parts) > 1 and "" in parts:
        raise BadMessage(where, text, "no empty value between commas")
    return parts


def parse_params(text: str, where: str) -> Params:
    """Parameters of `;a=b;c` (text begins at the first semicolon, or is empty)."""
    text = text.strip(_SPACE)
    if not text:
        return ()
    if text[0] != ";":
        raise BadMessage(where, text, "a semicolon before parameters")
    pieces = split_outside(text[1:], ";", where)
    if len(pieces) > MAX_PARAMS:
        raise TooLarge(f"{where} parameters", len(pieces), MAX_PARAMS)
    return tuple(_parse_param(piece, where) for piece in pieces)


def _parse_param(piece: str, where: str) -> tuple[str, str | None]:
    name, equals, value = piece.partition("=")
    name = name.strip(_SPACE)
    if not is_token(name):
        raise BadMessage(f"{where} parameter", piece, "a name")
    if not equals:
        return name, None
    value = value.strip(_SPACE)
    if value.startswith('"'):
        if quoted_end(value, 0, where) != len(value):
            raise BadMessage(f"{where} parameter {name}", value, "nothing behind the quotes")
    elif not _PARAM_VALUE.match(value):
        raise BadMessage(f"{where} parameter {name}", value, "a token or quoted string")
    return name, value


def param(params: Params, name: str) -> str | None:
    """Value of the first parameter `name` without its quotes; '' when it has no value."""
    for key, value in params:
        if key.lower() == name:
            return unquote(value) if value is not None else ""
    return None


def with_param(params: Params, name: str, value: str | None) -> Params:
    """The parameters with `name` set, in its place or at the end."""
    if any(key.lower() == name for key, _ in params):
        return tuple((k, value if k.lower() == name else v) for k, v in params)
    return (*params, (name, value))


def format_params(params: Params) -> str:
    """Back to `;a=b;c`."""
    return "".join(f";{k}" if v is None else f";{k}={v}" for k, v in params)
