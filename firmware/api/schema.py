"""What the control API speaks: one pydantic model per resource, for server, client and document.

Pure. Everything a page or the console shows comes as `Live`; changes are small POSTs that answer
with the changed resource or with `Refusal`. Times are UTC ISO 8601; durations in seconds.

    GET  /live                            Live
    GET  /events?after=SEQ                NDJSON of Event, kept open; misses none that is kept
    GET  /events/last?n=50                [Event], oldest first
    POST /agents/{extension}/disposition   DispositionOrder -> Agent (404; 409 no such call)
    POST /agents/{extension}/{action}     login, logout, pause, ready,
                                          extend: AgentAction -> Agent
    POST /calls/{id}/hangup               204
    POST /lines/{number}/test             LineTestRequest -> LineTest
    POST /simulator/ring                  RingRequest -> RingAccepted (409 when lines are real)
    GET  /config                          ConfigDocument
    PUT  /config                          ConfigChange -> ConfigDocument (409 stale, 422 problems)
    GET  /config/history                  [ConfigGeneration], newest first
    POST /config/undo                     Who -> ConfigDocument
    GET  /setup                           Setup
    POST /setup                           FirstAccount -> 204 (403 wrong code, 409 already done)
    GET  /accounts/{name}                 User of firmware.config.schema (404)
    PUT  /prompts/{id}/{language}         body: WAV -> 204
    GET  /prompts/{id}/{language}         WAV as the caller would hear it
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmware.config.schema import Office


class View(BaseModel):
    """Base: unknown keys are refused at the edge."""

    model_config = ConfigDict(extra="forbid")


class Trouble(View):
    """Something a person should know: what, why, and what to do about it."""

    code: str
    what: str
    why: str
    do: str
    since: datetime
    severity: Literal["warning", "error"] = "error"


class Box(View):
    """The box itself."""

    name: str
    version: str
    is_simulated: bool
    uptime_s: float
    state: Literal["ok", "warning", "trouble"]
    troubles: list[Trouble] = []
    recorder: Literal["ok", "away", "trouble"] = "away"
    hat: Literal["ok", "away", "none"] = "none"
    hat_build: str = ""
    tdm: Literal["ok", "away", "none"] = "none"
    storage_free_octets: int | None = None
    longest_turn_ms: float = 0.0
    """How long the core's event loop was busy at a stretch in the last 10 s, at worst."""
    needs_setup: bool = False


class Line(View):
    """One analog line. state: `idle`, `ringing`, `in use`, `dialling`, `parallel`, `unplugged`,
    `down`, `guard`, `disabled`."""

    number: int
    name: str
    state: str
    words: str
    """The state for people: "idle, 48.1 V"."""
    volts: float | None = None
    milliamps: float | None = None
    call: str | None = None
    trouble: str = ""


class Noted(View):
    """The call of a queue an agent has or had last, and how it ended in their words."""

    call: str
    queue: str
    code: int = 0
    """Of the office's `dispositions`; 0: nothing is set."""


class Agent(View):
    """A member of at least one queue."""

    extension: str
    name: str
    state: Literal[
        "logged_out",
        "ready",
        "offered",
        "on_call",
        "wrap_up",
        "paused",
        "dnd",
        "unreachable",
        "busy",
    ]
    since: datetime
    reason: str = ""
    call: str | None = None
    queues: list[str] = []
    calls_answered: int = 0
    """Since log-in today."""
    talk_s: float = 0.0
    """On them, hold included."""
    phone: str = ""
    """Extension whose phone rings for them, if it is not their own."""
    is_reachable: bool = False
    then: Literal["ready", "paused", "logged_out"] = "ready"
    """What follows when the call, and the notes on it, are over."""
    ends_at: datetime | None = None
    """When the wrap-up, or a pause that began by itself, is over; None: when the agent says so."""
    may_extend: bool = False
    """In a wrap-up that may be made longer."""
    noted: Noted | None = None
    """None: no call since the core started, or none of its queue's calls are noted."""


class Queue(View):
    """A queue now, and its day so far."""

    id: str
    name: str
    waiting: int
    longest_wait_s: float = 0.0
    agents_ready: int = 0
    agents_logged_in: int = 0
    offered_today: int = 0
    answered_today: int = 0
    abandoned_today: int = 0
    left_today: int = 0
    """Led elsewhere while they waited: offered = answered + abandoned + left + waiting."""
    strategy: str = ""
    expected_wait_s: float | None = None
    """Of who would join now; None: nothing is known."""
    waits_told: int = 0
    """So many of the last 1000 answered callers had been told how long it would be..."""
    wait_error_s: float | None = None
    """...and by so much it was wrong, in the mean, one way or the other; None: nobody was told."""
    wait_bias_s: float | None = None
    """Above 0: they were told more than they then waited."""
    callbacks: int = 0
    """Callers who hung up and are to be called back."""


class Sound(View):
    """How one party's audio is at this moment."""

    who: str
    words: str
    """For people: "Good (4.4), wideband sound: no loss, 3 ms jitter"."""
    grade: Literal["Good", "Fair", "Poor"]
    mos: float
    """Estimate by ITU-T G.107, 1 to 4.5."""
    codec: str
    is_encrypted: bool
    loss_percent: float
    jitter_ms: float
    far_loss_percent: float | None = None
    """What the phone reports to have missed; none, if it does not report."""
    far_jitter_ms: float | None = None
    round_trip_ms: float | None = None
    level_dbm0: float


