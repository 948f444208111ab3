"""Replaces: the dialog that a new call is to take the place of (RFC 3891).

Pure. Reads the header, also as it stands percent-escaped behind the `?` of a Refer-To, and says by
clause 3 which claims are refused and how. Left out: who may replace whom, which the call layer
decides. Looking the dialog up is done in agent.py.
Tests: tests/hal/sip/test_replaces.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hal.sip.errors import BadMessage
from hal.sip.lex import Params, format_params, is_token, parse_params
from hal.sip.message import Request

NAME: Final = "Replaces"
EXTENSION: Final = "replaces"
_CONTRADICTS: Final = ("Join",)
"""Headers that say something else about the same call (clause 3; RFC 3911)."""


class Stage(Enum):
    """Where the dialog stands that a claim names."""

    EARLY_OURS = "early_ours"  # we ring the phone
    EARLY_THEIRS = "early_theirs"  # the phone rings us
    CONFIRMED = "confirmed"
    ENDED = "ended"  # it was there a moment ago


REFUSALS: Final[Mapping[Stage | None, int]] = {
    None: 481,  # no such dialog
    Stage.EARLY_THEIRS: 481,
    Stage.ENDED: 603,
}


@dataclass(frozen=True, slots=True)
class Replaces:
    """One claim. The tags as in a request to whom it is addressed: `to_tag` is its own."""

    call_id: str
    to_tag: str
    from_tag: str
    is_early_only: bool = False
    """Only while it rings (clause 7.1: answered meanwhile, it stays)."""

    @staticmethod
    def parse(text: str) -> Replaces:
        """Read one value; `BadMessage` unless it has exactly one of each tag (clause 6.1)."""
        call_id, semicolon, rest = text.strip().partition(";")
        params = parse_params(semicolon + rest, NAME)
        call_id = call_id.strip()
        if not call_id or " " in call_id or "," in call_id:
            raise BadMessage(NAME, text, "a Call-ID and two tags")
        early_only = any(name.lower() == "early-only" for name, _ in params)
        return Replaces(
            call_id, _tag(params, "to-tag"), _tag(params, "from-tag"), is_early_only=early_only
        )

    @staticmethod
    def of(request: Request) -> Replaces | None:
        """The claim of a request; `BadMessage` (400) if there are several, if it contradicts
        another header, or if the request is no INVITE."""
        count = request.count(NAME)
        if not count:
            return None
        if count > 1:
            raise BadMessage(NAME, f"{count} headers", "one")
        if request.method != "INVITE":
            raise BadMessage(NAME, request.method, "an INVITE around it")
        for other in _CONTRADICTS:
            if request.count(other):
                raise BadMessage(NAME, other, "only one of the two")
        return Replaces.parse(request.first(NAME) or "")

    def refusal(self, stage: Stage | None) -> int | None:
        """The status that refuses this claim on a dialog in `stage` (clause 3); None: granted."""
        if stage is Stage.CONFIRMED and self.is_early_only:
            return 486
        return REFUSALS.get(stage)

    def __str__(self) -> str:
        early: Params = (("early-only", None),) if self.is_early_only else ()
        tags: Params = (("to-tag", self.to_tag), ("from-tag", self.from_tag))
        return f"{self.call_id}{format_params((*tags, *early))}"


def _tag(params: Params, name: str) -> str:
    found = [value for key, value in params if key.lower() == name]
    if len(found) != 1 or found[0] is None or not is_token(found[0]):
        raise BadMessage(f"{NAME} {name}", str(found), "exactly one tag")
    return found[0]
