"""Starts and ends the recording of a call: a tap on the caller's port, shipped to the recorder.

Shell. Never in the way of the call: when the recorder is away the switch's ring and the shipper
hold the audio, and what could not be kept is reported by the shipper.

Tests: tests/firmware/call/test_tape.py.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Protocol

from firmware.call.call import Call
from firmware.call.story import Story
from hal.switch.errors import SwitchError
from hal.switch.face import AudioSwitch, TapId
from recorder.stream import RecordingId, StreamError

logger = logging.getLogger(__name__)

Read = Callable[[int], tuple[int, bytes]]


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


class Tapes:
    """One recording per call, following it across holds and transfers."""

    def __init__(self, switch: AudioSwitch, shipper: Shipper, story: Story) -> None:
        self._switch, self._shipper, self._story = switch, shipper, story
        self._running: dict[str, tuple[RecordingId, TapId]] = {}

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
        tap = self._switch.open_tap(call.caller.port)
        try:
            self._shipper.open(
                recording,
                call.id,
                call.at(now).isoformat(),
                _meta(call),
                lambda limit: self._switch.read_tap(tap, limit),
            )
        except Exception:
            self._switch.close_tap(tap)
            raise
        self._running[call.id] = (recording, tap)

    def end(self, call: Call) -> None:
        """End the recording. Must come before the caller's port is closed."""
        if (running := self._running.pop(call.id, None)) is None:
            return
        recording, tap = running
        try:
            self._shipper.close(recording, _meta(call))
        finally:
            self._switch.close_tap(tap)
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
