"""Stand-ins for the core and the records, and an office full of life for them to show.

`FakeCore` keeps a configuration the way the core does (generations, stale changes refused, the
real schema's checks); `demo_live` and `demo_rows` are what the demo server and the tests show.
"""

from __future__ import annotations

import re
import struct
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from pydantic import ValidationError
from sqlalchemy import Connection

from firmware.api.advice_schema import Advice, AdviceRequest, Replay, ReplayRequest
from firmware.api.callback_schema import CallbackOrder
from firmware.api.errors import CoreAway, Refused
from firmware.api.phone_schema import (
    AppInvitation,
    AppInvite,
    NewPhone,
    PhoneApproval,
    PhoneSetsNow,
    PhoneSetState,
)
from firmware.api.routing_schema import (
    BlockApproval,
    BlockedNow,
    BlockProposal,
    Holiday,
    ScheduleNow,
    SwitchOrder,
)
from firmware.api.schema import (
    Agent,
    AgentAction,
    Box,
    Call,
    Callback,
    ConfigChange,
    ConfigDocument,
    ConfigGeneration,
    DispositionOrder,
    FirstAccount,
    Line,
    Live,
    Phone,
    Problem,
    Queue,
    Refusal,
    RingAccepted,
    RingRequest,
    Setup,
    Trouble,
)
from firmware.api.voicemail_schema import VoiceMailbox, VoiceMessage
from firmware.config.errors import InvalidOffice
from firmware.config.schema import Office, User
from firmware.config.validate import office_from
from firmware.records.lost import LostCaller
from firmware.records.messages import (
    CallId,
    CallRow,
    EventRow,
    Outcome,
    RecordingRow,
    Search,
)
from firmware.records.reports import Asked, Report
from firmware.records.store import Records

T = TypeVar("T")
CODE = "7391-4420"
PASSWORD = "correct horse battery"
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = FAST.hash(PASSWORD)
STATES = {
    "login": "ready",
    "logout": "logged_out",
    "pause": "paused",
    "ready": "ready",
    "extend": "wrap_up",
}


def demo_office() -> Office:
    """Three lines, six people, two queues, a menu."""
    people = [
        ("201", "Anna Botha"), ("202", "Sipho Dlamini"), ("203", "Maria van Wyk"),
        ("204", "John Peterson"), ("205", "Lerato Mokoena"), ("206", "Front desk"),
    ]  # fmt: skip
    return Office.model_validate(
        {
            "site": {"name": "Karoo Water Systems"},
            "lines": [
                {"number": 1, "name": "Main number", "destination": {"to": "menu", "id": "main"}},
                {"number": 2, "name": "Sales", "destination": {"to": "queue", "id": "sales"}},
                {"number": 3, "name": "Service", "destination": {"to": "queue", "id": "service"}},
                {"number": 4, "name": "Spare", "is_enabled": False},
            ],
            "extensions": [
                {"number": n, "name": name, "secret": f"wX4-secret-{n}"} for n, name in people
            ],
            "queues": [
                {"id": "sales", "name": "Sales", "members": ["201", "202", "203"]},
                {"id": "service", "name": "Service", "members": ["203", "204", "205"]},
            ],
            "menus": [
                {
                    "id": "main",
                    "name": "Main menu",
                    "greeting": "welcome",
                    "options": {
                        "1": {"to": "queue", "id": "sales"},
                        "2": {"to": "queue", "id": "service"},
                        "0": {"to": "extension", "id": "206"},
                    },
                    "otherwise": {"to": "extension", "id": "206"},
                }
            ],
            "prompts": [
                {
                    "id": "welcome",
                    "name": "Welcome",
                    "texts": {
                        "en": "Welcome to Karoo Water Systems. For sales press one, "
                        "for service press two."
                    },
                }
            ],
            "mailboxes": [{"id": "office", "name": "Office", "members": ["201", "206"]}],
            "users": [
                {"name": "thandi", "password_hash": HASH, "role": "owner"},
                {"name": "sam", "password_hash": HASH, "role": "supervisor"},
                {"name": "anna", "password_hash": HASH, "role": "agent", "extension": "201"},
            ],
        }
    )


