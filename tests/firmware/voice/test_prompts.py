"""Prompts: spoken, uploaded, kept, and what is heard when that fails."""

from __future__ import annotations

import errno
import io
import math
import os
import shutil
import struct
import wave
from pathlib import Path
from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.errors import NotStored
from firmware.config.schema import Prompt
from firmware.trouble import Troubles
from firmware.voice import prompts
from firmware.voice.prompts import Haste, NotSpoken, Voices, languages
from firmware.voice.render import framed, unframed
from firmware.voice.wave import BadSound, read_wav

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
SPEAKER = """#!/bin/sh
# Stands in for espeak-ng: speaks xx only, counts how often it was asked, says what a WAV file says.
[ "$2" = xx ] || { echo "The specified voice does not exist." >&2; exit 1; }
echo asked >> "$0.log"
cat "$0.wav"
"""


def tone_wav(rate: int = 8000, seconds: float = 0.25, hz: float = 1000) -> bytes:
    file = io.BytesIO()
    count = int(rate * seconds)
    samples = [round(8000 * math.sin(2 * math.pi * hz * n / rate)) for n in range(count)]
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{count}h", *samples))
    return file.getvalue()


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def speaker(tmp_path: Path) -> Path:
    program = tmp_path / "speaker"
    program.write_text(SPEAKER)
    program.chmod(0o755)
    program.with_name("speaker.wav").write_bytes(tone_wav())
    return program


@pytest.fixture
def voices(tmp_path: Path, troubles: Troubles, speaker: Path) -> Voices:
    return Voices(tmp_path / "prompts", troubles, str(speaker))


def says(speaker: Path, script: str) -> None:
    speaker.write_text(f"#!/bin/sh\n{script}\n")


def prompt(**fields: Any) -> Prompt:
    return Prompt(id="greeting", name="Greeting", **fields)


def codes(troubles: Troubles) -> list[str]:
    return [trouble.code for _, trouble in troubles.standing()]


async def test_a_text_is_spoken_once_and_kept(voices: Voices, speaker: Path) -> None:
    spoken = prompt(texts={"xx": "Welcome"})
    first = await voices.alaw(spoken, "xx")
    assert len(first) == 2000
    assert await voices.alaw(spoken, "xx") == first
    log = speaker.with_name("speaker.log")
    assert log.read_text() == "asked\n"
    await voices.alaw(prompt(texts={"xx": "Goodbye"}), "xx")
    assert log.read_text() == "asked\nasked\n"


async def test_many_sentences_are_what_each_would_be_alone(
    voices: Voices, speaker: Path, troubles: Troubles
) -> None:
    many = [Prompt(id=f"p{n}", name="P", texts={"xx": f"text {n}"}) for n in range(3)]
    mute = Prompt(id="mute", name="Mute", texts={"yy": "nobody speaks this"})
    made = await voices.sentences([*many, mute], "xx", "xx")
    assert made["mute"] == await voices.tone()
    assert codes(troubles) == ["voice.sentences.xx"]
    voices.want([p.id for p in many])
    assert codes(troubles) == []
    await voices.sentences(many, "xx", "xx")
    asked = len(speaker.with_name("speaker.log").read_text().splitlines())
    assert {p.id: await voices.alaw(p, "xx") for p in many} == {
        name: sound for name, sound in made.items() if name != "mute"
    }
    assert len(speaker.with_name("speaker.log").read_text().splitlines()) == asked == 3


async def test_what_nobody_waits_for_is_made_when_the_processor_is_free(
    voices: Voices, speaker: Path
) -> None:
    says(speaker, 'cat > /dev/null; chrt -p $$ >> "$0.log"; nice >> "$0.log"')
    await voices.sentences([prompt(texts={"xx": "Welcome"})], "xx")
    log = speaker.with_name("speaker.log")
    assert "SCHED_IDLE" in log.read_text()
    log.unlink()
    await voices.sentences([prompt(texts={"xx": "Now"})], "xx", haste=Haste.SOON)
    assert "SCHED_OTHER" in log.read_text()
    log.unlink()
    await voices.alaw(prompt(texts={"xx": "Goodbye"}), "xx")
    assert "SCHED_OTHER" in log.read_text()
    assert int(log.read_text().split()[-1]) >= 10


