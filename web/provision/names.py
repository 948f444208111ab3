"""Whose file is asked for: from the name in the address and what the phone says of itself.

Pure. The name is all that decides which phone it is; `User-Agent` says brand and model, as the
makers document it, for the installer's eyes. Names of other forms are nobody's: there is no
folder behind them that one could leave. Tests: tests/web/provision/test_names.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from firmware.config.schema import Brand, Mac

LONGEST: Final = 80
_MAC_FILE = re.compile(r"(?:cfg|snom[a-z0-9]{1,16}-)?([0-9a-f]{12})\.(cfg|xml|htm|json|ini|txt)")
_COMMON_FILE = re.compile(r"y0{9}[0-9a-f]{3}\.cfg")
_AGENTS: Final[tuple[tuple[Brand, re.Pattern[str]], ...]] = (
    ("yealink", re.compile(r"Yealink (?:SIP[ -])?([A-Za-z0-9_-]{1,16})")),
    ("grandstream", re.compile(r"Grandstream (?:Model HW )?([A-Za-z0-9_-]{1,16})")),
    ("snom", re.compile(r"snom([A-Za-z0-9]{1,8})-SIP")),
    ("fanvil", re.compile(r"Fanvil ([A-Za-z0-9-]{1,12})")),
)
_MAKERS: Final[dict[str, Brand]] = {
    # IEEE registry: who was given the first three octets.
    "001565": "yealink", "805ec0": "yealink", "805e0c": "yealink", "249ad8": "yealink",
    "44dbd2": "yealink", "c4fc22": "yealink",
    "000b82": "grandstream", "c074ad": "grandstream", "ec74d7": "grandstream",
    "000413": "snom",
    "0c383e": "fanvil", "0c1105": "fanvil",
}  # fmt: skip
_BRAND_FILES: Final[dict[Brand, tuple[str, ...]]] = {
    "yealink": ("cfg",),
    "grandstream": ("xml",),
    "snom": ("htm", "xml"),
    "fanvil": ("cfg",),
    "generic": ("json", "ini", "txt"),
}
"""Endings a brand's own file may have."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file of one phone."""

    mac: str
    brand: Brand
    model: str
    ending: str


@dataclass(frozen=True, slots=True)
class Common:
    """The file that all Yealink phones of a model ask for first; it holds no secrets."""


def wanted(name: str, agent: str = "") -> Wanted | Common | None:
    """What `name` means; None: nothing."""
    lower = name.lower()
    if len(name) > LONGEST:
        return None
    if _COMMON_FILE.fullmatch(lower):
        return Common()
    found = _MAC_FILE.fullmatch(lower)
    if found is None or not _is_address(found[1]):
        return None
    mac, ending = found.groups()
    brand, model = said(agent)
    if ending in ("json", "ini", "txt"):
        return Wanted(mac, "generic", model, ending)
    if brand is None or ending not in _BRAND_FILES[brand]:
        brand = _by_form(lower, mac, ending)
    return Wanted(mac, brand, model, ending)


def said(agent: str) -> tuple[Brand | None, str]:
    """Brand and model a phone gives itself; None, and nothing, if it is of no known brand."""
    for brand, pattern in _AGENTS:
        if found := pattern.search(agent[:256]):
            return brand, found[1]
    return None, ""


def _by_form(name: str, mac: str, ending: str) -> Brand:
    if name.startswith("cfg"):
        return "grandstream"
    if ending in ("htm", "xml"):
        return "snom"
    return "fanvil" if _MAKERS.get(mac[:6]) == "fanvil" else "yealink"


def _is_address(text: str) -> bool:
    try:
        TypeAdapter(Mac).validate_python(text)
    except ValidationError:
        return False
    return True