class Call(View):
    """A call in progress. stage: `ringing`, `menu`, `message`, `waiting`, `offering`, `talking`,
    `held`, `conference`, `transferring`, `parked`, `dialling`, `ending`."""

    id: str
    direction: Literal["incoming", "outgoing", "internal"]
    stage: str
    words: str
    """For people: "waiting in Sales, first in line"."""
    started_at: datetime
    since: datetime
    """When the stage began."""
    line: int | None = None
    caller_number: str = ""
    caller_name: str = ""
    caller_why_unknown: str = ""
    called: str = ""
    queue: str = ""
    position: int | None = None
    waiting_since: datetime | None = None
    """When the caller joined the queue; ringing phones begin no new wait."""
    expected_wait_s: float | None = None
    """At this place, in all; None: nothing is known."""
    priority: int = 0
    """Above 0: goes before the others of a queue (VIP)."""
    skills: dict[str, int] = {}
    """Demanded now of who takes the call; less as the caller waits, if the queue does so."""
    collected: dict[str, str] = {}
    """What the caller was asked for and entered, by its name."""
    agent: str = ""
    agent_name: str = ""
    digits: str = ""
    is_recorded: bool = False
    sound: list[Sound] = []
    """Of each party that has audio."""


class Callback(View):
    """A caller who hung up to be called back, in their turn."""

    number: str
    name: str = ""
    queue: str
    state: Literal["kept", "dialling", "asked", "queued", "resting", "done", "given_up"]
    """`given_up`: was never reached; shown for a week, or until somebody talks with them."""
    words: str
    """For people: "was not reached (busy tone), is tried again"."""
    position: int | None = None
    """Place in line, 1 is next, counted with who waits on the line."""
    asked_at: datetime
    held_since: datetime
    """Since when they have the place."""
    tries: int = 0
    next_try_at: datetime | None = None
    expires_at: datetime
    by: str = ""
    """Who of the office asked for it; empty: the caller."""


class Phone(View):
    """A phone signed in to an extension."""

    extension: str
    name: str
    is_registered: bool
    is_reachable: bool = False
    address: str = ""
    user_agent: str = ""
    transport: str = ""
    expires_in_s: float = 0.0
    is_undisturbed: bool = False
    """The person has "do not disturb" on."""
    forward: str = ""
    """Where all calls of the person are forwarded to, if they are."""
    watches: int = 0
    """How many lamps it has that the box keeps up to date."""


class Live(View):
    """The whole box at one moment."""

    at: datetime
    seq: int
    """Number of the last event that is reflected here."""
    box: Box
    lines: list[Line] = []
    queues: list[Queue] = []
    agents: list[Agent] = []
    calls: list[Call] = []
    phones: list[Phone] = []
    callbacks: list[Callback] = []


class Event(View):
    """Something that happened, in plain words."""

    seq: int
    at: datetime
    kind: str
    text: str
    call: str | None = None
    leg: str | None = None
    data: dict[str, Any] = {}


class AgentAction(View):
    """Who did it, and for a pause, why. `extend` makes the wrap-up longer, if the queue lets."""

    who: str = "api"
    reason: str = ""
    """One of the office's `pause_reasons`, if it has any."""
    phone: str = ""
    """For a log-in: extension whose phone rings for them; empty: their own."""


class DispositionOrder(View):
    """How a call ended in the agent's words: the one they have or had last, or `call` of their
    last few. Setting again overwrites; code 0 takes it back."""

    who: str = Field("api", min_length=1, max_length=64)
    code: int = Field(ge=0, le=99)
    call: str = Field("", max_length=64)


class LineTestRequest(View):
    """`status` measures the loop; `tone` takes the line and listens for dial tone; `level` plays
    1004 Hz and reports level, noise and echo; `ring` (simulated lines only) rings from outside."""

    kind: Literal["status", "tone", "level", "ring"]


class LineTest(View):
    """Result for people, and the figures behind it."""

    is_ok: bool
    words: str
    figures: dict[str, float | str] = {}


class RingRequest(View):
    """A test call from the simulated exchange. line 0: the first free one."""

    line: int = Field(0, ge=0, le=8)
    number: str = Field("0215557788", max_length=20, pattern=r"^[0-9]*$")
    name: str = Field("Alice Example", max_length=40)
    press: str = Field("1", max_length=8, pattern=r"^[0-9*#]*$")
    talk_s: float = Field(8.0, ge=0, le=600)


class RingAccepted(View):
    """The simulated exchange is ringing the line."""

    line: int


class Holiday(View):
    """One public holiday of the coming year."""

    day: date
    name: str


class ConfigDocument(View):
    """The configuration and its generation number."""

    generation: int
    office: Office
    holidays: list[Holiday] = []
    """With the answer to a change of country, region or opening hours: the public holidays of the
    coming year, on which the office is closed."""


class ConfigChange(View):
    """A whole new configuration, based on `generation`."""

    generation: int
    who: str
    what: str = ""
    """The change in a few words, for the history."""
    office: dict[str, Any]


class ConfigGeneration(View):
    """One kept generation."""

    generation: int
    at: datetime
    who: str
    what: str


class Who(View):
    """Who asks."""

    who: str


class Setup(View):
    """Whether the first account still has to be made."""

    is_needed: bool


class FirstAccount(View):
    """The first account, allowed once, with the code printed at start."""

    code: str
    name: str
    password_hash: str


class Problem(View):
    """One thing wrong, with its place: `menus/main/options/1`."""

    where: str = ""
    what: str


class Refusal(View):
    """Body of every 4xx and 5xx answer."""

    error: str
    problems: list[Problem] = []
