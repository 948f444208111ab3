"""`callbox`: starts any part of the box, and asks and tells the running one.

Parts are started by replacing this process (`callbox core` becomes `python -m firmware`), so
nothing of them is imported here. Everything else goes through the control API and prints plain
tables, or the API's own JSON with --json.

Exit codes: 0 done, 1 the box said no, 2 the command is wrong, 3 the core does not answer.
Tests: tests/firmware/test_cli.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from getpass import getuser
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from firmware.api.callback_schema import CallbackOrder
from firmware.api.client import ApiClient, CoreAway, Refused
from firmware.api.phone_schema import PhoneApproval
from firmware.api.schema import AgentAction, ConfigChange, LineTestRequest
from firmware.api.sip_schema import AllowRequest, TraceRequest
from firmware.config.dhcp_advice import advice
from firmware.console import screens
from firmware.console.table import clean, table
from firmware.run_folder import run_folder

DONE, REFUSED, USAGE, AWAY = 0, 1, 2, 3
PARTS: Final = {
    "up": ("firmware.up", "the whole box with simulated lines, under one supervisor"),
    "core": ("firmware", "the call core"),
    "recorder": ("recorder", "the recorder"),
    "web": ("web", "the web pages"),
    "provision": ("web.provision", "the files of telephones, over HTTPS"),
    "announce": ("firmware.announce", "tells the network about the box: mDNS, Plug and Play"),
    "console": ("firmware.console", "the technician's menu, here or on a serial port"),
    "serial": ("tools.console", "a terminal on the simulated serial port"),
    "sim": ("tools.exchange", "the simulated telephone network"),
    "ring": ("tools.ring", "a call from the simulated telephone network"),
}
_EPILOG: Final = "parts of the box (`callbox PART --help` tells more):\n" + "\n".join(
    f"  {name:<10} {what}" for name, (_, what) in PARTS.items()
)


def main() -> None:
    """The program."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; returns the exit code."""
    if arguments and arguments[0] in PARTS:
        return _become(PARTS[arguments[0]][0], arguments[1:])
    given = _parser().parse_args(arguments)
    try:
        given.run(given, ApiClient(given.socket))
    except Refused as refused:
        return _complain(REFUSED, _refused(refused))
    except CoreAway as away:
        return _complain(AWAY, [f"{away.what}: {away.why}", away.do])
    except (BadFile, BadNumber) as error:
        return _complain(USAGE, [str(error)])
    except (KeyboardInterrupt, BrokenPipeError):
        sys.stderr.close()  # nothing more to say to a reader that has left
    return DONE


class BadNumber(Exception):
    """A number given on the command line is none."""


class BadFile(Exception):
    """A file given on the command line cannot be used."""


def _become(module: str, arguments: Sequence[str]) -> int:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


def _complain(code: int, lines: Sequence[str]) -> int:
    for line in lines:
        print(f"callbox: {clean(line)}", file=sys.stderr)
    return code


def _refused(refused: Refused) -> list[str]:
    if not refused.refusal.problems:
        return [str(refused)]
    return [f"{problem.where}: {problem.what}" for problem in refused.refusal.problems]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="callbox",
        description="Ask and tell the running box.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folder = run_folder()
    parser.set_defaults(socket=folder / "core.sock", json=False)
    _add_common(parser)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (what, draw) in _VIEWS.items():
        _command(commands, name, what).set_defaults(run=_view, name=name, draw=draw)
    _add_events(commands)
    _add_actions(commands)
    _add_config(commands)
    _add_sip(commands)
    _add_phone_sets(commands)
    _add_callbacks(commands)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    """Options that may stand before or after the command."""
    parser.add_argument(
        "--socket", type=Path, default=argparse.SUPPRESS, help="the core's socket (run/core.sock)"
    )
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="the control API's JSON"
    )


def _command(commands: Any, name: str, what: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=what, description=what)
    _add_common(command)
    return command


def _add_events(commands: Any) -> None:
    events = _command(commands, "events", "what happened last")
    events.add_argument("-n", type=int, default=20, help="how many (20)")
    events.add_argument("-f", "--follow", action="store_true", help="go on as it happens")
    events.set_defaults(run=_events)


