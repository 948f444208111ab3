"""What can go wrong between a client and the core.

ApiError
├── Refused     the core answered, and the answer is no: a sentence, and problems with places
└── CoreAway    nobody answered: what, why, and what to do
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from firmware.api.schema import Problem, Refusal


class ApiError(Exception):
    """Root: anything about the control API."""


class Refused(ApiError):
    """No, and why. Raised by the box and sent by the server; raised again by the client."""

    def __init__(self, status: int, refusal: Refusal | str) -> None:
        self.status = status
        self.refusal = Refusal(error=refusal) if isinstance(refusal, str) else refusal
        super().__init__(self.refusal.error)


class CoreAway(ApiError):
    """The core did not answer."""

    def __init__(self, what: str, why: str, do: str) -> None:
        self.what, self.why, self.do = what, why, do
        super().__init__(f"{what}: {why}. {do}")


def not_found(what: str, expected: str = "") -> Refused:
    """404, e.g. `not_found("line 9", "1 to 8")`."""
    hint = f": expected {expected}" if expected else ""
    return Refused(HTTPStatus.NOT_FOUND, f"there is no {what}{hint}")


def conflict(sentence: str) -> Refused:
    """409: possible in itself, but not now."""
    return Refused(HTTPStatus.CONFLICT, sentence)


def forbidden(sentence: str) -> Refused:
    """403."""
    return Refused(HTTPStatus.FORBIDDEN, sentence)


def invalid(sentence: str, problems: Iterable[Problem] = ()) -> Refused:
    """422: the request itself is wrong."""
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY, Refusal(error=sentence, problems=list(problems))
    )


def unavailable(sentence: str) -> Refused:
    """503: a part that is needed is away."""
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, sentence)
