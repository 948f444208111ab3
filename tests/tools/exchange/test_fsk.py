"""Caller ID by FSK, decoded by two other implementations and checked against the standard."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.exchange import fsk, g711, sound
from tools.exchange.errors import BadRequest

AT = datetime(2026, 3, 14, 12, 30)
ALICE = fsk.Identity("0215557788", "Alice Example")


def fields(message: bytes) -> dict[int, bytes]:
    """Parameters of a multiple data message, read as EN 300 659-3 clause 5 writes them."""
    found, at = {}, 2
    while at < 2 + message[1]:
        found[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return found


def over_the_line(samples: g711.Samples) -> g711.Samples:
    """A-law, between silences, with noise of -50 dBm0."""
    noise = np.random.default_rng(4).standard_normal(samples.size + 8000) * 70
    line = noise.astype(np.float32)
    line[4000 : 4000 + samples.size] += samples
    return g711.decode(g711.encode(line))


@pytest.mark.parametrize(
    ("modem", "standard"), [(fsk.Modem.V23, 2), (fsk.Modem.BELL202, 1)], ids=["v23", "bell202"]
)
def test_spandsp_reads_number_name_and_time(spandsp: Any, modem: fsk.Modem, standard: int) -> None:
    audio = fsk.modulate(fsk.message(ALICE, AT), modem)
    (message,) = spandsp.caller_id(over_the_line(audio), standard)
    assert message[0] == 0x80
    assert fields(message) == {1: b"03141230", 2: b"0215557788", 7: b"Alice Example"}


@pytest.mark.parametrize("absent", ["P", "O"])
def test_spandsp_reads_why_there_is_no_number(spandsp: Any, absent: str) -> None:
    who = fsk.Identity("0215557788", "Alice Example", absent)
    (message,) = spandsp.caller_id(
        over_the_line(fsk.modulate(fsk.message(who, AT), fsk.Modem.V23)), 2
    )
    assert fields(message) == {1: b"03141230", 4: absent.encode(), 8: absent.encode()}


@pytest.mark.skipif(shutil.which("minimodem") is None, reason="minimodem is not installed")
@pytest.mark.parametrize("modem", list(fsk.Modem), ids=lambda modem: modem.name.lower())
def test_minimodem_reads_the_octets(tmp_path: Path, modem: fsk.Modem) -> None:
    message = fsk.message(ALICE, AT)
    path = tmp_path / "cid.wav"
    sound.write(str(path), over_the_line(fsk.modulate(message, modem)))
    mark, space = modem.value
    command = ["minimodem", "--rx", "-q", "-8", "-f", str(path), "-R", "8000"]
    ran = subprocess.run(
        [*command, "-M", str(mark), "-S", str(space), "1200"],
        capture_output=True,
        check=True,
        timeout=20,
    )
    # minimodem prints only what can be printed and garbles the seizure
    assert b"0215557788" in ran.stdout
    assert b"Alice Example" in ran.stdout


def test_the_message_is_that_of_the_standard() -> None:
    # EN 300 659-3 clause 5: type, length, then type, length, value of each parameter; the sum
    # of all octets with the checksum is 0 modulo 256
    message = fsk.message(fsk.Identity("12345", ""), AT)
    assert message[:-1] == b"\x80\x11\x01\x0803141230\x02\x0512345"
    assert sum(message) % 256 == 0


def test_the_transmission_has_seizure_mark_and_level() -> None:
    audio = fsk.modulate(b"", fsk.Modem.V23)
    assert audio.size == (300 + 180 + 10) * 8000 // 1200
    assert g711.level_dbm0(audio) == pytest.approx(-13.5, abs=0.1)
    mark = audio[2100:3100]
    power = np.abs(np.fft.rfft(mark * np.hanning(mark.size))) ** 2
    assert np.fft.rfftfreq(mark.size, 1 / 8000)[power.argmax()] == pytest.approx(1300, abs=8)


@pytest.mark.parametrize(("number", "name", "limit"), [("1" * 21, "", "20"), ("1", "x" * 51, "50")])
def test_what_does_not_fit_is_refused(number: str, name: str, limit: str) -> None:
    with pytest.raises(BadRequest, match=f"at most {limit} characters"):
        fsk.message(fsk.Identity(number, name), AT)