def demo_live(now: datetime, office: Office) -> Live:
    """A busy moment in the office."""

    def ago(seconds: float) -> datetime:
        return now - timedelta(seconds=seconds)

    agents = [
        ("201", "on_call", 184, "", ["Sales"]), ("202", "ready", 65, "", ["Sales"]),
        ("203", "offered", 6, "", ["Sales", "Service"]), ("204", "wrap_up", 9, "", ["Service"]),
        ("205", "paused", 1312, "Lunch", ["Service"]),
    ]  # fmt: skip
    names = {e.number: e.name for e in office.extensions}
    return Live(
        at=now,
        seq=4711,
        box=Box(
            name=office.site.name, version="0.1.0", is_simulated=True, uptime_s=274_000,
            state="warning", recorder="ok", hat="ok", tdm="ok", hat_build="0.1.0",
            storage_free_octets=27_400_000_000,
            troubles=[
                Trouble(
                    code="line.unplugged", what="Line 4 has no telephone line connected.",
                    why="There is no voltage on its two wires.", severity="warning",
                    do="Plug the line in, or switch the line off in Settings.", since=ago(5000),
                )
            ],
        ),
        lines=[
            Line(number=1, name="Main number", state="in use", words="in use, 24 mA", call="c1"),
            Line(number=2, name="Sales", state="in use", words="in use, 22 mA", call="c2"),
            Line(number=3, name="Service", state="ringing", words="ringing since 3 s"),
            Line(number=4, name="Spare", state="unplugged", words="unplugged, 0.0 V"),
        ],
        queues=[
            Queue(id="sales", name="Sales", waiting=2, longest_wait_s=64, agents_ready=1,
                  agents_logged_in=3, offered_today=43, answered_today=36, abandoned_today=3,
                  left_today=2, strategy="longest_idle", expected_wait_s=190),
            Queue(id="service", name="Service", waiting=0, agents_ready=0, agents_logged_in=3,
                  offered_today=18, answered_today=17, abandoned_today=1, strategy="ring_all"),
        ],
        agents=[
            Agent(extension=e, name=names.get(e, e), state=s, since=ago(t), reason=r, queues=q,
                  is_reachable=True, calls_answered=4,
                  ends_at=ago(-6) if s == "wrap_up" else None, may_extend=s == "wrap_up")
            for e, s, t, r, q in agents
        ],
        calls=[
            Call(id="20261121-090501-0a1b", direction="incoming", stage="talking",
                 words="talking to Anna Botha, Sales", started_at=ago(210), since=ago(184),
                 line=1, caller_number="0834471190", caller_name="Pieter Kruger", queue="sales",
                 collected={"customer number": "40117"}, priority=5,
                 agent="201", agent_name="Anna Botha", is_recorded=True),
            Call(id="20261121-090701-0a1c", direction="incoming", stage="offering",
                 words="Maria's phone is ringing", started_at=ago(80), since=ago(64), line=2,
                 caller_number="0215550142", queue="sales", position=1, is_recorded=True,
                 waiting_since=ago(70), expected_wait_s=95),
            Call(id="20261121-090733-0a1d", direction="incoming", stage="waiting",
                 words="waiting in Sales, second in line", started_at=ago(44), since=ago(31),
                 line=3, caller_why_unknown="Number withheld", queue="sales", position=2),
            Call(id="20261121-090801-0a1e", direction="outgoing", stage="dialling",
                 words="dialling, the far end rings", started_at=ago(12), since=ago(7), line=2,
                 caller_number="206", caller_name="Front desk", called="0118804422"),
        ],
        phones=[
            Phone(extension=e.number, name=e.name, is_registered=e.number != "206",
                  is_reachable=e.number not in ("205", "206"), address=f"192.168.1.{e.number}:5060",
                  user_agent="Yealink SIP-T31P 124.86.0.40", transport="UDP", expires_in_s=1800)
            for e in office.extensions
        ],
    )  # fmt: skip


