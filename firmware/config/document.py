"""The parts of a configuration, and the document they make: each part checked for itself only.

Pure. References from one part to another are not looked at here (firmware.config.check), and
nothing runs on a `Document`: what runs is an `Office` (firmware.config.schema), which is one whose
parts fit together. Kinds of parts with a file of their own: places.py, callers.py, mailboxes.py...

Tests: tests/firmware/config/test_schema.py.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from firmware.config.callback import CallbackRule
from firmware.config.callers import Callers
from firmware.config.destination import HANG_UP, Destination
from firmware.config.dispositions import MOST as MOST_DISPOSITIONS
from firmware.config.dispositions import Disposition, Notes
from firmware.config.mailboxes import Mail, Mailbox
from firmware.config.part import (
    Country,
    ExtensionNumber,
    Forward,
    Identifier,
    Language,
    Level,
    Mac,
    Name,
    Part,
    Zone,
)
from firmware.config.places import Directory, Question, Schedule, Survey
from firmware.config.reporting import Reporting
from firmware.config.skills import Demand, Skills
from firmware.config.waiting import Comfort

VERSION: Final = 1
DIGITS: Final = "0123456789*#"
MOST_SLOTS: Final = 100


class Site(Part):
    """The office."""

    name: Name = "My office"
    country: Country = "ZA"
    region: str = Field("", pattern=r"^[A-Z0-9]{0,3}$")
    """Part of the country with holidays of its own (ISO 3166-2 without the country, such as `BY`);
    empty: those of the whole country."""
    language: Language = "en"
    timezone: Zone = "Africa/Johannesburg"
    outside_prefix: str = Field("0", pattern=r"^[0-9]?$")
    """Digit a phone dials before an outside number; empty: any number that is no extension."""


class Line(Part):
    """One analog port."""

    number: int = Field(ge=1, le=8)
    name: Name
    is_enabled: bool = True
    destination: Destination = HANG_UP
    """Where callers on this line begin."""
    language: Language | None = None
    """Callers' language on this line; None: the site's."""
    may_dial_out: bool = True
    rx_gain_db: float = Field(0.0, ge=-15, le=12)
    """What comes from the line is made louder by this."""
    tx_gain_db: float = Field(0.0, ge=-15, le=12)
    answer_by: Literal["polarity", "tone_end", "immediately"] = "tone_end"
    """How a call to outside is known to be answered on a line that does not reverse."""
    caller_id: Literal["country", "any", "none"] = "country"
    """How callers are announced on this line: as is usual in the country; in any of the ways
    there are (behind a PBX or an adapter made for elsewhere), DTMF before the first ring and
    without a reversal among them; not at all, so that calls are offered at the first ring."""


class Extension(Part):
    """A person and the SIP account of their phone."""

    number: ExtensionNumber
    name: Name
    secret: str = Field(min_length=8, max_length=64)
    """SIP password of the phone."""
    ring_s: int = Field(25, ge=5, le=120)
    may_dial_out: bool = True
    call_waiting: bool = True
    """A second caller rings at a phone in use; otherwise the person is busy to them."""
    do_not_disturb: bool = False
    """Nothing rings: colleagues and callers find the person busy, queues offer no calls."""
    forward_always: Forward = ""
    """A number as this person would dial it; empty: not forwarded. Calls of queues stay with the
    agent whatever is set here and below."""
    forward_busy: Forward = ""
    forward_no_answer: Forward = ""
    """When nobody answers for `ring_s`, or no phone is signed in."""
    forward_confirm: bool = False
    """Calls forwarded outside are taken there by pressing 1: no answering machine gets them."""
    pickup_group: Annotated[str, Field(max_length=32)] = ""
    """People with the same word here may pick up each other's calls; empty: in no group."""
    skills: dict[Identifier, Level] = Field(default_factory=dict)
    """What this person can do, 1 to 10 each: queues may demand it."""
    desk_pin: Annotated[str, Field(pattern=r"^([0-9]{4,8})?$")] = ""
    """4 to 8 digits with which this person may log in to queues at a colleague's phone; empty:
    at their own only."""


