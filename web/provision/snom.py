"""Snom: `snom<model>-<MAC>.htm`, settings in XML.

Pure. Names from Snom's "Auto Provisioning" and "Settings" pages (service.snom.com) for D3xx, D7xx
and D8xx. `perm="RW"`: who sits at the phone may change it; account and passwords are `R`.
Tests: tests/web/provision/test_files.py.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from firmware.api.phone_schema import PhoneFacts
from web.provision.here import Here, plain
from web.provision.zones import Change, Zone

_LANGUAGES: Final = {
    "en": "English", "de": "Deutsch", "fr": "Francais", "it": "Italiano", "es": "Espanol",
    "nl": "Nederlands", "pt": "Portugues", "pl": "Polski", "tr": "Turkce",
}  # fmt: skip


def render(facts: PhoneFacts, here: Here) -> str:
    """The file of one phone."""
    root = ElementTree.Element("settings")
    settings = ElementTree.SubElement(root, "phone-settings", e="2")
    for name, value in _account(facts, here).items():
        _add(settings, name, value, idx="1", perm="R")
    for name, value in _phone(facts, here).items():
        _add(settings, name, value, perm="RW")
    for name, value in _locked(facts).items():
        _add(settings, name, value, perm="R")
    keys = ElementTree.SubElement(root, "functionKeys", e="2")
    _add(keys, "fkey", "line", idx="0", context="1", label=plain(facts.name), perm="RW")
    for place, key in enumerate(facts.keys, 1):
        kind = f"blf {key.number}" if key.kind == "lamp" else f"speed {key.number}"
        if key.kind == "lamp" and key.number.isdigit():
            kind += f"|{facts.pick_up_code}"
        label = plain(key.label) or key.number
        _add(keys, "fkey", kind, idx=str(place), context="1", label=label, perm="RW")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _add(parent: ElementTree.Element, name: str, value: object, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = plain(str(value))


def _account(facts: PhoneFacts, here: Here) -> dict[str, object]:
    port, way = (facts.tls_port, "tls") if facts.tls_port is not None else (facts.sip_port, "udp")
    return {
        "user_active": "on",
        "user_realname": facts.name,
        "user_name": facts.extension,
        "user_pname": facts.account,
        "user_pass": facts.secret,
        "user_host": here.in_uri,
        "user_outbound": f"{here.in_uri}:{port};transport={way}",
        "user_expiry": 600,
        "user_srtp": "off",
        "codec_priority_list": "g722,opus,pcma,pcmu,telephone-event",
    }


def _phone(facts: PhoneFacts, here: Here) -> dict[str, object]:
    language = _LANGUAGES.get(facts.language[:2], "English")
    return {
        "language": language,
        "web_language": language,
        "ntp_server": facts.ntp,
        "utc_offset": 60 * here.zone.offset_min,
        "dst": _saving(here.zone),
        "setting_server": here.base_url,
        "auto_answer_type": "on",  # where the box says so (paging)
        "answer_after_policy": "idle",
    }


def _locked(facts: PhoneFacts) -> dict[str, object]:
    return {
        "http_user": "admin",
        "http_pass": facts.admin_password,
        "admin_mode_password": facts.admin_password,
        "admin_mode_password_confirm": facts.admin_password,
    }


def _saving(zone: Zone) -> str:
    if zone.begins is None or zone.ends is None:
        return ""
    return f"{60 * zone.saving_min} {_change(zone.begins)} {_change(zone.ends)}"


def _change(change: Change) -> str:
    """Month.week.weekday and time; Monday is 1, Sunday 7."""
    return f"{change.month:02}.{change.week:02}.{change.weekday or 7:02} {change.hour:02}:00:00"
