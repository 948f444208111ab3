"""Any other phone: all facts in one file, to read by programs or by people.

`<mac>.json`, `<mac>.ini`, and `<mac>.txt`, a line for baresip's file `accounts`. Pure.
Tests: tests/web/provision/test_files.py; a real baresip: tests/scenarios/test_provisioning.py.
"""

from __future__ import annotations

import configparser
import io
import json
from urllib.parse import quote

from firmware.api.phone_schema import PhoneFacts
from web.provision.here import Here, plain


def render_json(facts: PhoneFacts, here: Here) -> str:
    """Everything, as JSON."""
    shown = facts.model_dump(mode="json", exclude={"brand"})
    more = {"server": here.host, "files": here.base_url, "time_rule": here.zone.posix}
    return json.dumps(shown | more, indent=1) + "\n"


def render_ini(facts: PhoneFacts, here: Here) -> str:
    """Everything, in the form of Windows' old settings files."""
    ini = configparser.RawConfigParser()
    ini["account"] = {
        "server": here.host,
        "port": str(facts.sip_port),
        "tls_port": str(facts.tls_port or ""),
        "user": facts.extension,
        "sign_in_as": facts.account,
        "password": facts.secret,
        "display_name": plain(facts.name),
    }
    ini["phone"] = {
        "admin_password": facts.admin_password,
        "language": facts.language,
        "time_zone": facts.timezone,
        "time_rule": here.zone.posix,
        "ntp": facts.ntp,
        "files": here.base_url,
    }
    ini["keys"] = {
        str(place): f"{key.kind} {key.number} {plain(key.label)}".rstrip()
        for place, key in enumerate(facts.keys, 1)
    }
    out = io.StringIO()
    ini.write(out)
    return out.getvalue()


def render_baresip(facts: PhoneFacts, here: Here) -> str:
    """One line of baresip's `accounts`. In quotes there is no way to write a quote."""
    name = plain(facts.name).replace('"', "'").replace("\\", "/")
    user = quote(facts.account, "")
    address = f"<sip:{facts.extension}@{here.in_uri}:{facts.sip_port};transport=udp>"
    return (
        f'"{name}" {address};auth_user={user};auth_pass={facts.secret}'
        ";regint=600;audio_codecs=opus/48000/2,g722/16000/1,pcma/8000/1,pcmu/8000/1\n"
    )