class PhoneKey(Part):
    """One programmable key of a telephone."""

    kind: Literal["lamp", "dial"] = "lamp"
    """A lamp that shows what its number does, or a number to dial."""
    number: Annotated[str, Field(pattern=r"^[0-9*#+]{1,32}$")]
    label: Annotated[str, Field(max_length=32)] = ""


Brand = Literal["yealink", "grandstream", "snom", "fanvil", "linphone", "generic"]


class PhoneSet(Part):
    """A telephone that the box sets up. It has an account of its own at the extension, so that
    removing it cuts off no other phone."""

    mac: Mac
    brand: Brand = "generic"
    model: Annotated[str, Field(max_length=32)] = ""
    extension: ExtensionNumber
    secret: str = Field(min_length=8, max_length=64)
    """SIP password of this phone alone."""
    admin_password: str = Field(min_length=8, max_length=32)
    """Of the phone's own pages."""
    keys: Annotated[tuple[PhoneKey, ...], Field(max_length=60)] | None = None
    """None: the usual ones (colleagues, parking slots, queue log-in)."""

    @property
    def account(self) -> str:
        """User name it signs in with."""
        return f"{self.extension}-{self.mac[-6:]}"


Strategy = Literal[
    "longest_idle",
    "fewest_calls",
    "linear",
    "ring_all",
    "least_talk",
    "round_robin",
    "random",
    "random_memory",
    "weighted",
    "skill",
    "progressive",
]
"""In which order agents are rung; the exact meaning of each: firmware.acd.strategy."""


class MemberRule(Part):
    """What is special about one member of a queue."""

    penalty: int = Field(0, ge=0, le=9)
    """Members of a lower level are rung first."""
    share: int = Field(1, ge=1, le=100)
    """Part of the calls, for the strategy `weighted`."""
    ring_s: int | None = Field(None, ge=5, le=120)
    """None: as the queue's."""
    is_fixed: bool = False
    """Logged in whenever the box starts, without doing anything."""


class Queue(Part):
    """Callers wait here for the first free agent."""

    id: Identifier
    name: Name
    number: ExtensionNumber | None = None
    """Dialled by phones to join it or to transfer to it."""
    members: tuple[ExtensionNumber, ...] = ()
    member_rules: dict[ExtensionNumber, MemberRule] = Field(default_factory=dict)
    """For members of whom more is to be said."""
    strategy: Strategy = "longest_idle"
    progressive_every_s: int = Field(10, ge=1, le=120)
    """Strategy `progressive`: one more phone rings after every so many seconds."""
    weight: int = Field(0, ge=0, le=100)
    """Agents of several queues get callers of a heavier one first; of two alike, who waits
    longer."""
    penalty_relax_every_s: int = Field(0, ge=0, le=3600)
    """Members of level n are rung for callers who waited n times so long; 0: at once, when nobody
    of a lower level is free."""
    skills: dict[Identifier, Level] = Field(default_factory=dict)
    """What agents must be able to do, and how well, to be rung."""
    skills_lower_every_s: int = Field(0, ge=0, le=3600)
    """Each time a caller has waited so long, one level less is demanded; 0: never less."""
    skills_lower_to: int = Field(0, ge=0, le=10)
    """Never less than this; 0: in the end anybody will do."""
    sticky_s: int = Field(0, ge=0, le=3600)
    """So long a caller waits for whom they talked with last, or belong to, if that agent is at
    work; 0: not at all."""
    sticky_for_h: int = Field(24, ge=1, le=8760)
    """How long it is remembered with whom a caller talked."""
    repeat_caller_s: int = Field(0, ge=0, le=3600)
    """Who was cut off while waiting and calls again within this has their place back; 0: never."""
    ring_s: int = Field(20, ge=5, le=120)
    wrap_up_s: int = Field(15, ge=0, le=600)
    wrap_up_extend_s: int = Field(0, ge=0, le=600)
    """By how much an agent may make it longer, again and again; 0: not at all."""
    buffer_s: int = Field(0, ge=0, le=600)
    """Pause between the end of the wrap-up and the next call offered."""
    max_unanswered: int = Field(0, ge=0, le=20)
    """So many offers in a row not taken pause the agent; 0: never."""
    auto_pause_s: int = Field(0, ge=0, le=7200)
    """That pause ends by itself after this; 0: only when the agent says so."""
    unanswered_grace_s: int = Field(0, ge=0, le=600)
    """An offer not taken so soon after the end of the agent's last call does not count: whoever
    still writes the last one down is not pausing."""
    max_wait_s: int = Field(600, ge=10, le=7200)
    max_waiting: int = Field(50, ge=1, le=200)
    on_timeout: Destination = HANG_UP
    on_full: Destination = HANG_UP
    on_empty: Destination = HANG_UP
    """Nobody is logged in. Goes there at once, whatever the waiting time, unless the two rules
    below say otherwise."""
    on_paused: Destination | None = None
    """Everybody logged in is paused. None: as `on_empty`."""
    on_unreachable: Destination | None = None
    """No phone of those at work can be reached. None: as `on_empty`."""
    join_when_empty: bool = False
    """New callers may wait although nobody is logged in, as before the first agent comes."""
    leave_when_empty: bool = True
    """Who waits goes to `on_empty` when the last agent logs out."""
    join_when_paused: bool = True
    """New callers may wait although everybody is paused."""
    join_when_unreachable: bool = True
    leave_when_paused: bool = False
    """Who waits goes to `on_paused` when the last agent pauses."""
    leave_when_unreachable: bool = False
    hours: Identifier | None = None
    """Opening hours out of which nobody may join it; None: whoever is led here may."""
    on_closed: Destination | None = None
    """Out of those hours. None: as `on_empty`."""
    leave_when_closed: bool = False
    """Who still waits at closing time goes to `on_closed`; if not, they are served."""
    welcome: Identifier | None = None
    """Prompt heard once on joining."""
    music: Identifier | None = None
    """Prompt played while waiting; None: the built-in music."""
    service_level_s: int = Field(20, ge=1, le=600)
    short_abandon_s: int = Field(5, ge=0, le=60)
    survey: Identifier | None = None
    """Asked when the agent has hung up."""
    notes: Notes = Notes()
    comfort: Comfort = Comfort()
    callback: CallbackRule = CallbackRule()


