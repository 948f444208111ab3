"""What the screens show, as lines of text made from the control API's models.

Pure. The command line (firmware.cli) prints the same lines. Nothing is wider than 79.

Tests: tests/firmware/console/test_screens.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from firmware.api.phone_schema import PhoneSetsNow, PhoneSetState
from firmware.api.schema import Box, Event, Line, LineTest, Live, Trouble
from firmware.api.sip_schema import SipNow, TraceNow
from firmware.console.table import clean, duration, octets, paragraph, since, table


def status(live: Live) -> list[str]:
    """The box in a few lines, and every trouble with what to do."""
    box = live.box
    kind = "simulated lines" if box.is_simulated else "real lines"
    lines = [
        clean(f"{box.name}: Callbox {box.version}, {kind}, up {duration(box.uptime_s)}"),
        f"State: {box.state.upper()}",
        f"  Line board: {_board(box)}   Audio stream: {box.tdm}   Recorder: {box.recorder}",
        f"  Room for recordings: {octets(box.storage_free_octets)}",
        f"  {_counts(live)}",
    ]
    if box.needs_setup:
        lines.append("  No account yet: open the web page and make the first one.")
    lines.append("")
    if not box.troubles:
        return [*lines, "No troubles."]
    lines.append(f"Troubles: {len(box.troubles)}")
    return [*lines, *(line for trouble in box.troubles for line in _trouble(trouble, live))]


def _board(box: Box) -> str:
    return clean(f"{box.hat} ({box.hat_build})") if box.hat_build else box.hat


def _counts(live: Live) -> str:
    phones = sum(phone.is_registered for phone in live.phones)
    waiting = sum(queue.waiting for queue in live.queues)
    return (
        f"Calls: {len(live.calls)}   Waiting: {waiting}   "
        f"Phones signed in: {phones} of {len(live.phones)}"
    )


def _trouble(trouble: Trouble, live: Live) -> list[str]:
    mark = "!" if trouble.severity == "error" else "-"
    ago = since(trouble.since, live.at)
    return [
        *paragraph(f"{trouble.what} ({trouble.severity}, since {ago})", f"{mark} ", "  "),
        *paragraph(trouble.why, "    why: ", "         "),
        *paragraph(trouble.do, "    do:  ", "         "),
    ]


def lines(live: Live) -> list[str]:
    """Lines with their voltages and currents."""
    if not live.lines:
        return ["No lines are set up."]
    rows = [
        (n.number, n.name, n.state, _figure(n.volts, "V"), _figure(n.milliamps, "mA"), n.words)
        for n in live.lines
    ]
    shown = table(("Line", "Name", "State", "Volts", "Current", "In words"), rows)
    return shown + [text for n in live.lines if n.trouble for text in _fault(n)]


def _fault(line: Line) -> list[str]:
    named = line.trouble.lower().startswith(f"line {line.number}")
    return paragraph(line.trouble, "! " if named else f"! line {line.number}: ", "  ")


def _figure(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.1f} {unit}"


def calls(live: Live) -> list[str]:
    """Calls in progress."""
    if not live.calls:
        return ["No calls now."]
    rows = [
        (
            call.id,
            call.line or "",
            call.caller_number or call.caller_why_unknown or "unknown",
            call.caller_name,
            call.words,
            since(call.started_at, live.at),
        )
        for call in live.calls
    ]
    return table(("Call", "Line", "From", "Name", "Now", "For"), rows)


def callbacks(live: Live) -> list[str]:
    """Callers who hung up to be called back, by queue, the first place first."""
    if not live.callbacks:
        return ["No callbacks are kept."]
    rows = [
        (
            one.queue,
            one.position or "",
            one.number,
            one.name,
            since(one.held_since, live.at),
            one.words,
        )
        for one in live.callbacks
    ]
    return table(("Queue", "Place", "Number", "Name", "Since", "In words"), rows)


def phones(live: Live) -> list[str]:
    """Phones and their registrations."""
    if not live.phones:
        return ["No extensions are set up."]
    rows = [
        (
            phone.extension,
            phone.name,
            _phone_state(phone.is_registered, phone.is_reachable),
            f"{phone.transport} {phone.address}".strip(),
            phone.user_agent,
            duration(phone.expires_in_s) if phone.is_registered else "",
        )
        for phone in live.phones
    ]
    shown = table(("Ext", "Name", "State", "Address", "Phone", "Expires"), rows)
    watchers = [phone for phone in live.phones if phone.watches]
    if not watchers:
        return shown
    lamps = sum(phone.watches for phone in watchers)
    return [*shown, f"Lamps kept up to date: {lamps}, phones that have them: {len(watchers)}."]


def phone_sets(now: PhoneSetsNow) -> list[str]:
    """Phones that ask to be set up, and those that are."""
    asking = [f"{p.mac}: {p.brand} {p.model} at {p.address} asks to be set up" for p in now.asking]
    rows = [(p.account, p.name, f"{p.brand} {p.model}", p.mac, _file_state(p)) for p in now.sets]
    told = table(("Account", "Whose", "Phone", "MAC", "Settings"), rows) if rows else []
    return [*map(clean, asking), *told] or ["No phone asks, and none was set up by the box."]


def _file_state(phone: PhoneSetState) -> str:
    if phone.waiting_s is not None:
        return "approved, not fetched yet"
    return f"fetched by {phone.given_to}" if phone.given_at else "not fetched in time"


def sip(now: SipNow) -> list[str]:
    """The phones' signalling: who is shut out, the trace, and how full the tables are."""
    lines = [
        f"Messages in: {now.messages_in}, of these not readable: {now.messages_refused}, "
        f"too many: {now.messages_rate_limited}",
        f"Sign-ins refused: {now.sign_ins_failed}",
    ]
    for shut in now.shut_out:
        whom = f"{shut.address} as {shut.user}" if shut.user else shut.address
        lines += paragraph(
            f"{whom}, until {shut.until:%H:%M:%S} UTC: {shut.why}", "Shut out: ", "  "
        )
    lines += trace(now.trace) if now.trace is not None else []
    rows = [(t.what, str(t.used), str(t.limit)) for t in now.tables]
    return [*lines, *table(("Table", "Now", "At most"), rows)]


