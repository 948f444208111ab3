"""Where the timeslot stream comes from: a Unix socket (simulated HAT) or an ALSA device (the box).

Both give raw octets and take whole blocks, and never wait. One TDM frame of 256 bits is four I2S
frames of 2 x 32 bits, so ALSA sees S32_LE, 2 channels, 32 000 Hz, and 10 ms are 320 ALSA frames.

The way out to the line and back must take the same time all day: the echo canceller covers 32 ms
and no more. One block goes out for each that comes in, so the way only changes when playback runs
dry. It begins again with a period that comes in, as far ahead as at first, and the answers to
everything before that period are not played any more.

Leaves out: alignment (frames.py) and what to do when a source fails (pump_task.py).
Tests: tests/hal/tdm/test_tdm_task.py, tests/hal/tdm/test_alsa.py (on a virtual card).
"""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING, Any, Final, Protocol

from hal.tdm.blocks import BlockWriter, Ended, bound, receive
from hal.tdm.frames import BLOCK_OCTETS, IDLE_BLOCK

if TYPE_CHECKING:
    import alsaaudio

ALSA_RATE_HZ: Final = 32_000
ALSA_CHANNELS: Final = 2
PERIOD_FRAMES: Final = 320
"""10 ms: 80 TDM frames of 4 ALSA frames."""
ALSA_FRAME_OCTETS: Final = 8
PERIODS: Final = 4
PRIME_BLOCKS: Final = 2
"""Playback starts this far ahead: less underruns when the pump is scheduled a tick late."""


class SourceError(Exception):
    """The source cannot be used now. The three answers for people."""

    def __init__(self, what: str, why: str, what_to_do: str) -> None:
        super().__init__(f"{what}: {why}; {what_to_do}")
        self.what, self.why, self.what_to_do = what, why, what_to_do


class Source(Protocol):
    """The HAT's end of the stream."""

    name: str
    xruns: int

    def open(self) -> None:
        """Begin; `SourceError` says why not."""
        ...

    def close(self) -> None: ...
    def descriptors(self) -> list[tuple[int, int]]:
        """What to poll for octets: (descriptor, event mask)."""
        ...

    def read(self) -> bytes:
        """The octets that are there now, possibly none; `SourceError` when it ended."""
        ...

    def write(self, block: bytes) -> bool:
        """Hand over a block; False if it had to be dropped. `SourceError` when it ended."""
        ...


def make_source(name: str) -> Source:
    """`unix:/path.sock` or `alsa:DEVICE`; `ValueError` for anything else."""
    kind, _, where = name.partition(":")
    if kind == "unix" and where:
        return UnixSource(name, where)
    if kind == "alsa" and where:
        return AlsaSource(name, where)
    raise ValueError(f"line audio source {name!r}: expected unix:/path.sock or alsa:DEVICE")


