"""Fanvil: `<mac>.cfg`, XML under `sysConf` (X and V series, firmware 2.x).

Pure. Names from Fanvil's "Auto Provision" notes and exported configurations. Signed in over UDP:
its documents do not agree on the number that stands for TLS. The time zone is in quarters of an
hour. Tests: tests/web/provision/test_files.py.
"""

from __future__ import annotations

from xml.etree import ElementTree

from firmware.api.phone_schema import PhoneFacts
from firmware.config.schema import PhoneKey
from web.provision.here import Here, plain
from web.provision.zones import Change, Zone

Values = dict[str, object]


def render(facts: PhoneFacts, here: Here) -> str:
    """The file of one phone."""
    root = ElementTree.Element("sysConf")
    ElementTree.SubElement(root, "Version").text = "2.0000000000"
    sip = ElementTree.SubElement(root, "sip")
    _put(sip, "line", _line(facts, here), index="1")
    phone = ElementTree.SubElement(root, "phone")
    _put(phone, "display", {"DefaultLanguage": facts.language[:2], "LCDTitle": facts.name})
    _put(phone, "date", _date(facts.ntp, here.zone))
    keys = ElementTree.SubElement(ElementTree.SubElement(root, "dsskey"), "internal", index="1")
    for place, key in enumerate(facts.keys, 1):
        _put(keys, "Fkey", _key(facts, key), index=str(place))
    web = ElementTree.SubElement(root, "web")
    admin: Values = {"Name": "admin", "Password": facts.admin_password, "Level": 10}
    _put(web, "account", admin, index="1")
    _put(root, "ap", _provision(here))
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _put(parent: ElementTree.Element, group: str, values: Values, **attributes: str) -> None:
    here = ElementTree.SubElement(parent, group, attributes)
    for name, value in values.items():
        ElementTree.SubElement(here, name).text = plain(str(value))


def _line(facts: PhoneFacts, here: Here) -> Values:
    return {
        "PhoneNumber": facts.extension,
        "DisplayName": facts.name,
        "RegisterAddr": here.host,
        "RegisterPort": facts.sip_port,
        "RegisterUser": facts.account,
        "RegisterPswd": facts.secret,
        "RegisterTTL": 600,
        "EnableReg": 1,
        "ProxyAddr": here.host,
        "ProxyPort": facts.sip_port,
        "ProxyUser": facts.account,
        "ProxyPswd": facts.secret,
        "Transport": 0,
        "DTMFMode": 1,  # RFC 4733
        "PickupNum": facts.pick_up_code,
        "VoiceCodecMap": "G722,OPUS,PCMA,PCMU",
    }


def _date(ntp: str, zone: Zone) -> Values:
    date: Values = {
        "EnableSNTP": 1,
        "SNTPServer": ntp,
        "TimeZone": round(zone.offset_min / 15),
        "EnableDST": 0,
    }
    if zone.begins is not None and zone.ends is not None:
        date |= {"EnableDST": 2, "DSTFixedType": 2, "DSTMinOffset": zone.saving_min}
        date |= _change("Start", zone.begins) | _change("End", zone.ends)
    return date


def _change(which: str, change: Change) -> Values:
    return {
        f"DST{which}Mon": change.month,
        f"DST{which}Week": -1 if change.week == 5 else change.week,
        f"DST{which}Wday": change.weekday,
        f"DST{which}Hour": change.hour,
    }


def _key(facts: PhoneFacts, key: PhoneKey) -> Values:
    suffix = "f"
    if key.kind == "lamp":
        suffix = f"ba{facts.pick_up_code}{key.number}" if key.number.isdigit() else "ba"
    return {"Type": 1, "Value": f"{key.number}@1/{suffix}", "Title": key.label or key.number}


def _provision(here: Here) -> Values:
    return {
        "FlashServerIP": here.base_url.rstrip("/"),
        "FlashFileName": "$mac.cfg",
        "FlashProtocol": 5,  # HTTPS
        "FlashMode": 1,  # after each start
    }
