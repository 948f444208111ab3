"""Phones without a sound card: they start on a machine where ports are contended."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

import pytest

from tools import baresip
from tools.baresip import Account, Baresip, PhoneDoesNotStart, free_sip_port, write_tone

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

NOBODY = Account("201", "secret", "127.0.0.1:9")


async def end(phone: Baresip) -> None:
    """At once: signing out from a registrar that is not there takes its time."""
    phone.kill()
    await phone.stop()


async def test_a_port_taken_in_between_makes_it_try_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = int(other.getsockname()[1])
        ports = iter([taken - 1, taken])  # the first as its TLS port: baresip takes the next one
        monkeypatch.setattr(baresip, "free_sip_port", lambda: next(ports, None) or free_sip_port())
        phone = Baresip(NOBODY, tmp_path, write_tone(tmp_path / "beep.wav", seconds=0.1))
        await phone.start()
        await end(phone)
    assert next(ports, None) is None
    assert "Address already in use" in (tmp_path / "log").read_text(errors="replace")


async def test_its_folder_may_have_any_name(tmp_path: Path) -> None:
    beep = write_tone(tmp_path / "beep.wav", seconds=0.1)
    folders = [tmp_path / "Anna's phone, (1)", tmp_path / "Ben's phone"]
    for folder in folders:
        folder.mkdir()
    anna, ben = (Baresip(NOBODY, folder, beep, keep=True) for folder in folders)
    await asyncio.gather(anna.start(), ben.start())
    await anna.command("dial", f"sip:201@127.0.0.1:{ben.sip_port}")
    await anna.wait_for("CALL_ESTABLISHED")
    await anna.wait_for("CALL_CLOSED")  # a phone hangs up when it has said all
    await asyncio.gather(end(anna), end(ben))
    assert list(ben.heard.glob("dump-*-dec.wav"))


async def test_one_that_never_starts_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = int(other.getsockname()[1])
        monkeypatch.setattr(baresip, "free_sip_port", lambda: taken)
        monkeypatch.setattr(baresip, "START_TRIES", 2)
        with pytest.raises(PhoneDoesNotStart, match="201 did not start, 2 times"):
            await Baresip(NOBODY, tmp_path, write_tone(tmp_path / "beep.wav", seconds=0.1)).start()