class UnixSource:
    """The simulated HAT listens on the path; we connect."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self._path = name, path
        self.xruns = 0
        self._sock: socket.socket | None = None
        self._writer: BlockWriter | None = None

    def open(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(self._path)
        except OSError as error:
            sock.close()
            raise SourceError(
                f"no line audio from {self.name}",
                error.strerror or str(error),
                "start the simulated HAT, or correct the path",
            ) from None
        bound(sock)
        self._sock, self._writer = sock, BlockWriter(sock)

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = self._writer = None

    def descriptors(self) -> list[tuple[int, int]]:
        return [(self._sock.fileno(), select.POLLIN)] if self._sock else []

    def read(self) -> bytes:
        if self._sock is None:
            return b""
        try:
            return receive(self._sock)
        except Ended:
            raise self._gone() from None

    def write(self, block: bytes) -> bool:
        if self._writer is None:
            return False
        try:
            return self._writer.send(block)
        except Ended:
            raise self._gone() from None

    def _gone(self) -> SourceError:
        return SourceError(
            f"line audio from {self.name} ended",
            "the other side closed the socket",
            "start the simulated HAT again; the box connects by itself",
        )


class AlsaSource:
    """Capture and playback of one ALSA device, with the HAT as clock master."""

    def __init__(self, name: str, device: str) -> None:
        self.name, self._device = name, device
        self.xruns = 0
        self._capture: alsaaudio.PCM | None = None
        self._playback: alsaaudio.PCM | None = None
        self._is_dry = False
        self._too_late = 0  # answers still to come that would make the way longer

    def open(self) -> None:
        import alsaaudio  # needs the ALSA library: only where ALSA is used

        try:
            self._capture = self._pcm(alsaaudio, alsaaudio.PCM_CAPTURE)
            self._playback = self._pcm(alsaaudio, alsaaudio.PCM_PLAYBACK)
            self._is_dry, self._too_late = False, 0
            self._prime(PRIME_BLOCKS)
            self._capture.read()  # starts the capture
        except alsaaudio.ALSAAudioError as error:
            self.close()
            raise self._refused(str(error)) from None

    def _pcm(self, library: Any, direction: int) -> Any:
        return library.PCM(
            type=direction,
            mode=library.PCM_NONBLOCK,
            device=self._device,
            rate=ALSA_RATE_HZ,
            channels=ALSA_CHANNELS,
            format=library.PCM_FORMAT_S32_LE,
            periodsize=PERIOD_FRAMES,
            periods=PERIODS,
        )

    def _refused(self, why: str) -> SourceError:
        if "busy" in why.lower():
            return SourceError(
                f"line audio {self.name} is in use",
                why,
                f"find the program that has it (fuser -v /dev/snd/*) and stop it: {self._device}"
                " belongs to the lines alone",
            )
        return SourceError(
            f"no line audio from {self.name}",
            why,
            "check that the line HAT is fitted and its overlay loaded (aplay -l lists it)",
        )

    def _prime(self, blocks: int) -> None:
        for _ in range(blocks):
            self._play(IDLE_BLOCK)

    def _play(self, block: bytes) -> int:
        return int(self._playback.write(block)) if self._playback is not None else 0

    def _has_room(self) -> bool:
        """Room for a whole block: part of one would shift the frames behind it. An underrun
        (negative) is for the write to recover from."""
        room = int(self._playback.avail()) if self._playback is not None else 0
        return room < 0 or room >= PERIOD_FRAMES

    def close(self) -> None:
        for pcm in (self._capture, self._playback):
            if pcm is not None:
                pcm.close()
        self._capture = self._playback = None

    def descriptors(self) -> list[tuple[int, int]]:
        return list(self._capture.polldescriptors()) if self._capture is not None else []

    def read(self) -> bytes:
        import alsaaudio

        taken = b""
        try:
            while self._capture is not None and len(taken) < PERIODS * BLOCK_OCTETS:
                frames, octets = self._capture.read()
                if frames < 0:  # overrun: what was lost shows as a slip
                    self.xruns += 1
                    continue
                if frames == 0:
                    break
                taken += octets
            if taken and self._is_dry:
                self._begin_again(len(taken) // BLOCK_OCTETS)
        except alsaaudio.ALSAAudioError as error:
            raise self._refused(str(error)) from None
        return taken

    def _begin_again(self, periods: int) -> None:
        """Play again from the answer to the newest of these periods on. At first one of the
        blocks primed had been played when the first period was complete."""
        self._is_dry, self._too_late = False, periods - 1
        self._prime(PRIME_BLOCKS - 1)

    def write(self, block: bytes) -> bool:
        import alsaaudio

        if self._is_dry:
            return False
        if self._too_late > 0:
            self._too_late -= 1
            return False
        try:
            if not self._has_room():
                return False
            frames = self._play(block)
            if frames < 0:
                self.xruns += 1
                self._is_dry = True
        except alsaaudio.ALSAAudioError as error:
            raise self._refused(str(error)) from None
        return frames == PERIOD_FRAMES
