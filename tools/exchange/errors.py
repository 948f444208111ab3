"""What can be wrong with a request to the exchange, or with the machine it runs on.

ExchangeError
├── BadRequest    the request names a value that cannot be: says which, and what can
├── LineBusy      the line cannot take a call now: says why
├── BadSound      a sound file cannot be used
└── NoToneTable   libtonezone is not installed or does not know the country
"""

from __future__ import annotations


class ExchangeError(Exception):
    """Root: its text is meant for the person who sent the request."""


class BadRequest(ExchangeError):
    """A request that cannot be carried out as written."""


class LineBusy(ExchangeError):
    """A line that cannot take the call."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line} is busy: {why}")
        self.line, self.why = line, why


class BadSound(ExchangeError):
    """A sound file that cannot be played."""


class NoToneTable(ExchangeError):
    """The country's tones are not to be had."""