def demo_phones(now: datetime) -> PhoneSetsNow:
    """One that asks, and some in every state."""
    set_up = PhoneSetState(
        mac="001565a1b2c3", brand="yealink", model="T31P", extension="201", name="Anna Botha",
        account="201-a1b2c3", given_at=now - timedelta(hours=3), given_to="192.168.1.23",
    )  # fmt: skip
    sipho = {"extension": "202", "name": "Sipho Dlamini"}
    return PhoneSetsNow(
        asking=(
            NewPhone(
                mac="0c383ea1b2c3", brand="fanvil", model="X3U", address="192.168.1.31",
                user_agent="Fanvil X3U 2.4.3 0c383ea1b2c3", since=now - timedelta(seconds=40),
                last_at=now - timedelta(seconds=4),
            ),
        ),
        unlisted=2,
        sets=(
            set_up,
            set_up.model_copy(
                update={**sipho, "account": "202-a1b2c4", "mac": "001565a1b2c4",
                        "given_at": None, "given_to": "", "waiting_s": 1200.0}
            ),
            set_up.model_copy(
                update={**sipho, "account": "202-0c11aa", "mac": "0004130c11aa", "brand": "snom",
                        "model": "D735", "asked_at": now - timedelta(minutes=3),
                        "asked_from": "192.168.1.77"}
            ),
            set_up.model_copy(
                update={"account": "201-000001", "mac": "020000000001", "brand": "linphone",
                        "model": "App", "given_at": None, "given_to": ""}
            ),
        ),
    )  # fmt: skip


def demo_hours(now: datetime) -> list[ScheduleNow]:
    """Open, and closed by hand."""
    closed = ScheduleNow(
        id="holidays", name="Workshop", is_open=False, words="closed by hand (Sam)",
        is_by_hand=True, code="*282",
    )  # fmt: skip
    return [
        ScheduleNow(
            id="day", name="Office hours", is_open=True, words="Tuesday 08:00 to 17:00",
            is_by_hand=False, until=now + timedelta(hours=3), code="*281",
        ),
        closed,
    ]  # fmt: skip


def demo_callbacks(now: datetime) -> list[Callback]:
    """One in line, one that was not reached."""
    kept = Callback(
        number="0829990001", queue="sales", state="kept", words="waits for its turn", position=3,
        asked_at=now - timedelta(minutes=6), held_since=now - timedelta(minutes=9),
        expires_at=now + timedelta(hours=4),
    )  # fmt: skip
    resting = kept.model_copy(
        update={
            "number": "0829990002", "name": "Zanele Mbeki", "state": "resting", "tries": 1,
            "words": "was not reached (busy tone), is tried again", "position": None,
            "next_try_at": now + timedelta(minutes=4),
        }
    )  # fmt: skip
    return [kept, resting]


def demo_blocked(now: datetime) -> list[BlockedNow]:
    """One proposed, one in force, one over."""
    proposed = BlockedNow(
        number="0870001111", reason="Sells toner, four times a day", proposed_by="anna",
        proposed_at=now - timedelta(hours=2), approved_by="", until=None, state="proposed",
    )  # fmt: skip
    soon, past = now + timedelta(days=30), now - timedelta(days=2)
    return [
        proposed,
        proposed.model_copy(
            update={"number": "0215550666", "reason": "Shouts", "approved_by": "sam",
                    "until": soon, "state": "in_force"}
        ),
        proposed.model_copy(
            update={"number": "0119998888", "reason": "", "approved_by": "sam",
                    "until": past, "state": "expired"}
        ),
    ]  # fmt: skip


def demo_voicemail(now: datetime) -> list[VoiceMailbox]:
    """Of the office, with messages, and of a person, without."""
    messages = [
        VoiceMessage(id="m1", at=now - timedelta(minutes=20), number="0834471190",
                     name="Pieter Kruger", length_s=23.4, call="c9"),
        VoiceMessage(id="m2", at=now - timedelta(days=1), length_s=7.0, is_heard=True),
    ]  # fmt: skip
    return [
        VoiceMailbox(id="office", name="Office", members=("201", "206"), new=1, old=1,
                     messages=messages),
        VoiceMailbox(id="202", name="Sipho Dlamini", members=(), new=0, old=0, messages=[]),
    ]  # fmt: skip


