"""One caller ID on a line is told once; the next call's is told again."""

from __future__ import annotations

from hal.leg import PortId
from hal.switch.identities import SAME_IDENTITY_SAMPLES, Identities

LINE = PortId(3)
SDMF = bytes.fromhex("0412303930313135333036303935353531323132")
"""TR-NWT-000031: 1 Sept 15:30, 6095551212."""


def test_a_message_that_two_modems_read_is_told_once() -> None:
    identities = Identities()
    told = identities.heard(LINE, "v23", SDMF, 1000)
    assert told is not None
    assert (told.port, told.number) == (LINE, "6095551212")
    assert identities.heard(LINE, "bell202", SDMF, 1200) is None


def test_the_same_caller_is_told_again_with_the_next_call() -> None:
    identities = Identities()
    assert identities.heard(LINE, "v23", SDMF, 0) is not None
    assert identities.heard(LINE, "v23", SDMF, 100) is not None  # one modem: sent twice
    assert identities.heard(LINE, "bell202", SDMF, 100 + SAME_IDENTITY_SAMPLES) is not None


def test_other_ports_and_a_port_opened_anew_know_nothing_of_it() -> None:
    identities = Identities()
    assert identities.heard(LINE, "v23", SDMF, 0) is not None
    assert identities.heard(PortId(4), "bell202", SDMF, 10) is not None
    identities.forget(LINE)
    assert identities.heard(LINE, "bell202", SDMF, 20) is not None


def test_what_names_no_caller_is_not_told() -> None:
    identities = Identities()
    assert identities.heard(LINE, "dtmf", b"A12*4#", 0) is None
    told = identities.heard(LINE, "dtmf", b"D0405551C", 10)
    assert told is not None
    assert told.number == "0405551"
