"""HAT session: the box's end of the link, from octets to `HatEvent`s and from commands to octets.

Pure: octets, commands and the time (s, monotonic) go in; `take_data()` and `take_events()` give
what must be sent and told. Hello until answered, heartbeat 1 s, commands in order and retried,
events delivered once and in order. What is *wanted* of the HAT (configuration, hook, monitor,
lifeline, LEDs) is kept and said again after every new start of the conversation, so a HAT that
was reset comes back as it should be; only a line that was off hook is not taken again then, as
its call has ended.

The wire is board/PROTOCOL.md; the states are conversation.py's, commands under way outbox.py's,
events inbox.py's, what is wanted wanted.py's, the words of what is wrong faults.py's; the other end
is board/hat/link.py; the shell link_task.py. Left out: what a ring or a dropped loop means
(hal.lines). Tests: tests/hal/hat/test_session.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from board.hat import wire
from hal.hat import codec, faults
from hal.hat.codec import Type
from hal.hat.conversation import Happening, State, advance
from hal.hat.inbox import Inbox
from hal.hat.messages import Fault, HatEvent, Hello, LinkDown, LinkUp, PortChanged, PortStatus
from hal.hat.outbox import RETRY_S, TRIES, WAITING_MAX, Command, Outbox
from hal.hat.wanted import Wanted, flash

HELLO_S: Final = 0.5
HEARTBEAT_S: Final = 1.0
SILENT_S: Final = 3.0
GARBAGE_SAID_S: Final = 60.0
"""Damaged frames are reported at most this often."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Since the process started."""

    frames_in: int = 0
    frames_damaged: int = 0
    frames_unknown: int = 0
    events: int = 0
    events_repeated: int = 0
    commands: int = 0
    commands_retried: int = 0
    commands_refused: int = 0
    links_up: int = 0
    hat_resets: int = 0


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """The link as people and tests want to see it."""

    state: State
    hello: Hello | None
    down: LinkDown | None
    """Why it is down; None while it is up."""
    statuses: tuple[PortStatus, ...]
    waiting: int
    """Commands not acknowledged yet."""
    counters: Counters


