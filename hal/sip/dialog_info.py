"""application/dialog-info+xml: what a watched phone's calls are (RFC 4235 clauses 4 and 5).

Pure. Always the full state: a lost NOTIFY then costs nothing once the next one arrives. Left out:
partial state, durations, SDP of the sessions. Reader: the phones' busy-lamp keys.
Tests: tests/hal/sip/test_watch.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hal.leg import Party
from hal.sip.uri import escape_user
from hal.sip.watch import Talk, TalkState
from hal.sip.xml import DECLARATION, attribute, text

TYPE: Final = "application/dialog-info+xml"
NAMESPACE: Final = "urn:ietf:params:xml:ns:dialog-info"
MOST: Final = 8
"""Calls of one phone that are listed: more would not fit a datagram, nor any phone's display."""


@dataclass(frozen=True, slots=True)
class DialogInfo:
    """The calls of one entity."""

    talks: tuple[Talk, ...]

    def spell(self, uri: str, version: int) -> bytes:
        """The document about the entity `uri` (`sip:201@192.0.2.1`)."""
        # A list without any dialog would say "idle" as well, but some phones keep their lamp as
        # it was until they read of a terminated one.
        talks = self.talks[:MOST] or (Talk(uri, TalkState.TERMINATED),)
        head = (
            attribute("xmlns", NAMESPACE)
            + attribute("version", str(version))
            + attribute("state", "full")
            + attribute("entity", uri)
        )
        dialogs = "".join(_dialog(uri, talk) for talk in talks)
        return f"{DECLARATION}<dialog-info{head}>\n{dialogs}</dialog-info>\n".encode()


def _dialog(uri: str, talk: Talk) -> str:
    ids = (
        ("id", talk.id),
        ("call-id", talk.call_id),
        ("local-tag", talk.local_tag),
        ("remote-tag", talk.remote_tag),
        ("direction", _direction(talk)),
    )
    attributes = "".join(attribute(name, value) for name, value in ids if value)
    inner = f"<state>{talk.state.value}</state>\n"
    if talk.state is not TalkState.TERMINATED:
        inner += _end("local", uri, "", talk.is_held)
    if talk.call_id or talk.remote != Party():  # neither: a lamp without anybody behind it
        inner += _remote(uri, talk.remote)
    return f"<dialog{attributes}>\n{inner}</dialog>\n"


def _direction(talk: Talk) -> str:
    if talk.state is TalkState.TERMINATED:
        return ""
    return "initiator" if talk.is_initiator else "recipient"


def _remote(uri: str, party: Party) -> str:
    """Reached through this box, which is where a phone sends the INVITE that picks it up."""
    if not party.number:
        return _end("remote", "sip:anonymous@anonymous.invalid", party.name or "Anonymous")
    host = uri.rpartition("@")[2].rpartition("sip:")[2]
    return _end("remote", f"sip:{escape_user(party.number)}@{host}", party.name)


def _end(side: str, uri: str, name: str, is_held: bool = False) -> str:
    """One end; `+sip.rendering` says whether it hears anything (RFC 4235 clause 5.2)."""
    display = attribute("display", name) if name else ""
    rendering = "no" if is_held else "yes"
    inside = f'<param pname="+sip.rendering" pvalue="{rendering}"/>' if side == "local" else ""
    return (
        f"<{side}><identity{display}>{text(uri)}</identity>"
        f"<target{attribute('uri', uri)}>{inside}</target></{side}>\n"
    )