def demo_rows(now: datetime, count: int) -> list[CallRow]:
    """`count` calls, newest first, of every outcome."""
    callers = [
        ("0834471190", "Pieter Kruger", ""), ("0215550142", "", ""),
        ("", "", "Number withheld"), ("0826619002", "Fatima Adams", ""),
        ("0114477120", "Highveld Pumps (Pty) Ltd", ""), ("0723318845", "Busi Nkosi", ""),
    ]  # fmt: skip
    outcomes = [
        Outcome.ANSWERED, Outcome.ANSWERED, Outcome.ABANDONED, Outcome.ANSWERED, Outcome.IN_MENU,
        Outcome.ANSWERED, Outcome.OVERFLOWED, Outcome.MISSED, Outcome.ANSWERED,
    ]  # fmt: skip
    people = [("201", "Anna Botha"), ("202", "Sipho Dlamini"), ("203", "Maria van Wyk")]
    rows = []
    for i in range(count):
        at = now - timedelta(minutes=17 * i + 9)
        outcome = outcomes[i % len(outcomes)]
        is_out = i % 7 == 5
        if is_out:
            outcome = Outcome.NO_ANSWER if i % 2 else Outcome.ANSWERED
        number, name, why = callers[i % len(callers)]
        talked = 95.0 + 37 * (i % 6) if outcome is Outcome.ANSWERED else 0.0
        agent, agent_name = people[i % 3] if talked else ("", "")
        queue = "" if is_out or outcome in (Outcome.MISSED, Outcome.IN_MENU) else "sales"
        waited = float(8 + 13 * (i % 5)) if queue else 0.0
        rows.append(
            CallRow(
                id=CallId(f"{at:%Y%m%d-%H%M%S}-{i:04x}"), started_at=at, outcome=outcome,
                direction="outgoing" if is_out else "incoming",
                ended_at=at + timedelta(seconds=waited + talked + 14), ended_by="caller", cause=16,
                line=1 + i % 3, caller_number="206" if is_out else number,
                caller_name="Front desk" if is_out else name,
                caller_why_unknown="" if is_out else why, called="0118804422" if is_out else "",
                digits="1" if queue else "", queue=queue, agent=agent, agent_name=agent_name,
                wait_s=waited, talk_s=talked, total_s=waited + talked + 14,
                recording=f"{i:016x}" if talked else "",
            )
        )  # fmt: skip
    return rows


def demo_timeline(row: CallRow) -> list[EventRow]:
    """What happened in an answered call."""
    story = [
        (0, "call.started", f"{row.caller_name or 'Somebody'} rang line {row.line}"),
        (3, "leg.identified", f"Caller ID: {row.caller_number or 'none'}, before the second ring"),
        (4, "leg.answered", "The box answered the line"),
        (4, "menu.entered", "Heard the greeting of “Main menu”"),
        (9, "menu.digit", "Pressed 1: Sales"),
        (10, "queue.joined", "Joined the queue Sales, first in line"),
        (12, "leg.offered", "Sipho Dlamini's phone rang for 20 s, no answer"),
        (32, "agent.state", "Sipho Dlamini was paused: did not answer"),
        (32, "leg.offered", "Anna Botha's phone rang"),
        (36, "leg.answered", "Anna Botha answered; recording began"),
        (row.total_s, "call.ended", "The caller hung up"),
    ]
    told = [
        EventRow(at=row.started_at + timedelta(seconds=s), kind=kind, text=text, call=row.id)
        for s, kind, text in story
    ]
    return [*told, *demo_sound(row)]


def demo_sound(row: CallRow) -> list[EventRow]:
    """How both parties of it were heard: one well, one with a bad cable."""
    lost = (
        "telephone sound: 7 % of what the phone sent was lost: check the phone's network cable "
        "or Wi-Fi"
    )
    figures: list[dict[str, str | int | float | bool | None]] = [
        {
            "who": row.caller_name or "The caller",
            "grade": "Good",
            "mos": 4.41,
            "sound": "telephone sound",
        },
        {"who": "Anna Botha (201)", "grade": "Poor", "mos": 3.55, "sound": lost},
    ]
    return [
        EventRow(row.ended_at, "leg.quality", f"{data['who']}: told", row.id, data=data)
        for data in figures
    ]


