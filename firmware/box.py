"""The running box: every part made, wired to the others, and run in one group of tasks.

Shell, and with control.py (what the control API asks of them) the only module that knows all parts
by name. Nothing is decided here: calls are led by firmware.route, agents chosen by firmware.acd;
the way to the network is line_side.py, the phones phone_side.py, the records logbook_task.py.

Tests: tests/scenarios (the whole box through real parts), tests/firmware/test_box.py.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any, Final

from firmware.advise_task import Adviser
from firmware.api.server_task import server
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
from firmware.line_side import LineSide
from firmware.logbook_task import Logbook
from firmware.look_back import look_back, noted_before
from firmware.memory import Memory, words_of
from firmware.memory_task import Remembering
from firmware.phone_side import PhoneSide
from firmware.phones.set_up_task import PhoneSetUp
from firmware.presence import Lamps
from firmware.pulse_task import Pulse
from firmware.recorder_news import RecorderNews
from firmware.reports_task import ReportSide, limits_of, lines_in_use
from firmware.route.attend_task import Attendant
from firmware.route.desk import Desk
from firmware.route.wishes_task import Wishes
from firmware.routing_side import RoutingSide
from firmware.settings import Settings
from firmware.sounds_task import Sounds
from firmware.trouble import Trouble, Troubles
from firmware.voice.prompts import Voices
from firmware.voicemail_side import VoicemailSide
from hal.switch.face import DigitHeard, MediaLost, Played, SwitchEvent, TdmState
from hal.switch.switch import Switch

logger = logging.getLogger(__name__)

WIND_UP_S: Final = 0.5
"""Two polls of the shipper; the line board hears of a hook in a millisecond."""
STALL_MS: Final = 250
"""A pause of the timeslot stream that is waited for: a loaded machine, not a lost board."""


class RunningBox:
    """All parts of the core process. `run` until cancelled."""

    def __init__(self, settings: Settings, pulse: Pulse) -> None:
        """`pulse`: of the loop that runs this."""
        self._settings, self._pulse = settings, pulse
        run = settings.run
        run.mkdir(parents=True, exist_ok=True)
        self.troubles = Troubles()
        self._taking_on = asyncio.Lock()
        self._config = ConfigStore(
            run / "config", self.troubles, demo_office if settings.is_demo else Office
        )
        self._logbook = Logbook(settings.records or run / "records.db", self.troubles)
        lamps = Lamps(lambda: self.office)
        story = Story(self._logbook.remember, lamps.hear)
        self._story = story
        self._switch = Switch(tdm_stall_ms=STALL_MS)
        self._switch.listener = self._switch_event
        self._audio = Audio(self._switch)
        self._voices = Voices(run / "prompts", self.troubles)
        self._sounds = Sounds(self._audio.shelf, self._voices, self._switch.load, story.tell)
        news = RecorderNews(self.troubles, story)
        self._shipper = Shipper(settings.recorder or run / "recorder.sock", news.kept, news.trouble)
        memory = Memory(run / "memory.json")
        remembered = memory.load()
        self._remembering = Remembering(memory, self._memories, self.troubles, str(run))
        self._line_side = LineSide(
            settings,
            self.office,
            self._switch,
            self.troubles,
            story,
            remembered.get("learned", {}),
            lambda leg, line: self._attendant.line_offered(leg, line),
        )
        self._lines = self._line_side.lines
        self._phone_side = PhoneSide(
            settings,
            self.office,
            self._switch,
            self.troubles,
            story,
            lamps,
            remembered.get("bindings", ()),
            lambda leg: self._attendant.phone_offered(leg),
            self._phone_came_or_went,
        )
        self._phones = self._phone_side.phones
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
            asyncio.get_running_loop(),
            self._logbook.keep,
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
        self._figures = Figures(
            self._logbook.records,
            self.troubles,
            lambda: self.office.site.timezone,
            settings.recordings or run / "recordings",
            lambda: limits_of(self.office),
            lambda: self.office.reporting.again_days,
            lambda: lines_in_use(self.office),
            lambda: self.office.site.country,
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
                self._logbook.events,
                self._voices,
                self._shipper,
                self._line_side.hat,
                self._lines,
                self._phones,
                self._attendant,
                self._line_side.pump,
                self._line_side.simulator,
                self._figures,
                self._first_run,
                PhoneSetUp(
                    lambda: self.office,
                    self._phone_side.ports,
                    self._story,
                    Memory(self._settings.run / "phone-sets.json"),
                    asyncio.get_running_loop().time,
                ),
                self._phone_side.sip,
                VoicemailSide(self._mailboxes),
                RoutingSide(self._attendant.days, lambda: self.office),
                self._callbacks,
                Adviser(self._logbook.records.url, lambda: self.office),
                ReportSide(self._logbook.records, lambda: self.office),
            ),
            self.apply,
        )

    # -- running -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Everything until cancelled; then what is in memory is written."""
        self._logbook.recover()
        await asyncio.to_thread(self._mailboxes.load)
        now = datetime.now(UTC)
        records = self._logbook.records
        before = await asyncio.to_thread(look_back, records, self.office, now)
        noted = await asyncio.to_thread(noted_before, records, self.office, before)
        self._switch.start()
        self._lines.start()
        try:
            await self._sounds.stock(self.office)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._logbook.run(), name="records")
                group.create_task(self._shipper.run(), name="shipper")
                group.create_task(self._phones.run(), name="phones")
                group.create_task(self._attendant.queues.run(), name="queues")
                group.create_task(
                    collect_when_quiet(lambda: not self._attendant.visits), name="cycles"
                )
                group.create_task(self._remembering.run(), name="memory")
                group.create_task(self._figures.run(), name="figures")
                group.create_task(self._line_side.run(), name="lines")
                group.create_task(self._sounds.run(), name="sounds")
                group.create_task(self._wishes.run(), name="wishes")
                group.create_task(self._mailboxes.run(), name="mailboxes")
                group.create_task(self._mailing.run(), name="mail")
                group.create_task(self._callbacks.run(), name="callbacks")
                await self._phones.opened.wait()
                self._attendant.dispositions.resume(before, noted)
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
        self._logbook.close()
        self._config.close()

    def _memories(self) -> dict[str, Any]:
        return {
            "bindings": list(self._phones.bindings()),
            "presences": self._attendant.queues.presences(),
            "switches": self._attendant.days.as_json(),
            "learned": self._line_side.learned_as_json(),
        }

    # -- what the parts say --------------------------------------------------------------------

    def _switch_event(self, event: SwitchEvent) -> None:
        match event:
            case Played():
                self._audio.played(event)
                self._lines.switch_event(event)
            case TdmState(is_running):
                logger.info("timeslot stream %s", "runs" if is_running else "stopped")
            case DigitHeard() | MediaLost() if leg := self._phone_side.leg_at(event.port):
                if isinstance(event, DigitHeard):
                    leg.digit_heard(event)
                else:
                    leg.media_lost(event)
            case _:
                self._lines.switch_event(event)

    def _phone_came_or_went(self, extension: str, is_reachable: bool) -> None:
        self._attendant.queues.reachable(extension, is_reachable)
        self._remembering.soon()

    # -- configuration -------------------------------------------------------------------------

    @property
    def office(self) -> Office:
        """The configuration in force."""
        return self._config.office

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

    async def _take_on(self, office: Office) -> None:
        self._phone_side.configure(office)
        await self._sounds.stock(office)
        self._line_side.configure(office)
        self._mailboxes.configure(office)
        self._attendant.configure(office)
        for person in office.extensions:
            self._attendant.queues.reachable(
                person.number, self._phones.is_reachable(person.number)
            )
        if office.users:
            self._first_run.over()