def _add_actions(commands: Any) -> None:
    agent = _command(commands, "agent", "log an agent in or out, pause, make ready, extend notes")
    agent.add_argument("extension")
    agent.add_argument("action", choices=("login", "logout", "pause", "ready", "extend"))
    agent.add_argument("--reason", default="", help="why, for a pause")
    agent.add_argument("--phone", default="", help="whose phone rings, for a login elsewhere")
    agent.set_defaults(run=_agent)
    hang_up = _command(commands, "hangup", "end a call")
    hang_up.add_argument("call", metavar="CALLID")
    hang_up.set_defaults(run=_hang_up)
    test = _command(commands, "test-line", "test a telephone line")
    test.add_argument("line", type=int, choices=range(1, 9), metavar="LINE")
    test.add_argument("kind", choices=("status", "tone", "level", "ring"))
    test.set_defaults(run=_test_line)


def _add_config(commands: Any) -> None:
    config = commands.add_parser("config", help="export, import, history and undo of the settings")
    verbs = config.add_subparsers(required=True, metavar="VERB")
    _command(verbs, "get", "the configuration as JSON").set_defaults(run=_config_get)
    put = _command(verbs, "put", "replace the configuration")
    put.add_argument("file", type=Path, help="what `config get` printed, changed; - for input")
    put.set_defaults(run=_config_put)
    _command(verbs, "history", "who changed what").set_defaults(run=_config_history)
    _command(verbs, "undo", "back to before the last change").set_defaults(run=_config_undo)


def _add_sip(commands: Any) -> None:
    _command(commands, "sip", "the phones' signalling: tables, who is shut out").set_defaults(
        run=_sip
    )
    allow = _command(commands, "allow", "listen again to an address that is shut out")
    allow.add_argument("address")
    allow.set_defaults(run=_allow)
    trace = _command(commands, "trace", "write the phones' messages into a file for tshark")
    trace.add_argument("seconds", type=int, nargs="?", default=60, help="how long (60); 0 ends it")
    trace.set_defaults(run=_trace)


def _add_phone_sets(commands: Any) -> None:
    _command(
        commands, "new-phones", "phones that ask to be set up, and those that are"
    ).set_defaults(run=_phone_sets)
    approve = _command(commands, "approve", "say whose a phone is: it gets its settings, once")
    approve.add_argument("mac", metavar="MAC")
    approve.add_argument("extension")
    approve.set_defaults(run=_approve)
    dhcp = _command(commands, "dhcp", "what the router is told so that phones find the box")
    dhcp.add_argument("address", help="of the box on the office network")
    dhcp.add_argument("--port", type=int, default=8443, help="where phones fetch files (8443)")
    dhcp.set_defaults(run=_dhcp)


def _add_callbacks(commands: Any) -> None:
    back = _command(commands, "call-back", "have a number called back when it is its turn")
    back.add_argument("number")
    back.add_argument("queue", help="whose agents talk with them")
    back.add_argument("--name", default="", help="who it is")
    back.set_defaults(run=_call_back)
    forget = _command(commands, "no-call-back", "call nobody back at a number")
    forget.add_argument("number")
    forget.set_defaults(run=_no_call_back)


_VIEWS: Final[dict[str, tuple[str, Callable[..., list[str]]]]] = {
    "status": ("the box and its troubles", screens.status),
    "lines": ("telephone lines", screens.lines),
    "calls": ("calls in progress", screens.calls),
    "agents": ("who takes calls", screens.agents),
    "phones": ("phones and whether they are signed in", screens.phones),
    "queues": ("who waits", screens.queues),
    "callbacks": ("who hung up to be called back", screens.callbacks),
}


def _view(given: argparse.Namespace, core: ApiClient) -> None:
    live = core.live()
    if given.json:
        part: Any = live.box if given.name == "status" else getattr(live, given.name)
        _print_json(part)
    else:
        _print_lines(given.draw(live))


def _events(given: argparse.Namespace, core: ApiClient) -> None:
    last = core.last_events(given.n)
    for event in last:
        print(event.model_dump_json() if given.json else screens.event(event))
    if not given.follow:
        return
    for event in core.events(last[-1].seq if last else 0):
        print(event.model_dump_json() if given.json else screens.event(event), flush=True)


def _agent(given: argparse.Namespace, core: ApiClient) -> None:
    agent = core.agent_action(
        given.extension,
        given.action,
        AgentAction(who=_who(), reason=given.reason, phone=given.phone),
    )
    if given.json:
        _print_json(agent)
    else:
        print(clean(f"{agent.extension} {agent.name}: {agent.state.replace('_', ' ')}"))