class Menu(Part):
    """Greeting and choices."""

    id: Identifier
    name: Name
    number: ExtensionNumber | None = None
    """Dialled by phones to enter it or to transfer to it."""
    greeting: Identifier
    options: dict[str, Destination] = Field(default_factory=dict)
    """Digit (0-9 * #) to destination."""
    timeout_s: float = Field(5.0, ge=1, le=30)
    """Silence after the greeting before it is repeated."""
    tries: int = Field(3, ge=1, le=9)
    otherwise: Destination = HANG_UP
    """After `tries` time-outs or wrong keys."""
    dial_extensions: bool = False
    """Callers who know it may dial an extension instead of a key."""
    digit_timeout_s: float = Field(2.0, ge=0.5, le=10)
    """Pause that ends what is dialled, where a further digit could follow."""
    languages: dict[str, Language] = Field(default_factory=dict)
    """Key to the language the caller speaks from then on; the key leads where `options` says, or
    back to the greeting."""
    wrong_key: Identifier | None = None
    """Prompt heard after a key that leads nowhere, before the greeting is repeated."""
    silence: Identifier | None = None
    """The same after a time-out."""
    served: Annotated[tuple[str, ...], Field(max_length=12)] = ()
    """Keys behind which callers find what they had called for: who chooses one, and then neither
    waits nor talks to anybody, counts as served by the menu."""
    skills: dict[str, Demand] = Field(default_factory=dict)
    """Key to what callers who press it ask of agents, beside what queues do."""


class Prompt(Part):
    """Something the caller hears: a text spoken by the box, or an uploaded WAV, per language."""

    id: Identifier
    name: Name
    texts: dict[Language, str] = Field(default_factory=dict)
    files: dict[Language, str] = Field(default_factory=dict)
    """Language to file name in the prompt folder; wins over the text."""


