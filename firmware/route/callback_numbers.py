"""Numbers that are called back: which may be, and how a line dials them.

Pure. Forms of a number: firmware.config.subscriber. Tests: tests/firmware/route/test_callbacks.py.
"""

from __future__ import annotations

from firmware.config.callback import CallbackRule
from firmware.config.subscriber import begins_with, subscriber, written
from firmware.ivr.callback_ask import LEAST_DIGITS, MOST_DIGITS


def may_be_called(rule: CallbackRule, country: str, number: str) -> bool:
    """Whether a queue with this rule calls a number back."""
    digits = number.removeprefix("+")
    if not digits.isdecimal() or not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        return False
    return not rule.numbers or any(_fits(p, number, country) for p in rule.numbers)


def _fits(pattern: str, number: str, country: str) -> bool:
    if pattern.endswith("*"):
        return begins_with(number, pattern[:-1], country)
    return subscriber(pattern, country) == subscriber(number, country)


def to_dial(number: str, country: str) -> str:
    """A number as a telephone of the country dials it: a line knows no `+`."""
    if number.isdecimal():
        return number
    ways = [form for form in written(number, country) if form.isdecimal()]
    # of another country: with the international prefix alone; of this one: without it, second
    return (ways[1:2] or ways or [number.removeprefix("+")])[0]
