"""The running box: every part made, wired to the others, and run in one group of tasks.

Shell, and with control.py (what the control API asks of them) the only module that knows all parts
by name. Nothing is decided here: calls are led by firmware.route, agents chosen
by firmware.acd, lines supervised by hal.lines, phones by hal.sip.

Tests: tests/scenarios (the whole box through real parts), tests/firmware/test_box.py.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from firmware.advise_task import Adviser
from firmware.api.events import EventLog
from firmware.api.server_task import server
from firmware.call import ship
from firmware.call.audio import Audio
from firmware.call.ship_task import Shipper
from firmware.call.story import Story
from firmware.call.tape_task import Tapes
from firmware.callback_side import CallbackSide
from firmware.config.demo import demo_office
from firmware.config.schema import Office
from firmware.config.store import ConfigStore
from firmware.control import VERSION, Control, Parts
from firmware.cycles_task import collect_when_quiet
from firmware.figures_task import Figures
from firmware.first_run import FirstRun
from firmware.ivr.mail_task import Mailing
from firmware.ivr.mailboxes_task import Mailboxes
from firmware.ivr.message_files import MessageFiles
from firmware.line_news import LineNews
from firmware.line_setup import line_configs
from firmware.look_back import look_back
from firmware.memory import Memory, learned_as_json, learned_from, words_of
from firmware.memory_task import Remembering
from firmware.phone_tls import phone_tls
from firmware.phones.accounts import accounts, no_longer_good
from firmware.phones.facts import Ports
from firmware.phones.set_up_task import PhoneSetUp
from firmware.presence import Lamps
from firmware.pulse_task import Pulse
from firmware.recorder_news import RecorderNews
from firmware.records.errors import RecordsAway
from firmware.records.messages import CallRow, EventRow
from firmware.records.rescue import open_records
from firmware.records.writer_task import RecordsWriter
from firmware.reports_task import ReportSide, limits_of, lines_in_use
from firmware.route.attend_task import Attendant
from firmware.route.desk import Desk
from firmware.route.wishes_task import Wishes
from firmware.routing_side import RoutingSide
from firmware.simulator_task import Simulator
from firmware.sip_side import SipSide
from firmware.sounds_task import Sounds
from firmware.trouble import Trouble, Troubles
from firmware.voice.prompts import Voices
from firmware.voicemail_side import VoicemailSide
from hal.hat.disabled import DisabledHat
from hal.hat.link_task import HatLink
from hal.hat.messages import HatEvent
from hal.leg import Leg
from hal.lines.config import LineConfig
from hal.lines.line_leg import LineLeg
from hal.lines.lines_task import Lines
from hal.lines.tones import LearnedTone
from hal.sip.phones_task import Phones
from hal.sip.registrar import SignInFailed
from hal.switch.face import DigitHeard, MediaLost, Played, SwitchEvent, TdmState
from hal.switch.switch import Switch
from hal.tdm.tdm_task import TdmPump

logger = logging.getLogger(__name__)

WIND_UP_S: Final = 0.5
"""Two polls of the shipper; the line board hears of a hook in a millisecond."""
STALL_MS: Final = 250
"""A pause of the timeslot stream that is waited for: a loaded machine, not a lost board."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this box is built. Paths of what is not there are empty."""

    run: Path
    hat: str = ""
    tdm: str = ""
    simulator: str = ""
    recorder: Path | None = None
    records: str = ""
    recordings: Path | None = None
    """Where the recorder keeps them; default: recordings in the run folder."""
    sip_host: str = "0.0.0.0"
    sip_port: int = 5060
    sip_tls_port: int | None = None
    """None: no TLS for phones."""
    is_demo: bool = False


