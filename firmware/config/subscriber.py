"""Whose number it is, however a line delivers it: `021 555 7788`, `0027215557788` and
`+27215557788` are one subscriber of South Africa.

Pure. The international number (ITU-T E.164) by package `phonenumbers`, the one place that asks it.
A number is judged by its length in the country's numbering plan, not by the ranges given out so
far: those change, and a subscriber must not. What is no such number (withheld, an extension, a
short code, something garbled) stays what it is, equal to nothing but itself. Records keep what the
line delivered; who compares numbers of callers compares `subscriber`s.

Left out: keys of all numbers that called, for the records: firmware.records.subscribers.
Tests: tests/firmware/config/test_subscriber.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

REMEMBERED: Final = 8192
"""Numbers worked out lately: one costs about 50 us anew and 500 octets, and every call asks."""
PLANS: Final[str] = phonenumbers.__version__
"""Release of the numbering plans: with another one a number may be another subscriber's."""
_LIKELY: Final = re.compile(r"\+?[0-9]{5,20}")
"""Shorter is a code or an extension; longer than any number with every prefix is garbage."""
_PUNCTUATION: Final = str.maketrans("", "", " -./()\u00a0")


@lru_cache(maxsize=REMEMBERED)
def subscriber(number: str, country: str) -> str:
    """The same for every form of a number: in E.164 with `+`, else as it is. `country`: of the
    office (ISO 3166)."""
    parsed = _parsed(number, country)
    if parsed is None:
        return number
    return f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"


def written(number: str, country: str) -> tuple[str, ...]:
    """`number` in every way in which lines or people of the country write it, itself first: to be
    looked up among numbers that somebody wrote down."""
    return (number, *_forms(number, country).all)


def beginnings(typed: str, country: str) -> tuple[str, ...]:
    """What the digits of a whole international number may begin with if its beginning is `typed`
    so, in whatever form; for who looks a number up by its first digits."""
    digits = re.sub(r"[^0-9]", "", typed)
    abroad, plan = international_prefix(country), PhoneMetadata.metadata_for_region(country)
    if typed.lstrip().startswith("+") or plan is None:
        return (digits,)
    if digits.startswith(abroad):
        return (digits, digits.removeprefix(abroad))
    trunk = plan.national_prefix or ""
    return (digits, f"{plan.country_code}{digits.removeprefix(trunk)}")


def begins_with(number: str, prefix: str, country: str) -> bool:
    """Whether `number` begins with `prefix` in any of its forms. The international prefix alone,
    or `+`, means numbers of other countries unless the line itself delivered it so."""
    if number.startswith(prefix):
        return True
    forms = _forms(number, country)
    if prefix in ("+", international_prefix(country)):
        return forms.is_abroad
    return any(form.startswith(prefix) for form in forms.prefixed)


@dataclass(frozen=True, slots=True)
class _Forms:
    """One number as it is written."""

    all: tuple[str, ...] = ()
    prefixed: tuple[str, ...] = ()
    """Those whose beginning says what kind of number it is."""
    is_abroad: bool = False


@lru_cache(maxsize=REMEMBERED)
def _forms(number: str, country: str) -> _Forms:
    parsed = _parsed(number, country)
    if parsed is None:
        return _Forms()
    whose = subscriber(number, country)
    digits = whose.removeprefix("+")
    prefixed: tuple[str, ...] = (whose, international_prefix(country) + digits)
    if parsed.country_code != phonenumbers.country_code_for_region(country):
        return _Forms(prefixed, prefixed, is_abroad=True)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    prefixed = (*prefixed, re.sub(r"[^0-9]", "", national))
    bare = (digits, phonenumbers.national_significant_number(parsed))
    meant = tuple(form for form in bare if subscriber(form, country) == whose)
    return _Forms((*prefixed, *meant), prefixed)


def _parsed(number: str, country: str) -> PhoneNumber | None:
    plain = number.translate(_PUNCTUATION)
    if not _LIKELY.fullmatch(plain):
        return None
    try:
        parsed = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        return None
    is_whole = phonenumbers.is_possible_number_with_reason(parsed) == ValidationResult.IS_POSSIBLE
    return parsed if is_whole else None


@lru_cache(maxsize=8)
def international_prefix(country: str) -> str:
    """What is dialled before a country's code; `00` (ITU-T E.164 Annex D) where there are
    several to choose from, or no plan is known."""
    plan = PhoneMetadata.metadata_for_region(country)
    prefix = (plan.international_prefix or "") if plan is not None else ""
    return prefix if prefix.isdecimal() else "00"
