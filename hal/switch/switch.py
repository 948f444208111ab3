"""The audio switch itself: hal.switch.face over the C core, and the only user of its `lib`.

Commands go to the audio thread through a ring, events come back through another and an
eventfd that the event loop watches. No call waits for audio. IPv4 only. Leaves out what the
audio is for: that is firmware.call's. Tests: tests/hal/switch/.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from hal.leg import PortId
from hal.switch._switch import ffi, lib
from hal.switch.arguments import (
    dtmf_payload_type,
    gain,
    ipv4,
    payload_type,
    tag_octets,
    udp_port,
)
from hal.switch.errors import SwitchError, SwitchFull, SwitchMisuse, SwitchSystem
from hal.switch.face import (
    Codec,
    Detect,
    DigitHeard,
    MediaLost,
    Played,
    PortCounters,
    SoundId,
    SrtpKeys,
    SwitchEvent,
    SwitchSnapshot,
    TapId,
    TdmState,
    ToneSegment,
)
from hal.switch.identities import Identities

logger = logging.getLogger(__name__)

PORTS: Final = 256
DIGITS_AT_ONCE: Final = 63
DIGITS: Final = frozenset("0123456789*#ABCD")
MAX_SOUND_OCTETS: Final = 8000 * 3600
TAP_OCTETS: Final = 480_000
CODECS: Final = {
    Codec.PCMA: lib.CODEC_PCMA,
    Codec.PCMU: lib.CODEC_PCMU,
    Codec.G722: lib.CODEC_G722,
    Codec.OPUS: lib.CODEC_OPUS,
}
CODEC_OF: Final = {number: codec for codec, number in CODECS.items()}
KINDS: Final = {lib.PORT_RTP: "rtp", lib.PORT_SLOT: "slot", lib.PORT_PLAYER: "player"}
FORMATS: Final = {
    lib.DETECT_CALLER_ID_V23: "v23",
    lib.DETECT_CALLER_ID_BELL202: "bell202",
    lib.DETECT_CALLER_ID_DTMF: "dtmf",
}
RECEIVERS: Final = {
    Detect.DTMF: lib.DETECT_DTMF,
    Detect.CALLER_ID_V23: lib.DETECT_CALLER_ID_V23,
    Detect.CALLER_ID_BELL202: lib.DETECT_CALLER_ID_BELL202,
    Detect.CALLER_ID_DTMF: lib.DETECT_CALLER_ID_DTMF,
    Detect.TONES: lib.DETECT_TONES,
}


class Switch:
    """One switch with its audio thread. `start()` in a running loop, `shut_down()` at the end."""

    def __init__(self, echo_delay_ms: int = 0, tdm_stall_ms: int = 30) -> None:
        """`echo_delay_ms`: buffers between this switch and the lines beyond one block, for the
        echo cancellers (a sound card's; 0 on a socket). `tdm_stall_ms`: how long the timeslot
        stream may be silent before the switch's own timer takes over."""
        if not 0 <= echo_delay_ms <= 100:
            raise SwitchMisuse(f"echo delay {echo_delay_ms} ms: expected 0 to 100")
        if tdm_stall_ms < 30:
            raise SwitchMisuse(f"stall time {tdm_stall_ms} ms: expected 30 or more, three blocks")
        self.listener: Callable[[SwitchEvent], None] | None = None
        self._core = lib.switch_new(echo_delay_ms, tdm_stall_ms)
        if not self._core:
            raise SwitchSystem(f"switch not made: {os.strerror(ffi.errno)}", ffi.errno)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_wake_due = False
        self._sounds: dict[SoundId, Any] = {}  # Any: cffi pointers have no static type
        self._taps: dict[TapId, Any] = {}
        self._numbers = count(1)
        self._identities = Identities()
        self._event = ffi.new("struct switch_event *")
        self._octets = ffi.new("uint8_t[]", TAP_OCTETS)
        self._offset = ffi.new("uint64_t *")

    def start(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Start the audio thread and give events to `loop` (the running one)."""
        self._loop = loop or asyncio.get_running_loop()
        self._check(lib.switch_start(self._alive()), "audio thread")
        lib.switch_gather(self._core, True)
        how = "real-time" if self.is_realtime else "ordinary scheduling: real-time not permitted"
        logger.info("audio thread started, %s", how)
        self._loop.add_reader(lib.switch_event_fd(self._core), self._read_events)

    def shut_down(self) -> None:
        """End the audio thread, close every port and free everything. Final."""
        if not self._core:
            return
        if self._loop is not None:
            self._loop.remove_reader(lib.switch_event_fd(self._core))
            self._loop = None
        core, self._core = self._core, ffi.NULL
        self._taps.clear()
        self._sounds.clear()
        lib.switch_free(core)

    # --- ports ---

    def open_rtp(self, local_ip: str) -> tuple[PortId, int]:
        """See AudioSwitch.open_rtp."""
        number = ffi.new("int *")
        port = self._check(
            lib.switch_open_rtp(self._ordering(), ipv4(local_ip), number),
            f"RTP port at {local_ip}",
        )
        return PortId(port), number[0]

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
        """See AudioSwitch.set_rtp. Port 0 or address 0.0.0.0: nowhere to send (held)."""
        to = ffi.new("struct switch_rtp *")
        texts = [ffi.new("char[]", ipv4(remote_ip))]  # the struct only points to them
        to.remote_ip, to.remote_port = texts[0], udp_port("remote", remote_port, 0)
        if rtcp is not None:
            texts.append(ffi.new("char[]", ipv4(rtcp[0])))
            to.rtcp_ip, to.rtcp_port = texts[1], udp_port("RTCP", rtcp[1], 1)
        to.codec = CODECS[codec]
        to.dtmf_payload_type = dtmf_payload_type(dtmf_payload)
        to.payload_type = payload_type(codec, payload, dtmf_payload)
        to.send, to.receive = send, receive
        if srtp is not None:
            to.srtp_tag_octets = tag_octets(srtp)
            texts += [ffi.new("uint8_t[]", srtp.ours), ffi.new("uint8_t[]", srtp.theirs)]
            to.ours, to.theirs = texts[-2:]
        self._check(lib.switch_set_rtp(self._ordering(), port, to), f"set_rtp on port {port}")

    def open_slot(self, slot: int) -> PortId:
        """See AudioSwitch.open_slot."""
        if not 1 <= slot <= 31:
            raise SwitchMisuse(f"timeslot {slot}: expected 1 to 31")
        return PortId(self._check(lib.switch_open_slot(self._ordering(), slot), f"timeslot {slot}"))

    def open_player(self) -> PortId:
        """See AudioSwitch.open_player."""
        return PortId(self._check(lib.switch_open_player(self._ordering()), "player port"))

    def close(self, port: PortId) -> None:
        """See AudioSwitch.close."""
        self._check(lib.switch_close(self._ordering(), port), f"close of port {port}")
        self._identities.forget(port)

    def hear(self, listener: PortId, source: PortId, gain_db: float = 0.0) -> None:
        """See AudioSwitch.hear."""
        self._check(
            lib.switch_hear(self._ordering(), listener, source, gain(gain_db)),
            f"port {listener} to hear port {source}",
        )

    def unhear(self, listener: PortId, source: PortId) -> None:
        """See AudioSwitch.unhear. Not hearing it already is fine."""
        self._check(
            lib.switch_unhear(self._ordering(), listener, source),
            f"port {listener} to stop hearing port {source}",
        )

    # --- sounds and digits ---

    def load(self, alaw: bytes) -> SoundId:
        """See AudioSwitch.load."""
        if not 1 <= len(alaw) <= MAX_SOUND_OCTETS:
            raise SwitchMisuse(f"sound of {len(alaw)} octets: expected 1 to {MAX_SOUND_OCTETS}")
        sound = SoundId(next(self._numbers))
        made = lib.switch_load(self._alive(), alaw, len(alaw), sound)
        if not made:
            raise SwitchFull(f"no memory for a sound of {len(alaw)} octets")
        self._sounds[sound] = made
        return sound

    def unload(self, sound: SoundId) -> None:
        """See AudioSwitch.unload."""
        self._check(lib.switch_unload(self._ordering(), self._sound(sound)), f"unload of {sound}")
        del self._sounds[sound]

    def play(self, port: PortId, sound: SoundId, loop: bool = False, gain_db: float = 0.0) -> None:
        """See AudioSwitch.play."""
        self._check(
            lib.switch_play(self._ordering(), port, self._sound(sound), loop, gain(gain_db)),
            f"play on port {port}",
        )

    def stop(self, port: PortId) -> None:
        """Stop playing on the port."""
        self._check(lib.switch_stop_playing(self._ordering(), port), f"stop on port {port}")

    def send_digits(self, port: PortId, digits: str) -> None:
        """See AudioSwitch.send_digits."""
        if not 1 <= len(digits) <= DIGITS_AT_ONCE or not DIGITS.issuperset(digits):
            raise SwitchMisuse(f"{len(digits)} digits: expected 1 to 63 of 0-9 * # A-D")
        self._check(
            lib.switch_send_digits(self._ordering(), port, digits.encode("ascii")),
            f"digits on port {port}",
        )

    # --- what listens on a port ---

    def detect(self, port: PortId, what: Detect) -> None:
        """See AudioSwitch.detect."""
        bits = sum(bit for flag, bit in RECEIVERS.items() if flag in what)
        self._check(lib.switch_detect(self._ordering(), port, bits), f"receivers on port {port}")

    def cancel_echo(self, port: PortId, on: bool) -> None:
        """See AudioSwitch.cancel_echo."""
        self._check(lib.switch_cancel_echo(self._ordering(), port, on), f"echo on port {port}")

    # --- recording ---

    def open_tap(self, port: PortId) -> TapId:
        """See AudioSwitch.open_tap."""
        code = ffi.new("int *")
        made = lib.switch_open_tap(self._ordering(), port, code)
        self._check(code[0], f"tap on port {port}")
        tap = TapId(next(self._numbers))
        self._taps[tap] = made
        return tap

    def read_tap(self, tap: TapId, limit: int) -> tuple[int, bytes]:
        """See AudioSwitch.read_tap."""
        if limit < 2:
            raise SwitchMisuse(f"tap read of {limit} octets: expected at least one pair, 2")
        got = lib.switch_read_tap(
            self._tap(tap), self._octets, min(limit, TAP_OCTETS), self._offset
        )
        return self._offset[0], bytes(ffi.buffer(self._octets, got))

    def mask_tap(self, tap: TapId, on: bool) -> None:
        """See AudioSwitch.mask_tap."""
        self._check(lib.switch_mask_tap(self._ordering(), self._tap(tap), on), f"mask of tap {tap}")

    def close_tap(self, tap: TapId) -> None:
        """End a tap; read what is left before."""
        self._check(lib.switch_close_tap(self._ordering(), self._tap(tap)), f"close of tap {tap}")
        del self._taps[tap]

    # --- the timeslot stream ---

    def attach_tdm(self, fd: int) -> None:
        """See AudioSwitch.attach_tdm. The descriptor is duplicated: close yours when you like."""
        self._check(lib.switch_attach_tdm(self._ordering(), fd), f"timeslot stream on fd {fd}")

    @property
    def tdm_unwritten_octets(self) -> int:
        """Octets for the timeslot stream that its far end was too slow to take."""
        return int(self._counters().tdm_unwritten)

    @property
    def packets_forwarded(self) -> int:
        """RTP packets that went straight from one port to another."""
        return int(self._counters().packets_forwarded)

    @property
    def is_realtime(self) -> bool:
        """True if the audio thread got real-time scheduling."""
        return bool(self._counters().is_realtime)

    def counters(self, port: PortId) -> PortCounters:
        """See AudioSwitch.counters."""
        counters = ffi.new("struct switch_port_counters *")
        self._check(lib.switch_one_port(self._alive(), port, counters), f"port {port}")
        return _port_counters(counters)

    def snapshot(self) -> SwitchSnapshot:
        """See AudioSwitch.snapshot."""
        ports = ffi.new("struct switch_port_counters[]", PORTS)
        used = lib.switch_port_counters(self._alive(), ports)
        counters = self._counters()
        return SwitchSnapshot(
            ports=tuple(_port_counters(ports[i]) for i in range(used)),
            ticks=counters.ticks,
            late_ticks=counters.late_ticks,
            worst_tick_us=counters.worst_tick_us,
            tdm_running=bool(counters.tdm_running),
            events_dropped=counters.events_dropped,
            commands_refused=counters.commands_refused,
        )

    # --- inside ---

    def _alive(self) -> Any:  # Any: a cffi pointer
        if not self._core:
            raise SwitchMisuse("the switch was stopped: expected no more calls")
        return self._core

    def _ordering(self) -> Any:  # Any: a cffi pointer
        """For an order to the audio thread, which is woken once for all orders of this turn of the
        event loop (no later: a phone may already send), and not at all if a packet or a tick made
        it look meanwhile: changing to that thread costs more than most orders."""
        core = self._alive()
        if self._loop is not None and not self._is_wake_due:
            self._is_wake_due = True
            self._loop.call_soon(self._wake)
        return core

    def _wake(self) -> None:
        self._is_wake_due = False
        if self._core:
            lib.switch_wake(self._core)

    def _sound(self, sound: SoundId) -> Any:  # Any: a cffi pointer
        if (made := self._sounds.get(sound)) is None:
            raise SwitchMisuse(f"sound {sound}: expected one that is loaded")
        return made

    def _tap(self, tap: TapId) -> Any:  # Any: a cffi pointer
        if (made := self._taps.get(tap)) is None:
            raise SwitchMisuse(f"tap {tap}: expected one that is open")
        return made

    def _counters(self) -> Any:  # Any: a cffi struct
        counters = ffi.new("struct switch_counters *")
        lib.switch_counters(self._alive(), counters)
        return counters

    def _check(self, code: int, what: str) -> int:
        """Return `code` if it is not a failure; otherwise raise what it means."""
        if code >= 0:
            return code
        errno = ffi.errno
        raise _failure(code, what, errno)

    def _read_events(self) -> None:
        """The event loop's callback: give everything that waits to the listener."""
        try:
            os.eventfd_read(lib.switch_event_fd(self._core))
        except BlockingIOError:
            return
        while self._core and lib.switch_next_event(self._core, self._event):
            event = self._translate(self._event)
            if event is not None:
                self._give(event)
        if self._core:
            lib.switch_collect(self._core)

    def _give(self, event: SwitchEvent) -> None:
        if self.listener is None:
            return
        try:
            self.listener(event)
        except Exception:  # supervision boundary: the events behind it are of other ports
            logger.exception("! switch: %s was not taken", event)

    def _translate(self, raw: Any) -> SwitchEvent | None:  # Any: a cffi struct
        port = PortId(raw.port)
        match raw.kind:
            case lib.EVENT_DIGIT:
                how = "rfc4733" if raw.b == lib.DIGIT_RFC4733 else "inband"
                return DigitHeard(port, chr(raw.a), how)
            case lib.EVENT_CALLER_ID:
                message = bytes(ffi.buffer(raw.octets, raw.length))
                return self._identities.heard(port, FORMATS[raw.a], message, raw.at_samples)
            case lib.EVENT_TONE:
                return ToneSegment(port, raw.a, raw.b, raw.c)
            case lib.EVENT_PLAYED:
                return Played(port, SoundId(raw.a))
            case lib.EVENT_MEDIA_LOST:
                return MediaLost(port, raw.a)
            case lib.EVENT_TDM:
                return TdmState(bool(raw.a))
        raise AssertionError(f"switch event kind {raw.kind}: not one the core knows")


def _failure(code: int, what: str, errno: int) -> SwitchError:
    if code == lib.SWITCH_SYSTEM:
        return SwitchSystem(f"{what}: {os.strerror(errno)}", errno)
    full = {
        lib.SWITCH_NO_PORT_LEFT: f"all {PORTS} ports are open",
        lib.SWITCH_NO_MEMORY: "no memory left",
        lib.SWITCH_BUSY: "the audio thread is behind with its commands",
    }
    misuse = {
        lib.SWITCH_NO_SUCH_PORT: "expected a port that is open",
        lib.SWITCH_WRONG_KIND: "expected an RTP port",
        lib.SWITCH_SLOT_TAKEN: "expected a timeslot without a port",
        lib.SWITCH_BAD_ADDRESS: "expected an IPv4 address of this machine",
    }
    if code in full:
        return SwitchFull(f"{what}: {full[code]}")
    return SwitchMisuse(f"{what}: {misuse[code]}")


def _port_counters(raw: Any) -> PortCounters:  # Any: a cffi struct
    return PortCounters(
        port=PortId(raw.port),
        kind=KINDS[raw.kind],
        packets_in=raw.packets_in,
        packets_out=raw.packets_out,
        packets_lost=raw.packets_lost,
        packets_late=raw.packets_late,
        packets_refused=raw.packets_refused,
        concealed_ms=raw.concealed_samples // 8,
        jitter_ms=raw.jitter_ms,
        level_in_dbm0=raw.level_in_dbm0,
        level_out_dbm0=raw.level_out_dbm0,
        erle_db=raw.erle_db,
        codec=CODEC_OF.get(raw.codec),
        is_encrypted=bool(raw.is_encrypted),
        far_lost=raw.far_lost if raw.far_lost >= 0 else None,
        far_jitter_ms=raw.far_jitter_ms if raw.far_jitter_ms >= 0 else None,
        round_trip_ms=raw.round_trip_ms if raw.round_trip_ms >= 0 else None,
    )
