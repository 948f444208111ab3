"""Sound files of every common kind in, 8 kHz out."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tools.exchange import g711, sound
from tools.exchange.errors import BadSound


def sine_wav(path: Path, rate: int, width: int, channels: int) -> str:
    turn = 2 * np.pi * 1000 * np.arange(rate) / rate
    value = 0.5 * np.sin(turn)
    if width == 1:
        octets = np.round(value * 128 + 128).astype(np.uint8).repeat(channels).tobytes()
    elif width == 3:
        wide = (value * (2**31 - 1)).astype("<i4").repeat(channels).view(np.uint8).reshape(-1, 4)
        octets = wide[:, 1:].tobytes()
    else:
        scale = 2 ** (8 * width - 1) - 1
        octets = (value * scale).astype(f"<i{width}").repeat(channels).tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(octets)
    return str(path)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(("width", "channels"), [(1, 1), (2, 2), (3, 1), (4, 2)])
def test_rates_and_widths(tmp_path: Path, rate: int, width: int, channels: int) -> None:
    samples = sound.read(sine_wav(tmp_path / "a.wav", rate, width, channels))
    assert samples.size == 8000
    # half of full scale is 6.02 dB below the overload point of +3.14 dBm0
    assert g711.level_dbm0(samples) == pytest.approx(-2.88, abs=0.1)
    power = np.abs(np.fft.rfft(samples)) ** 2
    assert power.argmax() == 1000


def test_what_is_above_4_khz_is_gone(tmp_path: Path) -> None:
    turn = 2 * np.pi * 6000 * np.arange(48_000) / 48_000
    assert g711.level_dbm0(sound.resample((np.sin(turn) * 9000).astype(np.float32), 48_000)) < -50


@pytest.mark.parametrize(
    "octets", [b"", b"RIFF", b"ID3 not a wav", b"RIFF\x00\x00\x00\x00WAVEfmt "]
)
def test_what_is_no_wav_is_named(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(octets)
    with pytest.raises(BadSound, match=r"song\.mp3' cannot be read"):
        sound.read(str(path))


def test_a_recording_appears_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    sound.write(str(path), np.array([0, 1000, 40_000, -40_000], np.float32))
    assert [entry.name for entry in tmp_path.iterdir()] == ["heard.wav"]
    with wave.open(str(path)) as file:
        assert list(np.frombuffer(file.readframes(9), "<i2")) == [0, 1000, 32767, -32768]


def test_a_recording_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSound, match="cannot be written"):
        sound.write(str(tmp_path / "no" / "a.wav"), np.zeros(8, np.float32))


def test_the_built_in_voice_has_the_level_of_speech() -> None:
    assert g711.level_dbm0(sound.babble()) == pytest.approx(-18, abs=0.1)
