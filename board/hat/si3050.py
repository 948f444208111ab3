"""Si3050 + Si3019: the voice DAA of one FXO port, register by register.

Sources, named beside each constant: "ds" = Skyworks Si3050+Si3011/18/19 data sheet, Rev. 1.5,
register description or clause; "DAHDI" = drivers/dahdi/wctdm.c and fxo_modes.h of dahdi-linux,
whose FXO module carries the same pair (cross-check of addresses, bits and start-up order).

SPI: three octets, each framed by chip select of its own as DAHDI's driver does it: control
(0x20 write, 0x60 read: BRCT = 0, R/W, fixed 1, chain address 0), register address, data.
Every chip has its own select (board.py): in a daisy chain one dead chip would take all the
ports behind it with it.

Left out: GCI mode, ground start, pulse dialling, the transhybrid filter (the box cancels echo
itself), resistor calibration (runs by itself at each off-hook, ds 5.4).
The line signalling on top is fxo.py. Tests: tests/board/hat/test_driver.py, against the register
model in tools/hatsim/sim/chips.py.
"""

from micropython import const

# Control octet of a transfer, DAHDI __wctdm_setreg / __wctdm_getreg.
WRITE = const(0x20)
READ = const(0x60)

# Register addresses (ds, register summary).
CONTROL_1 = const(1)
CONTROL_2 = const(2)
INTERRUPT_MASK = const(3)
INTERRUPT_SOURCE = const(4)
DAA_CONTROL_1 = const(5)
DAA_CONTROL_2 = const(6)
CHIP_REVISION = const(11)
LINE_STATUS = const(12)
INTERNATIONAL_1 = const(16)
INTERNATIONAL_2 = const(17)
INTERNATIONAL_3 = const(18)
RING_VALIDATION_1 = const(22)
RING_VALIDATION_2 = const(23)
RING_VALIDATION_3 = const(24)
DC_TERMINATION = const(26)
LOOP_CURRENT = const(28)
LINE_VOLTAGE = const(29)
AC_TERMINATION = const(30)
DAA_CONTROL_3 = const(31)
PCM_MODE = const(33)
PCM_TX_LOW = const(34)
PCM_TX_HIGH = const(35)
PCM_RX_LOW = const(36)
PCM_RX_HIGH = const(37)
TX_GAIN_2 = const(38)
RX_GAIN_2 = const(39)
TX_GAIN_3 = const(40)
RX_GAIN_3 = const(41)
SPARK_QUENCH = const(59)
LAST_REGISTER = const(59)

