"""application/pidf+xml: can somebody be reached, and are they busy (RFC 3863, RFC 4480).

Pure. One tuple per entity with `basic` and a note in words; who talks is shown as on the phone by
RPID, which is what softphones turn into a coloured dot. Left out: places, moods, time zones.
Tests: tests/hal/sip/test_watch.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hal.sip.watch import Status, TalkState
from hal.sip.xml import DECLARATION, attribute, text

TYPE: Final = "application/pidf+xml"
NAMESPACE: Final = "urn:ietf:params:xml:ns:pidf"
PERSON: Final = "urn:ietf:params:xml:ns:pidf:data-model"
RPID: Final = "urn:ietf:params:xml:ns:pidf:rpid"


@dataclass(frozen=True, slots=True)
class Presence:
    """What of a `Status` is told."""

    is_open: bool
    is_talking: bool
    note: str

    @staticmethod
    def of(status: Status) -> Presence:
        """Who is rung is not on the phone yet."""
        is_talking = any(
            talk.state is TalkState.CONFIRMED or talk.is_initiator for talk in status.talks
        )
        return Presence(status.is_open, is_talking, status.note)

    def spell(self, uri: str, version: int) -> bytes:
        """The document about the entity `uri`; it has no version of its own."""
        note = f"<note>{text(self.note)}</note>" if self.note else ""
        basic = "open" if self.is_open else "closed"
        activity = "on-the-phone" if self.is_talking else "unknown"
        head = (
            attribute("xmlns", NAMESPACE)
            + attribute("xmlns:dm", PERSON)
            + attribute("xmlns:rpid", RPID)
            + attribute("entity", uri)
        )
        return (
            f"{DECLARATION}<presence{head}>\n"
            f'<tuple id="phone"><status><basic>{basic}</basic></status>{note}</tuple>\n'
            f'<dm:person id="person"><rpid:activities><rpid:{activity}/></rpid:activities>'
            "</dm:person>\n</presence>\n"
        ).encode()
