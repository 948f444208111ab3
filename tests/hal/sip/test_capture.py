"""The pcap file as tshark reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hal.sip.capture import MAX_SEGMENT, MAX_STREAMS, Captured, PcapWriter, file_header
from hal.sip.flow import Flow

OPTIONS = (
    b"OPTIONS sip:201@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n"
    b"From: <sip:201@192.0.2.1>;tag=1\r\nTo: <sip:201@192.0.2.1>\r\nCall-ID: traced\r\n"
    b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def tshark(folder: Path, octets: bytes, *fields: str) -> list[list[str]]:
    """The fields of each packet; checksums are verified."""
    path = folder / "trace.pcap"
    path.write_bytes(octets)
    words = ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=|"]
    for name in ("ip.check_checksum", "udp.check_checksum", "tcp.check_checksum"):
        words += ["-o", f"{name}:TRUE"]
    for field in fields:
        words += ["-e", field]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("|") for line in said.splitlines()]


def captured(flow: Flow, data: bytes = OPTIONS, is_sent: bool = False) -> Captured:
    local = ("2001:db8::1", 5060) if ":" in flow.ip else ("192.0.2.1", 5060)
    return Captured(1_700_000_000.25, data, flow, local, is_sent)


@pytest.mark.parametrize(
    ("flow", "ip"),
    [(Flow("udp", "192.0.2.7", 5061), "ip"), (Flow("udp", "2001:db8::7", 5061), "ipv6")],
)
def test_datagrams_both_ways(tmp_path: Path, flow: Flow, ip: str) -> None:
    writer = PcapWriter()
    octets = file_header() + b"".join(
        writer.packets(captured(flow, is_sent=way)) for way in (False, True)
    )
    rows = tshark(
        tmp_path, octets,
        f"{ip}.src", "udp.srcport", "udp.dstport", "udp.checksum.status", "sip.Method",
        "sip.Call-ID", "frame.time_epoch",
    )  # fmt: skip
    here = "2001:db8::1" if ip == "ipv6" else "192.0.2.1"
    assert [row[:6] for row in rows] == [
        [flow.ip, "5061", "5060", "1", "OPTIONS", "traced"],
        [here, "5060", "5061", "1", "OPTIONS", "traced"],
    ]
    assert rows[0][6].startswith("1700000000.25")


def test_tcp_goes_on_counting_and_is_put_together(tmp_path: Path) -> None:
    flow = Flow("tcp", "192.0.2.7", 40000, 0, 1)
    writer = PcapWriter()
    body = b"x" * (MAX_SEGMENT + 10)
    long = OPTIONS.replace(b"Content-Length: 0", b"Content-Length: %d" % len(body)) + body
    octets = file_header() + b"".join(
        writer.packets(captured(flow, data, way))
        for data, way in ((OPTIONS, False), (long, False), (OPTIONS, True))
    )
    rows = tshark(
        tmp_path, octets, "tcp.srcport", "tcp.len", "tcp.checksum.status", "sip.Method",
        "tcp.analysis.flags",
    )  # fmt: skip
    assert [row[0] for row in rows] == ["40000"] * 3 + ["5060"]
    assert [row[2] for row in rows] == ["1"] * 4
    assert [row[3] for row in rows if row[3]] == ["OPTIONS"] * 3
    assert {row[4] for row in rows} == {""}  # nothing lost, repeated or out of order


def test_streams_remembered_are_bounded() -> None:
    writer = PcapWriter()
    for port in range(MAX_STREAMS + 10):
        writer.packets(captured(Flow("tcp", "192.0.2.7", 1024 + port)))
    assert len(writer._sequence) == MAX_STREAMS


def test_ends_of_two_families_are_written_as_one(tmp_path: Path) -> None:
    mixed = Captured(1.0, OPTIONS, Flow("udp", "fe80::7%eth0", 5061), ("192.0.2.1", 5060), True)
    rows = tshark(tmp_path, file_header() + PcapWriter().packets(mixed), "ipv6.dst", "sip.Method")
    assert rows == [["fe80::7", "OPTIONS"]]
