"""Callers asked how it was, with stand-ins for legs and switch."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.config.validate import office_from
from firmware.records.messages import Outcome
from hal.leg import Answered, Cause, Digit, HangupBy, Held, Party, Released, State
from hal.switch.face import Played

ALICE = Party("0215557788", "Alice")
BYE = Released(Cause.NORMAL, HangupBy.PARTY, "hung up")
LOST = Released(Cause.NETWORK_OUT_OF_ORDER, HangupBy.FAULT, "no answer to anything")


class Talk:
    """A caller and the agent of a queue that asks for opinions, talking for a minute."""

    def __init__(self, branch: Any, kind: str) -> None:
        self.branch = branch
        document = branch.desk.office.model_dump(mode="json")
        document["prompts"] += [{"id": id, "name": id, "texts": {"en": id}} for id in ("ask", "ok")]
        document["surveys"] = [
            {"id": "how", "name": "how it was", "kind": kind, "prompt": "ask", "thanks": "ok"}
        ]
        document["queues"][0]["survey"] = "how"
        branch.attendant.configure(office_from(document))
        sounds = {(name, "en"): name.encode() for name in ("hello", "ask", "ok")}
        branch.desk.audio.shelf.stock(sounds)
        self.line = branch.ring(ALICE)
        self.press("1")
        self.phone = branch.last
        self.phone.far(Answered())
        branch.loop.pass_by(60)

    def press(self, key: str) -> None:
        self.line.far(Digit(key, "inband"))

    def hears(self) -> str:
        sound = self.branch.switch.plays.get(self.line.port)
        return "" if sound is None else self.branch.switch.sounds[sound].lstrip(b"\xd5").decode()

    def to_its_end(self) -> None:
        sound = self.branch.switch.plays[self.line.port]
        self.branch.desk.audio.played(Played(self.line.port, sound))

    def answers(self) -> list[tuple[Any, ...]]:
        told = [e.data for e in self.branch.events if e.kind == "survey.answered"]
        return [(d["scale"], d["score"], d["queue"], d["agent"]) for d in told]


@pytest.fixture
def talk(branch: Any) -> Talk:
    return Talk(branch, "csat")


def test_asked_when_the_agent_hangs_up_and_thanked(talk: Talk) -> None:
    talk.phone.far(BYE)
    assert talk.hears() == "ask"
    assert talk.branch.agent() == "wrap_up"
    assert len(talk.branch.shelf.closed) == 1
    talk.branch.loop.pass_by(5)
    talk.press("4")
    assert talk.hears() == "ok"
    talk.to_its_end()
    assert talk.answers() == [("csat", 4, "sales", "201")]
    (row,) = talk.branch.rows
    assert (row.ended_by, row.outcome, row.agent) == ("agent", Outcome.ANSWERED, "201")
    assert (row.talk_s, row.hold_s, row.total_s) == (60, 0, 65)
    assert talk.branch.is_empty()


def test_an_nps_answer_of_ten(branch: Any) -> None:
    talk = Talk(branch, "nps")
    talk.phone.far(BYE)
    talk.press("1")
    talk.press("0")
    talk.line.far(BYE)
    assert talk.answers() == [("nps", 10, "sales", "201")]
    assert branch.rows[0].ended_by == "agent"
    assert branch.is_empty()


def test_who_says_nothing_is_let_go(talk: Talk) -> None:
    talk.phone.far(BYE)
    for _ in range(2):
        talk.to_its_end()
        talk.branch.loop.pass_by(7)
    assert talk.answers() == []
    assert talk.line.state is State.RELEASED
    assert talk.branch.is_empty()


def test_who_hangs_up_first_is_not_asked(talk: Talk) -> None:
    talk.line.far(BYE)
    assert "survey.asked" not in talk.branch.kinds()
    assert talk.branch.rows[0].ended_by == "caller"


def test_a_phone_that_died_is_no_end_to_be_asked_about(talk: Talk) -> None:
    talk.phone.far(LOST)
    assert "survey.asked" not in talk.branch.kinds()
    assert talk.branch.is_empty()


def test_hung_up_while_on_hold_is_held_until_then(talk: Talk) -> None:
    talk.phone.far(Held(True))
    talk.branch.loop.pass_by(10)
    talk.phone.far(BYE)
    talk.branch.loop.pass_by(5)
    talk.line.far(BYE)
    (row,) = talk.branch.rows
    assert (row.talk_s, row.hold_s, row.total_s) == (60, 10, 75)
    assert talk.branch.is_empty()


def test_a_queue_without_a_survey_asks_nothing(branch: Any) -> None:
    line = branch.ring(ALICE)
    line.far(Digit("1", "inband"))
    branch.last.far(Answered())
    branch.last.far(BYE)
    assert line.state is State.RELEASED
    assert branch.is_empty()


def test_the_next_caller_reaches_the_agent_while_one_is_asked(talk: Talk) -> None:
    talk.phone.far(BYE)
    talk.branch.queues.ready("201")
    other = talk.branch.ring(Party("0311", "Bob"))
    other.far(Digit("1", "inband"))
    assert talk.branch.last is not talk.phone
    talk.branch.last.far(Answered())
    assert talk.branch.hear(other, talk.branch.last)
    assert talk.hears() == "ask"
