"""One subscriber line at work: table, electrical state, audio and the call on it.

Pure: `tick` advances it by 10 ms, requests and the box's hook come in between; what it has to
tell goes to the callbacks it was given. Left out: pulse dialling, call waiting, metering pulses.
Shells: tdm_task.py (time and audio), lines_task.py (electrical).
Tests: tests/tools/exchange/test_network.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

from tools.exchange import dtmf, fsk, g711
from tools.exchange.call import Call, Tell, called_plan, caller_plan, nobody
from tools.exchange.country import CallerId, Country, ToneName
from tools.exchange.errors import BadRequest, LineBusy
from tools.exchange.g711 import BLOCK, TICK_S, Octets, Samples
from tools.exchange.hybrid import DEFAULT_ERL_DB, DEFAULT_NOISE_DBM0, Hybrid, Noise
from tools.exchange.line import Command, Event, State, advance
from tools.exchange.messages import CalledSide, Ring
from tools.exchange.party import Party, Phase
from tools.exchange.ringer import Ringer
from tools.exchange.tones import Clip, Source, Tone
from tools.exchange.wires import BoxSide, Electrical

BATTERY_V: Final = 48.0
LOOP_MA: Final = 25.0
SHARED_LOOP_MA: Final = 14.0
"""What is left for the box when another telephone takes its part."""
DIAL_TONE_S: Final = 15.0
INTERDIGIT_S: Final = 2.5
ROUTING_S: Final = 0.5
LOOP_OPEN_S: Final = 0.6
INFO_S: Final = 8.0
SILENT_AFTER_REVERSAL_S: Final = 4.0
"""After hanging up by polarity the line is silent for a while, so that tone detection cannot
stand in for polarity detection unnoticed."""
CLEAR_S: Final = 0.2
STUCK_S: Final = 60.0
PREAMBLE_SILENCE_S: Final = 0.3
_SILENCE: Final = np.zeros(BLOCK, np.float32)
_TONE_OF: Final = {
    State.DIAL_TONE: ToneName.DIAL,
    State.RINGBACK: ToneName.RINGBACK,
    State.BUSY: ToneName.BUSY,
    State.CONGESTION: ToneName.CONGESTION,
    State.UNOBTAINABLE: ToneName.INFO,
    State.RELEASED: ToneName.BUSY,
}


class Subscriber:
    """Line `number` of the exchange."""

    def __init__(
        self, number: int, country: Country, tell: Tell, wall: Callable[[], datetime]
    ) -> None:
        self.number = number
        self.state = State.IDLE
        self.side = BoxSide(number)
        self.called_side = CalledSide()
        self.called_clip: Samples | None = None
        self._country, self._tell_all, self._wall = country, tell, wall
        self._now = 0  # ticks
        self._since = 0  # tick of the last change of state
        self._call: Call | None = None
        self._ringer: Ringer | None = None
        self._ring_on = False
        self._source: Source | None = None
        self._digits = dtmf.Receiver()
        self._digit_at = 0
        self._on_hook_at: int | None = None  # the box's hook went down, not yet believed
        self._is_reversed = False
        self._is_other_off_hook = False
        self._erl_db, self._noise_dbm0 = DEFAULT_ERL_DB, DEFAULT_NOISE_DBM0
        self._hybrid = Hybrid()
        self._noise = Noise(start=number * 7919)
        # short and long cables: 0 dB on line 1 to 3 dB on line 8
        self._loss = np.float32(g711.factor(-3.0 * ((number - 1) % 8) / 7))

    # ---- what others may ask

    @property
    def slot(self) -> int:
        """Timeslot of its audio."""
        return self.side.slot or self.number

    @property
    def is_free(self) -> bool:
        """A call can come in."""
        return self.state is State.IDLE and not self.side.off_hook

    def electrical(self) -> Electrical:
        """What the line board measures now."""
        is_live, habits = self.state is not State.CUT, self._country.habits
        current = SHARED_LOOP_MA if self._is_other_off_hook else LOOP_MA
        return Electrical(
            port=self.number,
            battery_v=BATTERY_V if is_live else 0.0,
            reversed=self._is_reversed,
            ring_hz=habits.ring_hz if self._ring_on else 0.0,
            ring_vrms=habits.ring_vrms if self._ring_on else 0.0,
            loop_ma=current if is_live and self.state is not State.LOOP_OPEN else 0.0,
            parallel=self._is_other_off_hook,
        )

    def status(self) -> dict[str, object]:
        """One line of the answer to `status`."""
        call = self._call
        return {
            "line": self.number,
            "state": self.state.value,
            "for_s": self._age_s(),
            "off_hook": self.side.off_hook,
            "onhook_listen": self.side.onhook_listen,
            "pcm_on": self.side.pcm_on,
            "slot": self.slot,
            "acim": self.side.acim,
            "reversed": self._is_reversed,
            "parallel": self._is_other_off_hook,
            "party": call.party.phase.value if call and call.party else None,
            "erl_db": self._hybrid.erl_db,
            "noise_dbm0": self._noise.dbm0,
        }

    # ---- what others may do

    def ring(self, request: Ring, clip: Samples | None, tell: Tell) -> None:
        """A call comes in; `LineBusy` if it cannot."""
        if not self.is_free:
            raise LineBusy(self.number, self._why_busy())
        usual = self._country.habits.caller_id
        kind = usual if request.cid in ("", "withheld") else CallerId(request.cid)
        absent = "P" if request.cid == "withheld" else ""
        who = fsk.Identity(request.from_, request.name, absent)
        audio = self._caller_id(kind, who)
        self._call = Call(request, clip, tell, self._now)
        if kind is CallerId.DTMF and audio is not None:
            self._source = Clip(audio, pause_s=0)
            self._ringer = Ringer(self._country.ring_ms)
            self._advance(Event.CALL_WITH_PREAMBLE)
        else:
            self._ringer = Ringer(self._country.ring_ms, audio)
            self._advance(Event.CALL)
        self._tell("ringing", from_=request.from_, cid=request.cid or kind.value)

    def _why_busy(self) -> str:
        why = {
            State.IDLE: "the box is off hook",
            State.CUT: "the wire is cut",
            State.IN_USE: "another telephone is off hook",
            State.RELEASED: "the box has not hung up yet",
        }
        return why.get(self.state, f"it is {self.state.value.replace('_', ' ')}")

    def _caller_id(self, kind: CallerId, who: fsk.Identity) -> Samples | None:
        habits = self._country.habits
        match kind:
            case CallerId.V23:
                return fsk.modulate(fsk.message(who, self._wall()), fsk.Modem.V23)
            case CallerId.BELL202:
                return fsk.modulate(fsk.message(who, self._wall()), fsk.Modem.BELL202)
            case CallerId.DTMF:
                digits = dtmf.caller_id(who.number, who.absent, habits.dtmf_start, habits.dtmf_end)
                quiet = np.zeros(round(PREAMBLE_SILENCE_S * g711.RATE_HZ), np.float32)
                return np.concatenate([quiet, dtmf.dial(digits, 70, 70), quiet])
            case CallerId.NONE:
                return None

    def hang_up(self, by: str) -> None:
        """The far party hangs up: on an unanswered call it stops ringing."""
        if self._call and self.state in (State.RINGING, State.PREAMBLE):
            self._call.hung_up_by = "caller"
            self._advance(Event.CALLER_LEAVES)
        elif self.state is State.TALKING:
            self._far_hangs_up(by)
        else:
            raise BadRequest(f"line {self.number} has no call to hang up: it is {self.state.value}")

    def talking(self) -> Party:
        """The far party of the call in progress; `BadRequest` if there is none."""
        if self.state is State.TALKING and self._call and self._call.party:
            return self._call.party
        raise BadRequest(f"line {self.number} has no call in progress: it is {self.state.value}")

    def cut(self, is_cut: bool) -> None:
        """The wire breaks or is mended."""
        self._advance(Event.WIRE_CUT if is_cut else Event.WIRE_MENDED)

    def other_telephone(self, is_off_hook: bool) -> None:
        """Another telephone on the pair."""
        self._is_other_off_hook = is_off_hook
        if self._call and self.state in (State.RINGING, State.PREAMBLE) and is_off_hook:
            self._call.hung_up_by = "other telephone"
        self._advance(Event.OTHER_OFF_HOOK if is_off_hook else Event.OTHER_ON_HOOK)

    def set_noise(self, dbm0: float) -> None:
        """Noise from now on."""
        self._noise_dbm0 = dbm0
        self._noise.set_level(dbm0)

    def set_echo(self, erl_db: float) -> None:
        """Echo return loss from now on."""
        self._erl_db = erl_db
        self._hybrid.set_erl(erl_db)

    def set_side(self, side: BoxSide) -> None:
        """The box changed hook, monitor, slot or gains. A hook going down is believed later:
        a short break is a flash."""
        was, self.side = self.side, side
        if was.off_hook and not side.off_hook:
            self._on_hook_at = self._now
        elif side.off_hook and not was.off_hook:
            if self._on_hook_at is None:
                self._advance(Event.OFF_HOOK)
            else:
                self._tell("flash", ms=(self._now - self._on_hook_at) * 10)
                self._on_hook_at = None

    # ---- time

    def tick(self, now: int, octets: Octets | None) -> Octets | None:
        """Advance to tick `now` with 10 ms from the box; give 10 ms to it, None when idle."""
        self._now = now
        self._check_time()
        rung: Samples | None = None
        if self._ringer and self.state is State.RINGING:
            self._ring_on, rung = self._ringer.tick()
        can_hear = self.side.pcm_on and (self.side.off_hook or self.side.onhook_listen)
        if not can_hear and self._call is None:
            return None
        sent = self._from_box(octets)
        far = rung if rung is not None else self._from_network(sent)
        if not can_hear:
            return None
        return self._to_box(far, sent)

    def _from_box(self, octets: Octets | None) -> Samples:
        if octets is None or not (self.side.off_hook and self.side.pcm_on):
            return _SILENCE
        return g711.decode(octets) * np.float32(g711.factor(self.side.tx_gain_db))

    def _to_box(self, far: Samples | None, sent: Samples) -> Octets:
        if self.state in (State.LOOP_OPEN, State.CUT):
            return np.full(BLOCK, g711.IDLE, np.uint8)
        heard = self._noise.take()
        if far is not None:
            heard = heard + far * self._loss
        if self.side.off_hook:
            heard = heard + self._hybrid.echo(sent)
        return g711.encode(heard * np.float32(g711.factor(self.side.rx_gain_db)))

    def _from_network(self, sent: Samples) -> Samples | None:
        match self.state:
            case State.TALKING:
                return self._far_party(sent * self._loss)
            case State.DIAL_TONE | State.DIALLING:
                self._hear_digit(sent)
                return self._source.take() if self._source else None
            case State.RELEASED if self._is_silent_release():
                return None
            case State.PREAMBLE | State.RINGBACK | State.RELEASED:
                return self._take_source()
            case State.BUSY | State.CONGESTION | State.UNOBTAINABLE:
                return self._take_source()
            case _:
                return None

    def _take_source(self) -> Samples | None:
        block = self._source.take() if self._source else None
        if block is None and self.state is State.PREAMBLE:
            self._advance(Event.PREAMBLE_SENT)
        return block

    def _is_silent_release(self) -> bool:
        by = self._call.hung_up_by if self._call else ""
        return by == "polarity" and self._age_s() < SILENT_AFTER_REVERSAL_S

    def _far_party(self, heard: Samples) -> Samples | None:
        call = self._call
        if call is None or call.party is None:
            return None
        call.keep(heard)
        if what := call.ear.hear(heard):
            self._tell("hearing", what=what)
        said = call.party.tick(heard)
        for digit in call.party.take_pressed():
            self._tell("pressed", digit=digit)
        if call.party.phase is Phase.LEAVING and call.request.hangup_by != "none":
            self._far_hangs_up(call.request.hangup_by)
        return said

    def _far_hangs_up(self, by: str) -> None:
        if self._call:
            self._call.hung_up_by, self._call.hung_up = by, self._now
        self._tell("caller_hung_up", by=by)
        if by == "polarity":
            self._is_reversed = not self._is_reversed
        self._advance(Event.FAR_OPENS_LOOP if by == "loop" else Event.FAR_HANGS_UP)

    def _hear_digit(self, sent: Samples) -> None:
        call, digit = self._call, self._digits.receive(sent)
        if not digit or call is None:
            return
        self._digit_at = self._now
        self._advance(Event.DIGIT)
        complete = self._country.habits.number_length
        if digit == "#":
            self._advance(Event.NUMBER_COMPLETE)
            return
        call.number += digit
        if complete and len(call.number) == complete:
            self._advance(Event.NUMBER_COMPLETE)

    def _check_time(self) -> None:
        if self._on_hook_at is not None:
            limit_s = self._country.habits.flash_s if self.state is State.TALKING else CLEAR_S
            if (self._now - self._on_hook_at) * TICK_S >= limit_s:
                self._on_hook_at = None
                self._advance(Event.ON_HOOK)
        if self._call is None or self.state in (State.IDLE, State.TALKING):
            return
        if event := self._due(self._call):
            if event is Event.CALLER_LEAVES:
                self._call.hung_up_by = "caller"
            self._advance(event)

    def _due(self, call: Call) -> Event | None:
        """What happens now because of the time alone."""
        age_s, asked = self._age_s(), call.request
        match self.state:
            case State.RINGING | State.PREAMBLE if isinstance(asked, Ring):
                waited_s = (self._now - call.began) * TICK_S
                return Event.CALLER_LEAVES if waited_s >= asked.give_up_after_s else None
            case State.LOOP_OPEN:
                return Event.LOOP_CLOSES if age_s >= LOOP_OPEN_S else None
            case State.RELEASED:
                if age_s >= STUCK_S:
                    self._end_call("the box is still off hook")
            case State.DIAL_TONE:
                return Event.TOO_SLOW if age_s >= DIAL_TONE_S else None
            case State.DIALLING:
                quiet_s = (self._now - self._digit_at) * TICK_S
                return Event.NUMBER_COMPLETE if quiet_s >= INTERDIGIT_S else None
            case State.ROUTING:
                return self._routed() if age_s >= ROUTING_S else None
            case State.RINGBACK if not self.called_side.no_answer:
                is_time = age_s >= self.called_side.answer_after_s
                return Event.FAR_ANSWERS if is_time else None
            case State.UNOBTAINABLE:
                return Event.TOO_SLOW if age_s >= INFO_S else None
            case _:
                pass
        return None

    def _routed(self) -> Event:
        if self.called_side.unobtainable:
            return Event.NO_SUCH_NUMBER
        return Event.FAR_BUSY if self.called_side.busy else Event.FAR_ALERTS

    def _age_s(self) -> float:
        return round((self._now - self._since) * TICK_S, 2)

    # ---- the one place where the state changes

    def _advance(self, event: Event) -> None:
        was, rule = self.state, advance(self.state, event)
        self.state = rule.to
        if rule.to is not was:
            self._since = self._now
            self._enter(rule.to)
        for command in rule.do:
            self._do(command, event)
        if rule.to is State.IDLE and was is not State.IDLE:
            self._be_idle()

    def _enter(self, state: State) -> None:
        if state is not State.PREAMBLE:
            tone = _TONE_OF.get(state)
            self._source = Tone(self._country.tones[tone]) if tone is not None else None
        if state in (State.BUSY, State.UNOBTAINABLE, State.RINGBACK, State.CONGESTION):
            self._tell(state.value)

    def _be_idle(self) -> None:
        self._is_reversed = False
        if self.side.off_hook and self._on_hook_at is None:
            self._advance(Event.OFF_HOOK)
        elif self._is_other_off_hook:
            self._advance(Event.OTHER_OFF_HOOK)

    def _do(self, command: Command, event: Event) -> None:
        match command:
            case Command.START_PREAMBLE:
                self._is_reversed = self._country.habits.reverses_before_cid
            case Command.START_RING:
                self._is_reversed = False
            case Command.STOP_RING:
                self._ring_on, self._ringer = False, None
            case Command.CONNECT:
                self._ringer = None
                self._connect()
            case Command.COLLECT:
                self._begin_outgoing()
            case Command.ROUTE:
                self._tell("dialled", number=self._call.number if self._call else "")
            case Command.END_CALL:
                self._end_call(_WHY.get(event, ""))

    def _begin_outgoing(self) -> None:
        self._digits = dtmf.Receiver()
        self._call = Call(self.called_side, self.called_clip, nobody, self._now)
        self._tell("box_off_hook")

    def _connect(self) -> None:
        call = self._call
        if call is None:
            return
        asked = call.request
        call.answered = self._now
        if isinstance(asked, Ring):
            call.party = Party(caller_plan(asked, call.clip))
            self._hybrid.set_erl(self._erl_db if asked.erl_db is None else asked.erl_db)
            self._noise.set_level(self._noise_dbm0 if asked.noise_db is None else asked.noise_db)
        else:
            # what the called side is told while it rings counts
            asked, clip = self.called_side, self.called_clip
            call.request, call.clip = asked, clip
            call.party = Party(called_plan(asked, clip))
            self._is_reversed = asked.polarity_on_answer
        self._tell("answered", after_s=round((self._now - call.began) * TICK_S, 2))

    def _end_call(self, why: str) -> None:
        call, self._call = self._call, None
        self._ringer, self._ring_on = None, False
        if call is None:
            return
        self._call = call
        if why:
            self._tell(why)
        details, heard = call.summary(self._now)
        self._call = None
        self._send(call, "done", details, heard)
        self._hybrid.set_erl(self._erl_db)
        self._noise.set_level(self._noise_dbm0)

    # ---- telling

    def _tell(self, event: str, **details: object) -> None:
        named = {key.rstrip("_"): value for key, value in details.items()}
        if self._call is None:
            self._tell_all(self.number, event, named, None)
        else:
            self._send(self._call, event, named, None)

    def _send(
        self, call: Call, event: str, details: dict[str, object], heard: Samples | None
    ) -> None:
        call.tell(self.number, event, details, heard)
        self._tell_all(self.number, event, details, heard if call.tell is nobody else None)


_WHY: Final = {
    Event.ON_HOOK: "box_hung_up",
    Event.CALLER_LEAVES: "gave_up",
    Event.WIRE_CUT: "wire_cut",
    Event.OTHER_OFF_HOOK: "answered_elsewhere",
}
