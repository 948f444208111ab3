"""Voice messages for who does not take a call, with stand-in carriers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware.call.call import Stage
from firmware.config.mailboxes import Mailbox
from firmware.config.schema import Destination
from firmware.ivr.mailbox import Message
from firmware.ivr.mailboxes_task import Mailboxes
from firmware.ivr.message_files import MessageFiles
from firmware.records.messages import Outcome
from firmware.route.attend_task import Attendant
from firmware.trouble import Troubles
from firmware.voice.built_in import BEEP, BUILT_IN
from hal.leg import Cause, Digit, HangupBy, Party, Released, State, TransferAsked
from hal.switch.face import Played

BUSY = Released(Cause.USER_BUSY, HangupBy.PARTY, "busy")
GONE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


class Office:
    """A branch whose Anna has a mailbox, and whose queue Sales overflows into one."""

    def __init__(self, branch: Any, folder: Path) -> None:
        self.branch = branch
        sounds = {(p.id, "en"): p.id.encode() for p in BUILT_IN} | {(BEEP, ""): b"beep"}
        branch.desk.audio.shelf.stock(sounds | {("hello", "en"): b"h"})
        story = branch.desk.story
        self.mailboxes = Mailboxes(MessageFiles(folder), story, Troubles())
        boxes = (
            Mailbox(id="201", name="Anna", members=("201",)),
            Mailbox(id="shop", name="The shop", members=("202",)),
        )
        queues = tuple(
            q.model_copy(update={"on_empty": Destination(to="voicemail", id="shop")})
            for q in branch.desk.office.queues
        )
        office = branch.desk.office.model_copy(update={"mailboxes": boxes, "queues": queues})
        self.mailboxes.configure(office)
        branch.desk.office, branch.desk.mailboxes = office, self.mailboxes
        attendant = branch.attendant = Attendant(branch.desk)
        branch.queues = attendant.queues

    def hears(self, leg: Any) -> str:
        sound = self.branch.switch.plays[leg.port]
        return str(self.branch.switch.sounds[sound].lstrip(b"\xd5").decode())

    def listens(self, leg: Any) -> None:
        sound = self.branch.switch.plays[leg.port]
        self.branch.desk.audio.played(Played(leg.port, sound))


@pytest.fixture
async def office(branch: Any, tmp_path: Path) -> Office:
    return Office(branch, tmp_path / "voicemail")


async def test_who_is_busy_gets_a_message(office: Office, branch: Any) -> None:
    ben = branch.phone("202", "201")
    branch.last.far(BUSY)
    assert office.hears(ben) == "box-mailbox-greeting"
    (visit,) = branch.attendant.visits.values()
    assert visit.call.stage is Stage.MESSAGE
    ben.far(Digit("1", "rfc4733"))
    assert office.hears(ben) == "beep"
    office.listens(ben)
    assert branch.switch.taps == {ben.port}
    ben.far(GONE)
    assert branch.is_empty()
    assert "voicemail.empty" in branch.kinds()  # Ben has said nothing
    assert branch.rows[-1].outcome is Outcome.NO_ANSWER


async def test_nobody_answers_a_call_from_outside(office: Office, branch: Any) -> None:
    lines = tuple(
        line.model_copy(update={"destination": Destination(to="extension", id="201")})
        for line in branch.desk.office.lines
    )
    branch.attendant.configure(branch.desk.office.model_copy(update={"lines": lines}))
    caller = branch.ring(Party("0215557788"))
    branch.loop.pass_by(25)
    assert caller.state is State.ANSWERED
    assert office.hears(caller) == "box-mailbox-greeting"
    caller.far(GONE)
    assert branch.is_empty()
    assert branch.rows[-1].outcome is Outcome.OVERFLOWED


async def test_a_queue_nobody_serves(office: Office, branch: Any) -> None:
    caller = branch.ring(Party("0215557788"))
    caller.far(Digit("1", "rfc4733"))
    assert office.hears(caller) == "box-mailbox-greeting"
    assert "goes to the mailbox The shop" in branch.texts()
    branch.attendant.end_all("the box is being stopped")
    assert branch.is_empty()


async def test_who_is_forwarded_gets_the_message_of_whom_was_called(
    office: Office, branch: Any
) -> None:
    people = tuple(
        e.model_copy(update={"forward_no_answer": "202"} if e.number == "201" else {})
        for e in branch.desk.office.extensions
    )
    branch.attendant.configure(branch.desk.office.model_copy(update={"extensions": people}))
    carla = branch.phone("203", "201")
    branch.loop.pass_by(25)
    assert branch.last.called.number == "202"
    branch.loop.pass_by(25)
    assert office.hears(carla) == "box-mailbox-greeting"
    assert "goes to the mailbox Anna" in branch.texts()
    carla.far(GONE)
    assert branch.is_empty()


async def test_who_has_no_mailbox_is_busy_as_before(office: Office, branch: Any) -> None:
    carla = branch.phone("203", "202")
    branch.last.far(BUSY)
    assert carla.state is State.RELEASED
    assert branch.rows[-1].outcome is Outcome.BUSY


async def test_a_transfer_that_fails_goes_back_and_not_to_the_mailbox(
    office: Office, branch: Any
) -> None:
    ben, carla = branch.talk("202", "203")
    carla.far(TransferAsked("201"))
    branch.last.far(BUSY)
    assert "voicemail" not in branch.texts()
    assert not branch.switch.taps - {ben.port}
    ben.far(GONE)


@pytest.mark.parametrize(
    ("by", "said"), [("201", "box-mailbox-none"), ("203", "box-mailbox-not-yours")]
)
async def test_hearing_nothing(office: Office, branch: Any, by: str, said: str) -> None:
    phone = branch.phone(by, "*97")
    assert office.hears(phone) == said
    office.listens(phone)
    assert branch.is_empty()


async def test_hearing_a_message(office: Office, branch: Any, tmp_path: Path) -> None:
    files = MessageFiles(tmp_path / "voicemail")
    at = branch.attendant._clock()
    files.keep(Message("m1", "201", at, "21", "", 1.0), b"alaw")
    office.mailboxes.load()
    anna = branch.phone("201", "*97")
    assert office.hears(anna) == "box-mailbox-new"
    anna.far(Digit("*", "rfc4733"))
    assert branch.is_empty()
    assert branch.rows[-1].outcome is Outcome.ANSWERED
