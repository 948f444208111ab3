"""Starts and ends the recording of a call: a tap on the caller's port, shipped to the recorder.

Shell. When another party takes the caller's seat (who made the call transferred it), the recording
goes on at that port, as one: `_Tape`. Never in the way of the call: when the recorder is away the
switch's ring and the shipper hold the audio, and what could not be kept is reported by the shipper.

Tests: tests/firmware/call/test_tape.py.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from firmware.call.call import Call
from firmware.call.story import Story
from hal.leg import PortId
from hal.switch.errors import SwitchError
from hal.switch.face import AudioSwitch
from recorder.stream import RecordingId, StreamError

logger = logging.getLogger(__name__)

Read = Callable[[int], tuple[int, bytes]]
_TAKE: Final = 64 << 10
"""Octets taken from a tap at once: 4 s."""


class Shipper(Protocol):
    """What is needed of ship_task.Shipper."""

    def open(
        self,
        recording_id: str,
        call_id: str,
        started_at: str,
        meta: Mapping[str, str],
        read: Read,
    ) -> None: ...

    def close(self, recording_id: str, meta: Mapping[str, str]) -> None: ...


class _Tape:
    """The audio of one call, from one tap after the other.

    Channel 0 stays what the office's side of a call says if it was so: a tap at the port of the
    party that was the other one until now is turned round.
    """

    def __init__(self, switch: AudioSwitch, recording: RecordingId, port: PortId) -> None:
        self._switch, self.recording, self.port = switch, recording, port
        self._tap = switch.open_tap(port)
        self._is_turned = False
        self._left: list[tuple[int, bytes]] = []
        """Of former taps, not yet read."""
        self._start = 0
        """Stream offset at which the present tap began."""
        self._end = 0
        """Stream offset behind what was taken of the present tap."""

    def read(self, limit: int) -> tuple[int, bytes]:
        """As AudioSwitch.read_tap."""
        if self._left:
            offset, octets = self._left.pop(0)
            if len(octets) > limit:
                self._left.insert(0, (offset + limit, octets[limit:]))
            return offset, octets[:limit]
        return self._take(limit)

    def _take(self, limit: int) -> tuple[int, bytes]:
        offset, octets = self._switch.read_tap(self._tap, limit)
        offset += self._start
        if octets:  # the offset of nothing says nothing
            self._end = offset + len(octets)
        return offset, _turned(octets) if self._is_turned else octets

    def move(self, port: PortId) -> None:
        """Go on at another port of the call."""
        following = self._switch.open_tap(port)
        while True:
            offset, octets = self._take(_TAKE)
            if not octets:
                break
            self._left.append((offset, octets))
        self._switch.close_tap(self._tap)
        self._tap, self.port = following, port
        self._is_turned = not self._is_turned
        self._start = self._end

    def close(self) -> None:
        self._switch.close_tap(self._tap)


def _turned(octets: bytes) -> bytes:
    """Pairs of octets with their channels exchanged."""
    turned = bytearray(octets)
    turned[0::2], turned[1::2] = octets[1::2], octets[0::2]
    return bytes(turned)


class Tapes:
    """One recording per call, following it across holds and transfers."""

    def __init__(self, switch: AudioSwitch, shipper: Shipper, story: Story) -> None:
        self._switch, self._shipper, self._story = switch, shipper, story
        self._running: dict[str, _Tape] = {}

    def start(self, call: Call, now: float) -> None:
        """Begin to record the caller and all they hear; does nothing if it runs already. What
        goes wrong is told; the call goes on without a recording."""
        if call.id in self._running or call.caller.port is None:
            return
        recording = RecordingId(secrets.token_hex(8))
        try:
            self._open(call, recording, now)
        except (SwitchError, StreamError, ValueError) as error:
            logger.exception("! call=%s: no recording", call.id)
            self._story.tell("recording.failed", f"not recorded: {error}", call=call.id)
            return
        call.recording = recording
        self._story.tell("recording.started", "recording began", call=call.id, recording=recording)

    def _open(self, call: Call, recording: RecordingId, now: float) -> None:
        assert call.caller.port is not None  # start() has looked
        tape = _Tape(self._switch, recording, call.caller.port)
        try:
            self._shipper.open(recording, call.id, call.at(now).isoformat(), _meta(call), tape.read)
        except Exception:
            tape.close()
            raise
        self._running[call.id] = tape

    def move(self, call: Call) -> None:
        """Another party has the caller's seat. Must come before the former port is closed. What
        goes wrong is told, and the recording ends there; the call goes on."""
        tape, port = self._running.get(call.id), call.caller.port
        if tape is None or port is None or tape.port == port:
            return
        try:
            tape.move(port)
        except SwitchError as error:
            logger.exception("! call=%s: its recording cannot follow it", call.id)
            self._story.tell("recording.failed", f"not recorded further: {error}", call=call.id)
            self.end(call)

    def end(self, call: Call) -> None:
        """End the recording. Must come before the caller's port is closed."""
        if (tape := self._running.pop(call.id, None)) is None:
            return
        recording = tape.recording
        try:
            self._shipper.close(recording, _meta(call))
        finally:
            tape.close()
        self._story.tell("recording.ended", "recording ended", call=call.id, recording=recording)


def _meta(call: Call) -> dict[str, str]:
    """What the file itself shall say about the call."""
    return {
        "caller": call.party.number,
        "caller_name": call.party.name,
        "agent": call.agent,
        "agent_name": call.agent_name,
        "queue": call.queue,
        "line": str(call.line or ""),
        "direction": call.direction,
    }
