"""Linphone: remote provisioning, its settings file in XML.

Pure. Form and names from "Remote Provisioning" (wiki.linphone.org) and liblinphone's list of
configuration keys. Tests: tests/web/provision/test_files.py; the real program:
tests/scenarios/test_provisioning.py.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from firmware.api.phone_schema import PhoneFacts
from web.provision.here import Here, plain

SPACE: Final = "http://www.linphone.org/xsds/lpconfig.xsd"


def render(facts: PhoneFacts, here: Here, transport: str = "udp") -> str:
    """The file of one app."""
    root = ElementTree.Element("config", xmlns=SPACE)
    port = facts.sip_port
    if transport == "tls" and facts.tls_port is not None:
        port = facts.tls_port
    server = f"<sip:{here.in_uri}:{port};transport={transport}>"
    name = plain(facts.name).replace('"', "'").replace("\\", "/")
    sections: dict[str, dict[str, object]] = {
        "auth_info_0": {
            "username": facts.extension,
            "userid": facts.account,
            "passwd": facts.secret,
            "realm": "callbox",
            "domain": here.host,
        },
        "proxy_0": {
            "reg_identity": f'"{name}" <sip:{facts.extension}@{here.in_uri}>',
            "reg_proxy": server,
            "reg_route": server,
            "reg_sendregister": 1,
            "reg_expires": 600,
        },
        "sip": {"default_proxy": 0},
        "misc": {"transient_provisioning": 1},
    }
    for title, entries in sections.items():
        section = ElementTree.SubElement(root, "section", name=title)
        for key, value in entries.items():
            entry = ElementTree.SubElement(section, "entry", name=key, overwrite="true")
            entry.text = plain(str(value))
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
