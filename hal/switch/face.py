"""What the rest of the box sees of the switch: ports, who hears whom, and what ports report.

Pure: the `AudioSwitch` protocol and the messages. `switch.py` is the real one (cffi over the C
core); tests use `tests/hal/fake_switch.py`. All calls are non-blocking: commands go to the audio
thread through a ring, events come back through a ring and an eventfd and are given to
`listener` on the event loop. A-law (ITU-T G.711) at 8 kHz everywhere at this face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import NewType, Protocol

from hal.leg import PortId

SoundId = NewType("SoundId", int)
"""A-law audio loaded into the switch, playable on any number of ports at once."""
TapId = NewType("TapId", int)


class Codec(Enum):
    """RTP payload. The value is the static type of RFC 3551, or the dynamic one that we offer.

    All are carried at 8 kHz inside; two RTP ports of the same codec that hear only each other
    are forwarded unchanged, so G.722 (ITU-T, 7 kHz audio, RTP clock 8000) and Opus (RFC 7587,
    RTP clock 48000) are wideband between phones."""

    PCMU = 0
    PCMA = 8
    G722 = 9
    OPUS = 107


class Detect(Flag):
    """Receivers that can be put on a port's incoming audio."""

    NONE = 0
    DTMF = auto()  # ITU-T Q.24; digits on RTP ports by RFC 4733 are always reported
    CALLER_ID_V23 = auto()  # ETSI EN 300 659-1 FSK by V.23
    CALLER_ID_BELL202 = auto()  # Telcordia GR-30 FSK
    CALLER_ID_DTMF = auto()  # ETSI EN 300 659-1 annex B / DTMF caller ID
    TONES = auto()  # cadence segments for busy/dial/congestion detection


@dataclass(frozen=True, slots=True)
class DigitHeard:
    """A digit began. how: `inband` or `rfc4733`."""

    port: PortId
    digit: str
    how: str


@dataclass(frozen=True, slots=True)
class CallerIdHeard:
    """A whole caller-ID message with a good checksum. Either field may be empty.

    number_absent/name_absent: `` (present), `O` unavailable, `P` withheld by the caller.
    format: `v23`, `bell202`, `dtmf`.
    """

    port: PortId
    format: str
    number: str
    name: str
    number_absent: str = ""
    name_absent: str = ""


@dataclass(frozen=True, slots=True)
class ToneSegment:
    """A stretch of steady tone (or silence: both 0) just ended; Hz, ms."""

    port: PortId
    f1_hz: int
    f2_hz: int
    ms: int


@dataclass(frozen=True, slots=True)
class Played:
    """A sound came to its end on a port (not sent when looped, stopped or replaced)."""

    port: PortId
    sound: SoundId


@dataclass(frozen=True, slots=True)
class MediaLost:
    """No RTP for `ms` on a port that is expected to have it (once per silence)."""

    port: PortId
    ms: int


@dataclass(frozen=True, slots=True)
class TdmState:
    """The timeslot stream began (True) or stopped (False) ticking the switch."""

    is_running: bool


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """SRTP of one port by SDES (RFC 4568), each key 30 octets: 16 of key, 14 of salt."""

    suite: str
    """`AES_CM_128_HMAC_SHA1_80` or `AES_CM_128_HMAC_SHA1_32`."""
    ours: bytes
    """What we send with."""
    theirs: bytes


SwitchEvent = DigitHeard | CallerIdHeard | ToneSegment | Played | MediaLost | TdmState


@dataclass(frozen=True, slots=True)
class PortCounters:
    """One port since it was opened. Packets, milliseconds, dBm0."""

    port: PortId
    kind: str  # `rtp`, `slot`, `player`
    packets_in: int
    packets_out: int
    packets_lost: int
    packets_late: int
    packets_refused: int  # wrong source, malformed, not RTP, failed authentication; RTCP as well
    concealed_ms: int
    jitter_ms: float
    level_in_dbm0: float
    level_out_dbm0: float
    erle_db: float  # echo return loss enhancement, 0 without canceller
    codec: Codec | None = None  # of an RTP port that is set
    is_encrypted: bool = False
    far_lost: int | None = None  # packets of ours the party missed, by its last RTCP report
    far_jitter_ms: float | None = None
    round_trip_ms: float | None = None


