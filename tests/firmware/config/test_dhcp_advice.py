"""DHCP texts for routers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from firmware.config.dhcp_advice import advice, sip_server_hex

URL = "https://192.168.1.5:8443/provision/"


def test_every_router_is_told_the_address_of_the_files() -> None:
    found = advice(URL, "192.168.1.5")
    assert len(found) >= 5
    for one in found:
        assert URL in one.text
        assert "66" in one.text or "tftp-server-name" in one.text


def test_option_120_as_in_rfc_3361() -> None:
    # Clause 3.2: encoding 1, then the octets of each address.
    assert sip_server_hex("192.168.1.5") == "01c0a80105"
    assert sip_server_hex("callbox.local") == ""
    assert not any("120" in one.text for one in advice(URL, "callbox.local"))


@pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq reads what we wrote")
def test_dnsmasq_takes_it(tmp_path: Path) -> None:
    text = next(one.text for one in advice(URL, "192.168.1.5") if one.router.startswith("dnsmasq"))
    file = tmp_path / "callbox.conf"
    file.write_text(f"{text}\n")
    subprocess.run(["dnsmasq", "--test", f"--conf-file={file}"], check=True, capture_output=True)
