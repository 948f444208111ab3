"""Facts of a phone, and a name that is hard on every form of file."""

from __future__ import annotations

import pytest

from firmware.api.phone_schema import PhoneFacts
from firmware.config.schema import PhoneKey
from web.provision.here import Here
from web.provision.zones import parse

HARD = 'Zoë "Z" <b>O\'Neil</b> & Sons; #1\r\naccount.1.password = x'


@pytest.fixture
def facts() -> PhoneFacts:
    return PhoneFacts(
        mac="001565a1b2c3",
        brand="yealink",
        model="T31P",
        extension="201",
        name=HARD,
        office="Karoo Water",
        account="201-a1b2c3",
        secret="own-secret-of-it",
        admin_password="admin-word",
        sip_port=5060,
        tls_port=5061,
        language="de",
        timezone="Europe/Berlin",
        country="DE",
        ntp="de.pool.ntp.org",
        pick_up_code="**",
        keys=(
            PhoneKey(number="*45201", label="Log in"),
            PhoneKey(number="202", label="Ben & Co"),
            PhoneKey(kind="dial", number="0215550000", label="Bank"),
        ),
    )


@pytest.fixture
def here() -> Here:
    zone = parse("CET-1CEST,M3.5.0,M10.5.0/3")
    return Here("192.0.2.1", "https://192.0.2.1:8443/provision/", zone)
