"""Junk from the network while calls keep their audio: 5 000 packets a second, and none.

The switch with calls in progress and the phones' SIP stack run in one process, as in the core. A
third of the junk are random octets and a third broken SIP messages to the SIP port; a third are
RTP packets, random or well-formed but of another sender, to the ports of the calls. The load of the
calls and what it measures are those of media.py. After it the stack must answer OPTIONS.

    python -m tools.bench.junk [--calls 30] [--seconds 10] [--rate 5000]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firmware import cycles_task
from firmware.pulse_task import Pulse
from hal.sip.phones_task import Phones
from hal.switch.face import Codec
from hal.switch.switch import Switch
from tools.bench.media import WARM_UP_S, Bench, Load, measured
from tools.bench.processes import BOX, OUTSIDE, child, line, load_average, table, tell

VARIETY: Final = 3000
"""Different packets of each kind."""
OPTIONS: Final = (
    b"OPTIONS sip:box@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%d;rport\r\n"
    b"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:box@127.0.0.1>\r\nCall-ID: %d\r\n"
    b"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run."""

    rate: int
    load: Load
    cpu: float
    """Of the box process, share of one core."""
    ticks: int
    late: int
    longest_ms: float
    heard: int
    refused: int
    answers: bool
    load_average: float


async def serve(calls: int, pulse: Pulse) -> None:
    """The box's part, in a process of its own that talks by lines on stdin and stdout."""
    switch = Switch()
    switch.start()
    phones = Phones(
        switch, lambda user: None, listen=[("udp", "127.0.0.1", 0), ("tcp", "127.0.0.1", 0)],
        on_offered=lambda leg: None,
    )  # fmt: skip
    running = asyncio.create_task(phones.run(), name="phones")
    await phones.opened.wait()
    legs = [switch.open_rtp("127.0.0.1") for _ in range(2 * calls)]
    print(phones.ports[0], *(udp for _, udp in legs), flush=True)
    peers = [int(word) for word in (await asyncio.to_thread(sys.stdin.readline)).split()]
    for (port, _), peer in zip(legs, peers, strict=True):
        switch.set_rtp(port, "127.0.0.1", peer, Codec.PCMA, 101)
    for (one, _), (other, _) in zip(legs[0::2], legs[1::2], strict=True):
        switch.hear(one, other)
        switch.hear(other, one)
    print("ready", flush=True)
    before = switch.snapshot()
    await asyncio.to_thread(sys.stdin.readline)
    after, seen = switch.snapshot(), phones.snapshot()
    print(
        after.ticks - before.ticks, after.late_ticks - before.late_ticks,
        1000 * pulse.snapshot().longest_s, seen.agent.messages_in, seen.agent.messages_refused,
        flush=True,
    )  # fmt: skip
    await asyncio.to_thread(sys.stdin.readline)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    switch.shut_down()


