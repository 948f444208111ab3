"""The box speaks to somebody at the telephone, sentence after sentence, and hangs up.

Shell without tasks: the end of one sound begins the next. A sentence that is not made yet is left
out (firmware.sounds_task); if none is there, two soft tones say at least that it was heard.

Tests: tests/firmware/route/test_services.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from firmware.call.audio import Audio
from firmware.call.call import Stage
from firmware.route.seats_task import bounded
from firmware.route.visit_task import Visit
from firmware.voice.built_in import BEEP
from hal.leg import PortId, State


@bounded
def speak(visit: Visit, prompts: Iterable[str], why: str) -> None:
    """Answer the caller of a visit, say the prompts, and end the call. `why`: for the story."""
    call = visit.call
    if call.stage is Stage.ENDED:
        return
    if call.caller.state in (State.OFFERED, State.ALERTED):
        call.caller.answer()
        call.answer(visit.now)
    call.enter(Stage.MESSAGE, visit.now)
    call.is_served = call.direction == "internal"
    visit.tell("call.spoken", why)
    audio, port = visit.desk.audio, call.caller.port
    known = [p for p in prompts if audio.shelf.find(p, call.language) is not None] or [BEEP]
    _next(visit, audio, port, known, why)


@bounded
def _next(visit: Visit, audio: Audio, port: PortId | None, prompts: list[str], why: str) -> None:
    if visit.call.stage is Stage.ENDED:
        return
    if prompts and port is not None:
        then = partial(_next, visit, audio, port, prompts[1:], why)
        if audio.play(port, prompts[0], visit.call.language, then):
            return
    visit.hang_up(why)
