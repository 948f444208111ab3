"""Letters on the keys of a telephone, and what somebody dials for a name.

Pure. ITU-T E.161 (the letters as in ISO/IEC 9995-8): 2 ABC to 9 WXYZ, none on 1 and 0. A name is
dialled with the family name first and then the first name, as far as it takes. Letters with
accents are dialled as the letters below them; German ones also as people write them without
(ü as UE). Left out: names in other alphabets, which no key has; such people are not found.

Tests: tests/firmware/config/test_keypad.py.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Final

LETTERS: Final = {
    "2": "ABC",
    "3": "DEF",
    "4": "GHI",
    "5": "JKL",
    "6": "MNO",
    "7": "PQRS",
    "8": "TUV",
    "9": "WXYZ",
}
_KEYS: Final = {
    **{letter: key for key, letters in LETTERS.items() for letter in letters},
    **{digit: digit for digit in "0123456789"},
}
_SPELT: Final = {
    "Ø": ("O", "OE"),
    "Æ": ("AE", "A"),
    "Œ": ("OE",),
    "Ł": ("L",),
    "Đ": ("D",),
    "Ð": ("D",),
    "Þ": ("TH",),
    "ẞ": ("SS",),
    "SS": ("SS",),
    "İ": ("I",),
    "Å": ("A", "AA"),
    "Ä": ("A", "AE"),
    "Ö": ("O", "OE"),
    "Ü": ("U", "UE"),
}
"""Letters that are no letter with an accent, or that are spelt in two ways."""
MOST_SPELLINGS: Final = 16
"""Of one name; those behind are rare mixtures."""


@lru_cache(maxsize=1024)
def keys_of(name: str) -> tuple[str, ...]:
    """What may be dialled for a person: `Anna van Dyk` by VANDYKANNA and by DYKANNAVAN. A family
    name before a comma is only that. Empty: nothing of it is on the keys."""
    family, comma, first = name.partition(",")
    found: dict[str, None] = {}
    for order in [f"{family} {first}"] if comma else _orders(name.split()):
        found |= dict.fromkeys(filter(None, _spellings(order)))
    return tuple(found)


def _orders(words: list[str]) -> Iterator[str]:
    """The family name is the last word, or more of them, and comes first."""
    if len(words) <= 1:
        yield " ".join(words)
    for n in range(1, len(words)):
        yield " ".join([*words[n:], *words[:n]])


def _spellings(text: str) -> Iterator[str]:
    choices = [ways for letter in text for ways in [_ways(letter)] if ways]
    for n, spelling in enumerate(product(*choices)):
        if n == MOST_SPELLINGS:
            return
        yield "".join(spelling)


@lru_cache(maxsize=1024)
def _ways(letter: str) -> tuple[str, ...]:
    """The keys for one letter, in each way of spelling it; none for what is not dialled."""
    upper = unicodedata.normalize("NFC", letter).upper()
    plain = "".join(c for c in unicodedata.normalize("NFKD", upper) if c in _KEYS)
    spelt = _SPELT.get(upper, (plain,))
    return tuple(dict.fromkeys("".join(_KEYS[c] for c in way) for way in spelt if way))