def flood(rate: int, seconds: float, sip_port: int, media_ports: Sequence[int]) -> None:
    """Send junk in portions of a hundredth of a second."""
    pick = random.Random(1)
    packets = [
        [(sip_port, data) for data in noise(pick)],
        [(sip_port, data) for data in broken_sip(pick)],
        [(pick.choice(media_ports), data) for data in _rtp(pick)],
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        end, due, n = time.monotonic() + seconds, time.monotonic(), 0
        while (now := time.monotonic()) < end:
            while due <= now:
                port, data = packets[n % 3][n // 3 % VARIETY]
                out.sendto(data, ("127.0.0.1", port))
                n, due = n + 1, due + 1 / rate
            time.sleep(0.005)
    print(n, flush=True)


def noise(pick: random.Random) -> list[bytes]:
    return [pick.randbytes(pick.randrange(5, 1200)) for _ in range(VARIETY)]


def broken_sip(pick: random.Random) -> list[bytes]:
    """Octets changed, the end cut off, or a piece doubled; some are still good."""
    made = []
    for n in range(VARIETY):
        data = bytearray(OPTIONS % (n, n))
        for _ in range(pick.randrange(1, 6)):
            data[pick.randrange(len(data))] = pick.randrange(256)
        at = pick.randrange(1, len(data))
        made.append(bytes(pick.choice((data, data[:at], data[:at] + data[at // 2 :]))))
    return made


def _rtp(pick: random.Random) -> list[bytes]:
    heads = (b"\x80\x08", b"\x80\x00", b"\x80\x65", b"\x81\xc8", b"\x00\x00")
    return [pick.choice(heads) + pick.randbytes(170) for _ in range(VARIETY)]


def run(bench: Bench, calls: int, seconds: int, rate: int) -> Outcome:
    """Calls for so long, with so much junk a second."""
    with ExitStack() as stack:
        me = [sys.executable, "-m", "tools.bench.junk"]
        server = stack.enter_context(child([*me, "--serve", str(calls)], BOX))
        sip_port, *ports = line(server).split()
        blast = stack.enter_context(bench.blast(seconds, ports))
        tell(server, " ".join(line(blast) for _ in ports))
        line(server)
        if rate:
            for_s = str(seconds + WARM_UP_S)
            words = [*me, "--flood", str(rate), for_s, sip_port, *ports]
            stack.enter_context(child(words, OUTSIDE))
        load, used = measured(blast, seconds, calls, [server.pid])
        tell(server, "figures")
        ticks, late, longest, heard, refused = line(server).split()
        answers = _answers(int(sip_port))
        tell(server, "end")
        server.wait(10)
    cpu = calls * sum(used[0]) / len(used[0])
    return Outcome(
        rate, load, cpu, int(ticks), int(late), float(longest), int(heard), int(refused), answers,
        load_average(),
    )  # fmt: skip


def _answers(port: int) -> bool:
    """The SIP stack answers OPTIONS within a second."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(1.0)
        phone.sendto(OPTIONS % (10**9, 10**9), ("127.0.0.1", port))
        try:
            return phone.recv(2000).startswith(b"SIP/2.0 200")
        except TimeoutError:
            return False


def report(outcomes: Sequence[Outcome]) -> str:
    """The table."""
    head = (
        "junk/s", "late ticks", "lost", "p50", "p99", "max", "longest turn", "box CPU",
        "SIP heard", "refused", "answers", "load",
    )  # fmt: skip
    return table(head, [_row(outcome) for outcome in outcomes])


def _row(one: Outcome) -> tuple[str, ...]:
    return (
        str(one.rate),
        f"{100 * one.late / max(one.ticks, 1):.2f} %",
        f"{one.load.lost_percent:.3f} %",
        f"{one.load.p50_us / 1000:.3f}",
        f"{one.load.p99_us / 1000:.3f}",
        f"{one.load.max_us / 1000:.1f} ms",
        f"{one.longest_ms:.0f} ms",
        f"{100 * one.cpu:.0f} %",
        str(one.heard),
        str(one.refused),
        "yes" if one.answers else "NO",
        f"{one.load_average:.1f}",
    )


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Junk while calls keep their audio.")
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--flood", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args(given)
    if chosen.serve:
        sys.setswitchinterval(0.0005)
        cycles_task.begin()
        pulse = Pulse()
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(pulse)) as runner:
            runner.run(serve(chosen.serve, pulse))
    elif chosen.flood:
        rate, seconds, sip_port, *ports = chosen.flood
        flood(int(rate), float(seconds), int(sip_port), [int(port) for port in ports])
    else:
        print(f"Junk from the network, {chosen.calls} calls in progress, beside the same without.")
        print("Goals: late ticks < 0.1 %, lost as without, longest turn < 20 ms, then answers.")
        with tempfile.TemporaryDirectory(prefix="bench-") as work:
            bench = Bench(Path(work))
            rates = (0, chosen.rate)
            print(report([run(bench, chosen.calls, chosen.seconds, rate) for rate in rates]))


if __name__ == "__main__":
    main()
