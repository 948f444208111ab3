"""What the office's router may be told, so that phones find the box by themselves.

Pure. DHCP options (RFC 2132; 120: RFC 3361) as usual routers want them typed. Most desk phones take
66 for the address of their files; 43 is read by Yealink and Polycom, 160 by Polycom and some
Yealink; 120 only says where to sign in. Shown by the web page and by `callbox provisioning`.
Tests: tests/firmware/config/test_dhcp_advice.py.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

URL_OPTIONS: Final = (66, 160)
SIP_SERVERS: Final = 120


@dataclass(frozen=True, slots=True)
class Advice:
    """One router's words."""

    router: str
    text: str


def advice(url: str, sip_server: str) -> list[Advice]:
    """`url`: of the files; `sip_server`: the box's address."""
    return [
        Advice("Any router with a page for DHCP options", _by_number(url, sip_server)),
        Advice("dnsmasq, Pi-hole", _dnsmasq(url, sip_server)),
        Advice("OpenWrt (/etc/config/dhcp)", _openwrt(url)),
        Advice("MikroTik", _mikrotik(url)),
        Advice("ISC dhcpd, pfSense", _isc(url)),
    ]


def sip_server_hex(address: str) -> str:
    """Option 120 for an IPv4 address in octets (RFC 3361 clause 3.2); empty for a name."""
    try:
        four = ipaddress.IPv4Address(address)
    except ValueError:
        return ""
    return f"01{four.packed.hex()}"


def _by_number(url: str, sip_server: str) -> str:
    lines = [f"option 66 (TFTP server name): {url}", f"option 160 (if there is one): {url}"]
    if octets := sip_server_hex(sip_server):
        lines.append(f"option 120 (SIP server, hexadecimal): {octets}")
    return "\n".join(lines)


def _dnsmasq(url: str, sip_server: str) -> str:
    lines = [f'dhcp-option={number},"{url}"' for number in URL_OPTIONS]
    if sip_server_hex(sip_server):
        lines.append(f"dhcp-option=option:sip-server,{sip_server}")
    return "\n".join(lines)


def _openwrt(url: str) -> str:
    return "\n".join(f"list dhcp_option '{number},{url}'" for number in URL_OPTIONS)


def _mikrotik(url: str) -> str:
    return (
        f"/ip dhcp-server option add name=callbox code=66 value=\"'{url}'\"\n"
        "/ip dhcp-server network set [find] dhcp-option=callbox"
    )


def _isc(url: str) -> str:
    return f'option tftp-server-name "{url}";'
