"""A caller proposed for the blacklist by a code on a phone, and what is told about the list; with
stand-ins for legs, switch and storage. The same through real parts: tests/scenarios/
test_led_callers.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware.call.call import Stage
from firmware.config.errors import ConfigError
from firmware.config.schema import Office
from firmware.config.validate import office_from
from firmware.route.attend_task import Attendant
from firmware.voice.built_in import BUILT_IN
from hal.leg import Answered, Cause, Digit, HangupBy, Party, Released, State
from hal.switch.face import Played

NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)
ALICE = Party("+27215557788", "Alice")
BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")


class Wishes:
    """Grants every wish at once, or refuses it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.refusal = desk, ConfigError("")
        self.is_full = self.is_refused = False

    def ask(self, *given: Any) -> bool:
        raise AssertionError("no field of a person is asked for")

    def change(self, extension: str, edit: Any, what: str, done: Any) -> bool:
        if self.is_full:
            return False
        if not self.is_refused:
            self.desk.change(edit)
        done(self.refusal if self.is_refused else None)
        return True


class Desk:
    """A branch whose phones can propose, and whose box can speak."""

    def __init__(self, branch: Any) -> None:
        self.branch, self.wishes, self.at = branch, Wishes(self), NOON
        branch.desk.audio.shelf.stock({(p.id, "en"): p.id.encode() for p in BUILT_IN})
        self.attendant = branch.attendant = Attendant(branch.desk, lambda: self.at, self.wishes)
        branch.queues = self.attendant.queues
        branch.queues.reachable("201", True)
        branch.queues.log_in("201")

    def change(self, edit: Any) -> None:
        document = self.branch.desk.office.model_dump(mode="json")
        edit(document)
        self.attendant.configure(office_from(document))

    def talk(self, caller: Party) -> Any:
        line = self.branch.ring(caller)
        line.far(Digit("1", "inband"))
        self.branch.last.far(Answered())
        return line

    def said(self, extension: str = "201") -> list[str]:
        """What the phone that dials the code hears."""
        phone, heard = self.branch.phone(extension, "*32"), []
        while phone.state is not State.RELEASED:
            sound = self.branch.switch.plays[phone.port]
            heard.append(self.branch.switch.sounds[sound].lstrip(b"\xd5").decode())
            self.branch.desk.audio.played(Played(phone.port, sound))
        return heard

    @property
    def office(self) -> Office:
        office: Office = self.branch.desk.office
        return office


@pytest.fixture
def desk(branch: Any) -> Desk:
    return Desk(branch)


def spoken(number: str) -> list[str]:
    return ["box-block-proposed", *(f"box-digit-{d}" for d in number)]


def test_the_present_caller_is_proposed(desk: Desk) -> None:
    line = desk.talk(ALICE)
    assert desk.said() == spoken("27215557788")
    (entry,) = desk.office.callers.blacklist
    assert (entry.number, entry.proposed_by) == (ALICE.number, "Anna (201)")
    assert (entry.proposed_at, entry.until) == (NOON, None)
    assert "+27215557788 is proposed for the blacklist by Anna (201)" in desk.branch.texts()
    (visit,) = [v for v in desk.attendant.visits.values() if v.call.caller is line]
    assert visit.call.stage is Stage.TALKING  # nobody noticed


def test_the_last_caller_is_proposed_and_no_one_elses(desk: Desk) -> None:
    desk.talk(Party("0311234567")).far(BYE)
    desk.branch.loop.pass_by(60)
    desk.talk(ALICE).far(BYE)
    assert desk.said("202") == ["box-block-nobody"]
    assert desk.office.callers.blacklist == ()
    assert desk.said() == spoken("27215557788")


def test_who_only_called_out_has_no_caller(desk: Desk) -> None:
    desk.branch.talk("201", "00215557788")
    desk.branch.talk("202", "203")
    assert desk.said("201") == ["box-block-nobody"]
    assert desk.said("203") == ["box-block-nobody"]


@pytest.mark.parametrize("number", ["", "Anna", "+"])
def test_a_caller_without_a_number_cannot_be_proposed(desk: Desk, number: str) -> None:
    desk.talk(Party(number, why_unknown="withheld"))
    assert desk.said() == ["box-block-no-number"]
    assert desk.office.callers.blacklist == ()


def test_who_is_blocked_already_is_not_proposed_again(desk: Desk) -> None:
    desk.talk(ALICE)
    entry = {"number": "0215557788", "proposed_by": "ben", "proposed_at": NOON.isoformat(),
             "approved_by": "boss", "until": (NOON + timedelta(days=1)).isoformat()}  # fmt: skip
    desk.change(lambda office: office["callers"].update(blacklist=[entry]))
    assert desk.said() == ["box-block-already"]
    assert len(desk.office.callers.blacklist) == 1


def test_what_cannot_be_stored_is_said(desk: Desk) -> None:
    desk.talk(ALICE)
    desk.wishes.is_refused = True
    assert desk.said() == ["box-not-saved"]
    desk.wishes.is_full = True
    assert desk.said() == ["box-not-saved"]


def test_the_list_is_told_about_whoever_changes_it_and_when_it_ends(desk: Desk) -> None:
    entry = {"number": "0215557788", "proposed_by": "ben", "proposed_at": NOON.isoformat(),
             "reason": "shouts"}  # fmt: skip
    approved = entry | {"approved_by": "boss", "until": (NOON + timedelta(days=1)).isoformat()}
    for blacklist in ([entry], [approved], []):
        desk.change(lambda office, now=blacklist: office["callers"].update(blacklist=now))
    told = [e for e in desk.branch.events if e.kind.startswith("blacklist.")]
    assert [(e.kind, e.text, e.data["number"]) for e in told] == [
        ("blacklist.proposed", "0215557788 is proposed for the blacklist by ben: shouts",
         "0215557788"),
        ("blacklist.approved", "calls from 0215557788 are turned away until 2026-03-03 12:00, "
         "says boss: shouts", "0215557788"),
        ("blacklist.removed", "0215557788 is off the blacklist", "0215557788"),
    ]  # fmt: skip


def test_an_approval_ends_by_itself_and_that_is_told_once(desk: Desk) -> None:
    entry = {"number": "0215557788", "proposed_by": "ben", "proposed_at": NOON.isoformat(),
             "approved_by": "boss", "until": (NOON + timedelta(hours=2)).isoformat()}  # fmt: skip
    desk.change(lambda office: office["callers"].update(blacklist=[entry]))
    for _ in range(3):
        desk.at += timedelta(hours=1)
        desk.branch.loop.pass_by(3600)
    desk.change(lambda office: None)
    told = [e.text for e in desk.branch.events if e.kind == "blacklist.expired"]
    assert told == ["calls from 0215557788 are let through again: the time is over"]
