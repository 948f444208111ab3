"""Grandstream: `cfg<mac>.xml`, numbered values (P-values) in XML.

Pure. Numbers from Grandstream's configuration templates for GXP21xx and GRP26xx and its "SIP
Device Provisioning Guide". The phone also asks for `cfg<mac>` (a binary form that is not made
here) and does without. Tests: tests/web/provision/test_files.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from firmware.api.phone_schema import PhoneFacts
from web.provision.here import Here, plain

_UDP, _TLS = 0, 2
_LAMP, _DIAL = 11, 10
"""Modes of a virtual multi-purpose key: BLF, speed dial."""
_PCMU, _PCMA, _G722, _OPUS = 0, 8, 9, 123
_MOST_KEYS: Final = 8
"""The first ones are numbered alike on all models."""
_HTTPS: Final = 2


def render(facts: PhoneFacts, here: Here) -> str:
    """The file of one phone."""
    root = ElementTree.Element("gs_provision", version="1")
    ElementTree.SubElement(root, "mac").text = facts.mac
    config = ElementTree.SubElement(root, "config", version="1")
    for number, value in _values(facts, here):
        ElementTree.SubElement(config, f"P{number}").text = plain(str(value))
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _values(facts: PhoneFacts, here: Here) -> Iterator[tuple[int, object]]:
    is_tls = facts.tls_port is not None
    yield 271, 1  # account active
    yield 270, facts.name
    yield 47, f"{here.in_uri}:{facts.tls_port if is_tls else facts.sip_port}"
    yield 35, facts.extension
    yield 36, facts.account
    yield 34, facts.secret
    yield 3, facts.name
    yield 31, 1  # register
    yield 32, 10  # minutes
    yield 130, _TLS if is_tls else _UDP
    yield 2329, 0  # sip: in addresses, also over TLS
    yield 99, 1  # subscribe to waiting messages
    yield 2302, 1  # DTMF by RFC 4733
    yield from zip((57, 58, 59, 60), (_G722, _OPUS, _PCMA, _PCMU), strict=True)
    yield 1347, facts.pick_up_code
    yield 298, 1  # answers by itself where the box says so (paging)
    yield from _keys(facts)
    yield 30, facts.ntp
    yield 64, "customize"
    yield 246, here.zone.posix
    yield 1362, facts.language[:2]
    yield 2, facts.admin_password
    yield 212, _HTTPS
    yield 237, here.base_url.removeprefix("https://").rstrip("/")


def _keys(facts: PhoneFacts) -> Iterator[tuple[int, object]]:
    for place, key in enumerate(facts.keys[:_MOST_KEYS]):
        yield 1363 + 2 * place, _LAMP if key.kind == "lamp" else _DIAL
        yield 1364 + 2 * place, 0  # account 1
        yield 1465 + 2 * place, key.label or key.number
        yield 1466 + 2 * place, key.number
