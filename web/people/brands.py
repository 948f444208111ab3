"""What to do once at a phone of each brand, for the page of phones.

Pure. From the makers' guides: how a phone out of the box finds its files, and how it can be told
by hand. Tests: tests/web/people/test_phones.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext as _
from typing import Final


@dataclass(frozen=True, slots=True)
class BrandWords:
    """A brand, and what its phone needs."""

    id: str
    name: str
    by_itself: str
    by_hand: str


BRANDS: Final = (
    BrandWords(
        "yealink",
        "Yealink",
        _("Asks by itself when it starts (Plug and Play, or DHCP option 66)."),
        _(
            "Its page: Settings, Auto Provision: enter the address as Server URL. Security, "
            "Trusted Certificates: switch “Only Accept Trusted Certificates” off, or upload the "
            "certificate of the box. Then Auto Provision Now."
        ),
    ),
    BrandWords(
        "grandstream",
        "Grandstream",
        _("Asks by itself when it starts (Plug and Play, or DHCP option 66)."),
        _(
            "Its page: Maintenance, Upgrade and Provisioning: Config Upgrade Via HTTPS, Config "
            "Server Path: the address without https://. Then restart the phone."
        ),
    ),
    BrandWords(
        "snom",
        "Snom",
        _("Asks by itself when it starts (PnP, or DHCP option 66)."),
        _(
            "Its page: Advanced, Update: enter the address as Setting URL. Certificates: add the "
            "certificate of the box if the phone asks for it. Then restart the phone."
        ),
    ),
    BrandWords(
        "fanvil",
        "Fanvil",
        _("Asks by itself when it starts (SIP PnP, or DHCP option 66)."),
        _(
            "Its page: System, Auto Provision, Static Provisioning Server: enter the address, "
            "protocol HTTPS, update after reboot. Then restart the phone."
        ),
    ),
    BrandWords(
        "generic",
        _("Another phone"),
        _("Most do not ask by themselves: set them up by hand."),
        _(
            "Take the account of the person from the page People, or fetch <MAC>.json, <MAC>.ini "
            "or <MAC>.txt (baresip) from the address."
        ),
    ),
)