class Parking(Part):
    """A call put down in a numbered slot, to be taken up from any phone."""

    is_enabled: bool = True
    number: ExtensionNumber = "70"
    """A call transferred here is parked in the first free slot."""
    first_slot: ExtensionNumber = "71"
    last_slot: ExtensionNumber = "79"
    """Slots are numbers to dial, from the first to the last."""
    timeout_s: int = Field(120, ge=15, le=3600)
    """After that the phone of who parked the call rings for it."""
    otherwise: Destination = HANG_UP
    """Where the caller goes when that phone does not answer either."""

    @property
    def slots(self) -> tuple[str, ...]:
        """The numbers of the slots, in order; none while parking is off."""
        if not self.is_enabled:
            return ()
        return tuple(str(n) for n in range(int(self.first_slot), int(self.last_slot) + 1))

    @model_validator(mode="after")
    def _few(self) -> Self:
        count = int(self.last_slot) - int(self.first_slot) + 1
        if not 1 <= count <= MOST_SLOTS or len(self.first_slot) != len(self.last_slot):
            raise ValueError(
                f"slots {self.first_slot} to {self.last_slot}: expected 1 to {MOST_SLOTS} numbers "
                "of the same length, the lower one first"
            )
        return self


class PageGroup(Part):
    """Phones that speak an announcement aloud."""

    number: ExtensionNumber
    name: Name
    members: tuple[ExtensionNumber, ...] = ()
    limit_s: int = Field(60, ge=5, le=600)
    """Longest announcement."""


class Recording(Part):
    """What is recorded, and for how long it is kept."""

    is_enabled: bool = True
    scope: Literal["conversation", "whole_call"] = "conversation"
    """From the moment a person is reached, or from the moment the box answers."""
    format: Literal["opus", "wav"] = "opus"
    keep_days: int = Field(90, ge=1, le=3650)
    announcement: Identifier | None = None
    """Prompt played to the caller before the first menu or queue: "this call is recorded"."""
    announce_before_people: bool = False
    """Also to callers who are led to a person at once: the box answers, plays it, and only then
    rings the person."""
    opt_out_key: str = Field("", pattern=r"^[0-9*#]?$")
    """Pressed during the announcement, it keeps this call from being recorded; empty: none."""


class User(Part):
    """Somebody who may sign in to the web pages."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    password_hash: str
    """argon2id, encoded form."""
    role: Literal["owner", "supervisor", "agent"] = "owner"
    extension: ExtensionNumber | None = None


class Document(Part):
    """The whole configuration, as it was written."""

    version: Literal[1] = 1
    site: Site = Site()
    lines: tuple[Line, ...] = ()
    extensions: tuple[Extension, ...] = ()
    phone_sets: Annotated[tuple[PhoneSet, ...], Field(max_length=200)] = ()
    queues: tuple[Queue, ...] = ()
    menus: tuple[Menu, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    questions: tuple[Question, ...] = ()
    directories: Annotated[tuple[Directory, ...], Field(max_length=50)] = ()
    surveys: tuple[Survey, ...] = ()
    callers: Callers = Callers()
    prompts: tuple[Prompt, ...] = ()
    page_groups: tuple[PageGroup, ...] = ()
    mailboxes: Annotated[tuple[Mailbox, ...], Field(max_length=200)] = ()
    mail: Mail = Mail()
    recording: Recording = Recording()
    parking: Parking = Parking()
    users: tuple[User, ...] = ()
    reporting: Reporting = Reporting()
    pause_reasons: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    """Why agents may pause, in the order of their keys; none: whatever they say."""
    dispositions: Annotated[tuple[Disposition, ...], Field(max_length=MOST_DISPOSITIONS)] = ()
    """How calls of queues may have ended, in the agents' words; none: nobody is asked."""
    skills: Skills = Skills()
    """What callers ask of agents by their language, and words for it."""

    @model_validator(mode="before")
    @classmethod
    def _parking_gives_way(cls, data: Any) -> Any:
        """A configuration from before there was parking may use its numbers for something else:
        it must still load, without parking."""
        if not isinstance(data, dict) or "parking" in data:
            return data
        people = data.get("extensions")
        taken = {_number_of(e) for e in people} if isinstance(people, list | tuple) else set()
        usual = Parking()
        if taken & {usual.number, *usual.slots}:
            return {**data, "parking": {"is_enabled": False}}
        return data


def _number_of(extension: Any) -> str:
    if isinstance(extension, dict):
        return str(extension.get("number"))
    return str(getattr(extension, "number", ""))