def write_wav(path: Path, seconds: float) -> None:
    """A quiet stereo WAV, 8 kHz, 16 bit (so that a browser has something to play)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        ramp = [struct.pack("<hh", (i * 40) % 4000, -((i * 25) % 4000)) for i in range(8000)]
        for _ in range(int(seconds)):
            file.writeframes(b"".join(ramp))


@contextmanager
def books_of(
    rows: list[CallRow], noted: Mapping[str, tuple[int, str, bool | None]] | None = None
) -> Iterator[Records]:
    """The real records of these calls, with the queue's events that belong to them."""
    told: list[EventRow | CallRow] = []
    for row in sorted(rows, key=lambda row: row.started_at):
        who = {"caller_number": row.caller_number, "caller_name": row.caller_name}
        told.append(_told(row, 0, "call.started", line=row.line, **who))
        if row.queue:
            told.append(_told(row, 0, "queue.joined", queue=row.queue))
            kind = {Outcome.ANSWERED: "answered", Outcome.OVERFLOWED: "left"}.get(row.outcome)
            kind = f"queue.{kind or 'abandoned'}"
            told.append(
                _told(row, row.wait_s, kind, agent=row.agent, waited_s=row.wait_s, reason="timeout")
            )
        if row.agent:
            told.append(_told(row, row.wait_s, "agent.state", agent=row.agent, state="on_call"))
            end_s = row.wait_s + row.talk_s
            told.append(_told(row, end_s, "agent.state", agent=row.agent, state="ready"))
        told += [_told(row, row.wait_s + row.talk_s, "call.ended", by=row.ended_by), row]
        if (ended_as := (noted or {}).get(row.id)) is not None:
            said = dict(zip(("code", "name", "is_resolved"), ended_as, strict=True))
            of = {"queue": row.queue, "agent": row.agent}
            told.append(_told(row, row.wait_s + row.talk_s, "call.disposition", **said, **of))
    with TemporaryDirectory() as folder:
        books = Records(Path(folder) / "books.db")
        numbered = enumerate(told, 1)  # together, which is quicker than one by one
        books.write([replace(x, seq=n) if isinstance(x, EventRow) else x for n, x in numbered])
        yield books
        books.close()


def _told(row: CallRow, second: float, kind: str, **data: str | float | None) -> EventRow:
    at = row.started_at + timedelta(seconds=second)
    return EventRow(at, kind, kind, row.id if kind != "agent.state" else None, data=dict(data))


@dataclass
class FakeRecords:
    """Rows in memory, searched plainly."""

    rows: list[CallRow] = field(default_factory=list)
    events: dict[str, list[EventRow]] = field(default_factory=dict)
    recordings: dict[str, RecordingRow] = field(default_factory=dict)
    searches: list[Search] = field(default_factory=list)
    noted: dict[str, tuple[int, str, bool | None]] = field(default_factory=dict)
    """By call: code, name, whether it is resolved."""

    def _matching(self, s: Search) -> list[CallRow]:
        tests: list[Callable[[CallRow], bool]] = [
            lambda r: s.text.lower() in f"{r.caller_number} {r.caller_name} {r.called}".lower(),
            lambda r: s.since is None or r.started_at >= s.since,
            lambda r: s.until is None or r.started_at < s.until,
            lambda r: s.line is None or r.line == s.line,
            lambda r: r.agent == s.agent or not s.agent,
            lambda r: r.queue == s.queue or not s.queue,
            lambda r: r.direction == s.direction or not s.direction,
            lambda r: s.outcome is None or r.outcome is s.outcome,
            lambda r: s.dispositions is None or self._is_noted(r, s.dispositions.code),
        ]
        return [r for r in self.rows if all(test(r) for test in tests)]

    def _is_noted(self, row: CallRow, code: int | None) -> bool:
        return row.id in self.noted and code in (None, self.noted[row.id][0])

    def calls(self, search: Search) -> list[CallRow]:
        self.searches.append(search)
        return self._matching(search)[search.offset : search.offset + search.limit]

    def count(self, search: Search) -> int:
        return len(self._matching(search))

    def call(self, call_id: str) -> CallRow | None:
        return next((r for r in self.rows if r.id == call_id), None)

    def timeline(self, call_id: str) -> list[EventRow]:
        return self.events.get(call_id, [])

    def recording_of(self, call_id: str) -> RecordingRow | None:
        return self.recordings.get(call_id)

    def report(self, asked: Asked) -> Report:
        with books_of(self.rows, self.noted) as books:
            return books.report(asked)

    def lost(self, since: datetime) -> list[LostCaller]:
        with books_of(self.rows, self.noted) as books:
            return books.lost(since)

    def ask(self, question: Callable[[Connection], T]) -> T:
        with books_of(self.rows, self.noted) as books:
            return books.ask(question)


