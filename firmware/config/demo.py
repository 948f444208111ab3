"""The office of `make run`: eight lines, one menu, two queues, three people.

Pure apart from the random SIP secrets: a box that is tried out on a desk must not have passwords
that everybody knows.

Tests: tests/firmware/config/test_demo.py.
"""

from __future__ import annotations

import secrets
from typing import Final

from firmware.config.schema import (
    Destination,
    Extension,
    Line,
    Menu,
    Office,
    Prompt,
    Queue,
    Site,
)

_GREETING: Final = {
    "en": "Welcome to Callbox. Press 1 for sales, press 2 for support.",
    "af": "Welkom by Callbox. Druk 1 vir verkope, druk 2 vir ondersteuning.",
    "fr": "Bienvenue chez Callbox. Tapez 1 pour les ventes, tapez 2 pour l'assistance.",
}
_WELCOME: Final = {
    "en": "Please hold. The next free colleague will take your call.",
    "af": "Hou asseblief aan. Die volgende beskikbare kollega sal u oproep neem.",
    "fr": "Veuillez patienter. Le prochain collègue disponible prendra votre appel.",
}
_CLOSED: Final = {
    "en": "Nobody is free at the moment. Please call again later. Goodbye.",
    "af": "Niemand is nou beskikbaar nie. Bel asseblief later weer. Totsiens.",
    "fr": "Personne n'est disponible pour le moment. Veuillez rappeler plus tard. Au revoir.",
}


def demo_office() -> Office:
    """A configuration that can take calls at once."""
    return Office(
        site=Site(name="Demo office", country="ZA", language="en"),
        lines=tuple(
            Line(number=n, name=f"Line {n}", destination=Destination(to="menu", id="main"))
            for n in range(1, 9)
        ),
        extensions=(_person("201", "Anna"), _person("202", "Ben"), _person("203", "Front desk")),
        queues=(_queue("sales", "Sales"), _queue("support", "Support")),
        menus=(_main_menu(),),
        prompts=(
            Prompt(id="greeting", name="Greeting", texts=_GREETING),
            Prompt(id="welcome", name="Please hold", texts=_WELCOME),
            Prompt(id="nobody", name="Nobody is free", texts=_CLOSED),
        ),
    )


def _main_menu() -> Menu:
    return Menu(
        id="main",
        name="Main menu",
        greeting="greeting",
        options={
            "1": Destination(to="queue", id="sales"),
            "2": Destination(to="queue", id="support"),
        },
        otherwise=Destination(to="queue", id="sales"),
    )


def _person(number: str, name: str) -> Extension:
    return Extension(number=number, name=name, secret=secrets.token_urlsafe(12))


def _queue(identifier: str, name: str) -> Queue:
    sorry = Destination(to="message", id="nobody")
    return Queue(
        id=identifier,
        name=name,
        members=("201", "202"),
        wrap_up_s=15,
        welcome="welcome",
        on_timeout=sorry,
        on_full=sorry,
        on_empty=sorry,
    )
