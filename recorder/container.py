"""What a recording's file format must do: take A-law, give octets to append.

Pure. The storage owns files and threads; a container only turns audio into file content and
knows how to go on with a file that was cut off. Two exist: opus_file.py and wav_file.py.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Protocol

from recorder import opus_file, wav_file
from recorder.messages import Format, Label


class Container(Protocol):
    """Content of one file. Stream offsets are octets of the interleaved A-law stream."""

    @property
    def kept(self) -> int:
        """Everything before this stream offset survives once the content given out so far is
        on the medium: where a successor wants the stream from."""
        ...

    @property
    def duration_s(self) -> float:
        """What a player will show; right after finish()."""
        ...

    def head(self) -> bytes:
        """Start of a new file."""
        ...

    def feed(self, octets: bytes) -> bytes:
        """Take audio; return what to append (often nothing)."""
        ...

    def flush(self) -> bytes:
        """Return what is complete enough to be written now."""
        ...

    def finish(self) -> bytes:
        """Return the end of the file."""
        ...

    def final_head(self) -> bytes:
        """What to write over the file's first octets at the end; empty if nothing changes."""
        ...


def create(format_: Format, label: Label) -> Container:
    """Content for a new file."""
    match format_:
        case Format.OPUS:
            return opus_file.OpusFile(label)
        case Format.WAV:
            return wav_file.WavFile()


@dataclass(frozen=True, slots=True)
class Resumed:
    """A file to go on with."""

    container: Container
    keep_octets: int
    """How much of the file is good and stays when audio is added."""
    ended_s: float | None
    """The file already has its proper end (only its sidecar is missing): its duration."""


def resume(format_: Format, label: Label, data: bytes | mmap.mmap) -> Resumed | None:
    """Go on with a file that has no sidecar yet. None: nothing in it can be used."""
    if format_ is Format.WAV:
        wav = wav_file.resume(data)
        return None if wav is None else Resumed(*wav, None)
    opus = opus_file.resume(label, data)
    return None if opus is None else Resumed(*opus)
