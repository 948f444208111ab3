"""Sentences the box says by itself to people at the office's phones: what a star code did, where a
call is parked, why something is not possible; and to a caller whom nobody took in the end.

Pure. Ordinary prompts with ids beginning `box-`; a prompt of the same id in the office's own
configuration is heard instead, so every sentence can be replaced by a recording. Their words:
sentences.py. Numbers are spoken digit by digit (`digits`). What an office's languages lack is heard
in English.

Tests: tests/firmware/voice/test_built_in.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zlib import crc32

from firmware.config.schema import Office, Prompt
from firmware.voice.sentences import SENTENCES

BEEP: Final = "box-beep"
"""Two soft tones, made by firmware.voice.prompts.Voices.tone: no language."""

_DIGITS: Final = (
    ("zero", "nul", "zéro"),
    ("one", "een", "un"),
    ("two", "twee", "deux"),
    ("three", "drie", "trois"),
    ("four", "vier", "quatre"),
    ("five", "vyf", "cinq"),
    ("six", "ses", "six"),
    ("seven", "sewe", "sept"),
    ("eight", "agt", "huit"),
    ("nine", "nege", "neuf"),
)
_MINUTES: Final = {
    1: ("one", "een", "une"),
    2: ("two", "twee", "deux"),
    3: ("three", "drie", "trois"),
    5: ("five", "vyf", "cinq"),
    7: ("seven", "sewe", "sept"),
    10: ("ten", "tien", "dix"),
    15: ("fifteen", "vyftien", "quinze"),
    20: ("twenty", "twintig", "vingt"),
    30: ("thirty", "dertig", "trente"),
    45: ("forty-five", "vyf-en-veertig", "quarante-cinq"),
    60: ("sixty", "sestig", "soixante"),
}
MINUTES: Final = tuple(_MINUTES)
"""Numbers of minutes that can be spoken."""
_LANGUAGES: Final = ("en", "af", "fr")


def _prompt(name: str, texts: tuple[str, ...]) -> Prompt:
    return Prompt(
        id=f"box-{name}", name=texts[0][:64], texts=dict(zip(_LANGUAGES, texts, strict=True))
    )


BUILT_IN: Final = (
    *(_prompt(name, texts) for name, texts in SENTENCES.items()),
    *(_prompt(f"digit-{digit}", texts) for digit, texts in enumerate(_DIGITS)),
    *(_prompt(f"minutes-{number}", texts) for number, texts in _MINUTES.items()),
)


def digits(number: str) -> tuple[str, ...]:
    """The prompts that speak a number; what is no digit (`+`, `*`) is left out."""
    return tuple(f"box-digit-{d}" for d in number if d in "0123456789")


def minutes(number: int) -> tuple[str, ...]:
    """The prompts that speak a number of minutes, one of `MINUTES`."""
    return (f"box-minutes-{number}", "box-wait-minute" if number == 1 else "box-wait-minutes")


def built_in(office: Office) -> list[Prompt]:
    """The sentences that this office has not replaced by its own."""
    own = {prompt.id for prompt in office.prompts}
    spoken = (q.name for q in office.queues if q.comfort.agent_hears != "nothing")
    named = {prompt.id: prompt for prompt in map(queue_name, spoken)}
    named |= {prompt.id: prompt for prompt in _people(office)}
    named |= {prompt.id: prompt for prompt in map(disposition_name, _dispositions(office))}
    return [prompt for prompt in (*BUILT_IN, *named.values()) if prompt.id not in own]


def queue_name(name: str) -> Prompt:
    """A queue's name, for its agents. A queue renamed is another sound."""
    texts = dict.fromkeys(_LANGUAGES, name)
    return Prompt(id=f"box-queue-{crc32(name.encode()):08x}", name=name, texts=texts)


def disposition_name(name: str) -> Prompt:
    """How a call ended, for the agent who said so. Renamed, it is another sound."""
    texts = dict.fromkeys(_LANGUAGES, name)
    return Prompt(id=f"box-disposition-{crc32(name.encode()):08x}", name=name, texts=texts)


def _dispositions(office: Office) -> Iterator[str]:
    for one in office.dispositions:
        yield one.name


def person_name(extension: str) -> str:
    """The prompt that names a person; the office's own of this id may be their own voice."""
    return f"box-name-{extension}"


def _people(office: Office) -> Iterator[Prompt]:
    """The names of whom callers can find by name."""
    for directory in office.directories:
        for person in office.extensions:
            if not directory.members or person.number in directory.members:
                texts = dict.fromkeys(_LANGUAGES, person.name)
                yield Prompt(id=person_name(person.number), name=person.name, texts=texts)