def _hang_up(given: argparse.Namespace, core: ApiClient) -> None:
    core.hang_up(given.call)
    if not given.json:
        print(f"{clean(given.call)}: ended")


def _test_line(given: argparse.Namespace, core: ApiClient) -> None:
    result = core.test_line(given.line, LineTestRequest(kind=given.kind))
    if given.json:
        _print_json(result)
    else:
        _print_lines(screens.line_test(given.line, result))


def _sip(given: argparse.Namespace, core: ApiClient) -> None:
    now = core.sip()
    if given.json:
        _print_json(now)
    else:
        _print_lines(screens.sip(now))


def _allow(given: argparse.Namespace, core: ApiClient) -> None:
    core.allow_sign_ins(AllowRequest(address=given.address, who=_who()))
    if not given.json:
        print(f"{clean(given.address)}: listened to again")


def _trace(given: argparse.Namespace, core: ApiClient) -> None:
    now = core.trace_phones(TraceRequest(seconds=given.seconds, who=_who()))
    if given.json:
        _print_json(now)
    else:
        _print_lines(screens.trace(now))


def _phone_sets(given: argparse.Namespace, core: ApiClient) -> None:
    now = core.phone_sets()
    if given.json:
        _print_json(now)
    else:
        _print_lines(screens.phone_sets(now))


def _approve(given: argparse.Namespace, core: ApiClient) -> None:
    approval = PhoneApproval(who=_who(), extension=given.extension)
    state = core.approve_phone(given.mac, approval)
    if given.json:
        _print_json(state)
    else:
        minutes = round((state.waiting_s or 0) / 60)
        print(clean(f"{state.account} of {state.name}: restart the phone within {minutes} min"))


def _call_back(given: argparse.Namespace, core: ApiClient) -> None:
    try:
        order = CallbackOrder(who=_who(), queue=given.queue, number=given.number, name=given.name)
    except ValidationError as error:
        raise BadNumber(f"{given.number!r}: expected the digits of a number") from error
    one = core.add_callback(order)
    if given.json:
        _print_json(one)
    else:
        print(clean(f"{one.number}: {one.words}, place {one.position}"))


def _no_call_back(given: argparse.Namespace, core: ApiClient) -> None:
    core.cancel_callback(given.number, _who())
    if not given.json:
        print(f"{clean(given.number)}: is not called back")


def _dhcp(given: argparse.Namespace, core: ApiClient) -> None:
    for one in advice(f"https://{given.address}:{given.port}/provision/", given.address):
        _print_lines([f"{one.router}:", *(f"  {line}" for line in one.text.splitlines()), ""])


def _config_get(given: argparse.Namespace, core: ApiClient) -> None:
    print(core.config().model_dump_json(indent=1))


def _config_put(given: argparse.Namespace, core: ApiClient) -> None:
    document = _read_document(given.file)
    change = ConfigChange(
        generation=document["generation"],
        who=_who(),
        what=f"imported from {given.file.name}",
        office=document["office"],
    )
    _print_generation(core.change_config(change).generation, given.json)


def _read_document(path: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        document = json.loads(text)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BadFile(f"{path} is not JSON: {error}") from error
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("generation"), int)
        or not isinstance(document.get("office"), dict)
    ):
        raise BadFile(f'{path}: expected {{"generation": ..., "office": ...}} as of `config get`')
    return document


def _config_history(given: argparse.Namespace, core: ApiClient) -> None:
    history = core.config_history()
    if given.json:
        _print_json(history)
    else:
        rows = [(c.generation, f"{c.at:%Y-%m-%d %H:%M}", c.who, c.what) for c in history]
        _print_lines(table(("Generation", "UTC", "Who", "What"), rows))


def _config_undo(given: argparse.Namespace, core: ApiClient) -> None:
    _print_generation(core.undo_config(_who()).generation, given.json)


def _who() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        return "command line"  # a user id without a name


def _print_generation(generation: int, as_json: bool) -> None:
    print(json.dumps({"generation": generation}) if as_json else f"now generation {generation}")


def _print_lines(lines: Sequence[str]) -> None:
    print("\n".join(lines))


def _print_json(value: BaseModel | Sequence[BaseModel]) -> None:
    print(TypeAdapter(Any).dump_json(value, indent=1).decode())


if __name__ == "__main__":
    main()
