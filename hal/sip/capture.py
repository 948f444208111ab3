"""SIP messages as a pcap file that tshark and Wireshark open.

Pure: messages in, octets of the file out. Link type 101 (raw IP, no Ethernet) of the pcap format
(draft-ietf-opsawg-pcap, clause 4). A datagram is written with the addresses and ports it really
had; what came over TCP as segments with numbers of our own counting, without the handshake, since
the kernel keeps the real ones. TLS is written as such TCP too, **decrypted**. Left out: audio,
which never passes here (its way is the switch).

Digest responses are in the file: whoever has it can try passwords against them at leisure.

Shell: capture_task.py. Tests: tests/hal/sip/test_capture.py (read back by tshark).
"""

from __future__ import annotations

import ipaddress
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from hal.sip.flow import Flow

MAGIC: Final = 0xA1B2C3D4
"""Times in microseconds."""
LINKTYPE_RAW: Final = 101
SNAPLEN: Final = 262_144
MAX_SEGMENT: Final = 60_000
"""Octets in one TCP segment; the length field of IP ends at 65 535."""
MAX_STREAMS: Final = 1024
UDP: Final = 17
TCP: Final = 6
PSH_ACK: Final = 0x18

Ends = tuple[str, int, str, int]
"""Source address and port, destination address and port."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One message on its way."""

    at: float
    """Wall-clock seconds."""
    data: bytes
    flow: Flow
    local: tuple[str, int]
    """Our address and port."""
    is_sent: bool


def file_header() -> bytes:
    """How a pcap file begins."""
    return struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, SNAPLEN, LINKTYPE_RAW)


class PcapWriter:
    """Makes packets; remembers how far each TCP stream is, the newest `MAX_STREAMS`."""

    def __init__(self) -> None:
        self._sequence: OrderedDict[Ends, int] = OrderedDict()

    def packets(self, captured: Captured) -> bytes:
        """The message as one packet or, of TCP, as many as it takes."""
        peer = (_literal(captured.flow.ip), captured.flow.port)
        local = (_literal(captured.local[0]), captured.local[1])
        ends = (*local, *peer) if captured.is_sent else (*peer, *local)
        if captured.flow.transport == "udp":
            return _record(captured.at, _ip(ends, UDP, _udp(ends, captured.data)))
        pieces = range(0, len(captured.data), MAX_SEGMENT)
        return b"".join(
            _record(captured.at, self._segment(ends, captured.data[at : at + MAX_SEGMENT]))
            for at in pieces
        )

    def _segment(self, ends: Ends, data: bytes) -> bytes:
        back = (*ends[2:], *ends[:2])
        sequence, acknowledged = self._sequence.get(ends, 1), self._sequence.get(back, 1)
        self._sequence[ends] = (sequence + len(data)) & 0xFFFFFFFF
        self._sequence.move_to_end(ends)
        if len(self._sequence) > MAX_STREAMS:
            self._sequence.popitem(last=False)
        head = struct.pack(
            "!HHIIBBHHH", ends[1], ends[3], sequence, acknowledged, 5 << 4, PSH_ACK, 65535, 0, 0
        )
        total = _checksum(_pseudo(ends, TCP, len(head) + len(data)) + head + data)
        return _ip(ends, TCP, head[:16] + struct.pack("!H", total) + head[18:] + data)


def _literal(ip: str) -> str:
    """Without the zone of a link-local address."""
    return ip.partition("%")[0]


def _record(at: float, packet: bytes) -> bytes:
    seconds, micros = divmod(round(at * 1_000_000), 1_000_000)
    return struct.pack("<IIII", seconds, micros, len(packet), len(packet)) + packet


def _udp(ends: Ends, data: bytes) -> bytes:
    data = data[: 65_535 - 28]
    length = 8 + len(data)
    head = struct.pack("!HHHH", ends[1], ends[3], length, 0)
    total = _checksum(_pseudo(ends, UDP, length) + head + data) or 0xFFFF
    return head[:6] + struct.pack("!H", total) + data


def _addresses(ends: Ends) -> tuple[bytes, bytes]:
    """Both of one family: a mapped IPv4 address where the other end is IPv6."""
    source, destination = ipaddress.ip_address(ends[0]), ipaddress.ip_address(ends[2])
    if source.version == destination.version:
        return source.packed, destination.packed
    return _as_ipv6(source.packed), _as_ipv6(destination.packed)


def _as_ipv6(packed: bytes) -> bytes:
    return packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed


def _pseudo(ends: Ends, protocol: int, length: int) -> bytes:
    """What a checksum covers beside the segment (RFC 768, RFC 8200 clause 8.1)."""
    source, destination = _addresses(ends)
    if len(source) == 4:
        return source + destination + struct.pack("!BBH", 0, protocol, length)
    return source + destination + struct.pack("!IHBB", length, 0, 0, protocol)


def _ip(ends: Ends, protocol: int, payload: bytes) -> bytes:
    source, destination = _addresses(ends)
    if len(source) == 16:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + (
            source + destination + payload
        )
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0)
    total = _checksum(head + source + destination)
    return head[:10] + struct.pack("!H", total) + source + destination + payload


def _checksum(data: bytes) -> int:
    """RFC 1071: the 16-bit one's complement of the one's complement sum."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
