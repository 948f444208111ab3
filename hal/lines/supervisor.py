"""One line watched over: measurements, tones and wishes in, effects out.

Judges what the inputs mean (a second ring, a reversal that is an answer or a hang-up, a cadence
heard twice), feeds the table of analog.py with it, and carries out the rows as effects
(messages.py). Everything about a call that is not the state itself is kept here.

Pure: no I/O; the time is an argument, timers are values. Shell: lines_task.py.
Tests: tests/hal/lines/test_lines_task.py.
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
from hal.lines.tones import BusyLearner, LearnedTone, Segment, ToneKind, ToneWatch, learn
from hal.switch.face import CallerIdHeard, Detect

RING_MARGIN_S: Final = 2.0
"""Beyond the longest pause of the cadence: exchanges differ by half a second and more."""
RING_PAUSE_S: Final = 0.8
"""A shorter pause is inside a double ring (400 on, 200 off), not between two rings."""
ALERT_S: Final = 5.0
"""ETSI EN 300 659-1 clause 5.2: ringing follows caller ID within this."""
CURRENT_S: Final = 2.0
BLIND_S: Final = 20.0
"""A silent line board puts its lines on hook after 10 s; then nothing is left to come back to."""
STUCK_S: Final = 2.0
DIGIT_S: Final = 0.2
DIGITS_MARGIN_S: Final = 0.3
RINGBACK_MARGIN_S: Final = 1.0
POLARITY_ONLY_S: Final = 120.0
"""With answer by reversal alone, and no other sign: the exchange has long given up."""
SETTLE_S: Final = 0.5
"""Reversals so soon after going off hook belong to seizing or answering."""
VOICE_HOLE_S: Final = 0.35
"""Sound between two reported segments that was neither tone nor silence: somebody speaks."""
SUSPECT_S: Final = 10.0
"""A repeated tone heard this shortly before our own hang-up was why we hung up."""
LEARN_TRIES: Final = 3
"""Calls after which a line that plays nothing is no longer listened to."""

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
_CLEARING_TONES: Final = frozenset(
    {ToneKind.DIAL, ToneKind.BUSY, ToneKind.CONGESTION, ToneKind.LEARNED}
)
_TALK: Final = frozenset({State.TALKING, State.BLIND, State.CLAIMED})
_PROGRESS: Final = frozenset({State.DIALLING, State.CALLING, State.RINGBACK})


class Supervisor:
    """One line. Every method returns what is to be done, in order."""

    def __init__(self, config: LineConfig) -> None:
        self.config = config
        self.state = State.DOWN
        self.caller = Party()
        self.learned = config.learned
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
        self._is_reversed = False
        self._home_polarity = False  # when the line was taken
        self._was_far_reversed = False
        self._off_hook_at = 0.0
        self._watch = ToneWatch(config.tones())
        self._learner = BusyLearner()
        self._suspect: tuple[LearnedTone, float] | None = None
        self._learn_tries = 0
        self._segment_ended_at = 0.0
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
            Command.WAIT_RING: self._wait_ring,
            Command.WAIT_RINGBACK: self._wait_ringback,
            Command.WATCH_DROP: lambda: self._put(StartTimer(Timer.DROP, self.config.drop_s)),
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
                self._is_reversed = is_reversed
                self._reversed(now)
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
        elif self.state in _TALK:
            self._talk_tone(segment, now)
        elif hearing is Hearing.TONES and self.state is not State.TESTING:
            self._progress_tone(segment, now)
        self._segment_ended_at = now
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
            case Timer.DROP if self.state in _TALK:
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
        if self._suspect is not None and now - self._suspect[1] <= SUSPECT_S:
            self._keep(self._suspect[0])
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
            self._home_polarity, self._was_far_reversed = self._is_reversed, False
            self._off_hook_at = now
        self._hear(before)
        if (timer_of := STARTS.get(self.state)) is not None:
            self._put(StartTimer(timer_of, self._length_s(timer_of)))

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
        self._watch.clear()
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
                self._learner.clear()
                self._suspect = None
            case State.GUARD | State.ABSENT | State.IN_USE | State.DOWN | State.STUCK:
                self._forget()

    def _forget(self) -> None:
        """The call, or the attempt at one, is over."""
        self._is_identified = self._was_mark_heard = self._is_outgoing = False
        self._rings = 0
        self._digits = ""

    def _length_s(self, timer: Timer) -> float:
        config = self.config
        match timer:
            case Timer.DIGITS:
                return DIGIT_S * len(self._digits) + DIGITS_MARGIN_S
            case Timer.ANSWER if config.answer_by is AnswerBy.POLARITY:
                return POLARITY_ONLY_S
            case _:
                return {
                    Timer.IDENTIFY: config.identify_s,
                    Timer.ALERT: ALERT_S,
                    Timer.CURRENT: CURRENT_S,
                    Timer.TONE: config.dial_tone_s,
                    Timer.ANSWER: config.answer_s,
                    Timer.LEARN: config.learn_s,
                    Timer.GUARD: config.guard_s,
                    Timer.STUCK: STUCK_S,
                    Timer.BLIND: BLIND_S,
                }[timer]

    # --- carrying out commands -----------------------------------------------------------------

    def _put(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _take(self) -> list[Effect]:
        taken, self._effects = self._effects, []
        return taken

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
        self._put(
            ending(command, self.config.number, self._why, self._ring_s(), self._link_why.why)
        )

    def _ring_s(self) -> float:
        return self.config.row.ring_gap_ms / 1000 + RING_MARGIN_S

    def _wait_ring(self) -> None:
        self._put(StartTimer(Timer.RING, self._ring_s()))

    def _wait_ringback(self) -> None:
        if self.config.answer_by is AnswerBy.POLARITY:
            return
        cadence = next(
            tone.cadence_ms for tone in self.config.tones() if tone.kind is ToneKind.RINGBACK
        )
        cycle_s = max(on + off for on, off in zip(cadence[::2], cadence[1::2], strict=True)) / 1000
        self._put(StartTimer(Timer.RINGBACK, cycle_s + RINGBACK_MARGIN_S))

    def _hang_up_again(self) -> None:
        self._put(Hook(False))
        self._put(StartTimer(Timer.STUCK, STUCK_S))
        self._put(Say("the line is off hook without a call: put on hook", needs_person=True))

    # --- judging -------------------------------------------------------------------------------

    def _ring_on(self, now: float) -> None:
        is_new = self._rings == 0 or now - self._ring_off_at >= RING_PAUSE_S
        self._rings += is_new
        self._last_ring_at = now
        self._feed(Event.RING_ON, now)
        if self.state is State.RINGING and self._rings > 1:
            self._feed(Event.IDENTIFY_OVER, now)

    def _reversed(self, now: float) -> None:
        """A reversal: caller ID to come, an answer, a hang-up, or nothing."""
        if self.state is State.IDLE:
            self._feed(Event.REVERSED, now)
        elif self.state in OFF_HOOK and now - self._off_hook_at >= SETTLE_S:
            is_away = self._is_reversed is not self._home_polarity
            if self.state in _PROGRESS and is_away:
                self._was_far_reversed = True
                self._why = "the line was reversed"
                self._feed(Event.FAR_ANSWER, now)
            elif self.state in _TALK:
                self._talk_reversed(is_away, now)

    def _talk_reversed(self, is_away: bool, now: float) -> None:
        expects_answer = self._is_outgoing and not self._was_far_reversed
        if expects_answer and is_away and self.config.does_reverse_on_answer:
            self._was_far_reversed = True  # the answer, behind one concluded from tones
        elif self._was_far_reversed or self.config.does_reversal_clear:
            self._cleared("the line was reversed", now)

    def _cleared(self, why: str, now: float, by_tone: bool = False) -> None:
        """The far end hung up."""
        self._why = why
        is_known = any(tone.seen >= 2 for tone in self.learned)
        is_wanted = self.config.learn_s > 0 and self._learn_tries < LEARN_TRIES
        if by_tone or is_known or not is_wanted:
            self._feed(Event.CLEARED, now)
        else:
            self._learn_tries += 1
            self._feed(Event.CLEARED_UNLEARNED, now)

    def _talk_tone(self, segment: Segment, now: float) -> None:
        heard = self._watch.receive(segment, now)
        if heard is not None and heard.kind in _CLEARING_TONES:
            self._cleared(heard.words, now, by_tone=True)
        elif (found := self._learner.receive(segment, now)) is not None:
            self._suspect = (found, now)

    def _progress_tone(self, segment: Segment, now: float) -> None:
        if self.state is State.AWAITING and self._watch.is_dial_tone(segment):
            self._feed(Event.DIAL_TONE, now)
            return
        hole_s = now - segment.ms / 1000 - self._segment_ended_at
        if self.state is State.RINGBACK and hole_s >= VOICE_HOLE_S and self._does_tone_end_answer:
            self._why = "a voice after ringback"
            self._feed(Event.FAR_ANSWER, now)
            return
        heard = self._watch.receive(segment, now)
        if heard is not None:
            self._why = heard.words
            self._feed(_TONE_EVENT[heard.kind], now)

    @property
    def _does_tone_end_answer(self) -> bool:
        return self.config.answer_by is AnswerBy.TONE_END

    def _learn_from(self, segment: Segment, now: float) -> None:
        if (found := self._learner.receive(segment, now)) is not None:
            self._keep(found)
            self._feed(Event.LEARNED, now)

    def _keep(self, found: LearnedTone) -> None:
        self.learned = learn(self.learned, found)
        certain = tuple(item.tone() for item in self.learned if item.seen >= 2)
        self._watch = ToneWatch(certain + self.config.row.tones())
        self._put(Learned(self.learned))

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
            learned=self.learned,
            fault=fault(self.state, self.config.number, self._link_why, self._board_fault),
        )


_WHY: Final[Mapping[Timer, str]] = {
    Timer.ANSWER: "nothing was heard after dialling",
    Timer.RINGBACK: "ringback stopped",
    Timer.DROP: "loop current gone",
}
