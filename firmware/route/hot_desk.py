"""Hot desk: who may log in to queues at a colleague's phone, by `*51 number * PIN`.

Pure. A PIN is asked because anybody can dial at anybody's phone; people without one log in at
their own. Wrong ones in a row shut a phone out for a while: four digits are soon tried through.
What was dialled is shown and kept without the PIN (`without_pin`).

Left out: logging in itself (firmware.acd). Shell: codes_task.py.
Tests: tests/firmware/route/test_hot_desk.py.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from firmware.config.codes import TABLE, Action
from firmware.config.schema import Office

MOST_WRONG: Final = 5
"""Wrong PINs in a row at one phone."""
SHUT_OUT_S: Final = 600.0

_LOG_IN: Final = tuple(code.digits for code in TABLE if code.action is Action.LOG_IN)


def agent_and_pin(argument: str) -> tuple[str, str] | None:
    """The agent and the PIN of what was dialled behind the code; None if there is no PIN."""
    agent, star, pin = argument.partition("*")
    return (agent, pin) if star else None


def without_pin(dialled: str) -> str:
    """What was dialled as it may be shown and kept."""
    for digits in _LOG_IN:
        rest = dialled.removeprefix(digits)
        if dialled.startswith(digits) and "*" in rest:
            return f"{digits}{rest.partition('*')[0]}*..."
    return dialled


class Doorkeeper:
    """Lets people log in at colleagues' phones."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, float]] = {}
        """Wrong PINs in a row by phone, and when the last one was dialled."""

    def refuses(self, office: Office, phone: str, agent: str, pin: str, now: float) -> str:
        """Why this agent may not sit at this phone; empty if they may."""
        count, at = self._wrong.get(phone, (0, 0.0))
        if now - at > SHUT_OUT_S:
            count = 0
        if count >= MOST_WRONG:
            minutes = SHUT_OUT_S / 60
            return f"{count} wrong PINs at this phone: shut out for {minutes:.0f} minutes"
        person = next((e for e in office.extensions if e.number == agent), None)
        secret = person.desk_pin if person is not None else ""
        if secret and compare_digest(secret.encode(), pin.encode(errors="replace")):
            self._wrong.pop(phone, None)
            return ""
        self._wrong[phone] = (count + 1, now)
        return f"no PIN, or not that one, for {agent} at a colleague's phone"
