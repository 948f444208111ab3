"""Between phones and lines: how long a sample takes through the switch, and what jitter costs.

The real switch with a timeslot stream over a socket pair and eight phones, each joined to a line
(phone i hears slot i and the other way round), as in a call from outside. The exchange sends 80
frames every 10 ms, phones a packet every 20 ms; their beats are spread evenly over those 20 ms. In
each direction the audio is stretches of one A-law octet that changes every so often, so that a new
octet at the far end says which piece it belongs to, whatever was lost before.

    phone to line   from sending a packet to its first sample in a slot: block received plus the
                    sample's place in it (the wire is that much slower)
    line to phone   from sending the block with a sample to receiving the RTP packet with it: the
                    20 ms that make a packet included

Echo cancellers are off: they change samples, so that marks would be lost, but never delay them.
For jitter every packet is held back for a time drawn evenly from a range; the switch says how much
audio it had to make up.

    python -m tools.bench.lines [--seconds 8] [--jitter-ms 30]
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import os
import random
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hal.leg import PortId
from hal.switch.face import Codec
from hal.switch.switch import Switch
from tools.bench.processes import OUTSIDE, load_average, pin, quantile, table

CALLS: Final = 8
SLOTS: Final = 32
FRAMES: Final = 80
BLOCK: Final = SLOTS * FRAMES
BLOCK_S: Final = 0.010
PACKET: Final = 160
PACKET_S: Final = 0.020
SAMPLE_S: Final = 0.000125
WARM_UP_S: Final = 1.0
MARKS: Final = bytes(range(0x20, 0x60))
"""Octets that follow each other: a mark comes again after 64 pieces, more than a second."""


@dataclass(slots=True)
class Marks:
    """When each piece of one direction of one call was sent, and how long it took."""

    sent_at: dict[int, float] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)
    _last: int = -1

    def send(self, number: int, at: float) -> int:
        """The octet of a piece."""
        octet = MARKS[number % len(MARKS)]
        self.sent_at[octet] = at
        return octet

    def hear(self, octet: int, at: float) -> None:
        """An octet came; the first one of a piece counts."""
        if octet == self._last:
            return
        self._last = octet
        if (sent := self.sent_at.pop(octet, None)) is not None:
            self.took_s.append(at - sent)


@dataclass(slots=True)
class Call:
    """A phone, and a line by its slot."""

    slot: int
    port: PortId
    socket: socket.socket
    to_line: Marks = field(default_factory=Marks)
    to_phone: Marks = field(default_factory=Marks)
    packets: int = 0

    def packet(self, now: float) -> bytes:
        """The phone's next packet."""
        number, self.packets = self.packets, self.packets + 1
        head = struct.pack(">BBHII", 0x80, 8, number & 0xFFFF, number * PACKET, 0x2000 + self.slot)
        return head + bytes([self.to_line.send(number, now)]) * PACKET


@dataclass(frozen=True, slots=True)
class Delays:
    """One run, all calls together."""

    jitter_ms: float
    to_line_s: list[float]
    to_phone_s: list[float]
    concealed_ms: float
    audio_ms: float
    """Of all phones together."""
    late_packets: int
    late_ticks: int
    ticks: int
    load_average: float


class Exchange:
    """The far end of the stream and all phones, on one thread with one clock."""

    def __init__(self, calls: Sequence[Call], stream: socket.socket, jitter_s: float) -> None:
        self._calls, self._stream, self._jitter_s = calls, stream, jitter_s
        self._waiting: list[tuple[float, int, bytes]] = []
        """Packets on their way: when they arrive, of which call."""
        self._chance = random.Random(1)
        self._received = bytearray()
        self._blocks = 0

    def run(self, seconds: float) -> None:
        """Carry audio both ways in time."""
        pin(OUTSIDE, is_first=True)()
        begin = time.monotonic() + 0.05
        beats = [(begin + index * PACKET_S / CALLS, 1 + index) for index in range(len(self._calls))]
        heapq.heapify(beats := [(begin, 0), *beats])
        while beats[0][0] < begin + seconds:
            due, who = beats[0]
            heapq.heapreplace(beats, (due + (PACKET_S if who else BLOCK_S), who))
            self._listen_until(due)
            if who:
                self._make(who - 1, due)
            else:
                self._send_block()

    def _listen_until(self, due: float) -> None:
        """Take in what comes, deliver what has been held back, until it is time."""
        watched = [self._stream, *(call.socket for call in self._calls)]
        while True:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                _, index, packet = heapq.heappop(self._waiting)
                self._calls[index].socket.send(packet)
            if now >= due:
                return
            until = min(due, self._waiting[0][0]) if self._waiting else due
            ready, _, _ = select.select(watched, (), (), max(0.0, until - now))
            at = time.monotonic()
            for one in ready:
                self._take(one, at)

    def _take(self, one: socket.socket, at: float) -> None:
        if one is self._stream:
            self._received += one.recv(BLOCK)
            while len(self._received) >= BLOCK:
                self._hear_block(bytes(self._received[:BLOCK]), at)
                del self._received[:BLOCK]
            return
        call = next(call for call in self._calls if call.socket is one)
        for octet in one.recv(2000)[12:]:
            call.to_phone.hear(octet, at)

    def _make(self, index: int, due: float) -> None:
        packet = self._calls[index].packet(time.monotonic())
        held_s = self._chance.uniform(0, self._jitter_s)
        if held_s:
            heapq.heappush(self._waiting, (due + held_s, index, packet))
        else:
            self._calls[index].socket.send(packet)

    def _send_block(self) -> None:
        frames = bytearray(b"\xd5" * BLOCK)
        now = time.monotonic()
        for call in self._calls:
            frames[call.slot :: SLOTS] = bytes([call.to_phone.send(self._blocks, now)]) * FRAMES
        self._blocks += 1
        self._stream.send(frames)

    def _hear_block(self, block: bytes, at: float) -> None:
        for call in self._calls:
            for place, octet in enumerate(block[call.slot :: SLOTS]):
                call.to_line.hear(octet, at + place * SAMPLE_S)