# CONTROL_1 (1)
SR = const(0x80)  # ds R1: software reset; DAHDI wctdm_init_voicedaa writes the same
# CONTROL_2 (2)
INTE = const(0x80)  # ds R2: AOUT/INT pin is an interrupt output, active low (INTP = 0)
HYBE = const(0x02)  # ds R2: transhybrid balance enabled (reset value 0000_0011)
RXE = const(0x01)  # ds R2: receive path enabled
# INTERRUPT_MASK (3) and INTERRUPT_SOURCE (4); a source is cleared by writing 0 to it
RDT_INT = const(0x80)  # ds R4 RDTI: ring detected
POL_INT = const(0x01)  # ds 5.12.1 POLI: bit 7 of LVS changed
# DAA_CONTROL_1 (5)
RDTN = const(0x40)  # ds R5: a negative ring half wave is on the line
RDTP = const(0x20)  # ds R5: a positive one; DAHDI tests both as 0x60
ONHM = const(0x08)  # ds R5, 5.24: on-hook line monitor; must be clear before OH is set
RDT = const(0x04)  # ds R5: ring detected (validated when RNGV is set)
OH = const(0x01)  # ds R5: off hook
# DAA_CONTROL_2 (6)
PDL = const(0x10)  # ds R6: line-side chip powered down (reset value); DAHDI writes 0
# CHIP_REVISION (11): line-side id in the upper half; 0 until the isolation link is up (DAHDI)
LSID_SI3019 = const(0x3)  # ds R11
# LINE_STATUS (12)
FDT = const(0x40)  # ds R12: isolation link has frame lock
# INTERNATIONAL_1 (16), bit positions as DAHDI composes reg16
OHS = const(0x40)  # ds R16: on-hook speed
RZ = const(0x02)  # ds R16: synthesized ringer impedance
RT = const(0x01)  # ds R16: ring threshold 21.5 V instead of 15 V rms
# INTERNATIONAL_3 (18)
RFWE = const(0x02)  # ds R18, 5.25.1: full-wave ring detector, tells a reversal from a ring
# RING_VALIDATION_3 (24)
RNGV = const(0x80)  # ds R24: validation by the chip; off, since fxo.py measures the frequency
# DC_TERMINATION (26): DCV[1:0] at 6, MINI[1:0] at 4, ILIM at 1, as DAHDI composes reg26
DCV_SHIFT = const(6)
MINI_SHIFT = const(4)
ILIM = const(0x02)
# DAA_CONTROL_3 (31)
FOH_128_MS = const(0x20)  # ds R31 FOH[1:0] = 01: off-hook counter 128 ms (reset value)
OHS2 = const(0x08)  # ds R31: on-hook speed 3 ms (ETSI)
FILT = const(0x02)  # ds R31: receive path high-pass at 200 Hz, keeps mains hum out
# PCM_MODE (33)
PCME = const(0x20)  # ds R33, DAHDI: PCM highway enabled, PCMF = 00: A-law
# Gains (38-41): bit 4 attenuates; 38/39 hold whole dB, 40/41 tenths (DAHDI wctdm_set_hwgain)
ATTENUATE = const(0x10)
GAIN_MAX = const(120)  # 0.1 dB
GAIN_MIN = const(-150)
# SPARK_QUENCH (59)
SQ_26_MS = const(0x50)  # ds R31/R59 table: OHS with SQ[1:0] = 11 (bits 6 and 4): 26 ms, Australia

MICROAMPS_PER_BIT = const(1100)  # ds R28 LCS2
OVERLOAD = const(0xFF)  # ds R28: current beyond the range


