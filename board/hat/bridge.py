# ruff: noqa: F821 -- rp2.asm_pio gives these functions their words (wait, set, x_dec, ...)
"""PCM bridge: frame clocks and the alignment pattern in slot 0, made by two PIO state machines.

The data bits go straight between the PCM highway and the Pi's I2S; what they need is FSYNC
(8 kHz, the first bit of slot 0), LRCLK (32 kHz, one bit early as I2S has it) and, in slot 0, FAS
and NFAS in turn (ITU-T G.704 Table 5A). All of it is counted from PCLK (2.048 MHz, PINS.md),
outputs change on its falling edge. No CPU time is spent once started.

Left out: an E1, whose framer then drives slot 0 itself. Tests: tests/board/hat/test_bridge.py runs
both programs instruction by instruction.
"""

FAS = 0x9B  # Si = 1, 0011011
NFAS = 0xDF  # Si = 1, 1, no alarm, Sa = 11111
PIN_FSYNC = 16
PIN_PCLK = 17  # next to FSYNC: both are inputs of the slot 0 program
PIN_LRCLK = 18
PIN_SLOT0 = 19
CLOCK_MACHINE = 0  # PIO 0
SLOT0_MACHINE = 4  # PIO 1: the two programs do not fit into one block's 32 instructions


def clocks():
    """256 bits: LRCLK low and high for 32 each, four times; FSYNC in the first bit of slot 0."""
    wrap_target()
    set(x, 3)
    set(pins, 0)
    wait(1, pin, 0)  # the last bit of slot 31
    wait(0, pin, 0)
    wait(1, pin, 0).side(1)  # the first of slot 0
    wait(0, pin, 0)
    set(y, 29).side(0)
    jmp("low")
    label("next")
    set(pins, 0)
    set(y, 31)
    label("low")
    wait(1, pin, 0)
    wait(0, pin, 0)
    jmp(y_dec, "low")
    set(pins, 1)
    set(y, 31)
    label("high")
    wait(1, pin, 0)
    wait(0, pin, 0)
    jmp(y_dec, "high")
    jmp(x_dec, "next")
    wrap()


def slot0():
    """Eight bits of FAS after one FSYNC, of NFAS after the next; hands off the line otherwise."""
    pull()
    mov(y, osr)
    wrap_target()
    mov(osr, y)
    wait(1, pin, 0)
    set(pindirs, 1)
    set(x, 7)
    label("fas")
    out(pins, 1)
    wait(1, pin, 1)
    wait(0, pin, 1)
    jmp(x_dec, "fas")
    set(pindirs, 0)
    wait(1, pin, 0)
    set(pindirs, 1)
    set(x, 7)
    label("nfas")
    out(pins, 1)
    wait(1, pin, 1)
    wait(0, pin, 1)
    jmp(x_dec, "nfas")
    set(pindirs, 0)
    wrap()


def start(machine, rp2):
    """Load both programs and let them run for ever."""
    pio = rp2.PIO
    clock_program = rp2.asm_pio(sideset_init=pio.OUT_LOW, set_init=pio.OUT_LOW)(clocks)
    slot0_program = rp2.asm_pio(
        out_init=pio.IN_LOW, set_init=pio.IN_LOW, out_shiftdir=pio.SHIFT_LEFT
    )(slot0)
    pin = machine.Pin
    slot0_machine = rp2.StateMachine(
        SLOT0_MACHINE,
        slot0_program,
        in_base=pin(PIN_FSYNC),
        out_base=pin(PIN_SLOT0),
        set_base=pin(PIN_SLOT0),
    )
    slot0_machine.put(FAS << 24 | NFAS << 16)
    slot0_machine.active(1)
    clock_machine = rp2.StateMachine(
        CLOCK_MACHINE,
        clock_program,
        in_base=pin(PIN_PCLK),
        sideset_base=pin(PIN_FSYNC),
        set_base=pin(PIN_LRCLK),
    )
    clock_machine.active(1)