@dataclass(frozen=True, slots=True)
class SwitchSnapshot:
    """The whole switch. Late tick: started more than half a tick after it was due."""

    ports: tuple[PortCounters, ...]
    ticks: int
    late_ticks: int
    worst_tick_us: int
    tdm_running: bool
    events_dropped: int
    commands_refused: int


class AudioSwitch(Protocol):
    """Ports and who hears whom. `listener` is called on the event loop, in order."""

    listener: Callable[[SwitchEvent], None] | None

    def open_rtp(self, local_ip: str) -> tuple[PortId, int]:
        """Open an RTP port with its own UDP sockets: RTP on an even port, RTCP on the next.
        Returns the port and its UDP port number. `SwitchError` when none is left."""
        ...

    def set_rtp(
        self,
        port: PortId,
        remote_ip: str,
        remote_port: int,
        codec: Codec,
        dtmf_payload: int | None,
        send: bool = True,
        receive: bool = True,
        *,
        payload: int | None = None,
        srtp: SrtpKeys | None = None,
        rtcp: tuple[str, int] | None = None,
    ) -> None:
        """Say where to send and what to expect; may be changed in mid-call (re-INVITE).
        `payload`: RTP payload type if not the codec's own (dynamic types, RFC 3264). `srtp`:
        only SRTP and SRTCP are sent and taken; the same keys again continue their streams.
        `rtcp`: where the party takes RTCP; None: the port after `remote_port` (RFC 3605).
        Receiving locks on the first valid source (symmetric RTP) after each set_rtp."""
        ...

    def open_slot(self, slot: int) -> PortId:
        """The port of a TDM timeslot 1..31. One port per slot."""
        ...

    def open_player(self) -> PortId:
        """A port that only plays (music for many listeners)."""
        ...

    def close(self, port: PortId) -> None:
        """Close a port: nobody hears it any more, its taps end, its socket is closed."""
        ...

    def hear(self, listener: PortId, source: PortId, gain_db: float = 0.0) -> None:
        """From now on `listener` hears `source` (as well as what it already hears)."""
        ...

    def unhear(self, listener: PortId, source: PortId) -> None: ...
    def load(self, alaw: bytes) -> SoundId:
        """Keep a sound in the switch (A-law, 8 kHz)."""
        ...

    def unload(self, sound: SoundId) -> None:
        """Forget a sound once nobody plays it."""
        ...

    def play(self, port: PortId, sound: SoundId, loop: bool = False, gain_db: float = 0.0) -> None:
        """Play into the port's *outgoing* audio (the party hears it, mixed with what it hears);
        on a player port: into what its listeners hear. Replaces what was playing."""
        ...

    def stop(self, port: PortId) -> None:
        """Stop playing on the port."""
        ...

    def send_digits(self, port: PortId, digits: str) -> None:
        """Send digits to the party: RFC 4733 on RTP ports that have it, DTMF tones otherwise."""
        ...

    def detect(self, port: PortId, what: Detect) -> None:
        """Set the receivers that run on the port's incoming audio (replaces the set)."""
        ...

    def cancel_echo(self, port: PortId, on: bool) -> None:
        """Line echo canceller between what the port is sent and what comes from it."""
        ...

    def open_tap(self, port: PortId) -> TapId:
        """Record a party: channel 0 = what comes from it, channel 1 = all it hears."""
        ...

    def read_tap(self, tap: TapId, limit: int) -> tuple[int, bytes]:
        """Take up to `limit` octets: (stream offset of the first octet, interleaved A-law).
        Offsets jump when more than 30 s was left unread (reported as lost by the reader)."""
        ...

    def mask_tap(self, tap: TapId, on: bool) -> None:
        """While on, the tap writes silence on both channels (card data)."""
        ...

    def close_tap(self, tap: TapId) -> None: ...
    def attach_tdm(self, fd: int) -> None:
        """Give the switch the aligned timeslot stream (a connected Unix stream socket):
        10 ms blocks of 80 frames x 32 octets both ways, slot 0 first. From then on the switch
        ticks with it; when it stops, by its own timer (TdmState)."""
        ...

    def counters(self, port: PortId) -> PortCounters:
        """One port's counters, cheaply."""
        ...

    def snapshot(self) -> SwitchSnapshot: ...