class Session:
    """One HAT. `session` is any number that differs from the last process's (random)."""

    def __init__(self, session: int, now: float) -> None:
        self._session = session & 0xFFFFFFFF
        self._state = State.SEEKING
        self._decoder = wire.Decoder()
        self._out = bytearray()
        self._events: list[HatEvent] = []
        self._hello: Hello | None = None
        self._boot = 0
        self._inbox = Inbox()
        self._heard_at = now
        self._sent_hello_at: float | None = None
        self._beat_at = now
        self._down: LinkDown | None = None
        self._outbox = Outbox()
        self._wanted = Wanted()
        self._statuses: dict[int, PortStatus] = {}
        self._counters = Counters()
        self._damaged_said = 0
        self._damaged_said_at = now - GARBAGE_SAID_S

    # --- what the shell does

    def take_data(self) -> bytes:
        """Octets to send now. You must call it after every other call and send them."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def take_events(self) -> list[HatEvent]:
        """Events to tell, in order. You must call it after every other call."""
        events, self._events = self._events, []
        return events

    def receive(self, data: bytes, now: float) -> None:
        """Take octets from the serial line; never raises for what is in them."""
        for kind, seq, payload in self._decoder.feed(data):
            self._heard_at = now
            self._count(frames_in=1)
            try:
                self._frame(kind, seq, payload, now)
            except codec.BadPayload:
                self._count(frames_unknown=1)
        self._flush(now)

    def tick(self, now: float) -> None:
        """To be called ten times a second or so."""
        if now - self._heard_at >= SILENT_S:
            self._silent(now)
        if self._state is State.UP:
            if now - self._beat_at >= HEARTBEAT_S:
                self._beat_at = now
                self._send(Type.HEARTBEAT, 0, b"")
            self._flush(now)
        elif self._sent_hello_at is None or now - self._sent_hello_at >= HELLO_S:
            self._say_hello(now)
        self._say_garbage(now)

    def rebase(self, now: float) -> None:
        """The clock starts here: silence counts from now on."""
        self._heard_at = self._beat_at = now
        self._damaged_said_at = now - GARBAGE_SAID_S

    def device_lost(self, why: str, now: float) -> None:
        """The serial port vanished or cannot be opened."""
        self._heard_at = now
        self._move(Happening.DEVICE_LOST, now, faults.device_lost(why))

    def snapshot(self) -> SessionSnapshot:
        return SessionSnapshot(
            state=self._state,
            hello=self._hello,
            down=None if self._state is State.UP else self._down,
            statuses=tuple(self._statuses[port] for port in sorted(self._statuses)),
            waiting=len(self._outbox),
            counters=replace(self._counters, frames_damaged=self._decoder.bad),
        )

    # --- what hal.lines wants

    @property
    def is_up(self) -> bool:
        return self._state is State.UP

    def statuses(self) -> dict[int, PortStatus]:
        """Last known status of each fitted port."""
        return dict(self._statuses)

    def hook(self, port: int, off: bool, now: float) -> None:
        self._say(self._wanted.hook(port, off), now)

    def onhook_listen(self, port: int, on: bool, now: float) -> None:
        self._say(self._wanted.onhook_listen(port, on), now)

    def flash(self, port: int, ms: int, now: float) -> None:
        command = flash(port, ms)
        if self.is_up:
            self._queue(command, now)
        else:
            self._lost(command, "the link to the HAT is down")

    def configure(
        self,
        port: int,
        country: str,
        slot: int,
        rx_gain_db: float,
        tx_gain_db: float,
        now: float,
    ) -> None:
        self._say(self._wanted.configure(port, country, slot, rx_gain_db, tx_gain_db), now)

    def lifeline(self, is_connected: bool, now: float) -> None:
        self._say(self._wanted.lifeline(is_connected), now)

    def led(self, name: str, pattern: str, now: float) -> None:
        self._say(self._wanted.led(name, pattern), now)

    # --- commands

    def _say(self, wanted: Command, now: float) -> None:
        """Say what is wanted now, if the conversation runs; it is said at its start anyhow."""
        if self.is_up:
            self._queue(wanted, now)

    def _queue(self, command: Command, now: float) -> None:
        if self._outbox.is_full:
            self._lost(command, f"{WAITING_MAX} commands wait already")
            return
        self._count(commands=1)
        self._outbox.put(command)
        self._flush(now)

    def _flush(self, now: float) -> None:
        """Send what is due. A command unanswered while heartbeats come means a deaf HAT; while
        none come it is silence, which `tick` notices."""
        if self._state is not State.UP:
            return
        is_talking = now - self._heard_at < HEARTBEAT_S + RETRY_S
        if (command := self._outbox.unheard(now)) is not None and is_talking:
            self._deaf(command, now)
            return
        for command in self._outbox.due(now):
            if command.tries > 1:
                self._count(commands_retried=1)
            self._send(command.kind, command.seq, command.payload)

    def _answered(self, seq: int, refusal: str | None) -> None:
        command = self._outbox.answered(seq)
        if command is not None and refusal is not None:
            self._count(commands_refused=1)
            self._lost(command, f"the HAT refuses: {refusal}")

    def _lost(self, command: Command, why: str) -> None:
        self._events.append(Fault(command.port, f"{command.what} not done: {why}"))

    # --- frames

    def _frame(self, kind: int, seq: int, payload: bytes, now: float) -> None:
        match kind:
            case Type.HAT_HELLO:
                self._welcome(codec.parse_hello(payload), now)
            case Type.HAT_HEARTBEAT:
                beat = codec.parse_heartbeat(payload)
                if beat.session != self._session:
                    self._move(Happening.STRANGER, now)
            case Type.HAT_ACK if self.is_up:
                self._answered(seq, None)
            case Type.REFUSED if self.is_up:
                self._answered(seq, payload.decode("utf-8", "replace"))
            case (
                Type.RING_STARTED
                | Type.RING_ENDED
                | Type.POLARITY
                | Type.PORT_STATUS
                | Type.FAULT
                | Type.HOST_SILENT
            ) if self.is_up:
                self._numbered(codec.parse_event(Type(kind), payload))
            case _:
                # Not up: everything but hello waits. Up: a type of a newer minor firmware.
                if self.is_up:
                    self._count(frames_unknown=1)

    def _numbered(self, event: codec.Numbered) -> None:
        """Acknowledged when told, and again when it comes again."""
        if self._inbox.is_told(event):
            self._count(events_repeated=1)
            self._acknowledge(event)
        for due in self._inbox.put(event):
            self._acknowledge(due)
            self._happened(due.event)
            self._count(events=1)

    def _acknowledge(self, event: codec.Numbered) -> None:
        self._send(Type.ACK, event.number & 0xFF, b"")

    def _happened(self, event: codec.Event) -> None:
        match event:
            case codec.HostSilent(silent_ms):
                self._events.append(Fault(0, faults.let_go(silent_ms)))
            case PortChanged(status):
                self._statuses[status.port] = status
                self._events.append(event)
            case _:
                self._events.append(event)

    def _welcome(self, answer: codec.HatHello, now: float) -> None:
        if answer.hello.protocol != codec.PROTOCOL:
            self._hello = answer.hello
            self._move(Happening.WRONG_VERSION, now, faults.wrong_version(answer.hello))
            return
        if answer.session != self._session:
            return  # the answer to an earlier hello
        before = self._state
        was_reset = self._boot not in (0, answer.boot)
        if not self._move(Happening.WELCOME, now):
            return
        if was_reset:
            self._count(hat_resets=1)
        if was_reset or before is State.RESYNCING:
            # The lines went on hook unseen: say so before saying that all is well again.
            self._events.append(faults.forgotten(answer.hello, was_reset))
            self._wanted.forget_hooks()
        self._start(answer, now)

    def _start(self, answer: codec.HatHello, now: float) -> None:
        """The conversation is on: number afresh, tell, and say what is wanted."""
        self._hello = answer.hello
        self._boot = answer.boot
        self._inbox.restart(answer.first_event)
        self._down = None
        self._statuses = {
            port: status for port, status in self._statuses.items() if port in answer.hello.ports
        }
        self._beat_at = now
        self._count(links_up=1)
        self._events.append(LinkUp(answer.hello))
        for command in self._wanted.commands(answer.hello.ports):
            self._queue(command, now)

    def _say_hello(self, now: float) -> None:
        self._sent_hello_at = now
        self._send(Type.HELLO, 0, codec.hello(self._session, self._boot, self._inbox.last))

    # --- state

    def _move(self, happening: Happening, now: float, down: LinkDown | None = None) -> bool:
        """The only place the state changes; True if it did."""
        after = advance(self._state, happening)
        self._tell_down(down)
        if after is None:
            return False
        self._state = after
        if after is not State.UP:
            self._abandon()
            self._sent_hello_at = None
            if happening is not Happening.WRONG_VERSION:
                # A new number, so that both ends number afresh.
                self._session = self._session % 0xFFFFFFFF + 1
                self._say_hello(now)
        return True

    def _tell_down(self, down: LinkDown | None) -> None:
        """Say why the link is down, once per reason."""
        if down is not None and down != self._down:
            self._down = down
            self._events.append(down)

    def _abandon(self) -> None:
        """Commands of the old conversation: lasting ones are said again, the others are lost."""
        for command in self._outbox.restart():
            if command.kind is Type.FLASH:
                self._lost(command, "the link to the HAT broke")

    def _silent(self, now: float) -> None:
        self._heard_at = now
        if self._state is State.SEEKING and self._down is not None:
            return  # the reason already told (a vanished port, say) stands
        self._move(Happening.SILENT, now, faults.silent(SILENT_S))

    def _deaf(self, command: Command, now: float) -> None:
        self._lost(command, f"no answer after {TRIES} tries")
        self._move(Happening.DEAF, now, faults.deaf(command.what, TRIES))

    def _say_garbage(self, now: float) -> None:
        damaged = self._decoder.bad - self._damaged_said
        if damaged and now - self._damaged_said_at >= GARBAGE_SAID_S:
            self._damaged_said = self._decoder.bad
            self._damaged_said_at = now
            what = f"{damaged} damaged frames on the serial line (last: {self._decoder.fault})"
            self._events.append(Fault(0, what))

    def _send(self, kind: Type, seq: int, payload: bytes) -> None:
        self._out += wire.encode(kind, seq, payload)

    def _count(self, **more: int) -> None:
        now = {name: getattr(self._counters, name) + by for name, by in more.items()}
        self._counters = replace(self._counters, **now)
