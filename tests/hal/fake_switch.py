"""A switch without audio: it records commands and opens real UDP sockets for RTP ports.

Implements hal.switch.face.AudioSwitch in Python, for tests of everything that moves the switch.
`commands` is what was asked, in order; `say()` plays an event of the switch's.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from itertools import count
from typing import Any

from hal.leg import PortId
from hal.switch.face import (
    Codec,
    Detect,
    PortCounters,
    SoundId,
    SrtpKeys,
    SwitchEvent,
    SwitchSnapshot,
    TapId,
)


class FakeSwitch:
    """Records what it is told."""

    def __init__(self) -> None:
        self.listener: Callable[[SwitchEvent], None] | None = None
        self.commands: list[tuple[Any, ...]] = []
        self.sockets: dict[PortId, socket.socket] = {}
        self.ports: set[PortId] = set()
        self.rtp: dict[PortId, dict[str, Any]] = {}
        """The last set_rtp of each port."""
        self.measured: dict[PortId, PortCounters] = {}
        """What `counters` gives, where a test has a say."""
        self._numbers = count(1)

    def say(self, event: SwitchEvent) -> None:
        """Report an event as the real switch would."""
        assert self.listener is not None
        self.listener(event)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of every command of one name."""
        return [command[1:] for command in self.commands if command[0] == name]

    def close_all(self) -> None:
        """Close what tests left open."""
        for port in list(self.ports):
            self.close(port)

    def _new_port(self) -> PortId:
        port = PortId(next(self._numbers))
        self.ports.add(port)
        return port

    def open_rtp(self, local_ip: str) -> tuple[PortId, int]:
        family = socket.AF_INET6 if ":" in local_ip else socket.AF_INET
        for _ in range(1000):
            bound = socket.socket(family, socket.SOCK_DGRAM)
            bound.setblocking(False)
            bound.bind((local_ip, 0))
            if bound.getsockname()[1] % 2 == 0:
                break
            bound.close()
        port = self._new_port()
        self.sockets[port] = bound
        self.commands.append(("open_rtp", port, local_ip))
        return port, bound.getsockname()[1]

    def set_rtp(
        self,
        port: PortId,
        remote_ip: str,
        remote_port: int,
        codec: Codec,
        dtmf_payload: int | None,
        send: bool = True,
        receive: bool = True,
        *,
        payload: int | None = None,
        srtp: SrtpKeys | None = None,
        rtcp: tuple[str, int] | None = None,
    ) -> None:
        assert port in self.ports
        number = codec.value if payload is None else payload
        assert number in range(64) or number in range(96, 128), number
        assert dtmf_payload is None or (96 <= dtmf_payload < 128 and dtmf_payload != number)
        for ip, udp_port in ((remote_ip, remote_port), rtcp or (remote_ip, 1)):
            ipaddress.IPv4Address(ip)  # raises, as the switch does
            assert 0 <= udp_port < 65536
        self.rtp[port] = {
            "remote": (remote_ip, remote_port),
            "codec": codec,
            "dtmf_payload": dtmf_payload,
            "send": send,
            "receive": receive,
            "payload": payload,
            "srtp": srtp,
            "rtcp": rtcp,
        }
        self.commands.append(
            ("set_rtp", port, remote_ip, remote_port, codec, dtmf_payload, send, receive)
        )

    def open_slot(self, slot: int) -> PortId:
        port = self._new_port()
        self.commands.append(("open_slot", port, slot))
        return port

    def open_player(self) -> PortId:
        port = self._new_port()
        self.commands.append(("open_player", port))
        return port

    def close(self, port: PortId) -> None:
        assert port in self.ports, f"port {port} closed twice"
        self.ports.discard(port)
        if port in self.sockets:
            self.sockets.pop(port).close()
        self.commands.append(("close", port))

    def hear(self, listener: PortId, source: PortId, gain_db: float = 0.0) -> None:
        self.commands.append(("hear", listener, source, gain_db))

    def unhear(self, listener: PortId, source: PortId) -> None:
        self.commands.append(("unhear", listener, source))

    def load(self, alaw: bytes) -> SoundId:
        sound = SoundId(next(self._numbers))
        self.commands.append(("load", sound, len(alaw)))
        return sound

    def unload(self, sound: SoundId) -> None:
        self.commands.append(("unload", sound))

    def play(self, port: PortId, sound: SoundId, loop: bool = False, gain_db: float = 0.0) -> None:
        self.commands.append(("play", port, sound, loop, gain_db))

    def stop(self, port: PortId) -> None:
        self.commands.append(("stop", port))

    def send_digits(self, port: PortId, digits: str) -> None:
        self.commands.append(("send_digits", port, digits))

    def detect(self, port: PortId, what: Detect) -> None:
        self.commands.append(("detect", port, what))

    def cancel_echo(self, port: PortId, on: bool) -> None:
        self.commands.append(("cancel_echo", port, on))

    def open_tap(self, port: PortId) -> TapId:
        tap = TapId(next(self._numbers))
        self.commands.append(("open_tap", tap, port))
        return tap

    def read_tap(self, tap: TapId, limit: int) -> tuple[int, bytes]:
        return 0, b""

    def mask_tap(self, tap: TapId, on: bool) -> None:
        self.commands.append(("mask_tap", tap, on))

    def close_tap(self, tap: TapId) -> None:
        self.commands.append(("close_tap", tap))

    def attach_tdm(self, fd: int) -> None:
        self.commands.append(("attach_tdm", fd))

    def counters(self, port: PortId) -> PortCounters:
        if port in self.measured:
            return self.measured[port]
        return PortCounters(port, "rtp", 0, 0, 0, 0, 0, 0, 0.0, -99.0, -99.0, 0.0)

    def snapshot(self) -> SwitchSnapshot:
        return SwitchSnapshot((), 0, 0, 0, False, 0, 0)
