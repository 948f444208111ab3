"""An agent hears what call it is, or confirms it, before the caller is heard."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.schema import Comfort
from firmware.ivr.briefing import ANSWER_S
from firmware.route.attend_task import Attendant
from firmware.voice.built_in import BEEP, BUILT_IN, queue_name
from hal.leg import Answered, Cause, Digit, HangupBy, Party, Released, State
from hal.switch.face import Played

GONE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


class Office:
    """A branch whose agents are told something first."""

    def __init__(self, branch: Any, **comfort: Any) -> None:
        self.branch = branch
        names = [p.id for p in (*BUILT_IN, queue_name("Sales"))]
        sounds = {(name, "en"): name.encode() for name in names} | {(BEEP, ""): b"beep"}
        branch.desk.audio.shelf.stock(sounds | {("hello", "en"): b"h"})
        sales, *others = branch.desk.office.queues
        queues = (sales.model_copy(update={"comfort": Comfort(**comfort)}), *others)
        branch.desk.office = branch.desk.office.model_copy(update={"queues": queues})
        attendant = branch.attendant = Attendant(branch.desk)
        branch.queues = attendant.queues
        branch.queues.reachable("201", True)
        branch.queues.log_in("201")

    def calls(self) -> tuple[Any, Any]:
        """A caller in the queue Sales, and Anna's phone, which she has just answered."""
        caller = self.branch.ring(Party("0215557788"))
        caller.far(Digit("1", "rfc4733"))
        anna = self.branch.last
        anna.far(Answered())
        self.branch.loop.pass_by(0)
        return caller, anna

    def hears(self, leg: Any) -> str:
        sound = self.branch.switch.plays[leg.port]
        return str(self.branch.switch.sounds[sound].lstrip(b"\xd5").decode())

    def listens(self, leg: Any) -> None:
        sound = self.branch.switch.plays[leg.port]
        self.branch.desk.audio.played(Played(leg.port, sound))


async def test_the_queue_is_named_and_the_caller_hears_music(branch: Any) -> None:
    office = Office(branch, agent_hears="queue")
    caller, anna = office.calls()
    assert office.hears(anna) == queue_name("Sales").id
    assert branch.has_music(caller)
    assert not branch.switch.hears
    office.listens(anna)
    assert branch.hear(caller, anna)
    caller.far(GONE)
    branch.loop.pass_by(20)
    assert branch.is_empty()


async def test_without_its_sound_a_tone_says_that_it_is_a_call_of_the_queue(branch: Any) -> None:
    office = Office(branch, agent_hears="queue")
    branch.desk.audio.shelf.stock({(BEEP, ""): b"beep", ("hello", "en"): b"h"})
    _, anna = office.calls()
    assert office.hears(anna) == "beep"
    branch.attendant.end_all("the end")
    assert branch.is_empty()


async def test_a_call_is_confirmed_by_one(branch: Any) -> None:
    office = Office(branch, agent_confirms=True)
    caller, anna = office.calls()
    anna.far(Digit("1", "rfc4733"))
    assert branch.hear(caller, anna)
    anna.far(GONE)
    branch.loop.pass_by(20)
    assert branch.is_empty()


async def test_what_does_not_confirm_does_not_get_the_call(branch: Any) -> None:
    office = Office(branch, agent_confirms=True)
    caller, anna = office.calls()
    office.listens(anna)
    branch.loop.pass_by(ANSWER_S)
    assert anna.state is State.RELEASED
    assert "did not confirm the call" in branch.texts()
    assert caller.state is State.ANSWERED
    caller.far(GONE)
    branch.loop.pass_by(60)
    assert branch.is_empty()


@pytest.mark.parametrize("who", ["caller", "agent"])
async def test_hanging_up_meanwhile(branch: Any, who: str) -> None:
    office = Office(branch, agent_hears="queue", agent_confirms=True)
    caller, anna = office.calls()
    {"caller": caller, "agent": anna}[who].far(GONE)
    caller.far(GONE)
    branch.loop.pass_by(60)
    assert branch.is_empty()
    assert "confirm" not in branch.texts()