async def test_a_processor_that_is_never_free_gives_its_time_in_the_end(
    tmp_path: Path, speaker: Path, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "PATIENCE_S", 0.2)
    voices = Voices(tmp_path / "prompts", troubles, str(speaker))
    busy = "if chrt -p $$ | grep -q SCHED_IDLE; then exec sleep 60; fi"
    says(speaker, f'cat > /dev/null; {busy}; cat "$0.wav"')
    many = [Prompt(id=f"p{n}", name="P", texts={"xx": f"text {n}"}) for n in range(3)]
    made = await voices.sentences(many, "xx")
    assert [len(sound) for sound in made.values()] == [2000, 2000, 2000]
    assert codes(troubles) == []


async def test_a_sentence_that_could_not_be_spoken_is_told_until_it_is(
    voices: Voices, troubles: Troubles
) -> None:
    mute = Prompt(id="mute", name="Mute", texts={"yy": "nobody speaks this"})
    await voices.sentences([mute], "xx", "xx")
    await voices.sentences([prompt(texts={"xx": "Welcome"})], "xx", "xx")
    assert codes(troubles) == ["voice.sentences.xx"]
    spoken = mute.model_copy(update={"texts": {"xx": "somebody does"}})
    await voices.sentences([spoken], "xx", "xx")
    assert codes(troubles) == []


def test_frames_are_taken_apart_again_and_a_cut_one_is_left_out() -> None:
    octets = framed([b"one", b"", b"three"])
    assert octets == b"\0\0\0\x03one\0\0\0\0\0\0\0\x05three"
    assert unframed(octets) == [b"one", b"", b"three"]
    assert unframed(octets[:-1]) == [b"one", b""]


async def test_a_language_of_a_region_is_spoken_by_its_parent(voices: Voices) -> None:
    assert len(await voices.alaw(prompt(texts={"xx-za": "Hello"}), "xx-za")) == 2000


async def test_an_upload_wins_over_the_text_and_is_levelled(voices: Voices, tmp_path: Path) -> None:
    name = await voices.accept("greeting", "en", tone_wav(48000, 0.5))
    assert (tmp_path / "prompts" / "uploads" / name).read_bytes() == tone_wav(48000, 0.5)
    heard = await voices.alaw(prompt(texts={"en": "no"}, files={"en": name}), "en")
    assert len(heard) == 4000


async def test_a_second_upload_leaves_the_first_for_undo(voices: Voices) -> None:
    first = await voices.accept("greeting", "en", tone_wav())
    second = await voices.accept("greeting", "en", tone_wav(hz=800))
    assert first != second
    assert await voices.alaw(prompt(files={"en": first}), "en") != await voices.alaw(
        prompt(files={"en": second}), "en"
    )


@pytest.mark.parametrize(
    ("where", "wav", "says"),
    [
        (("greeting", "en"), b"ID3 an mp3", "expected a WAV file"),
        (("greeting", "en"), tone_wav(seconds=61), "expected at most 60 s"),
        (("../etc", "en"), tone_wav(), "prompt '../etc'"),
        (("greeting", "../x"), tone_wav(), "language '../x'"),
    ],
    ids=["mp3", "too long", "path in the prompt", "path in the language"],
)
async def test_a_bad_upload_is_refused_and_nothing_kept(
    voices: Voices, tmp_path: Path, where: tuple[str, str], wav: bytes, says: str
) -> None:
    with pytest.raises(BadSound, match=says):
        await voices.accept(*where, wav)
    assert list((tmp_path / "prompts" / "uploads").iterdir()) == []


async def test_a_language_that_cannot_be_spoken_gives_way_to_the_sites(
    voices: Voices, troubles: Troubles
) -> None:
    both = prompt(texts={"zz": "unspeakable", "xx": "Welcome"})
    assert await voices.alaw(both, "zz", "xx") == await voices.alaw(both, "xx")
    [(_, trouble)] = troubles.standing()
    assert trouble.code == "voice.greeting.zz"
    assert "voice does not exist" in trouble.why


