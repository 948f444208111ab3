"""Text on its way into XML (XML 1.0, fifth edition, clauses 2.2 and 2.4).

Pure. Names come from telephones and from callers: markup in them is escaped, octets that XML
forbids altogether become the replacement character, so that one name never spoils a document.
Tests: tests/hal/sip/test_watch.py.
"""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Outside `Char`: controls, lone surrogates (octets that were no UTF-8), the two non-characters.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: str) -> str:
    """As the content of an element."""
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value))


def attribute(name: str, value: str) -> str:
    """` name="value"`, with a space before it."""
    return f" {name}={quoteattr(_FORBIDDEN.sub(chr(0xFFFD), value))}"
