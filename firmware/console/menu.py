"""The technician's menu: characters in, text and questions for the core out.

Pure: no I/O, no clock. `receive`, `tick` and the answers return acts: `Show` for the terminal, or
an `Ask` that the shell puts to the core and answers with `answered`, `refused` or `away`. While
the core is away the menu asks again at every tick and says when it is back.

    State     a line is typed                        an answer comes
    COMMAND   a command                              shown
    LINE      the number of the line to test         -
    KIND      which test                             -
    WATCH     ends the watching                      shown, again at every tick
    AWAY      back to the commands                   "is back", and shown

Shell: console_task.py. Tests: tests/firmware/console/test_menu.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from firmware.api.errors import CoreAway, Refused
from firmware.api.schema import Event, LineTest, Live
from firmware.api.sip_schema import SipNow
from firmware.console import screens
from firmware.console.keys import Echo, Entered, TypedLine
from firmware.console.table import paragraph

ROWS: Final = 20
"""Lines shown at once, on a terminal of 24."""
TICK_S: Final = 2.0
EVENTS: Final = 40

Kind = Literal["status", "tone", "level", "ring"]


class State(Enum):
    """Where the menu stands; see the table above."""

    COMMAND = "command"
    LINE = "line"
    KIND = "kind"
    WATCH = "watch"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Show:
    """Text for the terminal, lines ended by CR LF."""

    text: str


@dataclass(frozen=True, slots=True)
class AskLive:
    """The box at this moment."""


@dataclass(frozen=True, slots=True)
class AskEvents:
    """The last `n` events."""

    n: int


@dataclass(frozen=True, slots=True)
class AskTest:
    """A line test; takes a while."""

    line: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class AskSip:
    """The signalling of phones."""


@dataclass(frozen=True, slots=True)
class AskTrace:
    """Begin a trace of the phones' messages; 0 ends it."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AskAllow:
    """Listen again to sign-ins from an address."""

    address: str


@dataclass(frozen=True, slots=True)
class Quit:
    """The technician is done (a local terminal only)."""


