"""Names of files as phones ask for them, and as others do."""

from __future__ import annotations

import pytest

from web.provision.names import Common, Wanted, said, wanted

YEALINK = "Yealink SIP-T31P 124.86.0.40 00:15:65:a1:b2:c3"
GRANDSTREAM = "Grandstream Model HW GXP2170 SW 1.0.11.6 DevId 000b82a1b2c3"
SNOM = "Mozilla/4.0 (compatible; snomD735-SIP 10.1.54.13 000413A1B2C3)"
FANVIL = "Fanvil X3U 2.4.3 0c383ea1b2c3"


@pytest.mark.parametrize(
    ("name", "agent", "expected"),
    [
        ("001565a1b2c3.cfg", YEALINK, Wanted("001565a1b2c3", "yealink", "T31P", "cfg")),
        ("cfg000b82a1b2c3.xml", GRANDSTREAM,
         Wanted("000b82a1b2c3", "grandstream", "GXP2170", "xml")),
        ("snomD735-000413A1B2C3.htm", SNOM, Wanted("000413a1b2c3", "snom", "D735", "htm")),
        ("000413a1b2c3.xml", SNOM, Wanted("000413a1b2c3", "snom", "D735", "xml")),
        ("0c383ea1b2c3.cfg", FANVIL, Wanted("0c383ea1b2c3", "fanvil", "X3U", "cfg")),
        ("020000000001.json", "curl/8", Wanted("020000000001", "generic", "", "json")),
        # Without a word about itself: by the form of the name and by who made it.
        ("0c383ea1b2c3.cfg", "", Wanted("0c383ea1b2c3", "fanvil", "", "cfg")),
        ("001565a1b2c3.cfg", "", Wanted("001565a1b2c3", "yealink", "", "cfg")),
        ("cfg000b82a1b2c3.xml", "", Wanted("000b82a1b2c3", "grandstream", "", "xml")),
        ("y000000000123.cfg", YEALINK, Common()),
        # An address may begin with f.
        ("f0a1b2c3d4e4.cfg", YEALINK, Wanted("f0a1b2c3d4e4", "yealink", "T31P", "cfg")),
    ],
)  # fmt: skip
def test_phones(name: str, agent: str, expected: object) -> None:
    assert wanted(name, agent) == expected


@pytest.mark.parametrize(
    "name",
    ["", "..", "../001565a1b2c3.cfg", "001565a1b2c3", "001565a1b2c3.cfg.bak", "001565a1b2c3.exe",
     "001565a1b2.cfg", "cfg.xml", "cfg000b82a1b2c3", "snomD735.htm", "%2e%2e", "0" * 12 + ".cfg",
     "ffffffffffff.cfg", "010000000000.cfg", "x" * 5000 + ".cfg", "001565a1b2c3.cfg\n",
     "001565a1b2c3.cfg\0", "snom" + "d" * 100 + "-000413a1b2c3.htm", "box.pem"],
)  # fmt: skip
def test_others(name: str) -> None:
    assert wanted(name, YEALINK) is None


@pytest.mark.parametrize("agent", ["", "x" * 100_000, "Yealink ", "\r\n", "Fanvil <script>"])
def test_strange_phones_say_nothing(agent: str) -> None:
    assert said(agent) == (None, "")
