# ruff: noqa: PT009, PT027 -- runs under micropython-lib unittest, which has no pytest
"""Driver against the register model: Si3050, ring detector, port and link, on a stepped clock.

Run by test_driver.py under CPython and, through micropython-lib's unittest, under MicroPython.
Uses only what both have.
"""

import struct
import unittest

import chips
import country
import fxo
import ring
import si3050


class Bench:
    """One port on one modelled chip, and a clock in ms that `run` moves."""

    def __init__(self):
        self.now = 0
        self.told = []
        self.model = chips.Si3050(lambda: self.now)
        self.chip = si3050.Chip(self, self.select)
        self.is_selected = False
        self.selects = 0
        self.line = {
            "battery_v": 48.0,
            "reversed_": False,
            "ring_hz": 0.0,
            "ring_vrms": 0.0,
            "loop_ma": 25.0,
            "parallel": False,
        }

    # SPI
    def select(self, is_on):
        self.is_selected = is_on
        self.selects += 1

    def write(self, octets):
        assert self.is_selected
        for octet in octets:
            self.model.octet(octet)

    def readinto(self, buffer):
        assert self.is_selected
        buffer[0] = self.model.octet(0)

    # what the port reports
    def ring_started(self, port, now):
        self.told.append(("ring", port.ring_centihertz))

    def ring_ended(self, port, now):
        self.told.append(("quiet", port.ring_on_ms))

    def polarity(self, port, now):
        self.told.append(("polarity", port.is_reversed))

    def status(self, port, now, is_periodic):
        if not is_periodic:
            self.told.append(("loop", port.loop, now))

    def fault(self, port, code, text, now):
        self.told.append(("fault", code))

    def set(self, **change):
        self.line.update(change)
        self.model.set_line(**self.line)

    def start(self):
        self.chip.start(3)
        self.port = fxo.Port(3, self.chip, self)
        self.due = 0
        self.set()
        self.run(600)
        self.first_told, self.told = self.told, []

    def run(self, ms):
        for _ in range(ms):
            self.now += 1
            if self.model.is_interrupting and self.port.interrupt(self.now):
                self.due = self.now
            if self.now >= self.due:
                self.due = self.now + self.port.poll(self.now)

    def loops(self):
        return [item[1] for item in self.told if item[0] == "loop"]


