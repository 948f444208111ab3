"""The PIO programs of bridge.py, run instruction by instruction on a modelled PIO.

The model follows the RP2040 data sheet, clause 3.4 (wait, set, out, mov, pull, jmp, side-set that
holds its value when an instruction gives none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import FunctionType
from typing import Any

import pytest

from tools.hatsim.cpython import load

bridge = load("bridge")
PCLK, FSYNC, LRCLK, SLOT0 = 17, 16, 18, 19


@dataclass
class Step:
    """One instruction."""

    name: str
    operands: tuple[Any, ...]
    side_value: int | None = None

    def side(self, value: int) -> None:
        self.side_value = value


@dataclass
class Program:
    """What asm_pio makes of a function."""

    steps: list[Step] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    target: int = 0

    def word(self, name: str) -> Callable[..., Step]:
        def add(*operands: Any) -> Step:
            step = Step(name, operands)
            self.steps.append(step)
            return step

        return add


def assemble(function: FunctionType) -> Program:
    program = Program()
    words: dict[str, Any] = {
        name: program.word(name) for name in ("wait", "set", "out", "mov", "jmp", "pull")
    }
    words |= {name: name for name in ("x", "y", "osr", "pin", "pins", "pindirs")}
    words |= {"x_dec": "x", "y_dec": "y"}
    words["label"] = lambda name: program.labels.__setitem__(name, len(program.steps))
    words["wrap_target"] = lambda: setattr(program, "target", len(program.steps))
    words["wrap"] = lambda: None
    FunctionType(function.__code__, words)()
    return program


class Machine:
    """One state machine on shared pins; `run` until it waits for something that is not so."""

    def __init__(self, program: Program, pins: dict[int, int], **bases: int) -> None:
        self.program, self.pins, self.bases = program, pins, bases
        self.at = 0
        self.registers = {"x": 0, "y": 0, "osr": 0}
        self.fifo: list[int] = []
        self.is_driving = False

    def run(self) -> None:
        for _ in range(100):
            step = self.program.steps[self.at]
            if step.side_value is not None:
                self.pins[self.bases["side"]] = step.side_value
            after = self.do(step)
            if after is None:
                return
            self.at = self.program.target if after == len(self.program.steps) else after
        raise AssertionError("a PIO program never waits")

    def do(self, step: Step) -> int | None:
        match (step.name, *step.operands):
            case ("wait", level, "pin", index):
                if self.pins[self.bases["in"] + index] != level:
                    return None
            case ("set", "pins", value):
                self.pins[self.bases["set"]] = value
            case ("set", "pindirs", value):
                self.is_driving = bool(value)
            case ("set", register, value):
                assert 0 <= value < 32  # five bits in the instruction
                self.registers[register] = value
            case ("mov", to, source):
                self.registers[to] = self.registers[source]
            case ("pull",):
                if not self.fifo:
                    return None
                self.registers["osr"] = self.fifo.pop(0)
            case ("out", "pins", 1):
                osr = self.registers["osr"]
                self.pins[self.bases["out"]] = osr >> 31
                self.registers["osr"] = osr << 1 & 0xFFFFFFFF
            case ("jmp", label):
                return self.program.labels[label]
            case ("jmp", register, label):
                value = self.registers[register]
                self.registers[register] = (value - 1) & 0xFFFFFFFF
                if value:
                    return self.program.labels[label]
            case _:
                raise AssertionError(f"instruction {step} is not modelled")
        return self.at + 1


def bits(count: int) -> Iterator[tuple[int, int, int | None]]:
    """(FSYNC, LRCLK, slot 0 data or None when not driven) at each rising edge of PCLK."""
    pins = {PCLK: 0, FSYNC: 0, LRCLK: 0, SLOT0: 0}
    clock = Machine(assemble(bridge.clocks), pins, **{"in": PCLK, "side": FSYNC, "set": LRCLK})
    pattern = Machine(assemble(bridge.slot0), pins, **{"in": FSYNC, "out": SLOT0, "set": SLOT0})
    pattern.fifo.append(bridge.FAS << 24 | bridge.NFAS << 16)
    for _ in range(count):
        clock.run()
        pattern.run()
        pins[PCLK] = 1
        yield pins[FSYNC], pins[LRCLK], pins[SLOT0] if pattern.is_driving else None
        clock.run()
        pattern.run()
        pins[PCLK] = 0


@pytest.fixture(scope="module")
def frames() -> list[list[tuple[int, int, int | None]]]:
    """Six PCM frames, each from its FSYNC on."""
    stream = list(bits(8 * 256))
    start = [at for at, (fsync, _, _) in enumerate(stream) if fsync]
    assert [b - a for a, b in pairwise(start)] == [256] * (len(start) - 1)
    return [stream[at : at + 256] for at in start[:6]]


def test_slot_0_carries_fas_and_nfas_in_turn(frames: Any) -> None:
    octets = [int("".join(str(data) for _, _, data in frame[:8]), 2) for frame in frames]
    # ITU-T G.704 Table 5A: bits 2-8 of FAS are 0011011, bit 2 of NFAS is 1.
    assert octets == [0b10011011, 0b11011111] * 3


def test_nobody_drives_the_other_slots(frames: Any) -> None:
    assert all(data is None for frame in frames for _, _, data in frame[8:])


def test_lrclk_is_four_i2s_frames_one_bit_early(frames: Any) -> None:
    # Bit 0 of the frame is the MSB of a left word: LRCLK went low one bit before.
    wanted = [(bit + 1) // 32 % 2 for bit in range(256)]
    assert all([lrclk for _, lrclk, _ in frame] == wanted for frame in frames)


def test_programs_fit_their_pio_blocks() -> None:
    assert len(assemble(bridge.clocks).steps) <= 32
    assert len(assemble(bridge.slot0).steps) <= 32