async def measure(seconds: float, jitter_ms: float) -> Delays:
    """One run of the switch."""
    switch = Switch(tdm_stall_ms=200)
    switch.start()
    ours, theirs = socket.socketpair()
    switch.attach_tdm(theirs.fileno())
    theirs.close()
    calls = [_join(switch, slot) for slot in range(1, CALLS + 1)]
    exchange = Exchange(calls, ours, jitter_ms / 1000)
    try:
        running = asyncio.create_task(asyncio.to_thread(exchange.run, WARM_UP_S + seconds))
        await asyncio.sleep(WARM_UP_S)
        before = switch.snapshot()
        for call in calls:
            call.to_line.took_s.clear()
            call.to_phone.took_s.clear()
        await running
        after = switch.snapshot()
    finally:
        switch.shut_down()
        for one in (ours, *(call.socket for call in calls)):
            one.close()
    phones = {call.port for call in calls}

    def grown(what: str) -> float:
        of = [sum(getattr(p, what) for p in s.ports if p.port in phones) for s in (before, after)]
        return float(of[1] - of[0])

    return Delays(
        jitter_ms,
        [took for call in calls for took in call.to_line.took_s],
        [took for call in calls for took in call.to_phone.took_s],
        grown("concealed_ms"),
        1000 * seconds * CALLS,
        round(grown("packets_late")),
        after.late_ticks - before.late_ticks,
        after.ticks - before.ticks,
        load_average(),
    )


def _join(switch: Switch, slot: int) -> Call:
    port, udp = switch.open_rtp("127.0.0.1")
    line = switch.open_slot(slot)
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.bind(("127.0.0.1", 0))
    phone.connect(("127.0.0.1", udp))
    switch.set_rtp(port, "127.0.0.1", phone.getsockname()[1], Codec.PCMA, 101)
    switch.hear(port, line)
    switch.hear(line, port)
    return Call(slot, port, phone)


def report(runs: Sequence[Delays]) -> str:
    """The table."""
    head = (
        "jitter p-p", "phone to line p50", "p99", "max", "line to phone p50", "p99", "max",
        "made up", "late packets", "late ticks", "load",
    )  # fmt: skip
    return table(head, [_row(run) for run in runs])


def _row(run: Delays) -> tuple[str, ...]:
    there, back = run.to_line_s, run.to_phone_s
    return (
        f"{run.jitter_ms:.0f} ms",
        *(f"{1000 * quantile(there, share):.1f} ms" for share in (0.5, 0.99, 1)),
        *(f"{1000 * quantile(back, share):.1f} ms" for share in (0.5, 0.99, 1)),
        f"{100 * run.concealed_ms / run.audio_ms:.2f} %",
        str(run.late_packets),
        f"{100 * run.late_ticks / max(run.ticks, 1):.2f} %",
        f"{run.load_average:.1f}",
    )


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Delay between phones and lines.")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--jitter-ms", default="0,30")
    chosen = parser.parse_args(given)
    print(f"Phones and lines: {CALLS} calls, a phone and a timeslot each.")
    print("Goals: phone to line p99 < 35 ms on a quiet network; at 30 ms jitter < 1 % made up.")
    cores = os.sched_getaffinity(0)
    runs = []
    for jitter_ms in map(float, chosen.jitter_ms.split(",")):
        runs.append(asyncio.run(measure(chosen.seconds, jitter_ms)))
        os.sched_setaffinity(0, cores)
    print(report(runs))


if __name__ == "__main__":
    main()
