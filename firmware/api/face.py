"""What the API server needs of the box. The assembled box (firmware.control) is the real one.

Pure: protocols only. A method that cannot do what is asked raises `errors.Refused` with a
sentence for people (`not_found`, `conflict`, `unavailable`); anything else that escapes is a
mistake of ours and answers 500. All methods are called on the event loop and must not block.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from firmware.api.advice_schema import Advice, AdviceRequest, Replay, ReplayRequest
from firmware.api.callback_schema import CallbackOrder
from firmware.api.events import EventLog
from firmware.api.phone_schema import (
    AppInvite,
    PhoneAnswer,
    PhoneApproval,
    PhoneAsk,
    PhoneSetsNow,
    PhoneSetState,
)
from firmware.api.report_schema import (
    CallsAsked,
    CallsView,
    LostAsked,
    LostView,
    ReportAsked,
    ReportView,
    StoryView,
)
from firmware.api.routing_schema import (
    BlockApproval,
    BlockedNow,
    BlockProposal,
    Holiday,
    PathAsked,
    PathNow,
    ScheduleNow,
    SwitchOrder,
)
from firmware.api.schema import (
    Agent,
    AgentAction,
    Callback,
    DispositionOrder,
    LineTest,
    LineTestRequest,
    Live,
    RingAccepted,
    RingRequest,
)
from firmware.api.sip_schema import AllowRequest, SipNow, TraceNow, TraceRequest
from firmware.api.voicemail_schema import VoiceMailbox
from firmware.config.schema import Language, Office, Prompt
from firmware.config.store import ConfigStore

Action = Literal["login", "logout", "pause", "ready", "extend"]


class PromptShelf(Protocol):
    """Where prompts come from (firmware.voice.prompts.Voices)."""

    async def accept(self, prompt_id: str, language: Language, wav: bytes) -> str:
        """Check and keep an uploaded WAV; returns its file name for `Prompt.files`. Raises
        `ValueError` naming what is wrong with it."""
        ...

    async def wav(self, prompt: Prompt, language: Language) -> bytes:
        """The prompt as a caller hears it, as a WAV file (A-law, 8 kHz)."""
        ...


class PhoneSets(Protocol):
    """Phones that the box sets up (firmware.phones.set_up_task.PhoneSetUp). `put`, `put_app` and
    `take_out` change a configuration document on its way to being stored; what follows them is
    called once it is in force."""

    def now(self) -> PhoneSetsNow: ...
    async def ask(self, asked: PhoneAsk) -> PhoneAnswer: ...
    def put(self, office: dict[str, Any], mac: str, approval: PhoneApproval) -> None: ...
    async def allow(self, mac: str) -> PhoneSetState: ...
    def put_app(self, office: dict[str, Any], extension: str) -> str: ...
    async def invite(self, mac: str) -> AppInvite: ...
    def take_out(self, office: dict[str, Any], mac: str) -> None: ...
    async def removed(self, mac: str) -> None: ...


class Routing(Protocol):
    """What leads callers (firmware.routing_side.RoutingSide). `propose`, `approve` and `remove`
    change a configuration document on its way to being stored."""

    def schedules(self) -> list[ScheduleNow]: ...
    def switch(self, id: str, order: SwitchOrder) -> ScheduleNow: ...
    def holidays(self) -> list[Holiday]: ...
    def path(self, asked: PathAsked) -> PathNow: ...
    def blacklist(self) -> list[BlockedNow]: ...
    def propose(self, office: dict[str, Any], body: BlockProposal) -> None: ...
    def approve(self, office: dict[str, Any], number: str, body: BlockApproval) -> None: ...
    def remove(self, office: dict[str, Any], number: str, who: str) -> None: ...


class SipSide(Protocol):
    """The signalling of phones (firmware.sip_side.SipSide)."""

    def now(self) -> SipNow: ...
    def allow(self, request: AllowRequest) -> None: ...
    async def trace(self, request: TraceRequest) -> TraceNow: ...


class Voicemail(Protocol):
    """Voice messages (firmware.voicemail_side.VoicemailSide)."""

    def now(self) -> list[VoiceMailbox]: ...
    async def wav(self, message: str) -> bytes: ...
    def heard(self, message: str) -> None: ...
    def delete(self, message: str) -> None: ...


class CallbackSide(Protocol):
    """Who is to be called back (firmware.callback_side.CallbackSide)."""

    def now(self) -> list[Callback]: ...
    def add(self, order: CallbackOrder) -> Callback: ...
    def cancel(self, number: str, who: str) -> None: ...


class ReportSide(Protocol):
    """What happened, in figures and in words (firmware.reports_task.ReportSide)."""

    async def report(self, asked: ReportAsked) -> ReportView: ...

    async def calls(self, asked: CallsAsked) -> CallsView: ...
    async def lost(self, asked: LostAsked) -> LostView: ...
    async def story(self, call: str) -> StoryView: ...


class AdviserSide(Protocol):
    """Planning (firmware.advise_task.Adviser): takes seconds, in a process of its own."""

    async def advise(self, asked: AdviceRequest) -> Advice: ...
    async def replay(self, asked: ReplayRequest) -> Replay: ...


class Box(Protocol):
    """The running box."""

    @property
    def events(self) -> EventLog: ...
    @property
    def config(self) -> ConfigStore: ...
    @property
    def prompts(self) -> PromptShelf: ...
    @property
    def sip(self) -> SipSide: ...
    @property
    def phone_sets(self) -> PhoneSets: ...
    @property
    def routing(self) -> Routing: ...
    @property
    def voicemail(self) -> Voicemail: ...
    @property
    def callbacks(self) -> CallbackSide: ...
    @property
    def adviser(self) -> AdviserSide: ...
    @property
    def reports(self) -> ReportSide: ...
    @property
    def setup_code(self) -> str:
        """Shown at start; asked for when the first account is made."""
        ...

    def live(self) -> Live: ...

    def agent(self, extension: str, action: Action, body: AgentAction) -> Agent: ...

    def set_disposition(self, extension: str, order: DispositionOrder) -> Agent: ...

    def hang_up(self, call_id: str) -> None:
        """Release every leg of the call."""
        ...

    async def test_line(self, number: int, request: LineTestRequest) -> LineTest: ...

    async def ring_simulator(self, request: RingRequest) -> RingAccepted:
        """Have the simulated exchange ring; conflict when the lines are real."""
        ...

    async def apply(self, office: Office) -> None:
        """A new configuration is in force: take it on without dropping calls."""
        ...
