"""One line watched over: measurements, tones and wishes in, effects out.

Judges what the inputs mean (a second ring, a reversal that is an answer or a hang-up, a cadence
heard twice), feeds the table of analog.py with it, and carries out the rows as effects
(messages.py). Everything about a call that is not the state itself is kept here.

Leaves out: what tones and reversals mean (ear.py, polarity.py), how long timers run (durations.py),
the words of ends and faults (endings.py). Pure: no I/O; the time is an argument, timers are values.
Shell: line_task.py. Tests: tests/hal/lines/test_lines_task.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from hal.hat.messages import (
    Fault,
    HatEvent,
    LinkDown,
    LinkUp,
    Loop,
    PolarityReversed,
    PortChanged,
    PortStatus,
    RingEnded,
    RingStarted,
)
from hal.leg import Party
from hal.lines import callerid
from hal.lines.analog import (
    HEARING,
    OFF_HOOK,
    RUNS_IN,
    STARTS,
    TALK,
    Command,
    Event,
    Hearing,
    State,
    Timer,
    UnexpectedEvent,
    advance,
    event_of,
)
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.durations import length_s
from hal.lines.ear import Ear
from hal.lines.endings import ending, fault
from hal.lines.messages import (
    AbortTest,
    Effect,
    Hear,
    Hook,
    Learned,
    LineStatus,
    Listen,
    Offer,
    Say,
    SendDigits,
    StartTimer,
    StopTimer,
    TellAnswered,
    TellCaller,
    TellFault,
    TellProgress,
)
from hal.lines.polarity import Meaning, Polarity
from hal.lines.tones import Segment, ToneKind
from hal.switch.face import CallerIdHeard, Detect

RING_PAUSE_S: Final = 0.8
"""A shorter pause is inside a double ring (400 on, 200 off), not between two rings."""
VOICE_HOLE_S: Final = 0.35
"""Sound between two reported segments that was neither tone nor silence: somebody speaks."""

_LOOP_EVENT: Final[Mapping[Loop, Event]] = {
    Loop.ABSENT: Event.ABSENT,
    Loop.IDLE: Event.BATTERY,
    Loop.IN_USE: Event.IN_USE,
    Loop.SEIZED: Event.CURRENT,
    Loop.DROPPED: Event.NO_CURRENT,
}
_TONE_EVENT: Final[Mapping[ToneKind, Event]] = {
    ToneKind.DIAL: Event.DIAL_TONE,
    ToneKind.BUSY: Event.BUSY,
    ToneKind.CONGESTION: Event.CONGESTION,
    ToneKind.RINGBACK: Event.RINGBACK,
    ToneKind.SIT: Event.SIT,
    ToneKind.LEARNED: Event.BUSY,
}


class Supervisor:
    """One line. Every method returns what is to be done, in order."""

    def __init__(self, config: LineConfig) -> None:
        self.config = config
        self.state = State.DOWN
        self.caller = Party()
        self._effects: list[Effect] = []
        self._status: PortStatus | None = None
        self._link_why = LinkDown("the line board has not answered yet", "wait a few seconds")
        self._board_fault = ""
        self._has_leg = False
        self._is_outgoing = False
        self._is_identified = False
        self._was_mark_heard = False
        self._rings = 0
        self._ring_off_at = 0.0
        self._last_ring_at: float | None = None
        self._digits = ""
        self._why = ""  # how the present conclusion was reached, for EndLeg and TellAnswered
        self._polarity = Polarity()
        self._ear = Ear(config)
        self._do: Final[Mapping[Command, Callable[[], None]]] = {
            Command.OFFER: self._offer,
            Command.TELL_CALLER: lambda: self._put(TellCaller(self.caller)),
            Command.TELL_PROGRESS: lambda: self._put(TellProgress()),
            Command.TELL_ANSWERED: lambda: self._put(TellAnswered(self._why)),
            Command.TELL_SILENT: lambda: self._put(
                TellFault("the line board does not answer; the call stands as long as it can")
            ),
            Command.TELL_BACK: lambda: self._put(TellFault("the line board is back")),
            Command.SEND_DIGITS: lambda: self._put(SendDigits(self._digits)),
            Command.LISTEN: lambda: self._put(Listen(True)),
            Command.WAIT_RING: lambda: self._start(Timer.RING),
            Command.WAIT_RINGBACK: self._wait_ringback,
            Command.WATCH_DROP: lambda: self._start(Timer.DROP),
            Command.DROP_PASSED: lambda: self._put(StopTimer(Timer.DROP)),
            Command.HANG_UP_AGAIN: self._hang_up_again,
            Command.MISSED: lambda: self._put(Say("it rang too shortly to be offered")),
            Command.ABORT_TEST: lambda: self._put(AbortTest("a call came in, or the line is gone")),
        }

    # --- what happened -------------------------------------------------------------------------

    def hat(self, event: HatEvent, now: float) -> list[Effect]:
        """The line board measured something on this port, or its link changed."""
        match event:
            case LinkUp():
                self._board_fault = ""
            case LinkDown():
                self._link_why = event
                self._feed(Event.LINK_DOWN, now)
                if event.are_lines_on_hook and self.state is State.BLIND:
                    self._feed(Event.BLIND_OVER, now)  # nothing is left to come back to
            case PortChanged(status):
                self._status = status
                self._feed(_LOOP_EVENT[status.loop], now)
            case RingStarted():
                self._ring_on(now)
            case RingEnded():
                self._ring_off_at = now
                self._feed(Event.RING_OFF, now)
            case PolarityReversed(_, is_reversed):
                self._reversed(is_reversed, now)
            case Fault(_, what):
                self._board_fault = what
                if self._has_leg:
                    self._put(TellFault(what))
            case _:
                assert_never(event)
        return self._take()

    def tone(self, segment: Segment, now: float) -> list[Effect]:
        """A stretch of tone or silence ended on the line."""
        hearing = HEARING.get(self.state, Hearing.NOTHING)
        if hearing is Hearing.CALLER_ID:
            self._was_mark_heard |= callerid.is_mark(segment)
        elif self.state is State.LEARNING:
            self._learn_from(segment, now)
        elif self.state in TALK:
            self._talk_tone(segment, now)
        elif hearing is Hearing.TONES and self.state is not State.TESTING:
            self._progress_tone(segment, now)
        self._ear.ended(now)
        return self._take()

    def caller_id(self, message: CallerIdHeard, now: float) -> list[Effect]:
        """A whole caller-ID message came."""
        if self.state in OFF_HOOK or self._is_identified:
            return []
        self.caller = callerid.party(message)
        self._is_identified = True
        self._feed(Event.IDENTIFIED, now)
        return self._take()

    def timer(self, timer: Timer, now: float) -> list[Effect]:
        """A timer fired."""
        if self.state not in RUNS_IN[timer]:
            return []
        match timer:
            case Timer.DROP if self.state in TALK:
                self._cleared(f"loop current gone for {self.config.drop_s * 1000:.0f} ms", now)
            case Timer.TONE if not self.config.dial_without_tone:
                self._feed(Event.TONE_REFUSED, now)
            case Timer.ANSWER if self.config.answer_by is AnswerBy.POLARITY:
                self._feed(Event.ANSWER_REFUSED, now)
            case _:
                self._why = _WHY.get(timer, self._why)
                self._feed(event_of(timer), now)
        if timer is Timer.DIGITS and self.config.answer_by is AnswerBy.IMMEDIATELY:
            self._why = "taken as answered once dialled"
            self._feed(Event.FAR_ANSWER, now)
        return self._take()

    # --- what the box wants --------------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        """May be dialled on."""
        return self.state is State.IDLE

    def dial(self, digits: str, now: float) -> list[Effect]:
        """Take the line and call. Only when `is_free`."""
        self._digits, self._is_outgoing = digits, True
        self._has_leg = True
        self._feed(Event.DIAL, now)
        return self._take()

    def answer(self, now: float) -> list[Effect]:
        """Answer the offered call."""
        self._feed(Event.ANSWER, now)
        return self._take()

    def release(self, now: float) -> list[Effect]:
        """The box ends the call."""
        if not self._has_leg:
            return []
        if self._ear.learn_suspect(now, self.config):
            self._put(Learned(self._ear.learned))
        self._feed(Event.RELEASE, now)
        return self._take()

    def begin_test(self, now: float) -> list[Effect]:
        """Take the line for a technician. Only when `is_free`."""
        self._feed(Event.TEST, now)
        return self._take()

    def end_test(self, now: float) -> list[Effect]:
        """Put it back; nothing to do when the test was aborted."""
        if self.state is State.TESTING:
            self._feed(Event.TEST_OVER, now)
        return self._take()

    # --- the table -----------------------------------------------------------------------------

    def _feed(self, event: Event, now: float) -> None:
        try:
            rule = advance(self.state, event)
        except UnexpectedEvent as error:
            self._put(Say(f"! {error}"))
            return
        before, self.state = self.state, rule.to
        if rule.to is not before:
            self._enter(before, now)
        for command in rule.do:
            if command.name.startswith("END_"):
                self._end(command)
            else:
                self._do[command]()
        if rule.to is not before:
            self._arrived(before, now)

    def _enter(self, before: State, now: float) -> None:
        """Make the line what the new state says."""
        for timer, states in RUNS_IN.items():
            if before in states and (self.state not in states or STARTS.get(before) is timer):
                self._put(StopTimer(timer))
        was_off, is_off = before in OFF_HOOK, self.state in OFF_HOOK
        if was_off is not is_off:
            self._put(Hook(is_off))
            self._polarity.hook_moved(now)
        self._hear(before)
        if (timer_of := STARTS.get(self.state)) is not None:
            self._start(timer_of)

    def _hear(self, before: State) -> None:
        was, now = HEARING.get(before, Hearing.NOTHING), HEARING.get(self.state, Hearing.NOTHING)
        if was is now:
            return
        if was is Hearing.CALLER_ID and not self.config.listen_always:
            self._put(Listen(False))
        self._put(self.hearing())

    def hearing(self) -> Hear:
        """What is to be listened for in the present state."""
        match HEARING.get(self.state, Hearing.NOTHING):
            case Hearing.NOTHING:
                what = callerid.receivers(self.config.ways)
                return Hear(what if self.config.listen_always else Detect.NONE, False)
            case Hearing.CALLER_ID:
                return Hear(callerid.receivers(self.config.ways), False)
            case Hearing.TONES:
                return Hear(Detect.TONES, False)
            case Hearing.TALK:
                return Hear(Detect.DTMF | Detect.TONES, True)

    def _arrived(self, before: State, now: float) -> None:
        """What follows by itself from having reached a state."""
        self._ear.clear()
        match self.state:
            case State.RINGING:
                if self._is_identified:
                    self._feed(Event.IDENTIFIED, now)
                elif not self.config.ways:
                    self._feed(Event.IDENTIFY_OVER, now)
            case State.IDLE:
                self._forget()
                if before is State.GUARD and self._status is not None:
                    self._feed(_LOOP_EVENT[self._status.loop], now)
            case State.TALKING | State.LEARNING | State.CLAIMED:
                self._ear.begin_talk()
            case State.GUARD | State.ABSENT | State.IN_USE | State.DOWN | State.STUCK:
                self._forget()

    def _forget(self) -> None:
        """The call, or the attempt at one, is over."""
        self._is_identified = self._was_mark_heard = self._is_outgoing = False
        self._rings = 0
        self._digits = ""

    # --- carrying out commands -----------------------------------------------------------------

    def _put(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _take(self) -> list[Effect]:
        taken, self._effects = self._effects, []
        return taken

    def _start(self, timer: Timer) -> None:
        self._put(StartTimer(timer, length_s(timer, self.config, len(self._digits))))

    def _offer(self) -> None:
        if self.state is State.CLAIMED:
            self.caller = Party(why_unknown=callerid.GLARE)
        elif not self._is_identified:
            waited = "before ring 2" if self._rings > 1 else "after the first ring"
            self.caller = callerid.unknown(self.config.ways, self._was_mark_heard, waited)
        self._has_leg, self._is_outgoing = True, False
        self._put(Offer(self.caller))

    def _end(self, command: Command) -> None:
        if not self._has_leg:
            return
        self._has_leg = False
        ring_s = length_s(Timer.RING, self.config, 0)
        self._put(ending(command, self.config.number, self._why, ring_s, self._link_why.why))

    def _wait_ringback(self) -> None:
        if self.config.answer_by is not AnswerBy.POLARITY:
            self._start(Timer.RINGBACK)

    def _hang_up_again(self) -> None:
        self._put(Hook(False))
        self._start(Timer.STUCK)
        self._put(Say("the line is off hook without a call: put on hook", needs_person=True))

    # --- judging -------------------------------------------------------------------------------

    def _ring_on(self, now: float) -> None:
        is_new = self._rings == 0 or now - self._ring_off_at >= RING_PAUSE_S
        self._rings += is_new
        self._last_ring_at = now
        self._feed(Event.RING_ON, now)
        if self.state is State.RINGING and self._rings > 1:
            self._feed(Event.IDENTIFY_OVER, now)

    def _reversed(self, is_reversed: bool, now: float) -> None:
        why, config = "the line was reversed", self.config
        match self._polarity.reversed(is_reversed, self.state, self._is_outgoing, config, now):
            case Meaning.CALL_TO_COME:
                self._feed(Event.REVERSED, now)
            case Meaning.ANSWERED:
                self._why = why
                self._feed(Event.FAR_ANSWER, now)
            case Meaning.CLEARED:
                self._cleared(why, now)
            case Meaning.NOTHING:
                pass

    def _cleared(self, why: str, now: float, by_tone: bool = False) -> None:
        """The far end hung up."""
        self._why = why
        if by_tone or not self._ear.wants_to_learn(self.config):
            self._feed(Event.CLEARED, now)
        else:
            self._feed(Event.CLEARED_UNLEARNED, now)

    def _talk_tone(self, segment: Segment, now: float) -> None:
        if (heard := self._ear.clearing(segment, now)) is not None:
            self._cleared(heard.words, now, by_tone=True)

    def _progress_tone(self, segment: Segment, now: float) -> None:
        if self.state is State.AWAITING and self._ear.is_dial_tone(segment):
            self._feed(Event.DIAL_TONE, now)
            return
        is_voice = self._ear.hole_s(segment, now) >= VOICE_HOLE_S
        if self.state is State.RINGBACK and is_voice and self._does_tone_end_answer:
            self._why = "a voice after ringback"
            self._feed(Event.FAR_ANSWER, now)
            return
        heard = self._ear.known(segment, now)
        if heard is not None:
            self._why = heard.words
            self._feed(_TONE_EVENT[heard.kind], now)

    @property
    def _does_tone_end_answer(self) -> bool:
        return self.config.answer_by is AnswerBy.TONE_END

    def _learn_from(self, segment: Segment, now: float) -> None:
        if self._ear.learn_repeated(segment, now, self.config):
            self._put(Learned(self._ear.learned))
            self._feed(Event.LEARNED, now)

    # --- for people ----------------------------------------------------------------------------

    def status(self) -> LineStatus:
        """The line now."""
        measured = self._status
        return LineStatus(
            number=self.config.number,
            name=self.config.name,
            state=self.state,
            words=self.state.value,
            is_free=self.is_free,
            volts=measured.volts if measured else 0.0,
            milliamps=measured.milliamps if measured else 0.0,
            in_use_by_parallel=self.state is State.IN_USE,
            last_ring_at=self._last_ring_at,
            caller=self.caller,
            learned=self._ear.learned,
            fault=fault(self.state, self.config.number, self._link_why, self._board_fault),
        )


_WHY: Final[Mapping[Timer, str]] = {
    Timer.ANSWER: "nothing was heard after dialling",
    Timer.RINGBACK: "ringback stopped",
    Timer.DROP: "loop current gone",
}
