"""The control API's client: one method per route, answering with the models of `schema`.

Synchronous, standard library only, one connection per request: safe from any thread, used by
the web pages, the console and the command line. `CoreAway` says that nobody answered and what to
do about it; `Refused` carries the core's own sentence.

Tests: tests/firmware/api/test_client.py.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, TypeAdapter, ValidationError

from firmware.api.advice_schema import Advice, AdviceRequest, Replay, ReplayRequest
from firmware.api.callback_schema import CallbackOrder
from firmware.api.errors import CoreAway, Refused
from firmware.api.phone_schema import (
    AppInvitation,
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
    ConfigChange,
    ConfigDocument,
    ConfigGeneration,
    DispositionOrder,
    Event,
    FirstAccount,
    LineTest,
    LineTestRequest,
    Live,
    Refusal,
    RingAccepted,
    RingRequest,
    Setup,
    Who,
)
from firmware.api.sip_schema import AllowRequest, SipNow, TraceNow, TraceRequest
from firmware.api.voicemail_schema import VoiceMailbox
from firmware.config.schema import User

__all__ = ["ApiClient", "CoreAway", "Refused"]

QUIET_S: Final = 30.0
"""The server sends at least an empty line every 10 s: after three missed ones it is gone."""
PLANNING_S: Final = 70.0
"""An advice or a replay is given up by the core itself a little earlier."""
SAVE_S: Final = 60.0
"""What is new among the office's own messages is spoken before a configuration is in force: a
second each on a small machine."""
LINE_TEST_S: Final = 60.0
"""A line test listens and measures."""

Model = TypeVar("Model", bound=BaseModel)


class ApiClient:
    """The core behind `socket_path`."""

    def __init__(self, socket_path: Path | str, timeout_s: float = 10.0) -> None:
        self.socket_path = str(socket_path)
        self._timeout_s = timeout_s

    # The box now

    def live(self) -> Live:
        return self._get("/live", Live)

    def last_events(self, n: int = 50) -> list[Event]:
        return self._list(f"/events/last?n={n}", Event)

    def events(self, after: int | None = None) -> Iterator[Event]:
        """The events above `after` (None: from now on) as they come; ends with `CoreAway`."""
        return (event for event in self.watch(after) if event is not None)

    def watch(self, after: int | None = None) -> Iterator[Event | None]:
        """Like `events`, with None every 10 s while nothing happens."""
        query = "" if after is None else f"?after={after}"
        connection = self._connection(QUIET_S)
        try:
            response = self._answer(connection, "GET", f"/events{query}")
            while line := self._line(response):
                yield Event.model_validate_json(line) if line.strip() else None
            raise self._away("it stopped")
        finally:
            connection.close()

    def agent_action(self, extension: str, action: str, body: AgentAction) -> Agent:
        return self._post(f"/agents/{quote(extension, '')}/{quote(action, '')}", body, Agent)

    def set_disposition(self, extension: str, order: DispositionOrder) -> Agent:
        return self._post(f"/agents/{quote(extension, '')}/disposition", order, Agent)

    def hang_up(self, call_id: str) -> None:
        self._send("POST", f"/calls/{quote(call_id, '')}/hangup", None)

    def test_line(self, number: int, request: LineTestRequest) -> LineTest:
        octets = self._send("POST", f"/lines/{number}/test", request, timeout_s=LINE_TEST_S)
        return self._model(LineTest, octets)

    def sip(self) -> SipNow:
        return self._get("/sip", SipNow)

    def allow_sign_ins(self, request: AllowRequest) -> None:
        self._send("POST", "/sip/allow", request)

    def trace_phones(self, request: TraceRequest) -> TraceNow:
        return self._post("/sip/trace", request, TraceNow)

    def ring(self, request: RingRequest) -> RingAccepted:
        return self._post("/simulator/ring", request, RingAccepted)

    # Configuration

    def config(self) -> ConfigDocument:
        return self._get("/config", ConfigDocument)

    def change_config(self, change: ConfigChange) -> ConfigDocument:
        octets = self._send("PUT", "/config", change, timeout_s=SAVE_S)
        return self._model(ConfigDocument, octets)

    def config_history(self) -> list[ConfigGeneration]:
        return self._list("/config/history", ConfigGeneration)

    def undo_config(self, who: str) -> ConfigDocument:
        octets = self._send("POST", "/config/undo", Who(who=who), timeout_s=SAVE_S)
        return self._model(ConfigDocument, octets)

    # Accounts

    def setup(self) -> Setup:
        return self._get("/setup", Setup)

    def create_first_account(self, account: FirstAccount) -> None:
        self._send("POST", "/setup", account)

    def account(self, name: str) -> User:
        return self._get(f"/accounts/{quote(name, '')}", User)

    # What leads callers

    def schedules(self) -> list[ScheduleNow]:
        return self._list("/schedules", ScheduleNow)

    def switch_schedule(self, schedule: str, order: SwitchOrder) -> ScheduleNow:
        return self._post(f"/schedules/{quote(schedule, '')}/switch", order, ScheduleNow)

    def holidays(self) -> list[Holiday]:
        return self._list("/holidays", Holiday)

    def path(self, asked: PathAsked) -> PathNow:
        return self._post("/path", asked, PathNow)

    def blacklist(self) -> list[BlockedNow]:
        return self._list("/blacklist", BlockedNow)

    def propose_block(self, proposal: BlockProposal) -> None:
        self._send("POST", "/blacklist", proposal)

    def approve_block(self, number: str, approval: BlockApproval) -> None:
        self._send("POST", f"/blacklist/{quote(number, '')}/approve", approval)

    def remove_block(self, number: str, who: str) -> None:
        self._send("POST", f"/blacklist/{quote(number, '')}/remove", Who(who=who))

    # Callbacks

    def callbacks(self) -> list[Callback]:
        return self._list("/callbacks", Callback)

    def add_callback(self, order: CallbackOrder) -> Callback:
        return self._post("/callbacks", order, Callback)

    def cancel_callback(self, number: str, who: str) -> None:
        self._send("POST", f"/callbacks/{quote(number, '')}/cancel", Who(who=who))

    # Voice messages

    def voicemail(self) -> list[VoiceMailbox]:
        return self._list("/voicemail", VoiceMailbox)

    def voice_message_wav(self, message: str) -> bytes:
        return self._send("GET", f"/voicemail/{quote(message, '')}", None)

    def message_heard(self, message: str) -> None:
        self._send("POST", f"/voicemail/{quote(message, '')}/heard", None)

    def delete_message(self, message: str) -> None:
        self._send("POST", f"/voicemail/{quote(message, '')}/delete", None)

    # Prompts

    def advise(self, asked: AdviceRequest) -> Advice:
        """Next week's staff, and lines. May take some seconds."""
        octets = self._send("POST", "/advice", asked, timeout_s=PLANNING_S)
        return self._model(Advice, octets)

    def report(self, asked: ReportAsked) -> ReportView:
        """The figures of some days."""
        query = urlencode(asked.model_dump(mode="json", exclude_none=True))
        return self._get(f"/reports?{query}", ReportView)

    def calls_behind(self, asked: CallsAsked) -> CallsView:
        """The very calls that make a figure."""
        query = urlencode(asked.model_dump(mode="json", exclude_none=True))
        return self._get(f"/reports/calls?{query}", CallsView)

    def lost_callers(self, days: int = 7) -> LostView:
        """Callers who gave up, and what became of them."""
        return self._get(f"/reports/lost?days={days}", LostView)

    def call_story(self, call: str) -> StoryView:
        """A call in plain words."""
        return self._get(f"/calls/{quote(call, '')}/story", StoryView)

    def replay(self, asked: ReplayRequest) -> Replay:
        """Past days again, changed. Likewise."""
        octets = self._send("POST", "/replay", asked, timeout_s=PLANNING_S)
        return self._model(Replay, octets)

    def put_prompt(self, prompt_id: str, language: str, wav: bytes) -> None:
        self._send("PUT", f"/prompts/{quote(prompt_id, '')}/{quote(language, '')}", wav)

    def prompt_wav(self, prompt_id: str, language: str) -> bytes:
        return self._send("GET", f"/prompts/{quote(prompt_id, '')}/{quote(language, '')}", None)

    # Phones that the box sets up

    def phone_sets(self) -> PhoneSetsNow:
        return self._get("/phone-sets", PhoneSetsNow)

    def ask_phone(self, asked: PhoneAsk) -> PhoneAnswer:
        return self._post("/phone-sets/ask", asked, PhoneAnswer)

    def approve_phone(self, mac: str, approval: PhoneApproval) -> PhoneSetState:
        return self._post(f"/phone-sets/{quote(mac, '')}/approve", approval, PhoneSetState)

    def invite_app(self, invitation: AppInvitation) -> AppInvite:
        return self._post("/phone-sets/app", invitation, AppInvite)

    def remove_phone(self, mac: str, who: str) -> None:
        self._send("POST", f"/phone-sets/{quote(mac, '')}/remove", Who(who=who))

    # Parts of the above

    def _get(self, path: str, model: type[Model]) -> Model:
        return self._model(model, self._send("GET", path, None))

    def _post(self, path: str, body: BaseModel, model: type[Model]) -> Model:
        return self._model(model, self._send("POST", path, body))

    def _list(self, path: str, model: type[Model]) -> list[Model]:
        octets = self._send("GET", path, None)
        try:
            return TypeAdapter(list[model]).validate_json(octets)  # type: ignore[valid-type]  # a type known at run time
        except ValidationError as error:
            raise self._foreign(error) from error

    def _model(self, model: type[Model], octets: bytes) -> Model:
        try:
            return model.model_validate_json(octets)
        except ValidationError as error:
            raise self._foreign(error) from error

    def _send(
        self,
        method: str,
        path: str,
        body: BaseModel | bytes | None,
        timeout_s: float | None = None,
    ) -> bytes:
        connection = self._connection(timeout_s or self._timeout_s)
        try:
            return self._read(self._answer(connection, method, path, body))
        finally:
            connection.close()

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: BaseModel | bytes | None = None,
    ) -> http.client.HTTPResponse:
        """The core's answer; raise `Refused` if it is a no."""
        is_json = isinstance(body, BaseModel)
        data = body.model_dump_json().encode() if isinstance(body, BaseModel) else body
        kind = "application/json" if is_json else "audio/wav"
        try:
            connection.request(method, path, data, {"Content-Type": kind} if data else {})
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self._away_because(error) from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise self._refused(response.status, self._read(response))
        return response

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._away_because(error) from error

    def _line(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.readline()
        except (OSError, http.client.HTTPException) as error:
            raise self._away_because(error) from error

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        return _UnixConnection(self.socket_path, timeout_s)

    def _refused(self, status: int, octets: bytes) -> Refused:
        try:
            return Refused(status, Refusal.model_validate_json(octets))
        except ValidationError:
            return Refused(status, f"the core answered {status} {octets[:80]!r}")

    def _foreign(self, error: ValidationError) -> CoreAway:
        return CoreAway(
            "the call core speaks another version",
            f"its {error.title} has {error.error_count()} fields that are not understood here",
            "Install the same release of Callbox everywhere and restart it.",
        )

    def _away_because(self, error: Exception) -> CoreAway:
        match error:
            case FileNotFoundError() | ConnectionRefusedError():
                return self._away(f"nothing listens on {self.socket_path}")
            case PermissionError():
                return CoreAway(
                    "the call core may not be asked by this user",
                    f"no permission for {self.socket_path}",
                    "Ask as root, or as a user of the group callbox.",
                )
            case TimeoutError():
                return self._away(f"{self.socket_path}: no answer in time")
            case _:
                return self._away(f"{self.socket_path}: {error or type(error).__name__}")

    def _away(self, why: str) -> CoreAway:
        return CoreAway(
            "the call core is not running",
            why,
            "Start it with `callbox up` (on the box: `systemctl restart callbox-core`).",
        )


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("callbox", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