async def test_without_a_speech_program_callers_hear_two_tones(
    tmp_path: Path, troubles: Troubles
) -> None:
    voices = Voices(tmp_path / "prompts", troubles, "no-such-program")
    assert await voices.alaw(prompt(texts={"en": "Welcome"}), "en") == await voices.tone()
    [(_, trouble)] = troubles.standing()
    assert trouble.why == "no-such-program is not installed"
    assert "install" in trouble.do


async def test_a_lost_recording_gives_way_and_is_reported(
    voices: Voices, troubles: Troubles
) -> None:
    lost = prompt(files={"en": "gone.wav"}, texts={"xx": "Welcome"})
    assert len(await voices.alaw(lost, "en")) == 2000
    assert codes(troubles) == ["voice.greeting.en"]


async def test_a_repaired_prompt_clears_its_trouble(
    voices: Voices, troubles: Troubles, speaker: Path
) -> None:
    shutil.move(speaker, away := speaker.with_name("away"))
    spoken = prompt(texts={"xx": "Welcome"})
    await voices.alaw(spoken, "xx")
    assert codes(troubles) == ["voice.greeting.xx"]
    shutil.move(away, speaker)
    await voices.alaw(spoken, "xx")
    assert codes(troubles) == []


async def test_a_file_name_cannot_leave_the_folder(
    voices: Voices, troubles: Troubles, speaker: Path
) -> None:
    thief = prompt(files={"en": f"../../{speaker.name}.wav"})
    assert await voices.alaw(thief, "en") == await voices.tone()
    assert "without a folder" in troubles.standing()[0][1].why


async def test_the_wav_is_what_the_caller_hears(voices: Voices) -> None:
    spoken = prompt(texts={"xx": "Welcome"})
    sound = read_wav(await voices.wav(spoken, "xx"))
    assert (sound.rate_hz, len(sound.samples)) == (8000, 2000)


async def test_music_is_made_once(voices: Voices, tmp_path: Path) -> None:
    piece = await voices.music()
    assert len(piece) == 320_000
    [kept] = (tmp_path / "prompts" / "rendered").iterdir()
    assert kept.read_bytes() == piece == await voices.music()


@needs_espeak
async def test_the_demo_greets_in_every_language(tmp_path: Path, troubles: Troubles) -> None:
    voices = Voices(tmp_path / "prompts", troubles)
    office = demo_office()
    office = office.model_copy(update={"prompts": office.prompts[:1]})
    await voices.prepare(office)
    assert troubles.standing() == []
    greeting = await voices.alaw(office.prompts[0], "en")
    assert 3 * 8000 < len(greeting) < 10 * 8000
    assert len(list((tmp_path / "prompts" / "rendered").iterdir())) == 3 + 2


@pytest.mark.parametrize(
    ("wished", "site", "order"),
    [
        ("fr", "en", ["fr", "en", "pt-br", "af"]),
        ("pt", "en", ["pt-br", "en", "af", "fr"]),
        ("en-za", "af", ["en", "af", "pt-br", "fr"]),
        ("zu", "zu", ["pt-br", "en", "af", "fr"]),
    ],
)
def test_the_callers_language_then_the_sites_then_any(
    wished: str, site: str, order: list[str]
) -> None:
    texts = dict.fromkeys(("pt-br", "en", "af", "fr"), "text")
    assert languages(prompt(texts=texts), wished, site) == order


def full(path: Path, data: bytes) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_on_a_full_disk_prompts_are_heard_all_the_same(
    voices: Voices, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "_store", full)
    heard = await voices.alaw(prompt(texts={"xx": "Welcome"}), "xx")
    assert len(heard) >= 2000
    assert len(await voices.tone()) > 2000
    assert codes(troubles) == []
    with pytest.raises(NotStored, match="No space left"):
        await voices.accept("greeting", "xx", tone_wav())


async def test_without_any_sound_of_our_own_there_is_silence_and_a_trouble(
    voices: Voices, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_slow(*_: object) -> None:
        raise NotSpoken("no result within 120 s")

    monkeypatch.setattr(prompts, "_run", too_slow)
    assert set(await voices.music()) == {0xD5}
    assert codes(troubles) == ["voice.music"]
    monkeypatch.undo()
    assert len(set(await voices.music())) > 10
    assert codes(troubles) == []
