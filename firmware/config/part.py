"""What every part of the configuration is made of: the base class, and checked texts.

Pure. Each check names the value and what was expected.

Tests: tests/firmware/config/test_schema.py.
"""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of every part: unknown keys are refused, values do not change once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", text):
        raise ValueError(f"{text!r}: expected 1-32 of a-z 0-9 - _, beginning with a-z or 0-9")
    return text


def _extension(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{1,5}", text):
        raise ValueError(f"{text!r}: expected an extension of 2 to 6 digits, not beginning with 0")
    return text


def _forward(text: str) -> str:
    if not re.fullmatch(r"[0-9]{0,32}", text):
        raise ValueError(f"{text!r}: expected the digits this person would dial, or nothing")
    return text


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError(f"{text!r}: expected a two-letter country code such as ZA")
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})?", text):
        raise ValueError(f"{text!r}: expected a language code such as en or pt-br")
    return text


def _mac(text: str) -> str:
    plain = re.sub(r"[:.-]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", plain) or int(plain, 16) >> 40 & 1 or not int(plain, 16):
        raise ValueError(f"{text!r}: expected a MAC address such as 00:15:65:a1:b2:c3")
    return plain


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # not known, not a name, or a folder of zones
        raise ValueError(f"{text!r}: expected a time zone such as Africa/Johannesburg") from None
    return text


Identifier = Annotated[str, AfterValidator(_identifier)]
ExtensionNumber = Annotated[str, AfterValidator(_extension)]
Country = Annotated[str, AfterValidator(_country)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[str, AfterValidator(_zone)]
Mac = Annotated[str, AfterValidator(_mac)]
"""Address of a phone on the network (IEEE 802), kept as 12 hexadecimal digits."""
Name = Annotated[str, Field(min_length=1, max_length=64)]
Level = Annotated[int, Field(ge=1, le=10)]
"""How well somebody can do something."""
Forward = Annotated[str, AfterValidator(_forward)]
