"""Two real telephones talk through the stack and the switch: what each can do is what is heard.

The one that calls speaks two tones, 1 kHz and 6 kHz. Telephone audio ends at 3.4 kHz, so the second
arrives only where nothing on the way went down to 8 kHz.
"""

from __future__ import annotations

import asyncio
import shutil
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from hal.leg import Answered, LegEvent, Party, Quality, Released
from hal.sip.call import SipCall
from hal.sip.certificate import own_certificate, server_context
from hal.sip.phones_task import Phones
from hal.switch.switch import Switch
from tools.baresip import Account, Baresip, write_tone

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

SECRETS = {"201": "secret", "202": "other"}
LOW_HZ, HIGH_HZ = 1000.0, 6000.0
RATE_HZ = 48_000
ALL = ("opus", "g722", "pcma", "pcmu")


@dataclass
class Exchange:
    """The smallest box there is: whoever calls is put through to 202."""

    switch: Switch
    folder: Path
    legs: list[SipCall] = field(default_factory=list)
    ended: asyncio.Queue[Released] = field(default_factory=asyncio.Queue)
    signed_in: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    matches_late: bool = False
    """As behind a menu: the one that calls is answered first."""

    def __post_init__(self) -> None:
        self.phones = Phones(
            self.switch,
            SECRETS.get,
            listen=[("udp", "127.0.0.1", 0), ("tls", "127.0.0.1", 0)],
            tls=server_context(own_certificate(self.folder / "tls", ["127.0.0.1"])),
            on_offered=self.offered,
            on_registered=self.registered,
        )

    def registered(self, extension: str, is_there: bool) -> None:
        self.signed_in.add(extension)
        self.news.set()

    def offered(self, caller: SipCall) -> None:
        if self.matches_late:
            caller.answer()
        called = self.phones.dial("202", Party("201"), like=caller)
        self.legs = [caller, called]
        caller.listener = self.heard
        called.listener = lambda event: self.answered(caller, called, event)

    def answered(self, caller: SipCall, called: SipCall, event: LegEvent) -> None:
        if isinstance(event, Answered):
            caller.match(called)
            if not self.matches_late:
                caller.answer()
            for listener, source in ((caller, called), (called, caller)):
                assert listener.port is not None
                assert source.port is not None
                self.switch.hear(listener.port, source.port)
        self.heard(event)

    def heard(self, event: LegEvent) -> None:
        if isinstance(event, Released):
            self.ended.put_nowait(event)
            for leg in self.legs:
                leg.release()

    async def all_signed_in(self) -> None:
        async with asyncio.timeout(20):
            while len(self.signed_in) < 2:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def exchange(folder: Path, matches_late: bool = False) -> AsyncIterator[Exchange]:
    switch = Switch()
    switch.start()
    made = Exchange(switch, folder, matches_late=matches_late)
    task = asyncio.create_task(made.phones.run())
    try:
        async with asyncio.timeout(10):
            await made.phones.opened.wait()
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        switch.shut_down()


def tones(folder: Path) -> Path:
    path = folder / "tones.wav"
    return write_tone(path, LOW_HZ, 1.8, 0.2, RATE_HZ, HIGH_HZ)


def strength_db(folder: Path, hz: float) -> float:
    """The strongest half second of a tone in what a phone kept, against full scale."""
    (path,) = folder.glob("dump-*-dec.wav")
    with wave.open(str(path), "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        octets = file.readframes(file.getnframes())
    samples = np.frombuffer(octets, "<i2").reshape(-1, channels)[:, 0].astype(float) / 32768
    count = rate // 2
    turn = np.exp(-2j * np.pi * hz / rate * np.arange(count))
    found = [abs(np.vdot(turn.conj(), samples[at : at + count])) * 2 / count
             for at in range(0, samples.size - count, count // 5)]  # fmt: skip
    return float(20 * np.log10(max(found) + 1e-9))


@dataclass
class Talk:
    """What came of one call."""

    low_db: float
    high_db: float
    qualities: list[Quality | None]
    forwarded: int


async def talk(
    folder: Path,
    caller: tuple[str, ...],
    called: tuple[str, ...],
    mediaenc: tuple[str, str] = ("", ""),
    transport: str = "udp",
    matches_late: bool = False,
) -> Talk:
    """201 calls 202 and says all it has to say."""
    async with exchange(folder, matches_late) as made:
        phones: list[Baresip] = []
        try:
            for who, codecs, encryption in (
                ("201", caller, mediaenc[0]),
                ("202", called, mediaenc[1]),
            ):
                port = made.phones.ports[("udp", "tls").index(transport)]
                home = folder / who
                home.mkdir()
                account = Account(
                    who, SECRETS[who], f"127.0.0.1:{port}", transport,
                    codecs=codecs, mediaenc=encryption,
                )  # fmt: skip
                speaks = tones(home)
                phone = Baresip(account, home, speaks, keep=True, rate_hz=RATE_HZ)
                phones.append(phone)
                await phone.start()
            await made.all_signed_in()
            await phones[0].command("dial", f"sip:202@127.0.0.1:{port};transport={transport}")
            async with asyncio.timeout(20):
                await made.ended.get()
                await phones[1].wait_for("CALL_CLOSED")
            qualities = [leg.quality() for leg in made.legs]
            forwarded = made.switch.packets_forwarded
        finally:
            await asyncio.gather(*(phone.stop() for phone in phones))
    heard = phones[1].heard
    return Talk(strength_db(heard, LOW_HZ), strength_db(heard, HIGH_HZ), qualities, forwarded)


def codecs(talk: Talk) -> list[str]:
    assert all(talk.qualities)
    return [quality.codec for quality in talk.qualities if quality]


def encrypted(talk: Talk) -> list[bool]:
    return [quality.is_encrypted for quality in talk.qualities if quality]


async def test_wideband_where_both_can(tmp_path: Path) -> None:
    heard = await talk(tmp_path, ALL, ("pcma", "g722"))
    assert codecs(heard) == ["G722", "G722"]
    assert encrypted(heard) == [False, False]
    assert heard.high_db > heard.low_db - 12 > -37
    assert heard.forwarded > 100
    assert all(quality and quality.mos > 4.4 for quality in heard.qualities)


async def test_narrowband_where_one_cannot(tmp_path: Path) -> None:
    """And who asks for encryption gets it: that leg is encrypted, the other is not."""
    heard = await talk(tmp_path, ALL, ("pcma", "pcmu"), ("srtp-mand", ""))
    assert codecs(heard) == ["PCMA", "PCMA"]
    assert encrypted(heard) == [True, False]
    assert heard.low_db > -25
    assert heard.high_db < heard.low_db - 30


async def test_a_caller_who_was_answered_before(tmp_path: Path) -> None:
    """By a menu, before anybody knew where to. Over TLS, one insists on encryption, one can."""
    both = ("srtp-mand", "srtp")
    heard = await talk(tmp_path, ("pcma", "opus"), ALL, both, "tls", matches_late=True)
    assert codecs(heard) == ["opus", "opus"]
    assert encrypted(heard) == [True, True]
    assert heard.high_db > heard.low_db - 12 > -37


async def test_a_called_phone_that_insists_on_encryption(tmp_path: Path) -> None:
    """Over UDP it is offered none at first, refuses, and is asked again."""
    heard = await talk(tmp_path, ("pcma",), ("pcma",), ("", "srtp-mandf"))
    assert encrypted(heard) == [False, True]
    assert heard.low_db > -25
