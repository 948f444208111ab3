"""What the control API asks of the running box (firmware.api.face.Box).

Shell: reads the parts for pages and console, passes orders on to them. Nothing is decided here.

Tests: tests/firmware/api (the API), tests/scenarios (the whole box).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from firmware import live
from firmware.acd.queue import NotNow, UnknownAgent
from firmware.api import schema
from firmware.api.errors import conflict, not_found, unavailable
from firmware.api.events import EventLog
from firmware.api.face import (
    Action,
    AdviserSide,
    CallbackSide,
    PhoneSets,
    PromptShelf,
    ReportSide,
    Routing,
    SipSide,
    Voicemail,
)
from firmware.call.ship_task import Shipper
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.figures_task import Figures
from firmware.first_run import FirstRun
from firmware.pulse_task import Pulse
from firmware.route.attend_task import Attendant, NoSuchCall
from firmware.route.dispositions import NoQueueCall, NoSuchDisposition
from firmware.simulator_task import Simulator, SimulatorRefused
from firmware.trouble import Troubles
from firmware.voice.prompts import Voices
from hal.hat.disabled import DisabledHat
from hal.hat.link_task import HatLink
from hal.lines.errors import LinesError
from hal.lines.lines_task import Lines
from hal.sip.phones_task import Phones
from hal.tdm.tdm_task import StreamState, TdmPump

VERSION: Final = "0.1.0"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the core that are asked or told something."""

    run: Path
    has_hat: bool
    began: float
    """When the core started, seconds of the monotonic clock."""
    pulse: Pulse
    troubles: Troubles
    config: ConfigStore
    events: EventLog
    voices: Voices
    shipper: Shipper
    hat: HatLink | DisabledHat
    lines: Lines
    phones: Phones
    attendant: Attendant
    pump: TdmPump | None
    simulator: Simulator | None
    figures: Figures
    first_run: FirstRun
    phone_sets: PhoneSets
    sip: SipSide
    voicemail: Voicemail
    routing: Routing
    callbacks: CallbackSide
    adviser: AdviserSide
    reports: ReportSide