def demo_advice(asked: AdviceRequest, today: date) -> Advice:
    """Two people at ten every working day of next week, one at half past."""
    monday = today + timedelta(days=7 - today.weekday())
    rows = [
        {"day": monday + timedelta(days=n), "time": time, "is_holiday": n == 4,
         "calls": None if n == 4 else calls, "agents": None if n == 4 else agents,
         "staff": None if n == 4 else agents + 1, "service_level": 0.9, "abandoned": 0.02}
        for n in range(5)
        for time, calls, agents in (("10:00", 11.4, 2), ("10:30", 4.0, 1))
    ]  # fmt: skip
    queue = {"queue": asked.queue or "sales", "name": "Sales", "threshold_s": 20,
             "handling_s": 184.0, "patience_s": 95.0, "error_percent": 31.2, "weeks_known": 4,
             "half_hours": rows}  # fmt: skip
    return Advice.model_validate({"monday": monday, "queues": [queue], "lines": None})


def demo_replay(asked: ReplayRequest) -> Replay:
    """One agent more answers ten callers more."""

    def run(agents: int) -> dict[str, object]:
        outcome = {"queue": asked.queue or "", "offered": 120, "answered": 100 + 10 * agents,
                   "abandoned": 18 - 9 * agents, "left": 2 - agents, "causes": {},
                   "service_level": 0.7 + 0.1 * agents, "mean_answer_s": 31.0 - 12 * agents,
                   "longest_wait_s": 240.0, "mean_handling_s": 184.0}  # fmt: skip
        return {"queues": [outcome], "total": outcome}

    return Replay.model_validate(
        {"recorded": run(0), "before": run(0), "after": run(asked.agents), "patience_s": 95.0}
    )


