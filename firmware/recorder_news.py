"""What the recorder says: what it has kept, told; what is wrong, put on the board of troubles and
told, and taken off when it ends.

Pure. Tests: tests/firmware/test_recorder_news.py.
"""

from __future__ import annotations

from typing import Final

from firmware.call import ship
from firmware.call.story import Story
from firmware.trouble import Trouble, TroubleSink

_STORAGE: Final = ("disk_full", "storage_failed", "storage_slow", "recorder_fault")
_ENDS: Final = {
    "storage_ok": _STORAGE,
    "recorder_back": ("recorder_away", "recorder_unknown", *_STORAGE),
}
"""What is over when the recorder says so. One that came back tells again what is still wrong."""
_TOLD_ONCE: Final = frozenset({"audio_lost", "busy", "bad_message"})
"""Nothing that lasts: told as an event, since nothing could ever clear it from the board."""


class RecorderNews:
    """Hears the shipper."""

    def __init__(self, troubles: TroubleSink, story: Story) -> None:
        self._troubles, self._story = troubles, story

    def kept(self, done: ship.Done) -> None:
        """A recording is safe."""
        gap = f", {done.missing_s:.1f} s missing" if done.missing_s else ""
        self._story.tell(
            "recording.kept",
            f"recording of {done.duration_s:.1f} s is on the medium{gap}",
            recording=done.recording,
            missing_s=done.missing_s,
        )

    def trouble(self, news: ship.Trouble) -> None:
        """Something is wrong, or over."""
        if (ended := _ENDS.get(news.code)) is not None:
            for code in ended:
                self._troubles.clear(f"recorder.{code}")
            self._story.tell("recorder.state", news.what)
            return
        if news.code not in _TOLD_ONCE:
            self._troubles.report(Trouble(f"recorder.{news.code}", news.what, news.why, news.do))
        self._story.tell("recorder.trouble", f"{news.what} {news.why} {news.do}")
