"""Yealink: `<mac>.cfg`, lines of `name = value` after a fixed first line.

Pure. Parameter names from Yealink's "Auto Provisioning Guide" and "Configuration Parameters" for
T3x, T4x and T5x phones (V84 and newer); T2x ignore what they do not know. The common file
(`y000000000000.cfg`) holds nothing: all that differs between models is left as it is.
Tests: tests/web/provision/test_files.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firmware.api.phone_schema import PhoneFacts
from web.provision.here import Here, plain
from web.provision.zones import Change, Zone

FIRST_LINE: Final = "#!version:1.0.0.1"
_LAMP, _DIAL, _LINE = 16, 13, 15
"""Types of keys: BLF, speed dial, line."""
_UDP, _TLS = 0, 2
_LANGUAGES: Final = {
    "en": "English", "de": "German", "fr": "French", "it": "Italian", "es": "Spanish",
    "pt": "Portuguese", "pl": "Polish", "tr": "Turkish", "ru": "Russian",
}  # fmt: skip
_CODECS: Final = ("g722", "opus", "pcma", "pcmu")


def common() -> str:
    """The file for all phones."""
    return f"{FIRST_LINE}\n"


def render(facts: PhoneFacts, here: Here) -> str:
    """The file of one phone."""
    lines = (f"{name} = {plain(str(value))}" for name, value in _settings(facts, here))
    return "\n".join([FIRST_LINE, *lines, ""])


def _settings(facts: PhoneFacts, here: Here) -> Iterator[tuple[str, object]]:
    yield from _account(facts, here)
    yield from _keys(facts)
    yield from _clock(facts.ntp, here.zone)
    language = _LANGUAGES.get(facts.language[:2], "English")
    yield "lang.gui", language
    yield "lang.wui", language
    yield "static.security.user_password", f"admin:{facts.admin_password}"
    yield "static.auto_provision.server.url", here.base_url
    yield "static.auto_provision.power_on", 1
    yield "static.trusted_certificates.url", here.certificate_url
    yield "features.intercom.allow", 1  # answers by itself where the box says so (paging)
    yield "features.intercom.barge", 0
    yield "features.pickup.direct_pickup_enable", 1
    yield "features.pickup.direct_pickup_code", facts.pick_up_code


def _account(facts: PhoneFacts, here: Here) -> Iterator[tuple[str, object]]:
    is_tls = facts.tls_port is not None
    one = "account.1."
    yield f"{one}enable", 1
    yield f"{one}label", facts.name
    yield f"{one}display_name", facts.name
    yield f"{one}user_name", facts.extension
    yield f"{one}auth_name", facts.account
    yield f"{one}password", facts.secret
    yield f"{one}sip_server.1.address", here.host
    yield f"{one}sip_server.1.port", facts.tls_port if is_tls else facts.sip_port
    yield f"{one}sip_server.1.transport_type", _TLS if is_tls else _UDP
    yield f"{one}sip_server.1.expires", 600
    yield f"{one}subscribe_mwi", 1
    yield f"{one}dtmf.type", 1  # RFC 4733
    for priority, codec in enumerate(_CODECS, 1):
        yield f"{one}codec.{codec}.enable", 1
        yield f"{one}codec.{codec}.priority", priority


def _keys(facts: PhoneFacts) -> Iterator[tuple[str, object]]:
    yield "linekey.1.type", _LINE
    yield "linekey.1.line", 1
    for place, key in enumerate(facts.keys, 2):
        is_lamp = key.kind == "lamp"
        yield f"linekey.{place}.type", _LAMP if is_lamp else _DIAL
        yield f"linekey.{place}.line", 1
        yield f"linekey.{place}.value", key.number
        yield f"linekey.{place}.label", key.label or key.number
        if is_lamp and key.number.isdigit():
            yield f"linekey.{place}.extension", f"{facts.pick_up_code}{key.number}"


def _clock(ntp: str, zone: Zone) -> Iterator[tuple[str, object]]:
    yield "local_time.ntp_server1", ntp
    sign = "-" if zone.offset_min < 0 else "+"
    hours, minutes = divmod(abs(zone.offset_min), 60)
    yield "local_time.time_zone", f"{sign}{hours}" + (f":{minutes:02}" if minutes else "")
    if zone.begins is None or zone.ends is None:
        yield "local_time.summer_time", 0
        return
    yield "local_time.summer_time", 1
    yield "local_time.dst_time_type", 1  # by week
    yield "local_time.start_time", _change(zone.begins)
    yield "local_time.end_time", _change(zone.ends)
    yield "local_time.offset_time", zone.saving_min


def _change(change: Change) -> str:
    """Month/week/weekday/hour; Monday is 1, Sunday 7."""
    return f"{change.month}/{change.week}/{change.weekday or 7}/{change.hour}"
