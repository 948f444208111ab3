"""What is in a phone's file, whoever made the phone: from the configuration.

Pure. How a brand spells it: web/provision. Tests: tests/firmware/phones/test_facts.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from firmware.api.phone_schema import PhoneFacts
from firmware.config.codes import TABLE, Action
from firmware.config.schema import Office, PhoneKey, PhoneSet

MOST_COLLEAGUES: Final = 10
MOST_SLOTS: Final = 3
"""Usual keys: a desk phone has ten or so; who wants others sets them."""
PICK_UP: Final = "**"
"""Lamp keys of most phones dial it before the number of the lamp (firmware.config.codes)."""
LOG_IN: Final = next(code.digits for code in TABLE if code.action is Action.TOGGLE_LOG_IN)
"""Logs in to one's queues, and out if one is in; with one's extension behind, it has a lamp."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where phones reach the box."""

    sip: int
    tls: int | None


def facts(office: Office, phone: PhoneSet, ports: Ports) -> PhoneFacts:
    """The facts of one phone."""
    person = next(e for e in office.extensions if e.number == phone.extension)
    return PhoneFacts(
        mac=phone.mac,
        brand=phone.brand,
        model=phone.model,
        extension=person.number,
        name=person.name,
        office=office.site.name,
        account=phone.account,
        secret=phone.secret,
        admin_password=phone.admin_password,
        sip_port=ports.sip,
        tls_port=ports.tls,
        language=office.site.language,
        timezone=office.site.timezone,
        country=office.site.country,
        ntp=f"{office.site.country.lower()}.pool.ntp.org",
        pick_up_code=PICK_UP,
        keys=tuple(usual_keys(office, phone) if phone.keys is None else phone.keys),
    )


def usual_keys(office: Office, phone: PhoneSet) -> list[PhoneKey]:
    """Log-in for who serves a queue, colleagues (those of the same queues first), parking."""
    mine = {m for q in office.queues if phone.extension in q.members for m in q.members}
    people = [e for e in office.extensions if e.number != phone.extension]
    people.sort(key=lambda e: e.number not in mine)
    keys = [PhoneKey(number=e.number, label=e.name[:32]) for e in people[:MOST_COLLEAGUES]]
    keys += [PhoneKey(number=s, label=f"Park {s}") for s in office.parking.slots[:MOST_SLOTS]]
    if mine:
        keys.insert(0, PhoneKey(number=f"{LOG_IN}{phone.extension}", label="Log in"))
    return keys
