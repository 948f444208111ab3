"""Session against the HAT's own link.py, on a perfect wire, a bad one, and by hand."""

from __future__ import annotations

import random
import struct
from itertools import count

import pytest

from board.hat import wire
from hal.hat import codec, outbox
from hal.hat.codec import Type
from hal.hat.conversation import State
from hal.hat.messages import Fault, LinkDown, LinkUp, PolarityReversed, PortChanged
from hal.hat.session import Session
from tools.hatsim.cpython import load

link = load("link")


class Board:
    """Stands for hardware.py: remembers commands, refuses flash."""

    def __init__(self) -> None:
        self.done: list[tuple[int, bytes]] = []
        self.lost = 0
        self.link: object = None

    def command(self, kind: int, payload: bytes, now: int) -> str | None:
        self.done.append((kind, payload))
        return "line 1 is on hook: nothing to flash" if kind == Type.FLASH else None

    def host_lost(self, now: int) -> None:
        self.lost += 1

    def host_back(self, now: int) -> None:
        pass

    def announce(self, now: int, is_new_box: bool) -> None:
        body = struct.pack("<BBhHB", 1, 1, 480, 0, 0)
        self.link.event(Type.PORT_STATUS, body, now)  # type: ignore[attr-defined] # board code


class Pair:
    """Both ends and the wire between them, on a clock that is stepped."""

    def __init__(self, seed: int | None = None, protocol: int = 1) -> None:
        self.protocol = protocol
        self.random = random.Random(seed)
        self.is_bad = seed is not None
        self.is_cut = False
        self.now = 0.0
        self.boots = count(1)
        self.host = Session(0x1234, 0.0)
        self.events: list[object] = []
        self.on_way: list[tuple[float, bool, bytes]] = []
        self.board = Board()
        self.power_up()

    def power_up(self) -> None:
        """The HAT starts, or starts again."""
        self.started = self.now
        identity = link.Identity(self.protocol, "test 1", "abc", next(self.boots), 0b11, 1)
        self.hat = link.Link(lambda data: self.put(False, data), self.board, identity)
        self.board.link = self.hat

    def put(self, to_hat: bool, data: bytes) -> None:
        if not data or self.is_cut or (self.is_bad and self.random.random() < 0.15):
            return
        for _ in range(2 if self.is_bad and self.random.random() < 0.1 else 1):
            delay = self.random.uniform(0, 0.03) if self.is_bad else 0.001
            self.on_way.append((self.now + delay, to_hat, bytes(data)))

    def run(self, seconds: float, step: float = 0.01) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += step
            uptime = int((self.now - self.started) * 1000)
            due = sorted(item for item in self.on_way if item[0] <= self.now)
            self.on_way = [item for item in self.on_way if item[0] > self.now]
            for _, to_hat, data in due:
                if to_hat:
                    self.hat.receive(data, uptime)
                else:
                    self.host.receive(data, self.now)
            self.hat.tick(uptime)
            self.host.tick(self.now)
            self.events += self.host.take_events()
            self.put(True, self.host.take_data())

    def told(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


def test_up_after_hello_and_wanted_state_is_said() -> None:
    pair = Pair()
    pair.host.configure(1, "gb", 3, -1.5, 2.0, 0.0)
    pair.host.hook(1, True, 0.0)
    pair.run(0.5)
    up = pair.events[0]
    assert isinstance(up, LinkUp)
    assert (up.hello.build, up.hello.serial, up.hello.ports) == ("test 1", "abc", (1, 2))
    assert pair.told(PortChanged)
    assert pair.board.done == [
        (Type.CONFIGURE, b"\x01GB\x03" + struct.pack("<hh", -15, 20)),
        (Type.LIFELINE, b"\x00"),
        (Type.HOOK, b"\x01\x01"),
    ]


def test_refused_command_becomes_a_fault_in_words() -> None:
    pair = Pair()
    pair.run(0.5)
    pair.host.flash(1, 100, pair.now)
    pair.run(0.5)
    assert pair.told(Fault) == [
        Fault(1, "flash of 100 ms not done: the HAT refuses: line 1 is on hook: nothing to flash")
    ]


def test_silence_is_said_once_and_healed() -> None:
    pair = Pair()
    pair.run(1)
    pair.is_cut = True
    pair.run(9)
    downs = pair.told(LinkDown)
    assert [down.why for down in downs] == ["HAT silent for 3 s"]  # type: ignore[attr-defined]
    assert not pair.host.is_up
    pair.is_cut = False
    pair.run(2)
    assert pair.host.is_up
    assert len(pair.told(LinkUp)) == 2


def test_events_of_a_short_silence_come_afterwards_in_order() -> None:
    pair = Pair()
    pair.run(1)
    pair.is_cut = True
    for turn in range(20):
        pair.hat.event(Type.POLARITY, bytes((1, turn & 1)), int(pair.now * 1000))
    pair.run(5)
    pair.is_cut = False
    pair.run(3)
    assert pair.told(PolarityReversed) == [PolarityReversed(1, bool(n & 1)) for n in range(20)]


def test_box_silent_ten_seconds_makes_the_hat_let_go() -> None:
    pair = Pair()
    pair.run(1)
    pair.is_cut = True
    pair.run(9)
    assert pair.board.lost == 0
    pair.run(2)
    assert pair.board.lost == 1
    pair.is_cut = False
    pair.run(2)
    faults = [event.what for event in pair.told(Fault)]  # type: ignore[attr-defined]
    assert any("put all lines on hook" in what and "lifeline telephone" in what for what in faults)


def test_reset_of_the_hat_is_told_and_wanted_state_said_again() -> None:
    pair = Pair()
    pair.host.configure(2, "ZA", 2, 0.0, 0.0, 0.0)
    pair.host.hook(2, True, 0.0)
    pair.run(1)
    pair.board.done.clear()
    pair.power_up()
    pair.run(1.5)
    downs = pair.told(LinkDown)
    assert len(downs) == 1
    assert "the HAT was reset (power-up)" in downs[0].why  # type: ignore[attr-defined]
    assert any(kind == Type.CONFIGURE for kind, _ in pair.board.done)
    assert (Type.HOOK, b"\x02\x01") not in pair.board.done, "its call ended with the reset"
    assert pair.host.snapshot().counters.hat_resets == 1


def test_a_reset_during_silence_is_told_as_a_reset_and_takes_no_line() -> None:
    pair = Pair()
    pair.host.hook(2, True, 0.0)
    pair.run(1)
    pair.is_cut = True
    pair.run(5)
    pair.board.done.clear()
    pair.is_cut = False
    pair.power_up()
    pair.run(1.5)
    assert ["silent" in d.why or "reset" in d.why for d in pair.told(LinkDown)] == [True, True]  # type: ignore[attr-defined]
    assert pair.host.is_up
    assert not any(kind == Type.HOOK for kind, _ in pair.board.done)


def test_wrong_version_says_what_to_do() -> None:
    pair = Pair(protocol=3)
    pair.run(4)
    downs = pair.told(LinkDown)
    assert len(downs) == 1
    assert downs[0].why == "HAT firmware speaks protocol 3 (test 1), this box needs 1"  # type: ignore[attr-defined]
    assert pair.host.snapshot().state is State.INCOMPATIBLE


@pytest.mark.parametrize("seed", range(12))
def test_bad_wire_loses_repeats_and_reorders(seed: int) -> None:
    pair = Pair(seed=seed)
    pair.run(3)
    assert pair.host.is_up
    said, happened = [], []
    before = len(pair.board.done)
    for turn in range(120):
        port, off = pair.random.choice((1, 2)), bool(turn & 1)
        pair.host.hook(port, off, pair.now)
        said.append((Type.HOOK, bytes((port, off))))
        if turn % 2:
            pair.hat.event(Type.POLARITY, bytes((port, turn // 2 & 1)), int(pair.now * 1000))
            happened.append(PolarityReversed(port, bool(turn // 2 & 1)))
        pair.run(0.05)
    pair.run(3)
    assert pair.board.done[before:] == said
    assert pair.told(PolarityReversed) == happened
    assert pair.host.snapshot().waiting == 0
    assert pair.host.snapshot().counters.commands_retried > 0


def test_deaf_hat_is_not_taken_for_a_silent_one() -> None:
    pair = Pair()
    pair.run(1)
    pair.hat.receive = lambda data, now: None
    pair.host.hook(1, True, pair.now)
    pair.run(2.5)
    assert "talks but does not answer (off hook" in pair.told(LinkDown)[0].why  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(5))
def test_random_octets_never_raise(seed: int) -> None:
    noise = random.Random(seed)
    pair = Pair()
    pair.run(0.5)
    for _ in range(300):
        pair.host.receive(noise.randbytes(noise.randrange(40)), pair.now)
        kind = noise.choice(list(Type))
        frame = wire.encode(kind, noise.randrange(256), noise.randbytes(noise.randrange(12)))
        pair.host.receive(frame, pair.now)
    assert pair.host.snapshot().counters.frames_damaged > 0


def test_garbage_is_said_once_a_minute() -> None:
    pair = Pair()
    pair.run(0.5)
    for _ in range(30):
        pair.host.receive(b"\x05garbage\x00", pair.now)
        pair.run(1)
    faults = pair.told(Fault)
    assert len(faults) == 1
    assert "damaged frames on the serial line" in faults[0].what  # type: ignore[attr-defined]
    pair.run(65)
    assert len(pair.told(Fault)) == 2


def test_a_flash_without_a_link_is_lost_aloud() -> None:
    host = Session(1, 0.0)
    host.flash(1, 100, 0.0)
    assert host.take_events() == [Fault(1, "flash of 100 ms not done: the link to the HAT is down")]


def test_too_many_commands_are_refused_aloud() -> None:
    pair = Pair()
    pair.run(0.5)
    for _ in range(outbox.WAITING_MAX + outbox.WINDOW + 1):
        pair.host.hook(1, True, pair.now)
    told = pair.host.take_events()
    assert told == [Fault(1, "off hook not done: 256 commands wait already")]


def test_a_changed_version_while_up_is_not_an_accident() -> None:
    """A HAT flashed anew answers another version only after its heartbeat was a stranger's."""
    pair = Pair()
    pair.run(1)
    pair.protocol = 2
    pair.power_up()
    pair.run(2.5)
    assert pair.host.snapshot().state is State.INCOMPATIBLE
    assert codec.PROTOCOL == 1


def test_a_restarted_box_gets_the_present_not_the_past() -> None:
    pair = Pair()
    pair.run(1)
    pair.is_cut = True
    pair.hat.event(Type.POLARITY, b"\x01\x01", 900)
    pair.hat.event(Type.FAULT, b"\x02\x01no link", 900)
    pair.host = Session(0x9999, pair.now)  # another process: it knows nothing
    pair.events.clear()
    pair.is_cut = False
    pair.run(2)
    assert pair.told(PolarityReversed) == []
    assert pair.told(Fault) == [Fault(2, "no link (code 1)")]
    assert pair.told(PortChanged)


def test_listening_on_hook_is_wanted_until_off_hook() -> None:
    pair = Pair()
    pair.host.onhook_listen(1, True, 0.0)
    pair.host.hook(1, False, 0.0)
    pair.run(1)
    assert (Type.MONITOR, b"\x01\x01") in pair.board.done
    pair.host.hook(1, True, pair.now)
    pair.board.done.clear()
    pair.power_up()
    pair.run(1.5)
    assert pair.host.is_up
    assert (Type.MONITOR, b"\x01\x01") not in pair.board.done
