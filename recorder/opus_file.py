"""Ogg Opus (RFC 7845) with two channels: caller left, everything the caller heard right.

Pure but for the codec libraries (opus.py, ogg.py). Granule positions count 48 kHz samples (RFC
7845 clause 4), pre-skip is the encoder's lookahead, the last page trims the end, so the decoded
length is what was fed to the sample. Pages hold at most 16 packets = 0.96 s.

Going on with a cut file: with N packets of 480 samples in it, a successor asks for the stream
from sample (N-1)*480 on, encodes that one frame again to warm its encoder up, throws the packet
away and continues with packet N: granule positions, page numbers and time go on exactly, and the
2.5 ms the dead encoder still held are there. `kept` is therefore always one frame behind.

ffmpeg, opusdec and Chromium give the exact length, spliced or not.

Leaves out: chaining, other frame lengths, album art. Tests: tests/recorder/test_opus_file.py.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from typing import Any, Final

from recorder import ogg, opus
from recorder.alaw import SILENCE, to_linear
from recorder.messages import Label

FRAME_OCTETS: Final = opus.FRAME_SAMPLES * opus.CHANNELS
PAGE_FRAMES: Final = 16
PAGE_OCTETS: Final = PAGE_FRAMES * FRAME_OCTETS
_GRANULE_HZ: Final = 48_000
_PER_SAMPLE: Final = _GRANULE_HZ // opus.RATE_HZ
_PER_FRAME: Final = opus.FRAME_SAMPLES * _PER_SAMPLE
_TAG_LIMIT: Final = 256  # octets of one comment: the two header pages stay small


class OpusFile:
    """See recorder.container.Container."""

    def __init__(
        self, label: Label, serial: int | None = None, pages: int = 0, packets: int = 0
    ) -> None:
        self._label = label
        self._serial = zlib.crc32(label.recording.encode()) if serial is None else serial
        self._pages = pages
        self._packets = packets
        self._encoder = opus.Encoder()
        self._pre_skip = self._encoder.lookahead * _PER_SAMPLE
        self._is_splice = packets > 0
        self._taken = max(0, packets - 1) * FRAME_OCTETS
        self._waiting = bytearray()
        self._last_granule = packets * _PER_FRAME

    @property
    def kept(self) -> int:
        return max(0, self._packets - 1) * FRAME_OCTETS

    @property
    def duration_s(self) -> float:
        return self.seconds_to(self._last_granule)

    def seconds_to(self, granule: int) -> float:
        """Playing time up to a granule position."""
        return max(0, granule - self._pre_skip) / _GRANULE_HZ

    def head(self) -> bytes:
        self._pages = 2
        tags = opus_tags(self._label)
        return ogg.page([opus_head(self._pre_skip)], 0, self._serial, 0, ogg.Flag.FIRST) + ogg.page(
            [tags], 0, self._serial, 1
        )

    def feed(self, octets: bytes) -> bytes:
        self._waiting += octets
        self._taken += len(octets)
        if len(self._waiting) < PAGE_OCTETS:
            return b""
        content = bytearray()
        while len(self._waiting) >= PAGE_OCTETS:
            content += self._page(PAGE_FRAMES)
        return bytes(content)

    def flush(self) -> bytes:
        return self._page(len(self._waiting) // FRAME_OCTETS)

    def finish(self) -> bytes:
        content = self.flush()
        # A file nobody continued ends where its packets end, not one frame earlier.
        samples = max(self._taken // opus.CHANNELS, self._packets * opus.FRAME_SAMPLES)
        if self._is_splice:
            self._is_splice = False
            self._waiting.clear()
        # The encoder still holds `lookahead` samples: push them out with silence.
        wanted = samples * _PER_SAMPLE + self._pre_skip
        frames = -(-wanted // _PER_FRAME) - self._packets
        self._waiting += bytes((SILENCE,)) * (frames * FRAME_OCTETS - len(self._waiting))
        return content + self._end_page(self._encode(frames), wanted)

    def final_head(self) -> bytes:
        return b""

    def _encode(self, frames: int) -> list[bytes]:
        octets = self._waiting[: frames * FRAME_OCTETS]
        del self._waiting[: frames * FRAME_OCTETS]
        if not self._is_splice:
            return self._encoder.encode(to_linear(octets))
        self._is_splice = False
        self._encoder.encode(to_linear(octets[:FRAME_OCTETS]))  # already in the file
        self._encoder.predict(False)
        first = self._encoder.encode(to_linear(octets[FRAME_OCTETS : 2 * FRAME_OCTETS]))
        self._encoder.predict(True)
        return first + self._encoder.encode(to_linear(octets[2 * FRAME_OCTETS :]))

    def _page(self, frames: int) -> bytes:
        packets = self._encode(frames) if frames else []
        if not packets:
            return b""
        self._packets += len(packets)
        self._last_granule = self._packets * _PER_FRAME
        return self._put(packets, ogg.Flag.NONE)

    def _end_page(self, packets: list[bytes], granule: int) -> bytes:
        self._last_granule = granule
        return self._put(packets, ogg.Flag.LAST)

    def _put(self, packets: list[bytes], flags: ogg.Flag) -> bytes:
        number = self._pages
        self._pages += 1
        return ogg.page(packets, self._last_granule, self._serial, number, flags)


def resume(label: Label, data: bytes | mmap.mmap) -> tuple[OpusFile, int, float | None] | None:
    """Go on after the last page with a good CRC that is not an end page: the content, the octets
    to keep, and the duration if there is a proper end page behind them."""
    last: ogg.Page | None = None
    end: ogg.Page | None = None
    number = 0
    for page in ogg.pages(data):
        if page.sequence != number or (last is not None and page.serial != last.serial):
            break
        if page.flags & ogg.Flag.LAST:
            end = page
            break
        last, number = page, number + 1
    if last is None or number < 2:
        return None
    content = OpusFile(label, last.serial, number, last.granule // _PER_FRAME)
    ended_s = None if end is None else content.seconds_to(end.granule)
    return content, last.end, ended_s


def opus_head(pre_skip: int) -> bytes:
    """Identification header (RFC 7845 clause 5.1), mapping family 1 (5.1.1.2): left and right,
    one uncoupled stream each."""
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, opus.CHANNELS, pre_skip, opus.RATE_HZ, 0, 1)
    return head + bytes((opus.CHANNELS, 0, *opus.MAPPING))


def opus_tags(label: Label) -> bytes:
    """Comment header (RFC 7845 clause 5.2): who, when, which call."""
    comments = [
        _comment("CALL", label.call),
        _comment("RECORDING", label.recording),
        _comment("DATE", label.started_at),
        _comment("CALLER", label.meta.get("caller")),
        _comment("AGENT", label.meta.get("agent")),
    ]
    present = [comment for comment in comments if comment]
    vendor = opus.version().encode()
    return (
        struct.pack("<8sI", b"OpusTags", len(vendor))
        + vendor
        + struct.pack("<I", len(present))
        + b"".join(struct.pack("<I", len(comment)) + comment for comment in present)
    )


def _comment(name: str, value: Any) -> bytes:  # meta is free-form JSON
    if value is None or value == "":
        return b""
    return f"{name}={value}".encode()[:_TAG_LIMIT].decode(errors="ignore").encode()