class RunningBox:
    """All parts of the core process. `run` until cancelled."""

    def __init__(self, settings: Settings, pulse: Pulse) -> None:
        """`pulse`: of the loop that runs this."""
        self._settings, self._pulse = settings, pulse
        run = settings.run
        run.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        self.troubles = Troubles()
        self._taking_on = asyncio.Lock()
        self._config = ConfigStore(
            run / "config", self.troubles, demo_office if settings.is_demo else Office
        )
        self._records = open_records(settings.records or run / "records.db", self.troubles)
        self._writer = RecordsWriter(self._records, self.troubles)
        self._events = EventLog()
        lamps = Lamps(lambda: self.office)
        story = Story(self._remember, lamps.hear)
        self._story = story
        self._line_news = LineNews(self.troubles, story)
        self._switch = Switch(tdm_stall_ms=STALL_MS)
        self._switch.listener = self._switch_event
        self._audio = Audio(self._switch)
        self._voices = Voices(run / "prompts", self.troubles)
        self._sounds = Sounds(self._audio.shelf, self._voices, self._switch.load)
        self._shipper = Shipper(
            settings.recorder or run / "recorder.sock",
            self._recorded,
            RecorderNews(self.troubles, story).trouble,
        )
        self._hat = HatLink(settings.hat) if settings.hat else DisabledHat()
        memory = Memory(run / "memory.json")
        remembered = memory.load()
        self._remembering = Remembering(memory, self._memories, self.troubles, str(run))
        self._learned = learned_from(remembered.get("learned", {}))
        self._lines = Lines(self._hat, self._switch, self._line_configs(self.office))
        self._lines.on_offered = self._line_offered
        self._lines.on_learned = self._line_learned
        self._hat.listener = self._hat_event
        listen = [(way, settings.sip_host, settings.sip_port) for way in ("udp", "tcp")]
        tls = None
        if settings.sip_tls_port is not None:
            tls = phone_tls(run / "tls", self.troubles, settings.sip_host)
        if tls is not None:
            listen.append(("tls", settings.sip_host, settings.sip_tls_port or 0))
        self._accounts = accounts(self.office)
        self._sip_side = SipSide(story, run / "traces")
        self._phones = Phones(
            self._switch,
            lambda user: self._accounts.get(user),
            listen=listen,
            tls=tls,
            on_offered=self._phone_offered,
            on_registered=self._phone_registered,
            on_sign_in_failed=self._sign_in_failed,
            restored=remembered.get("bindings", ()),
            watched=lamps,
            on_shut_out=self._sip_side.shut_out,
        )
        self._sip_side.phones = self._phones
        self._mailboxes = Mailboxes(MessageFiles(run / "voicemail"), story, self.troubles)
        lamps.watch_mailboxes(self._mailboxes)
        self._mailboxes.configure(self.office)
        self._mailing = Mailing(self._mailboxes, lambda: self.office, story, self.troubles)
        desk = Desk(
            self.office,
            self._audio,
            Tapes(self._switch, self._shipper, story),
            story,
            self._phones,
            self._lines,
            loop,
            self._keep,
            self._mailboxes,
        )
        self._wishes = Wishes(self._config, self.apply)
        self._attendant = Attendant(desk, wishes=self._wishes)
        lamps.connect(self._phones, self._attendant.queues.core, self._phones.is_reachable)
        lamps.watch_slots(self._attendant.services.parked.lot)
        lamps.watch_days(self._attendant.days)
        self._attendant.days.restore(remembered.get("switches"))
        self._callbacks = CallbackSide(
            self._attendant.callbacks, Memory(run / "callbacks.json"), self.troubles
        )
        self._callbacks.restore()
        self._presences = words_of(remembered.get("presences"))
        self._pump = TdmPump(self._switch, settings.tdm) if settings.tdm else None
        self._simulator = Simulator(Path(settings.simulator)) if settings.simulator else None
        self._figures = Figures(
            self._records,
            self.troubles,
            lambda: self.office.site.timezone,
            settings.recordings or run / "recordings",
            lambda: limits_of(self.office),
            lambda: self.office.reporting.again_days,
            lambda: lines_in_use(self.office),
        )
        self._first_run = FirstRun(run / "first-run-code", is_needed=not self.office.users)
        self._server = server(self._control(), run / "core.sock", VERSION)

    def _control(self) -> Control:
        return Control(
            Parts(
                self._settings.run,
                bool(self._settings.hat),
                asyncio.get_running_loop().time(),
                self._pulse,
                self.troubles,
                self._config,
                self._events,
                self._voices,
                self._shipper,
                self._hat,
                self._lines,
                self._phones,
                self._attendant,
                self._pump,
                self._simulator,
                self._figures,
                self._first_run,
                PhoneSetUp(
                    lambda: self.office,
                    self._phone_ports,
                    self._story,
                    Memory(self._settings.run / "phone-sets.json"),
                    asyncio.get_running_loop().time,
                ),
                self._sip_side,
                VoicemailSide(self._mailboxes),
                RoutingSide(self._attendant.days, lambda: self.office),
                self._callbacks,
                Adviser(self._records.url, lambda: self.office),
                ReportSide(self._records, lambda: self.office),
            ),
            self.apply,
        )

    # -- running -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Everything until cancelled; then what is in memory is written."""
        self._recover()
        await asyncio.to_thread(self._mailboxes.load)
        now = datetime.now(UTC)
        before = await asyncio.to_thread(look_back, self._records, self.office, now)
        self._switch.start()
        self._lines.start()
        try:
            await self._sounds.stock(self.office)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._writer.run(), name="records")
                group.create_task(self._shipper.run(), name="shipper")
                group.create_task(self._phones.run(), name="phones")
                group.create_task(self._attendant.queues.run(), name="queues")
                group.create_task(
                    collect_when_quiet(lambda: not self._attendant.visits), name="cycles"
                )
                group.create_task(self._remembering.run(), name="memory")
                group.create_task(self._figures.run(), name="figures")
                group.create_task(self._hat.run(), name="hat")
                if self._pump is not None:
                    self._pump.listener = self._line_news.stream
                    group.create_task(self._pump.run(), name="tdm")
                if self._simulator is not None:
                    group.create_task(self._simulator.run(), name="simulator")
                group.create_task(self._sounds.run(), name="sounds")
                group.create_task(self._wishes.run(), name="wishes")
                group.create_task(self._mailboxes.run(), name="mailboxes")
                group.create_task(self._mailing.run(), name="mail")
                group.create_task(self._callbacks.run(), name="callbacks")
                await self._phones.opened.wait()
                self._attendant.queues.resume(before, self._presences)
                self._story.tell("box.started", "the box is ready for calls")
                group.create_task(self._server.run(), name="api")
        finally:
            self.close()

    async def wind_up(self) -> None:
        """Before an orderly stop: end every call, and give lines, phones and recorder the moment
        they need to hear of it."""
        if self._attendant.visits:
            self._attendant.end_all("the box is being stopped")
            await asyncio.sleep(WIND_UP_S)

    def close(self) -> None:
        """Give back what is held also by a box that does not run."""
        self._attendant.days.close()
        self._attendant.callbacks.close()
        self._lines.close()
        self._switch.shut_down()
        self._records.close()
        self._config.close()

    def _recover(self) -> None:
        """Close in the records what a crash left open, and go on with the event numbers."""
        try:
            for row in self._records.recover():
                logger.warning("call %s was cut off by a restart: kept as failed", row.id)
            self._events.fill(self._records.last_events(500))
        except RecordsAway as error:
            self.troubles.report(
                Trouble(
                    "records.unrecovered",
                    "the records of before the start cannot be read; calls are taken",
                    error.why,
                    "look at the box's storage, then start the core again",
                )
            )

    def _memories(self) -> dict[str, Any]:
        return {
            "bindings": list(self._phones.bindings()),
            "presences": self._attendant.queues.presences(),
            "switches": self._attendant.days.as_json(),
            "learned": learned_as_json(self._learned),
        }

    # -- what the parts say --------------------------------------------------------------------

    def _remember(self, event: EventRow) -> None:
        self._writer.put(self._events.add(event))

    def _keep(self, row: CallRow) -> None:
        self._writer.put(row)

    def _switch_event(self, event: SwitchEvent) -> None:
        match event:
            case Played():
                self._audio.played(event)
                self._lines.switch_event(event)
            case TdmState(is_running):
                logger.info("timeslot stream %s", "runs" if is_running else "stopped")
            case DigitHeard() | MediaLost() if leg := self._phone_leg(event.port):
                if isinstance(event, DigitHeard):
                    leg.digit_heard(event)
                else:
                    leg.media_lost(event)
            case _:
                self._lines.switch_event(event)

    def _phone_leg(self, port: int) -> Any:
        return next((leg for leg in self._phones.calls if leg.port == port), None)

    def _line_offered(self, leg: Leg) -> None:
        if isinstance(leg, LineLeg):
            self._attendant.line_offered(leg, leg.wire.number)

    def _line_learned(self, number: int, tones: tuple[LearnedTone, ...]) -> None:
        """Kept with the registrations: no choice of the office, but worth more than one run."""
        self._learned[number] = tones
        self._story.tell(
            "line.learned", f"line {number}: its hang-up tone is known better now", line=number
        )

    def _phone_offered(self, leg: Leg) -> None:
        self._attendant.phone_offered(leg)

    def _phone_registered(self, extension: str, is_reachable: bool) -> None:
        words = "can be reached" if is_reachable else "cannot be reached"
        self._story.tell(
            "phone.state",
            f"the phone of extension {extension} {words}",
            extension=extension,
            is_reachable=is_reachable,
        )
        self._attendant.queues.reachable(extension, is_reachable)
        self._remembering.soon()

    def _sign_in_failed(self, event: SignInFailed) -> None:
        self._story.tell(
            "phone.refused",
            f"a phone at {event.ip} could not sign in as {event.user[:40]!r}: {event.why}",
            address=event.ip,
        )

    def _hat_event(self, event: HatEvent) -> None:
        """The line board: the lines hear it first, then it is told where people look."""
        self._lines.hat_event(event)
        if not self._settings.hat:
            return  # none is fitted, which is no trouble
        self._line_news.board(event)
        if self._hat.is_up:
            self._line_news.lines(self._lines.statuses())

    def _recorded(self, done: ship.Done) -> None:
        gap = f", {done.missing_s:.1f} s missing" if done.missing_s else ""
        self._story.tell(
            "recording.kept",
            f"recording of {done.duration_s:.1f} s is on the medium{gap}",
            recording=done.recording,
            missing_s=done.missing_s,
        )

    # -- configuration -------------------------------------------------------------------------

    @property
    def office(self) -> Office:
        """The configuration in force."""
        return self._config.office

    def _line_configs(self, office: Office) -> list[LineConfig]:
        """None without a line board."""
        return line_configs(office, self._learned) if self._settings.hat else []

    async def apply(self, office: Office) -> None:
        """Take on a new configuration without dropping calls. It is stored already: what cannot
        be taken on now is a trouble, and the rest of it is in force. One at a time, and always
        the newest: pages and phones may change it in the same moment."""
        try:
            async with self._taking_on:
                await self._take_on(self.office)
        except Exception as error:  # a fault of one part must not leave the others behind
            logger.exception("! configuration: not taken on")
            self.troubles.report(
                Trouble(
                    "config.apply",
                    "the new configuration is stored, but not all of it is in force",
                    f"{type(error).__name__}: {error}",
                    "undo the change, or restart the core when no call is in progress",
                )
            )
            self._story.tell("config.trouble", f"the new configuration is not in force: {error}")
        else:
            self.troubles.clear("config.apply")
            self._story.tell("config.applied", "a new configuration is in force")

    def _phone_ports(self) -> Ports:
        sip, _, *tls = self._phones.ports
        return Ports(sip, tls[0] if tls else None)

    async def _take_on(self, office: Office) -> None:
        before, self._accounts = self._accounts, accounts(office)
        for user in no_longer_good(before, self._accounts):
            self._phones.sign_out(user)
        await self._sounds.stock(office)
        self._lines.configure(self._line_configs(office))
        self._mailboxes.configure(office)
        self._attendant.configure(office)
        for person in office.extensions:
            self._attendant.queues.reachable(
                person.number, self._phones.is_reachable(person.number)
            )
        if office.users:
            self._first_run.over()