Ask = AskLive | AskEvents | AskTest | AskSip | AskTrace | AskAllow
Act = Show | Ask | Quit
Answer = Live | list[Event] | LineTest | SipNow


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the menu."""

    key: str
    title: str
    help: str
    draw: Callable[[Live], list[str]] | None
    """None: the screen is not made from `Live`."""


SCREENS: Final = (
    Screen(
        "1",
        "Status",
        "The state of the box. Every trouble says what is wrong, why, and what to do about it. "
        "'Line board' is the HAT with the telephone lines, 'Audio stream' its sound.",
        screens.status,
    ),
    Screen(
        "2",
        "Lines",
        "Each telephone line as measured now. An idle line has about 40 to 56 V and no current; "
        "a line in use 5 to 15 V and 18 to 60 mA. 'unplugged': no voltage, check the cable. "
        "'parallel': another telephone on the same line is off hook.",
        screens.lines,
    ),
    Screen(
        "3",
        "Calls",
        "Calls in progress: where each came from, what it is doing and for how long.",
        screens.calls,
    ),
    Screen(
        "4",
        "Phones",
        "Phones and whether they are signed in. 'not signed in': check the phone's server "
        "address, its extension number and its password. 'does not answer': it signed in but no "
        "longer reacts; check its power and network.",
        screens.phones,
    ),
    Screen(
        "5",
        "Agents and queues",
        "Who takes calls, and who waits. An agent who is 'unreachable' has no phone that answers. "
        "'Ready' counts the agents who would be offered a call now, of those logged in.",
        screens.people,
    ),
    Screen(
        "6",
        "Test a line",
        "status measures voltage and current without taking the line. tone takes the line and "
        "listens for dial tone. level plays a tone of 1004 Hz and measures level, noise and echo. "
        "ring (simulated lines only) rings the line from outside.",
        None,
    ),
    Screen(
        "7",
        "Last events",
        "What happened, oldest first: number, time (UTC), what, and the call it belongs to.",
        None,
    ),
    Screen(
        "8",
        "Phones' signalling",
        "Who guesses passwords and is shut out, how full each table is, and the trace. "
        "'trace phones 60' writes what phones and box say for 60 seconds into a file for tshark; "
        "'trace stop' ends it; 'allow ADDRESS' lets in again who is shut out.",
        None,
    ),
)
_BY_KEY: Final[Mapping[str, Screen]] = {screen.key: screen for screen in SCREENS}
_TEST, _EVENTS, _SIP = _BY_KEY["6"], _BY_KEY["7"], _BY_KEY["8"]
TRACE_S: Final = 60
_KINDS: Final[Mapping[str, Kind]] = {"s": "status", "t": "tone", "l": "level", "r": "ring"}
WELCOME: Final = (
    "Callbox console. There is no sign-in here: whoever can plug into this port may",
    "use it, so keep the box where only you can reach it.",
    "Type a number or a letter, then Enter.",
)


class Menu:
    """One technician at one terminal."""

    def __init__(self, is_local: bool = False) -> None:
        self._is_local = is_local
        self._typed = TypedLine()
        self._state = State.COMMAND
        self._screen: Screen | None = None
        self._line = 0
        self._rest: list[str] = []

    @property
    def state(self) -> State:
        return self._state

    @property
    def tick_s(self) -> float | None:
        """How soon `tick` is wanted; None: not at all."""
        return TICK_S if self._state in {State.WATCH, State.AWAY} else None

    def start(self) -> list[Act]:
        """Somebody has connected, or may have."""
        self._state, self._screen, self._rest = State.COMMAND, None, []
        return [self._page([*WELCOME, "", *self._menu()])]

    def receive(self, characters: str) -> list[Act]:
        """Characters from the terminal."""
        acts: list[Act] = []
        for item in self._typed.receive(characters):
            match item:
                case Echo(text):
                    acts.append(Show(text))
                case Entered(text):
                    acts += self._entered(text.lower())
                case _:
                    acts += self._to_commands()
        return acts

    def tick(self) -> list[Act]:
        """`tick_s` has passed."""
        match self._state:
            case State.WATCH:
                return self._ask()
            case State.AWAY:
                return [AskLive()]
            case _:
                return []

    def answered(self, answer: Answer) -> list[Act]:
        """The core has answered the last question."""
        back: list[str] = []
        if self._state is State.AWAY:
            self._state = State.COMMAND
            back = ["", "The call core is back.", ""]
        return [self._page([*back, *self._drawn(answer)])]

    def refused(self, refused: Refused) -> list[Act]:
        """The core has said no."""
        self._state = State.COMMAND
        return [self._page(paragraph(str(refused), "No: ", "  "))]

    def away(self, error: CoreAway) -> list[Act]:
        """The core has not answered; said once, then asked again quietly."""
        if self._state is State.AWAY:
            return []
        self._state = State.AWAY
        told = [
            *paragraph(error.what, "! ", "  "),
            *paragraph(error.why, "  why: ", "       "),
            *paragraph(error.do, "  do:  ", "       "),
            "Trying again every two seconds; Enter goes back to the menu.",
        ]
        return [Show(_text(told))]

    def _entered(self, text: str) -> list[Act]:
        match self._state:
            case State.COMMAND:
                return self._command(text)
            case State.LINE:
                return self._line_chosen(text)
            case State.KIND:
                return self._kind_chosen(text)
            case State.WATCH | State.AWAY:
                return self._to_commands()

    def _command(self, text: str) -> list[Act]:
        if not text and self._rest:
            return [self._page(self._rest)]
        self._rest = []
        match text:
            case "":
                return self._ask() if self._screen else [self._page(self._menu())]
            case "?" | "h" | "help":
                return [self._page(self._help())]
            case "0" | "m":
                return self._to_commands()
            case "w":
                return self._watch()
            case "q" if self._is_local:
                return [Quit()]
            case _ if screen := _BY_KEY.get(text):
                self._screen = screen
                return self._ask()
            case _ if (ask := _signalling(text)) is not None:
                self._screen = _SIP
                return [ask]
            case _:
                said = f"{text!r} is not a command: expected 1 to {len(SCREENS)}, or one of these."
                return [self._page([said, "", *self._menu()])]

    def _watch(self) -> list[Act]:
        if self._screen is None or self._screen is _TEST:
            return [self._page(["Choose a screen first (1 to 5, 7 or 8), then w to watch it."])]
        self._state = State.WATCH
        return self._ask()

    def _ask(self) -> list[Act]:
        if self._screen is _TEST:
            self._state = State.LINE
            return [Show("Line (1-8): ")]
        if self._screen is _EVENTS:
            return [AskEvents(ROWS // 2 if self._state is State.WATCH else EVENTS)]
        if self._screen is _SIP:
            return [AskSip()]
        return [AskLive()]

    def _line_chosen(self, text: str) -> list[Act]:
        if text in {"", "0"}:
            return self._to_commands()
        if text == "?":
            return [Show(_text([*paragraph(_TEST.help), ""]) + "Line (1-8): ")]
        if len(text) != 1 or text not in "12345678":
            return [Show(f"{text!r}: expected a line from 1 to 8.\r\nLine (1-8): ")]
        self._line, self._state = int(text), State.KIND
        return [Show(_KIND_QUESTION)]

    def _kind_chosen(self, text: str) -> list[Act]:
        if text in {"", "0"}:
            return self._to_commands()
        if text == "?":
            return [Show(_text([*paragraph(_TEST.help), ""]) + _KIND_QUESTION)]
        if (kind := _KINDS.get(text[:1])) is None:
            return [Show(f"{text!r}: expected s, t, l or r.\r\n{_KIND_QUESTION}")]
        self._state = State.COMMAND
        return [Show(f"Testing line {self._line} ...\r\n"), AskTest(self._line, kind)]

    def _to_commands(self) -> list[Act]:
        self._state, self._screen, self._rest = State.COMMAND, None, []
        return [self._page(self._menu())]

    def _drawn(self, answer: Answer) -> list[str]:
        match answer:
            case LineTest():
                return screens.line_test(self._line, answer)
            case list():
                return screens.events(answer)
            case SipNow():
                return [f"== {_SIP.title} ==", *screens.sip(answer)]
            case Live() if self._screen and self._screen.draw:
                return [f"== {self._screen.title} ==", *self._screen.draw(answer)]
            case Live():
                return self._menu()

    def _help(self) -> list[str]:
        if self._screen is None:
            return [
                line
                for screen in SCREENS
                for line in paragraph(screen.help, f"{screen.key} {screen.title}: ", "    ")
            ]
        return paragraph(self._screen.help, f"{self._screen.title}: ", "  ")

    def _menu(self) -> list[str]:
        entries = [f"  {screen.key}  {screen.title}" for screen in SCREENS]
        quit_ = ["  q  Quit"] if self._is_local else []
        return [
            *entries,
            "  w  Watch the screen shown last (Enter ends it)",
            "  ?  Help on the screen shown last   Enter  the same again   0  this menu",
            *quit_,
        ]

    def _page(self, lines: Sequence[str]) -> Show:
        """The first screenful; Enter brings the rest."""
        if self._state is State.WATCH:
            return Show(_text([*lines[:ROWS], "-- watching; Enter ends --"]))
        self._rest = list(lines[ROWS:])
        if not self._rest:
            return Show(_text(lines) + "> ")
        return Show(_text(lines[:ROWS]) + f"-- {len(self._rest)} more lines: Enter -- > ")


_KIND_QUESTION: Final = "Test: (s)tatus (t)one (l)evel (r)ing: "


def _signalling(text: str) -> Ask | None:
    """`trace phones [seconds]`, `trace stop`, `allow ADDRESS`; None if it is none of these."""
    match text.split():
        case ["trace", "stop"]:
            return AskTrace(0)
        case ["trace", "phones"]:
            return AskTrace(TRACE_S)
        case ["trace", "phones", seconds] if seconds.isdigit() and 1 <= int(seconds) <= 3600:
            return AskTrace(int(seconds))
        case ["allow", address]:
            return AskAllow(address)
        case _:
            return None


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
