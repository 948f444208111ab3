"""What callers hear and may do while they wait, with stand-in carriers."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.schema import Comfort, Destination
from firmware.route.attend_task import Attendant
from firmware.voice.built_in import BUILT_IN
from hal.leg import Answered, Cause, Digit, HangupBy, Party, Released
from hal.switch.face import Played

GONE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


class Office:
    """A branch whose queue Sales tells its callers something."""

    def __init__(self, branch: Any) -> None:
        self.branch = branch
        sounds = {(p.id, "en"): p.id.encode() for p in BUILT_IN}
        branch.desk.audio.shelf.stock(sounds | {("hello", "en"): b"h"})
        comfort = Comfort(
            tell_position=True,
            tell_wait=True,
            exit_key="0",
            on_exit=Destination(to="queue", id="help"),
        )
        sales, *others = branch.desk.office.queues
        queues = (sales.model_copy(update={"comfort": comfort}), *others)
        branch.desk.office = branch.desk.office.model_copy(update={"queues": queues})
        attendant = branch.attendant = Attendant(branch.desk)
        branch.queues = attendant.queues
        for agent in ("201", "204"):
            branch.queues.reachable(agent, True)
        branch.queues.log_in("201")
        branch.queues.log_in("204")

    def waits(self, number: str) -> Any:
        """A caller in the queue Sales, where Anna is on another call."""
        self.branch.queues.phone_busy("201", True)
        caller = self.branch.ring(Party(number))
        caller.far(Digit("1", "rfc4733"))
        return caller

    def hears(self, leg: Any) -> str:
        sound = self.branch.switch.plays[leg.port]
        if sound == self.branch.music:
            return "music"
        return str(self.branch.switch.sounds[sound].lstrip(b"\xd5").decode())

    def listens(self, leg: Any) -> None:
        sound = self.branch.switch.plays[leg.port]
        self.branch.desk.audio.played(Played(leg.port, sound))


@pytest.fixture
async def office(branch: Any) -> Office:
    return Office(branch)


async def test_the_place_in_line_is_told(office: Office, branch: Any) -> None:
    first, second = office.waits("0215550001"), office.waits("0215550002")
    assert office.hears(second) == "music"
    branch.loop.pass_by(20)
    assert office.hears(first) == "box-wait-next"
    heard = []
    while office.hears(second) != "music":
        heard.append(office.hears(second))
        office.listens(second)
    assert heard == ["box-wait-place", "box-digit-2", "box-wait-exit", "box-digit-0"]
    told = [e.data["position"] for e in branch.events if e.kind == "queue.told"]
    assert told == [1, 2]
    for caller in (first, second):
        caller.far(GONE)
    assert branch.is_empty()


async def test_what_is_said_is_cut_off_when_the_agent_answers(office: Office, branch: Any) -> None:
    caller = office.waits("0215550001")
    branch.loop.pass_by(20)
    assert office.hears(caller) == "box-wait-next"
    branch.queues.phone_busy("201", False)
    anna = branch.last
    anna.far(Answered())
    assert branch.hear(caller, anna)
    assert caller.port not in branch.switch.plays
    branch.loop.pass_by(120)
    assert caller.port not in branch.switch.plays
    caller.far(GONE)
    branch.loop.pass_by(20)
    assert branch.is_empty()


async def test_a_key_leads_out_of_the_queue(office: Office, branch: Any) -> None:
    caller = office.waits("0215550001")
    caller.far(Digit("5", "rfc4733"))
    assert branch.queues.core.position(next(iter(branch.attendant.visits))) == 1
    caller.far(Digit("0", "rfc4733"))
    assert branch.last.called.number == "204"  # of the queue Help
    left = next(e for e in branch.events if e.kind == "queue.left")
    assert left.data["reason"] == "key"
    branch.last.far(Answered())
    assert branch.hear(caller, branch.last)
    caller.far(GONE)
    assert branch.is_empty()


async def test_hanging_up_while_something_is_said(office: Office, branch: Any) -> None:
    caller = office.waits("0215550001")
    branch.loop.pass_by(20)
    caller.far(GONE)
    assert branch.is_empty()
    branch.loop.pass_by(200)
    assert branch.switch.plays == {}