class Control:
    """The box as the control API sees it."""

    def __init__(self, parts: Parts, apply: Callable[[Office], Awaitable[None]]) -> None:
        """`apply`: takes on a configuration that is stored already."""
        self._parts, self._apply = parts, apply

    async def apply(self, office: Office) -> None:
        """See firmware.api.face.Box."""
        await self._apply(office)

    @property
    def office(self) -> Office:
        """The configuration in force."""
        return self._parts.config.office

    @property
    def events(self) -> EventLog:
        return self._parts.events

    @property
    def config(self) -> ConfigStore:
        return self._parts.config

    @property
    def prompts(self) -> PromptShelf:
        return self._parts.voices

    @property
    def sip(self) -> SipSide:
        return self._parts.sip

    @property
    def routing(self) -> Routing:
        return self._parts.routing

    @property
    def callbacks(self) -> CallbackSide:
        return self._parts.callbacks

    @property
    def voicemail(self) -> Voicemail:
        return self._parts.voicemail

    @property
    def phone_sets(self) -> PhoneSets:
        return self._parts.phone_sets

    @property
    def adviser(self) -> AdviserSide:
        return self._parts.adviser

    @property
    def reports(self) -> ReportSide:
        return self._parts.reports

    @property
    def setup_code(self) -> str:
        return self._parts.first_run.code

    def live(self) -> schema.Live:
        at, now = datetime.now(UTC), asyncio.get_running_loop().time()
        acd, office = self._parts.attendant.queues.core, self.office
        names, dispositions = acd.names, self._parts.attendant.dispositions
        calls = [visit.call for visit in self._parts.attendant.visits.values()]
        on_line = {c.line: str(c.id) for c in calls if c.line is not None}
        line_names = {x.number: x.name for x in office.lines}
        off = {x.number for x in office.lines if not x.is_enabled}
        day, callbacks = self._parts.figures.day, self._parts.callbacks.now()
        back = Counter(one.queue for one in callbacks if one.state != "given_up")
        return schema.Live(
            at=at,
            seq=self._parts.events.seq,
            box=self._box(now),
            lines=[
                live.line(s, line_names.get(s.number, ""), on_line.get(s.number), off)
                for s in self._parts.lines.statuses()
            ],
            queues=[live.queue(q, acd, day, now, back[q]) for q in acd.queues],
            agents=[
                live.agent(
                    a, acd, names.get(a.extension, ""), at, now, dispositions.open_for(a.extension)
                )
                for a in acd.agents.values()
            ],
            calls=[live.call(c, acd, names, at, now) for c in calls],
            phones=live.phones(office, self._parts.phones.registrations()),
            callbacks=callbacks,
        )

    def _box(self, now: float) -> schema.Box:
        found = live.troubles(self._parts.troubles.standing())
        pump = self._parts.pump.snapshot() if self._parts.pump is not None else None
        pulse = self._parts.pulse.snapshot()
        is_aligned = pump is not None and pump.state is StreamState.ALIGNED
        return schema.Box(
            name=self.office.site.name,
            version=VERSION,
            is_simulated=self._parts.simulator is not None,
            uptime_s=now - self._parts.began,
            state=live.health(found),
            troubles=found,
            recorder="ok" if self._parts.shipper.snapshot().is_connected else "away",
            hat="none" if not self._parts.has_hat else "ok" if self._parts.hat.is_up else "away",
            tdm="none" if pump is None else "ok" if is_aligned else "away",
            storage_free_octets=self._parts.figures.free_octets,
            needs_setup=not self.office.users,
            longest_turn_ms=1000 * pulse.longest_s,
        )

    def agent(self, extension: str, action: Action, body: schema.AgentAction) -> schema.Agent:
        queues = self._parts.attendant.queues
        try:
            match action:
                case "login":
                    queues.log_in(extension, self._phone(body.phone))
                case "logout":
                    queues.log_out(extension)
                case "pause":
                    queues.pause(extension, self._pause_reason(body.reason))
                case "ready":
                    queues.ready(extension)
                case "extend":
                    queues.extend_wrap_up(extension)
        except UnknownAgent as error:
            raise not_found(str(error)) from error
        except NotNow as error:
            raise conflict(str(error)) from error
        return self._agent(extension)

    def set_disposition(self, extension: str, order: schema.DispositionOrder) -> schema.Agent:
        if extension not in self._parts.attendant.queues.core.agents:
            raise not_found(f"agent {extension!r}", "a member of a queue")
        is_own = (order.who, extension) in {(u.name, u.extension) for u in self.office.users}
        by = extension if is_own else order.who
        try:
            self._parts.attendant.dispositions.note(extension, order.code, by=by, call=order.call)
        except NoSuchDisposition as error:
            raise not_found(f"disposition {error.code}", error.words) from error
        except NoQueueCall as error:
            raise conflict(str(error)) from error
        return self._agent(extension)

    def _agent(self, extension: str) -> schema.Agent:
        acd = self._parts.attendant.queues.core
        at, now = datetime.now(UTC), asyncio.get_running_loop().time()
        handled = self._parts.attendant.dispositions.open_for(extension)
        name = acd.names.get(extension, "")
        return live.agent(acd.agents[extension], acd, name, at, now, handled)

    def _phone(self, extension: str) -> str:
        if extension and self._parts.attendant.desk.person(extension) is None:
            raise not_found(f"phone {extension!r}", "an extension of the office, or nothing")
        return extension

    def _pause_reason(self, reason: str) -> str:
        reasons = self.office.pause_reasons
        if reason and reasons and reason not in reasons:
            raise not_found(f"pause reason {reason!r}", ", ".join(reasons))
        return reason

    def hang_up(self, call_id: str) -> None:
        try:
            self._parts.attendant.hang_up(call_id)
        except NoSuchCall as error:
            raise not_found(str(error)) from error

    async def test_line(self, number: int, request: schema.LineTestRequest) -> schema.LineTest:
        if request.kind == "ring":
            accepted = await self.ring_simulator(schema.RingRequest(line=number, press=""))
            return schema.LineTest(is_ok=True, words=f"line {accepted.line} rings from outside")
        if number not in {s.number for s in self._parts.lines.statuses()}:
            raise not_found(f"line {number}", "a fitted line")
        if request.kind == "status":
            status = next(s for s in self._parts.lines.statuses() if s.number == number)
            figures = {"volts": status.volts, "milliamps": status.milliamps}
            return schema.LineTest(
                is_ok=status.fault is None, words=status.words, figures={**figures}
            )
        try:
            result = await self._parts.lines.test(number, request.kind)
        except LinesError as error:
            raise conflict(str(error)) from error
        return schema.LineTest(
            is_ok=result.is_good,
            words=result.words,
            figures={name: round(value, 1) for name, value in result.figures.items()},
        )

    async def ring_simulator(self, request: schema.RingRequest) -> schema.RingAccepted:
        if self._parts.simulator is None:
            raise conflict("the lines of this box are real: ring it from a telephone")
        asked = {
            "line": request.line,
            "from": request.number,
            "name": request.name,
            "press": request.press,
            "talk_s": request.talk_s,
        }
        if (voice := await self._test_voice()) is not None:
            asked["play"] = str(voice)
        try:
            return schema.RingAccepted(line=await self._parts.simulator.ring(asked))
        except SimulatorRefused as error:
            raise unavailable(str(error)) from error

    async def _test_voice(self) -> Path | None:
        """What the caller of a test call says, as WAV; None where nobody can speak it."""
        path = self._parts.run / "prompts" / "test-caller.wav"
        if path.exists():
            return path
        words = "Hello, this is a test call. I would like to order two boxes, please."
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            spoken = Path(folder) / "voice.wav"
            try:
                speaking = await asyncio.create_subprocess_exec(
                    "espeak-ng", "-v", "en-gb", "-w", str(spoken), words
                )
            except FileNotFoundError:
                return None
            if await speaking.wait() != 0:
                return None
            spoken.replace(path)
        return path