class Chip:
    """One Si3050 with its line side. `spi` has write(buf) and readinto(buf), `select(is_on)`
    drives this chip's select; both come from board.py, nothing is opened here."""

    def __init__(self, spi, select):
        self._spi = spi
        self._select = select
        self._octet = bytearray(1)
        self._daa_1 = 0  # shadow of DAA_CONTROL_1's writable bits

    def _send(self, octet):
        self._octet[0] = octet
        self._select(True)
        self._spi.write(self._octet)
        self._select(False)

    def read(self, register):
        """The register's value."""
        self._send(READ)
        self._send(register)
        self._select(True)
        self._spi.readinto(self._octet)
        self._select(False)
        return self._octet[0]

    def write(self, register, value):
        self._send(WRITE)
        self._send(register)
        self._send(value)

    def reset(self):
        """Software reset; the chip needs 1 ms before the next access (ds R1)."""
        self._daa_1 = 0
        self.write(CONTROL_1, SR)

    def is_fitted(self):
        """Whether a Si3050 answers: INTERRUPT_MASK keeps what is written, an open bus does not."""
        self.write(INTERRUPT_MASK, RDT_INT | POL_INT)
        return self.read(INTERRUPT_MASK) == (RDT_INT | POL_INT)

    def start(self, slot):
        """Set up after reset: PCM slot, ring detector, interrupts, line-side chip on."""
        self.write(PCM_MODE, 0)
        self.set_slot(slot)
        self.write(INTERNATIONAL_3, RFWE)
        self.write(RING_VALIDATION_3, self.read(RING_VALIDATION_3) & ~RNGV & 0xFF)
        self.write(INTERRUPT_MASK, RDT_INT | POL_INT)
        self.write(CONTROL_2, INTE | HYBE | RXE)
        self.write(DAA_CONTROL_2, 0)  # PDL off: the isolation link comes up
        self.write(PCM_MODE, PCME)

    def line_side(self):
        """Id of the line-side chip; 0 while the isolation link is down."""
        return self.read(CHIP_REVISION) >> 4

    def has_frame_lock(self):
        return bool(self.read(LINE_STATUS) & FDT)

    def set_slot(self, slot):
        """PCM timeslot: start counts are in PCLK cycles, eight a slot (DAHDI: card * 8)."""
        start = slot * 8
        self.write(PCM_TX_LOW, start & 0xFF)
        self.write(PCM_TX_HIGH, start >> 8)
        self.write(PCM_RX_LOW, start & 0xFF)
        self.write(PCM_RX_HIGH, start >> 8)

    def set_country(self, mode):
        """Terminations of country.py's `mode` (ohs, ohs2, rz, rt, ilim, dcv, mini, acim)."""
        ohs, ohs2, rz, rt, ilim, dcv, mini, acim = mode
        self.write(INTERNATIONAL_1, ohs * OHS | rz * RZ | rt * RT)
        self.write(SPARK_QUENCH, SQ_26_MS if ohs else 0)
        self.write(DC_TERMINATION, dcv << DCV_SHIFT | mini << MINI_SHIFT | ilim * ILIM)
        self.write(AC_TERMINATION, acim)
        self.write(DAA_CONTROL_3, FOH_128_MS | FILT | ohs2 * OHS2)

    def set_gains(self, rx_tenths_db, tx_tenths_db):
        """Digital gains, 0.1 dB: rx towards the box, tx towards the line."""
        self._set_gain(TX_GAIN_2, TX_GAIN_3, tx_tenths_db)
        self._set_gain(RX_GAIN_2, RX_GAIN_3, rx_tenths_db)

    def _set_gain(self, whole, tenths, gain):
        if not GAIN_MIN <= gain <= GAIN_MAX:
            raise ValueError("gain %d tenths of a dB, expected -150 to 120" % gain)
        sign = ATTENUATE if gain < 0 else 0
        self.write(whole, sign | abs(gain) // 10)
        self.write(tenths, sign | abs(gain) % 10)

    def set_off_hook(self, is_off):
        """Loop closed or open. ONHM is cleared first, as ds R5 demands."""
        if is_off and self._daa_1 & ONHM:
            self.write(DAA_CONTROL_1, 0)
        self._daa_1 = OH if is_off else 0
        self.write(DAA_CONTROL_1, self._daa_1)

    def set_monitor(self, is_on):
        """On-hook line monitor; the caller makes sure the port is on hook."""
        self._daa_1 = ONHM if is_on else 0
        self.write(DAA_CONTROL_1, self._daa_1)

    def is_in_order(self):
        """Whether the chip still holds our hook setting and interrupts (a surge may reset it)."""
        held = self.read(DAA_CONTROL_1) & (OH | ONHM)
        return held == self._daa_1 and self.read(INTERRUPT_MASK) == (RDT_INT | POL_INT)

    def ring_signs(self):
        """RDTN and RDTP as they are now (0, RDTN, RDTP)."""
        return self.read(DAA_CONTROL_1) & (RDTN | RDTP)

    def take_interrupts(self):
        """Pending interrupt sources, cleared by the reading."""
        pending = self.read(INTERRUPT_SOURCE)
        if pending:
            self.write(INTERRUPT_SOURCE, 0)
        return pending

    def volts(self):
        """Tip-ring voltage, signed, 1 V a step (LVS, ds 5.12.1); 0 at 3 V and less."""
        value = self.read(LINE_VOLTAGE)
        return value - 256 if value & 0x80 else value

    def microamps(self):
        """Loop current off hook (LCS2, 1.1 mA a step); -1 when beyond the range."""
        value = self.read(LOOP_CURRENT)
        return -1 if value == OVERLOAD else value * MICROAMPS_PER_BIT
