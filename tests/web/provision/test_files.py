"""Each brand's file, read back by a parser that is not ours; parameter names from the makers."""

from __future__ import annotations

import configparser
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from firmware.api.phone_schema import PhoneFacts
from web.provision import fanvil, generic, grandstream, linphone, snom, yealink
from web.provision.files import FORMS
from web.provision.here import Here
from web.provision.zones import parse

SHOWN = 'Zoë "Z" <b>O\'Neil</b> & Sons; #1  account.1.password = x'
"""The hard name in one line."""


def lines(text: str) -> dict[str, str]:
    """A Yealink file, as its documents describe it; a name that comes twice fails."""
    first, *rest = text.splitlines()
    assert first == "#!version:1.0.0.1"
    pairs = [line.split(" = ", 1) for line in rest]
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found


def values(text: str, path: str) -> dict[str, str]:
    group = ElementTree.fromstring(text.encode()).find(path)
    assert group is not None
    return {child.tag: child.text or "" for child in group}


def test_yealink(facts: PhoneFacts, here: Here) -> None:
    found = lines(yealink.render(facts, here))
    assert (
        found
        | {
            "account.1.user_name": "201",
            "account.1.auth_name": "201-a1b2c3",
            "account.1.password": "own-secret-of-it",
            "account.1.display_name": SHOWN,
            "account.1.sip_server.1.address": "192.0.2.1",
            "account.1.sip_server.1.port": "5061",
            "account.1.sip_server.1.transport_type": "2",
            "linekey.2.type": "16",
            "linekey.2.value": "*45201",
            "linekey.3.value": "202",
            "linekey.3.label": "Ben & Co",
            "linekey.3.extension": "**202",
            "linekey.4.type": "13",
            "local_time.time_zone": "+1",
            "local_time.start_time": "3/5/7/2",
            "local_time.end_time": "10/5/7/3",
            "lang.gui": "German",
            "static.security.user_password": "admin:admin-word",
            "static.auto_provision.server.url": "https://192.0.2.1:8443/provision/",
            "static.trusted_certificates.url": "https://192.0.2.1:8443/provision/box.crt",
            "features.pickup.direct_pickup_code": "**",
        }
        == found
    )
    assert "linekey.2.extension" not in found  # a code cannot be picked up


def test_yealink_without_tls_and_without_summer(facts: PhoneFacts, here: Here) -> None:
    plain = facts.model_copy(update={"tls_port": None, "language": "zu"})
    found = lines(yealink.render(plain, replace(here, zone=parse("<+0545>-5:45"))))
    assert found["account.1.sip_server.1.port"] == "5060"
    assert found["account.1.sip_server.1.transport_type"] == "0"
    assert found["local_time.time_zone"] == "+5:45"
    assert found["local_time.summer_time"] == "0"
    assert found["lang.gui"] == "English"


def test_yealink_common_file_holds_nothing() -> None:
    assert lines(yealink.common()) == {}


def test_grandstream(facts: PhoneFacts, here: Here) -> None:
    text = grandstream.render(facts, here)
    found = values(text, "config")
    assert values(text, ".")["mac"] == "001565a1b2c3"
    assert found | {
        "P35": "201", "P36": "201-a1b2c3", "P34": "own-secret-of-it", "P3": SHOWN,
        "P47": "192.0.2.1:5061", "P130": "2", "P1347": "**", "P2": "admin-word",
        "P64": "customize", "P246": "CET-1CEST,M3.5.0,M10.5.0/3",
        "P212": "2", "P237": "192.0.2.1:8443/provision",
        "P1363": "11", "P1364": "0", "P1465": "Log in", "P1466": "*45201",
        "P1365": "11", "P1468": "202", "P1367": "10", "P1470": "0215550000",
    } == found  # fmt: skip


def test_grandstream_keys_beyond_the_first_are_left_out(facts: PhoneFacts, here: Here) -> None:
    many = facts.model_copy(update={"keys": facts.keys * 20})
    assert len(values(grandstream.render(many, here), "config")) < 70


def test_snom(facts: PhoneFacts, here: Here) -> None:
    text = snom.render(facts, here)
    found = values(text, "phone-settings")
    assert found | {
        "user_name": "201", "user_pname": "201-a1b2c3", "user_pass": "own-secret-of-it",
        "user_realname": SHOWN, "user_host": "192.0.2.1",
        "user_outbound": "192.0.2.1:5061;transport=tls", "language": "Deutsch",
        "utc_offset": "3600", "dst": "3600 03.05.07 02:00:00 10.05.07 03:00:00",
        "http_pass": "admin-word", "setting_server": "https://192.0.2.1:8443/provision/",
    } == found  # fmt: skip
    keys = ElementTree.fromstring(text.encode()).findall("functionKeys/fkey")
    assert [(k.get("idx"), k.text) for k in keys] == [
        ("0", "line"), ("1", "blf *45201"), ("2", "blf 202|**"), ("3", "speed 0215550000"),
    ]  # fmt: skip
    assert {e.get("perm") for e in ElementTree.fromstring(text.encode()).iter("user_pass")} == {"R"}