def trace(now: TraceNow) -> list[str]:
    """A trace and its file."""
    state = f"{now.ends_in_s:.0f} s to go" if now.is_running else f"ended: {now.why_ended}"
    left = f", {now.left_out} left out" if now.left_out else ""
    return [
        clean(f"Trace: {now.messages} messages, {octets(now.octets)}{left}, {state}"),
        clean(f"  {now.path}"),
        "  Passwords can be guessed from it: keep it to yourself.",
    ]


def _phone_state(is_registered: bool, is_reachable: bool) -> str:
    if not is_registered:
        return "not signed in"
    return "ok" if is_reachable else "does not answer"


def agents(live: Live) -> list[str]:
    """Agents and what they do."""
    if not live.agents:
        return ["No agents: nobody is a member of a queue."]
    rows = [
        (
            agent.extension,
            agent.name,
            agent.state.replace("_", " "),
            since(agent.since, live.at),
            agent.reason,
            ", ".join(agent.queues),
            agent.calls_answered,
        )
        for agent in live.agents
    ]
    return table(("Ext", "Name", "State", "For", "Reason", "Queues", "Calls"), rows)


def queues(live: Live) -> list[str]:
    """Queues now and today."""
    if not live.queues:
        return ["No queues are set up."]
    rows = [
        (
            queue.name,
            queue.waiting,
            duration(queue.longest_wait_s) if queue.waiting else "",
            f"{queue.agents_ready} of {queue.agents_logged_in}",
            queue.offered_today,
            queue.answered_today,
            queue.abandoned_today,
        )
        for queue in live.queues
    ]
    heads = ("Queue", "Waiting", "Longest", "Ready", "Offered", "Answered", "Abandoned")
    return table(heads, rows)


def people(live: Live) -> list[str]:
    """Agents, then queues, and who is to be called back, if anybody."""
    back = ["", *callbacks(live)] if live.callbacks else []
    return [*agents(live), "", *queues(live), *back]


def event(one: Event) -> str:
    """One event on one line."""
    call = f" [{one.call}]" if one.call else ""
    return clean(f"{one.seq:>6} {one.at:%H:%M:%S} {one.text}{call}")


def events(last: Sequence[Event]) -> list[str]:
    """The newest events, oldest first; times in UTC."""
    if not last:
        return ["Nothing has happened yet."]
    return [
        "Times are UTC.",
        *(part for one in last for part in paragraph(event(one), "", " " * 16)),
    ]


def line_test(number: int, result: LineTest) -> list[str]:
    """The result of a line test and its figures."""
    verdict = "OK" if result.is_ok else "NOT OK"
    figures = [clean(f"  {name}: {value}") for name, value in result.figures.items()]
    return [*paragraph(result.words, f"Line {number}: {verdict}. ", "  "), *figures]