class Si3050Test(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.chip = self.bench.chip
        self.registers = self.bench.model.read

    def test_a_register_access_is_three_selected_octets(self):
        self.chip.write(si3050.AC_TERMINATION, 5)
        self.assertEqual(self.bench.selects, 6)
        self.assertEqual(self.chip.read(si3050.AC_TERMINATION), 5)

    def test_reset_values_are_the_data_sheet_s(self):
        self.assertEqual(self.chip.read(2), 0x03)
        self.assertEqual(self.chip.read(6), 0x10)
        self.assertEqual(self.chip.read(22), 0x96)
        self.assertEqual(self.chip.read(31), 0x20)

    def test_start_brings_the_line_side_up(self):
        self.assertEqual(self.chip.line_side(), 0)
        self.chip.start(1)
        self.bench.now += 100
        self.assertEqual(self.chip.line_side(), si3050.LSID_SI3019)
        self.assertTrue(self.chip.has_frame_lock())

    def test_slot_is_eight_clocks_each_and_a_law(self):
        self.chip.start(31)
        self.assertEqual((self.registers(34), self.registers(35)), (248, 0))
        self.assertEqual((self.registers(36), self.registers(37)), (248, 0))
        self.assertEqual(self.registers(33), 0x20)

    def test_countries_as_dahdi_composes_its_registers(self):
        # wctdm_init_voicedaa with fxo_modes.h: (country, reg16, reg26, reg30, OHS2)
        for name, r16, r26, r30, ohs2 in (
            ("US", 0x00, 0xC0, 0x0, 0x00),
            ("GB", 0x00, 0xC2, 0x5, 0x08),
            ("DE", 0x00, 0xC2, 0x3, 0x08),
            ("FR", 0x00, 0xC2, 0x2, 0x08),
            ("AU", 0x40, 0x30, 0x3, 0x00),
            ("JP", 0x00, 0x30, 0x0, 0x00),
            ("PL", 0x03, 0xC0, 0x0, 0x00),
            ("ZA", 0x42, 0xC0, 0x3, 0x00),
            ("CN", 0x00, 0x30, 0xF, 0x00),
        ):
            self.chip.set_country(country.mode(name))
            self.assertEqual(self.registers(16), r16)
            self.assertEqual(self.registers(26), r26)
            self.assertEqual(self.registers(30), r30)
            self.assertEqual(self.registers(31) & 0x08, ohs2)

    def test_unknown_country_is_named(self):
        with self.assertRaises(ValueError):
            country.mode("XX")

    def test_gains_in_tenths(self):
        self.chip.set_gains(-35, 123 - 4)
        self.assertEqual((self.registers(39), self.registers(41)), (0x13, 0x15))
        self.assertEqual((self.registers(38), self.registers(40)), (11, 9))
        with self.assertRaises(ValueError):
            self.chip.set_gains(121, 0)

    def test_monitor_is_cleared_before_off_hook(self):
        self.chip.set_monitor(True)
        self.assertEqual(self.registers(5) & 0x09, 0x08)
        self.chip.set_off_hook(True)
        self.assertEqual(self.registers(5) & 0x09, 0x01)

    def test_voltage_and_current_scales(self):
        self.chip.start(1)
        self.bench.now += 100
        self.bench.set(battery_v=52.0, reversed_=True)
        self.assertEqual(self.chip.volts(), -52)
        self.bench.set(battery_v=2.5)
        self.assertEqual(self.chip.volts(), 0)
        self.bench.set(battery_v=48.0, loop_ma=22.0)
        self.chip.set_off_hook(True)
        self.assertEqual(self.chip.microamps(), 0)  # behind the off-hook counter
        self.bench.now += 130
        self.assertEqual(self.chip.microamps(), 22000)


class RingTest(unittest.TestCase):
    def feed(self, hz, ms, step=2, at=0):
        """Half waves of `hz` read every `step` ms; returns the detector and what it said."""
        detector = ring.Ring()
        said = []
        for now in range(at, at + ms, step):
            half = int((now - at) * hz * 2 / 1000)
            said.append(detector.feed(now, 1 + half % 2))
        return detector, said

    def test_frequencies_of_the_world(self):
        for hz in (16.67, 20, 25, 33.3, 50):
            detector, said = self.feed(hz, 600)
            self.assertTrue(ring.STARTED in said)
            self.assertTrue(abs(detector.centihertz / 100 - hz) < max(0.5, hz * 0.03))

    def test_mains_hum_and_clicks_are_no_ring(self):
        for hz in (5, 10, 100, 150):
            detector, said = self.feed(hz, 1500)
            self.assertTrue(ring.STARTED not in said)
        detector = ring.Ring()
        said = [detector.feed(now, 1 if now < 15 else 0) for now in range(0, 400, 2)]
        self.assertTrue(ring.STARTED not in said)
        self.assertTrue(detector.is_quiet)

    def test_one_late_reading_does_not_end_a_burst(self):
        detector, _ = self.feed(25, 300)
        self.assertTrue(detector.is_ringing)
        self.assertEqual(detector.feed(600, 0), ring.NOTHING)
        self.assertEqual(detector.feed(602, 1), ring.NOTHING)
        self.assertTrue(detector.is_ringing)


class PortTest(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.bench.start()
        self.port = self.bench.port

    def test_nothing_is_said_of_the_loop_before_it_is_measured(self):
        for volts, loop in ((48.0, fxo.IDLE), (0.0, fxo.ABSENT)):
            bench = Bench()
            bench.line["battery_v"] = volts
            bench.start()
            loops = [item[:2] for item in bench.first_told if item[0] == "loop"]
            self.assertEqual(loops, [("loop", loop)])

    def test_power_up_state(self):
        self.assertEqual(self.port.loop, fxo.IDLE)
        self.assertEqual(self.port.signed_volts, 48)

    def test_ring_burst_frequency_and_length(self):
        self.bench.set(ring_hz=25.0, ring_vrms=75.0)
        self.bench.run(1000)
        self.bench.set(ring_hz=0.0, ring_vrms=0.0)
        self.bench.run(300)
        self.assertEqual([item[0] for item in self.bench.told], ["ring", "quiet"])
        self.assertTrue(abs(self.bench.told[0][1] - 2500) < 100)
        self.assertTrue(abs(self.bench.told[1][1] - 1000) < 50)

    def test_weak_ring_is_below_the_threshold(self):
        self.bench.set(ring_hz=25.0, ring_vrms=10.0)
        self.bench.run(1000)
        self.assertEqual(self.bench.told, [])

    def test_reversal_is_no_ring(self):
        self.bench.set(reversed_=True)
        self.bench.run(500)
        self.assertEqual(self.bench.told, [("polarity", True)])
        self.assertEqual(self.port.signed_volts, -48)

    def test_seized_then_dropped_within_100_ms(self):
        self.port.hook(True, self.bench.now)
        self.bench.run(400)
        self.assertEqual(self.bench.loops(), [fxo.SEIZED])
        began = self.bench.now
        self.bench.set(loop_ma=0.0)
        self.bench.run(200)
        self.assertEqual(self.bench.loops(), [fxo.SEIZED, fxo.DROPPED])
        self.assertTrue(self.bench.told[-1][2] - began < 100)

    def test_a_break_of_30_ms_is_no_drop(self):
        self.port.hook(True, self.bench.now)
        self.bench.run(400)
        self.bench.set(loop_ma=0.0)
        self.bench.run(30)
        self.bench.set(loop_ma=25.0)
        self.bench.run(200)
        self.assertEqual(self.bench.loops(), [fxo.SEIZED])

    def test_seizing_a_dead_line(self):
        self.bench.set(battery_v=0.0)
        self.bench.run(400)
        self.port.hook(True, self.bench.now)
        self.bench.run(500)
        self.assertEqual(self.bench.loops(), [fxo.ABSENT, fxo.DROPPED])

    def test_parallel_telephone_and_unplugging(self):
        self.bench.set(parallel=True)
        self.bench.run(300)
        self.bench.set(parallel=False)
        self.bench.run(300)
        self.bench.set(battery_v=0.0)
        self.bench.run(300)
        self.assertEqual(self.bench.loops(), [fxo.IN_USE, fxo.IDLE, fxo.ABSENT])

    def test_polarity_off_hook_is_answer_supervision(self):
        self.port.hook(True, self.bench.now)
        self.bench.run(400)
        self.bench.set(reversed_=True)
        self.bench.run(200)
        self.assertTrue(("polarity", True) in self.bench.told)

    def test_flash_is_timed_by_the_port(self):
        self.assertTrue("on hook" in self.port.flash(100, self.bench.now))
        self.port.hook(True, self.bench.now)
        self.bench.run(400)
        self.assertTrue("expected 50 to 2000" in self.port.flash(20, self.bench.now))
        self.assertEqual(self.port.flash(100, self.bench.now), None)
        self.bench.due = self.bench.now
        self.bench.run(98)
        self.assertFalse(self.bench.model.state()[0])
        self.bench.run(6)
        self.assertTrue(self.bench.model.state()[0])
        self.bench.run(400)
        self.assertEqual(self.bench.loops(), [fxo.SEIZED])

    def test_a_hook_command_ends_a_flash(self):
        for is_off in (True, False):
            self.port.hook(True, self.bench.now)
            self.bench.run(400)
            self.port.flash(500, self.bench.now)
            self.bench.run(50)
            self.port.hook(is_off, self.bench.now)
            self.assertEqual(self.bench.model.state()[0], is_off)
            self.bench.run(700)
            self.assertEqual(self.bench.model.state()[0], is_off)

    def test_seizing_ends_a_ring(self):
        self.bench.set(ring_hz=20.0, ring_vrms=75.0)
        self.bench.run(500)
        self.port.hook(True, self.bench.now)
        self.assertEqual([item[0] for item in self.bench.told], ["ring", "quiet"])
        self.assertTrue("off hook" in self.port.monitor(True, self.bench.now))

    def test_a_chip_that_lost_its_settings_is_set_up_again(self):
        self.port.configure(country.mode("GB"), 3, 0, 0)
        self.bench.model.reset()
        self.bench.run(6500)
        self.assertTrue(("fault", fxo.FAULT_RESET) in self.bench.told)
        self.assertEqual(self.bench.model.state()[6], 5)
        self.assertEqual(self.bench.model.state()[3], 3)

    def test_idle_port_costs_few_readings(self):
        before = self.bench.selects
        self.bench.run(1000)
        # Six selects a register; one register every 80 ms.
        self.assertTrue((self.bench.selects - before) // 6 <= 14)


class PackingTest(unittest.TestCase):
    def test_struct_is_packed_without_padding(self):
        # The protocol relies on "<" leaving no gaps, on both interpreters.
        self.assertEqual(len(struct.pack("<BIIIIBB", 1, 2, 3, 4, 5, 6, 7)), 19)
        self.assertEqual(struct.pack("<BBhHB", 1, 2, -480, 250, 1), b"\x01\x02\x20\xfe\xfa\x00\x01")


if __name__ == "__main__":
    unittest.main()
