"""The box speaks to somebody at the telephone, sentence after sentence, and hangs up.

Shell without tasks: the end of one sound begins the next. A sentence that is not made yet is left
out (firmware.sounds_task); if none is there, two soft tones say at least that it was heard.

Tests: tests/firmware/route/test_services.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from firmware.call.call import Stage
from firmware.route.seats_task import bounded
from firmware.route.visit_task import Visit
from firmware.voice.built_in import BEEP
from hal.leg import State


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
    over = partial(visit.hang_up, why)
    for heard in (prompts, (BEEP,)):
        if port is not None and audio.play_all(port, heard, call.language, over):
            return
    over()
