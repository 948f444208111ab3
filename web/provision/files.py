"""Which words a phone's file is written in: one table from brand and ending to writer.

Pure. Tests: tests/web/provision/test_files.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from firmware.api.phone_schema import PhoneFacts
from web.provision import fanvil, generic, grandstream, linphone, snom, yealink
from web.provision.here import Here

TEXT: Final = "text/plain"
XML: Final = "application/xml"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written, and what it is called on the wire."""

    write: Callable[[PhoneFacts, Here], str]
    media_type: str


FORMS: Final[Mapping[tuple[str, str], Form]] = {
    ("yealink", "cfg"): Form(yealink.render, TEXT),
    ("grandstream", "xml"): Form(grandstream.render, XML),
    ("snom", "htm"): Form(snom.render, XML),
    ("snom", "xml"): Form(snom.render, XML),
    ("fanvil", "cfg"): Form(fanvil.render, TEXT),
    ("generic", "json"): Form(generic.render_json, JSON),
    ("generic", "ini"): Form(generic.render_ini, TEXT),
    ("generic", "txt"): Form(generic.render_baresip, TEXT),
    ("linphone", "xml"): Form(linphone.render, XML),
}


def form(brand: str, ending: str) -> Form | None:
    """The form of a file."""
    return FORMS.get((brand, ending))
