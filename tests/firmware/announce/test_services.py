"""What is announced."""

from __future__ import annotations

from firmware.announce.services import Ports, host_label, label, services


def test_what_is_heard_is_announced() -> None:
    found = services(Ports(files=8443, web=80, sip=5060, sip_tls=5061), "callbox")
    assert [(s.kind, s.port) for s in found] == [
        ("_callbox._tcp.local.", 8443), ("_http._tcp.local.", 80), ("_sip._udp.local.", 5060),
        ("_sips._tcp.local.", 5061),
    ]  # fmt: skip
    assert found[0].text == {"path": "/provision/"}
    assert found[0].full_name == "Callbox on callbox._callbox._tcp.local."


def test_what_is_not_heard_is_not() -> None:
    assert [s.kind for s in services(Ports(sip=5060), "callbox")] == ["_sip._udp.local."]


def test_names_fit_into_labels() -> None:
    assert len(label("Büro " * 40).encode()) <= 63
    assert "." not in label("box.example.org")
    assert label("") == "Callbox"
    assert host_label("Anna's Box.example") == "anna-s-box"
    assert host_label("...") == "callbox"
    assert host_label("é") == "callbox"