class FakeCore:
    """The core as the pages see it. `is_away` makes every method fail the way a dead core does."""

    def __init__(self, office: Office | None = None) -> None:
        self.office = office or demo_office()
        self.generation = 12
        self.is_away = False
        self.history = [
            ConfigGeneration(generation=12, at=_now(), who="thandi", what="Added Lerato Mokoena"),
            ConfigGeneration(generation=11, at=_now(), who="thandi", what="Changed line Sales"),
        ]
        self.undone: list[Office] = []
        self.actions: list[tuple[str, str, AgentAction]] = []
        self.noted: list[tuple[str, DispositionOrder]] = []
        self.rings: list[RingRequest] = []
        self.show: Callable[[datetime, Office], Live] = demo_live
        self.change_live: Callable[[Live], Live] = lambda live: live
        self.asked = 0
        self.phones = demo_phones(_now())
        self.approvals: list[tuple[str, PhoneApproval]] = []
        self.invitations: list[AppInvitation] = []
        self.removals: list[tuple[str, str]] = []
        self.hours = demo_hours(_now())
        self.blocked = demo_blocked(_now())
        self.voicemails = demo_voicemail(_now())
        self.heard: list[str] = []
        self.callbacks = demo_callbacks(_now())

    def _up(self) -> None:
        self.asked += 1
        if self.is_away:
            raise CoreAway(
                "The core of the box does not answer.",
                "Nothing listens at its socket.",
                "Wait a minute; if it stays away, restart the box.",
            )

    def live(self) -> Live:
        self._up()
        live = self.show(_now().replace(microsecond=0), self.office)
        for extension, action, body in self.actions:
            for agent in live.agents:
                if agent.extension == extension:
                    agent.state = STATES[action]  # type: ignore[assignment]  # the table is right
                    agent.reason = body.reason
        live.callbacks = list(self.callbacks)
        return self.change_live(live)

    def agent_action(self, extension: str, action: str, body: AgentAction) -> Agent:
        self._up()
        if extension not in {e.number for e in self.office.extensions}:
            raise Refused(404, Refusal(error=f"there is no agent {extension}"))
        self.actions.append((extension, action, body))
        return next(a for a in self.live().agents if a.extension == extension)

    def set_disposition(self, extension: str, order: DispositionOrder) -> Agent:
        self._up()
        if order.call == "old":
            raise Refused(409, Refusal(error=f"{extension} has not had call old"))
        self.noted.append((extension, order))
        return next(a for a in self.live().agents if a.extension == extension)

    def ring(self, request: RingRequest) -> RingAccepted:
        self._up()
        self.rings.append(request)
        if request.line == 4:
            raise Refused(409, Refusal(error="line 4 is unplugged"))
        return RingAccepted(line=request.line or 3)

    def advise(self, asked: AdviceRequest) -> Advice:
        self._up()
        return demo_advice(asked, _now().date())

    def replay(self, asked: ReplayRequest) -> Replay:
        self._up()
        return demo_replay(asked)

    def config(self) -> ConfigDocument:
        self._up()
        return ConfigDocument(generation=self.generation, office=self.office)

    def change_config(self, change: ConfigChange) -> ConfigDocument:
        self._up()
        if change.generation != self.generation:
            raise Refused(409, Refusal(error=f"the configuration is at {self.generation} now"))
        try:
            office = office_from(change.office)
        except InvalidOffice as error:
            problems = [Problem(where=p.where, what=p.what) for p in error.problems]
            raise Refused(422, Refusal(error="not valid", problems=problems)) from error
        self.undone.append(self.office)
        self.office, self.generation = office, self.generation + 1
        self.history.insert(
            0,
            ConfigGeneration(
                generation=self.generation, at=_now(), who=change.who, what=change.what
            ),
        )
        return self.config()

    def config_history(self) -> list[ConfigGeneration]:
        self._up()
        return self.history

    def undo_config(self, who: str) -> ConfigDocument:
        self._up()
        if not self.undone:
            raise Refused(409, Refusal(error="there is nothing to undo"))
        self.office, self.generation = self.undone.pop(), self.generation + 1
        self.history.insert(
            0, ConfigGeneration(generation=self.generation, at=_now(), who=who, what="Undo")
        )
        return self.config()

    def setup(self) -> Setup:
        self._up()
        return Setup(is_needed=not self.office.users)

    def create_first_account(self, account: FirstAccount) -> None:
        self._up()
        if self.office.users:
            raise Refused(409, Refusal(error="already done"))
        if account.code != CODE:
            raise Refused(403, Refusal(error="wrong code"))
        try:
            user = User(name=account.name, password_hash=account.password_hash)
        except ValidationError as error:
            raise Refused(422, Refusal(error="bad name")) from error
        self.office = self.office.model_copy(update={"users": (user,)})

    def account(self, name: str) -> User:
        self._up()
        for user in self.office.users:
            if user.name.lower() == name.lower():
                return user
        raise Refused(404, Refusal(error=f"there is no account {name!r}"))

    def phone_sets(self) -> PhoneSetsNow:
        self._up()
        return self.phones

    def approve_phone(self, mac: str, approval: PhoneApproval) -> PhoneSetState:
        self._up()
        if approval.extension == "299":
            problem = Problem(where=f"phone_sets/{mac}/extension", what="no extension '299'")
            raise Refused(422, Refusal(error="not valid", problems=[problem]))
        self.approvals.append((mac, approval))
        return PhoneSetState(
            mac=mac, brand=approval.brand or "yealink", model="", extension=approval.extension,
            name="Anna Botha", account=f"{approval.extension}-x", waiting_s=1800.0,
        )  # fmt: skip

    def invite_app(self, invitation: AppInvitation) -> AppInvite:
        self._up()
        self.invitations.append(invitation)
        return AppInvite(mac="020000000001", token="tok_en-1", waiting_s=1800.0)

    def remove_phone(self, mac: str, who: str) -> None:
        self._up()
        if mac == "000000000009":
            raise Refused(404, Refusal(error="there is no phone 000000000009"))
        self.removals.append((mac, who))

    def schedules(self) -> list[ScheduleNow]:
        self._up()
        return self.hours

    def switch_schedule(self, schedule: str, order: SwitchOrder) -> ScheduleNow:
        self._up()
        for at, found in enumerate(self.hours):
            if found.id == schedule:
                is_by_hand = order.to != "hours"
                words = f"by hand ({order.who})" if is_by_hand else "Tuesday 08:00 to 17:00"
                change = {"is_open": order.to != "closed", "is_by_hand": is_by_hand, "words": words}
                self.hours[at] = found.model_copy(update=change)
                return self.hours[at]
        raise Refused(404, Refusal(error=f"there is no schedule {schedule!r}"))

    def holidays(self) -> list[Holiday]:
        self._up()
        return [Holiday(day=date(2026, 12, 16), name="Day of Reconciliation")]

    def blacklist(self) -> list[BlockedNow]:
        self._up()
        return self.blocked

    def propose_block(self, proposal: BlockProposal) -> None:
        self._up()
        self.blocked.insert(
            0,
            BlockedNow(
                number=proposal.number, reason=proposal.reason, proposed_by=proposal.who,
                proposed_at=_now(), approved_by="", until=None, state="proposed",
            ),
        )  # fmt: skip

    def approve_block(self, number: str, approval: BlockApproval) -> None:
        self._up()
        for at, found in enumerate(self.blocked):
            if found.number == number:
                until = _now() + timedelta(days=approval.days or 45)
                change = {"approved_by": approval.who, "until": until, "state": "in_force"}
                self.blocked[at] = found.model_copy(update=change)
                return
        raise Refused(404, Refusal(error=f"{number} is not on the blacklist"))

    def remove_block(self, number: str, who: str) -> None:
        self._up()
        if number not in {found.number for found in self.blocked}:
            raise Refused(404, Refusal(error=f"{number} is not on the blacklist"))
        self.blocked = [found for found in self.blocked if found.number != number]

    def add_callback(self, order: CallbackOrder) -> Callback:
        self._up()
        if order.number in {one.number for one in self.callbacks}:
            raise Refused(409, Refusal(error=f"{order.number} is to be called back already"))
        added = Callback(
            number=order.number, name=order.name, queue=order.queue, state="kept",
            words="waits for its turn", position=4, asked_at=_now(), held_since=_now(),
            expires_at=_now() + timedelta(hours=4), by=order.who,
        )  # fmt: skip
        self.callbacks.append(added)
        return added

    def cancel_callback(self, number: str, who: str) -> None:
        self._up()
        if number not in {one.number for one in self.callbacks}:
            raise Refused(404, Refusal(error=f"{number} is not to be called back"))
        self.callbacks = [one for one in self.callbacks if one.number != number]

    def voicemail(self) -> list[VoiceMailbox]:
        self._up()
        return self.voicemails

    def voice_message_wav(self, message: str) -> bytes:
        self._voice_message(message)
        return b"RIFF" + message.encode()

    def message_heard(self, message: str) -> None:
        self._voice_message(message)
        self.heard.append(message)

    def delete_message(self, message: str) -> None:
        self._voice_message(message)
        self.voicemails = [
            box.model_copy(update={"messages": [m for m in box.messages if m.id != message]})
            for box in self.voicemails
        ]

    def _voice_message(self, message: str) -> None:
        self._up()
        if message not in {one.id for box in self.voicemails for one in box.messages}:
            raise Refused(404, Refusal(error=f"there is no voice message {message!r}"))

    def prompt_wav(self, prompt_id: str, language: str) -> bytes:
        self._up()
        return b"RIFF" + prompt_id.encode() + language.encode()


def _now() -> datetime:
    return datetime.now(UTC)


def demo_records(folder: Path, now: datetime, octets: bytes = b"", count: int = 60) -> FakeRecords:
    """Calls with timelines, the answered ones with a recording on the shelf `folder`."""
    records = FakeRecords(demo_rows(now, count))
    sound = folder / "recording.wav"
    if octets:
        sound.write_bytes(octets)
    else:
        write_wav(sound, 42)
    for i, row in enumerate(records.rows):
        records.events[row.id] = demo_timeline(row)
        if row.recording:
            records.recordings[row.id] = RecordingRow(
                id=row.recording, call=row.id, state="done", path=str(sound),
                octets=sound.stat().st_size, duration_s=42.0, missing_s=1.4 if i == 1 else 0.0,
            )  # fmt: skip
    return records


def renamed(row: CallRow, name: str) -> CallRow:
    """The row with another caller name."""
    return replace(row, caller_name=name)


def csrf_of(client: FlaskClient, path: str = "/login") -> str:
    """The session's token, read from a page as a browser does."""
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, f"no csrf field on {path}"
    return found[1]
