"""All lines of the exchange: requests go in, the timeslot stream and the story come out.

Pure: 10 ms a tick; no socket, no file, no clock (the wall clock that caller ID tells is passed
in). Shells: tdm_task.py, lines_task.py, control_task.py.
Tests: tests/tools/exchange/test_network.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from tools.exchange.country import Country
from tools.exchange.errors import BadRequest
from tools.exchange.frames import idle_block
from tools.exchange.g711 import TICK_S, Octets, Samples
from tools.exchange.messages import (
    CalledSide,
    Cut,
    EchoLoss,
    Hangup,
    NoiseLevel,
    Parallel,
    Press,
    Request,
    Restore,
    Ring,
    Say,
    Slip,
    Status,
    Told,
    Watch,
)
from tools.exchange.subscriber import Subscriber
from tools.exchange.wires import BoxSide, Electrical

logger = logging.getLogger(__name__)

MAX_LINES: Final = 31

Answer = dict[str, object]
Listener = Callable[[Told, Samples | None], None]
"""Hears one event; with `done` also the audio that is to be written to `heard`."""


class Network:
    """Lines 1..n of one country."""

    def __init__(
        self, country: Country, lines: int, wall: Callable[[], datetime] = datetime.now
    ) -> None:
        if not 1 <= lines <= MAX_LINES:
            raise BadRequest(f"{lines} lines: expected 1 to {MAX_LINES}")
        self.country = country
        self.ticks = 0
        self.watchers: list[Listener] = []
        self.on_electrical: Callable[[Electrical], None] | None = None
        self.slip_octets = 0
        """Octets the stream still has to gain (negative: lose); the shell carries it out."""
        self.lines = {n: Subscriber(n, country, self._watch, wall) for n in range(1, lines + 1)}
        self._shown = {n: line.electrical() for n, line in self.lines.items()}
        self._idle = idle_block()

    @property
    def t(self) -> float:
        """Seconds since the exchange started."""
        return round(self.ticks * TICK_S, 2)

    def electrical(self) -> list[Electrical]:
        """Every line, for a board that has just connected."""
        return list(self._shown.values())

    def set_side(self, side: BoxSide) -> None:
        """The board says what it does to a port."""
        if side.port not in self.lines:
            raise BadRequest(f"port {side.port}: this exchange has lines 1 to {len(self.lines)}")
        self.lines[side.port].set_side(side)
        self._show()

    def board_gone(self) -> None:
        """Without a board every line is on hook."""
        for number, line in self.lines.items():
            line.set_side(BoxSide(number))
        self._show()

    def tick(self, frames: Octets | None) -> Octets:
        """10 ms: 80 frames from the box (None: nothing came) for 80 frames to it."""
        self.ticks += 1
        block: Octets | None = None
        for line in self.lines.values():
            octets = line.tick(self.ticks, None if frames is None else frames[:, line.slot])
            if octets is None:
                continue
            if block is None:
                block = self._idle.copy()
            block[:, line.slot] = octets
        self._show()
        return self._idle if block is None else block

    def request(
        self, request: Request, listener: Listener, clip: Samples | None = None
    ) -> Answer | None:
        """Carry out a request; the answer, or None when only events follow.

        Raises `BadRequest` or `LineBusy`. `clip` is the audio of its `play`.
        """
        answer = self._carry_out(request, listener, clip)
        self._show()
        return answer

    def _carry_out(
        self, request: Request, listener: Listener, clip: Samples | None
    ) -> Answer | None:
        done: Answer = {"ok": True}
        match request:
            case Ring():
                return self._ring(request, listener, clip)
            case Status():
                return done | self._status()
            case Watch():
                self.watchers.append(listener)
            case Slip():
                self.slip_octets += request.octets
            case CalledSide():
                for line in self._of(request.line):
                    line.called_side, line.called_clip = request, clip
            case Hangup():
                self._one(request.line).hang_up(request.by)
            case Say() if clip is not None:
                self._one(request.line).talking().say(clip, request.repeat, request.pause_s)
            case Say():
                raise BadRequest("say: play is empty, expected the path of a WAV file")
            case Press():
                self._one(request.line).talking().press(request.digits)
            case Cut() | Restore():
                for line in self._of(request.line):
                    line.cut(isinstance(request, Cut))
            case Parallel():
                self._one(request.line).other_telephone(request.on)
            case NoiseLevel():
                for line in self._of(request.line):
                    line.set_noise(request.dbm0)
            case EchoLoss():
                for line in self._of(request.line):
                    line.set_echo(request.erl_db)
        return done

    def _ring(self, request: Ring, listener: Listener, clip: Samples | None) -> Answer | None:
        if request.line:
            line = self._one(request.line)
        else:
            free = next((line for line in self.lines.values() if line.is_free), None)
            if free is None:
                return {"event": "all_busy", "line": 0, "t": self.t}
            line = free

        def tell(
            number: int, event: str, details: dict[str, object], heard: Samples | None
        ) -> None:
            listener(Told(number, self.t, event, details), heard)

        line.ring(request, clip, tell)
        return None

    def _status(self) -> Answer:
        return {
            "t": self.t,
            "country": self.country.code,
            "lines": [line.status() for line in self.lines.values()],
        }

    def _one(self, number: int) -> Subscriber:
        if number not in self.lines:
            raise BadRequest(f"line {number}: expected 1 to {len(self.lines)}")
        return self.lines[number]

    def _of(self, number: int) -> Iterator[Subscriber]:
        return iter([self._one(number)] if number else list(self.lines.values()))

    def _watch(
        self, number: int, event: str, details: dict[str, object], heard: Samples | None
    ) -> None:
        told = Told(number, self.t, event, details)
        if heard is not None and not self.watchers:
            logger.warning("! line %d: no watcher is left to write %s", number, details["heard"])
        for index, watcher in enumerate(self.watchers):
            # one recording is written once, however many watch
            watcher(told, heard if index == 0 else None)

    def _show(self) -> None:
        """Tell the board what has changed on the wires."""
        for number, line in self.lines.items():
            now = line.electrical()
            if now != self._shown[number]:
                self._shown[number] = now
                if self.on_electrical:
                    self.on_electrical(now)
