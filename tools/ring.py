"""Call the box from the simulated exchange and watch what happens, one line at a time.

    python -m tools.ring --line 1 --from 0215557788 --name "Alice Example" --press 1 \\
        [--play hello.wav] [--cid v23] [--hangup-by busy] [--talk-s 8] [--control PATH]

Without --play the caller speaks a sentence (espeak-ng if it is installed, else a buzz with the
rhythm of a voice). Without --talk-s the caller stays until the box hangs up; Ctrl-C hangs up.
Exit code 0: answered and over; 1: not answered; 2: the request or the exchange is wrong.
Tests: tests/tools/test_ring.py.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from firmware.run_folder import run_folder
from tools.exchange import sound
from tools.exchange.errors import BadSound
from tools.exchange.messages import CALLER_IDS, HANGUPS

NOT_RUNNING: Final = "the simulated exchange is not running: start it with `make run`"
SPEAK_S: Final = 10
"""espeak-ng gets this long to write its sentence."""
_SAYS: Final[Mapping[str, str]] = {
    "ringing": "the telephone rings (from {from}, caller ID {cid})",
    "answered": "the box answered after {after_s} s",
    "hearing": "the caller hears: {what}",
    "pressed": "the caller presses {digit}",
    "flash": "the box flashed its hook for {ms} ms",
    "caller_hung_up": "the caller hangs up ({by})",
    "box_hung_up": "the box hung up",
    "gave_up": "nobody answered: the caller gives up",
    "answered_elsewhere": "another telephone on the line took the call",
    "wire_cut": "the line was cut",
    "all_busy": "all lines are busy",
}


class ExchangeGone(Exception):
    """The exchange cannot be reached or went away."""


def story(event: Mapping[str, Any]) -> str:
    """One event as a sentence with its time."""
    name = str(event["event"])
    text = _ending(event) if name == "done" else _SAYS.get(name, name.replace("_", " "))
    known = {"from": "no number", "cid": "none", **{k: v for k, v in event.items() if v != ""}}
    return f"{float(event.get('t', 0)):8.2f} s  line {event['line']}: {text.format_map(known)}"


def _ending(event: Mapping[str, Any]) -> str:
    if not event.get("answered"):
        return "over, not answered"
    parts = [f"over after {event.get('talked_s', 0)} s"]
    if "released_after_s" in event:
        parts.append(f"the box let go {event['released_after_s']} s after the caller")
    if event.get("heard"):
        parts.append(f"what the caller heard is in {event['heard']}")
    if event.get("problem"):
        parts.append(str(event["problem"]))
    # braces in a path are not for format_map
    return ", ".join(parts).replace("{", "{{").replace("}", "}}")


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.ring", description="Call the box from the simulated exchange."
    )
    run = run_folder()
    parser.add_argument("--line", type=int, default=0, help="0: the first free one (default)")
    parser.add_argument("--from", dest="from_", default="0215557788", metavar="NUMBER")
    parser.add_argument("--name", default="")
    parser.add_argument(
        "--cid", choices=[c for c in CALLER_IDS if c], help="default: the country's"
    )
    parser.add_argument("--press", default="", metavar="DIGITS")
    parser.add_argument("--press-after-s", type=float)
    parser.add_argument("--play", metavar="WAV")
    parser.add_argument("--play-after-s", type=float)
    parser.add_argument("--repeat", type=int, help="hang up after playing so often")
    parser.add_argument("--talk-s", type=float, help="hang up so long after the last key")
    parser.add_argument("--hangup-by", choices=HANGUPS, default="busy")
    parser.add_argument("--erl-db", type=float)
    parser.add_argument("--noise-db", type=float)
    parser.add_argument("--give-up-after-s", type=float, default=60.0)
    parser.add_argument("--record", metavar="WAV", help="keep what the caller heard")
    parser.add_argument("--control", type=Path, default=run / "exchange.sock")
    return parser.parse_args(given)


def _request(asked: argparse.Namespace, folder: str) -> dict[str, Any]:
    value = {key.rstrip("_"): item for key, item in vars(asked).items() if item is not None}
    del value["control"]
    play = Path(asked.play) if asked.play else sentence(Path(folder), asked.name)
    value |= {"do": "ring", "play": str(play.absolute())}
    if asked.record:
        value["record"] = str(Path(asked.record).absolute())
    return value


def sentence(folder: Path, name: str) -> Path:
    """A WAV of somebody saying something."""
    path = folder / "sentence.wav"
    text = f"Hello, this is {name or 'a caller'}. I have a question about my order."
    if program := shutil.which("espeak-ng"):
        try:
            subprocess.run(
                [program, "-s", "150", "-w", str(path), text],
                check=True,
                timeout=SPEAK_S,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as error:
            print(f"espeak-ng failed ({error}): the caller will only buzz", file=sys.stderr)
        else:
            return path
    sound.write(str(path), sound.babble())
    return path


class Line:
    """A connection to the exchange's control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise ExchangeGone(f"{NOT_RUNNING} ({path}: {error.strerror})") from None
        self._file = self._socket.makefile("rb")

    def send(self, request: Mapping[str, Any]) -> None:
        """Ask for something."""
        self._socket.sendall(json.dumps(request).encode() + b"\n")

    def answers(self) -> Iterator[dict[str, Any]]:
        """What the exchange tells, until it goes away."""
        for line in self._file:
            yield json.loads(line)
        raise ExchangeGone("the simulated exchange went away in the middle of the call")

    def close(self) -> None:
        """Let go of the exchange."""
        self._file.close()
        self._socket.close()


def _follow(line: Line) -> int:
    """Print the story to its end; the exit code."""
    number = 0
    answers = line.answers()
    while True:
        try:
            event = next(answers)
            if "error" in event:
                print(f"ring: {event['error']}", file=sys.stderr)
                return 2
            if "event" not in event:
                continue
            print(story(event), flush=True)
            number = event["line"]
            if event["event"] in ("done", "all_busy"):
                return 0 if event.get("answered") else 1
        except KeyboardInterrupt:
            if not number:
                raise
            line.send({"do": "hangup", "line": number})
            answers = line.answers()


def main(given: list[str] | None = None) -> int:
    """Make the call; the exit code."""
    asked = _arguments(given)
    try:
        with tempfile.TemporaryDirectory(prefix="ring-") as folder:
            line = Line(asked.control)
            try:
                line.send(_request(asked, folder))
                return _follow(line)
            finally:
                line.close()
    except (ExchangeGone, BadSound) as error:
        print(f"ring: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 1


if __name__ == "__main__":
    sys.exit(main())