def test_fanvil(facts: PhoneFacts, here: Here) -> None:
    text = fanvil.render(facts, here)
    line = values(text, "sip/line[@index='1']")
    assert line | {
        "PhoneNumber": "201", "RegisterUser": "201-a1b2c3", "RegisterPswd": "own-secret-of-it",
        "DisplayName": SHOWN, "RegisterAddr": "192.0.2.1", "RegisterPort": "5060",
        "Transport": "0", "EnableReg": "1",
    } == line  # fmt: skip
    date = values(text, "phone/date")
    assert (date["TimeZone"], date["DSTStartMon"], date["DSTStartWeek"]) == ("4", "3", "-1")
    assert values(text, "web/account[@index='1']")["Password"] == "admin-word"
    keys = ElementTree.fromstring(text.encode()).findall("dsskey/internal/Fkey/Value")
    assert [k.text for k in keys] == ["*45201@1/ba", "202@1/ba**202", "0215550000@1/f"]


def test_generic_json_has_everything(facts: PhoneFacts, here: Here) -> None:
    found = json.loads(generic.render_json(facts, here))
    for name, value in facts.model_dump(mode="json", exclude={"brand"}).items():
        assert found[name] == value
    assert (found["server"], found["files"]) == ("192.0.2.1", "https://192.0.2.1:8443/provision/")


def test_generic_ini(facts: PhoneFacts, here: Here) -> None:
    ini = configparser.RawConfigParser()
    ini.read_string(generic.render_ini(facts, here))
    assert dict(ini["account"]) | {
        "server": "192.0.2.1", "sign_in_as": "201-a1b2c3", "password": "own-secret-of-it",
        "display_name": SHOWN, "user": "201",
    } == dict(ini["account"])  # fmt: skip
    assert ini["keys"]["2"] == "lamp 202 Ben & Co"


def test_baresip_line_is_one_line_and_its_quotes_are_closed(facts: PhoneFacts, here: Here) -> None:
    text = generic.render_baresip(facts, here)
    assert text.count("\n") == 1
    assert text.count('"') == 2
    assert "<sip:201@192.0.2.1:5060;transport=udp>" in text
    assert ";auth_user=201-a1b2c3;auth_pass=own-secret-of-it;" in text


def test_linphone(facts: PhoneFacts, here: Here) -> None:
    root = ElementTree.fromstring(linphone.render(facts, here).encode())
    space = {"l": "http://www.linphone.org/xsds/lpconfig.xsd"}
    found = {
        f"{section.get('name')}/{entry.get('name')}": entry.text
        for section in root.findall("l:section", space)
        for entry in section.findall("l:entry", space)
    }
    assert found["auth_info_0/userid"] == "201-a1b2c3"
    assert found["auth_info_0/passwd"] == "own-secret-of-it"
    assert found["proxy_0/reg_proxy"] == "<sip:192.0.2.1:5060;transport=udp>"
    assert (found["proxy_0/reg_identity"] or "").endswith("<sip:201@192.0.2.1>")


@pytest.mark.parametrize(("brand", "ending"), list(FORMS))
def test_hard_names_break_no_file(facts: PhoneFacts, here: Here, brand: str, ending: str) -> None:
    name = "".join(map(chr, range(32))) + "\x7f\u2028\udcff]]>-->&lt;" + facts.name
    hard = facts.model_copy(update={"name": name[:64].encode("utf-8", "replace").decode()})
    text = FORMS[brand, ending].write(hard, here)
    if ending in ("xml", "htm") or brand == "fanvil":
        ElementTree.fromstring(text.encode())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028]", text.replace("\\u", ""))


@pytest.mark.parametrize(("brand", "ending"), list(FORMS))
def test_addresses_of_ipv6_are_in_brackets_where_a_port_follows(
    facts: PhoneFacts, here: Here, brand: str, ending: str
) -> None:
    six = replace(here, host="2001:db8::1", base_url="https://[2001:db8::1]:8443/provision/")
    text = FORMS[brand, ending].write(facts, six)
    assert "2001:db8::1" in text
    assert not re.search(r"(?<!\[)2001:db8::1:\d", text)
