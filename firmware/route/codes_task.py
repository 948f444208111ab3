"""Carries out star codes that change something: forwards, do not disturb, queues. The rest
(pick-up, intercom) is about calls: pick_up_task.py, attend_task.py.

Shell: what a code means is in firmware.config.codes, what may be set in firmware.config.check.
Every code is answered by a spoken sentence, also what is wrong with it; the change is in force
when "is now on" is heard. A medium that does not take the change, or somebody who hangs up
meanwhile, changes nothing about the other.

Tests: tests/firmware/route/test_services.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from firmware.acd.agent import Presence
from firmware.acd.queue import NotNow, UnknownAgent
from firmware.acd.queue_task import Queues
from firmware.config.codes import FIELDS, Action, Dialled, Needs
from firmware.config.errors import ConfigError, InvalidOffice
from firmware.route.dispositions import NoQueueCall, NoSuchDisposition
from firmware.route.hot_desk import Doorkeeper, agent_and_pin
from firmware.route.spoken_task import speak
from firmware.route.visit_task import Visit
from firmware.route.wishes_task import Done, Edit
from firmware.voice.built_in import digits, disposition_name

_SETTINGS: Final[Mapping[Action, tuple[str, bool, str]]] = {
    Action.DND_ON: ("do_not_disturb", True, "box-dnd-on"),
    Action.DND_OFF: ("do_not_disturb", False, "box-dnd-off"),
    Action.WAITING_ON: ("call_waiting", True, "box-waiting-on"),
    Action.WAITING_OFF: ("call_waiting", False, "box-waiting-off"),
}
_FORWARDED: Final = {
    "forward_always": "box-forward-always",
    "forward_busy": "box-forward-busy",
    "forward_no_answer": "box-forward-no-answer",
}


class Wishing(Protocol):
    """What is needed of wishes_task.Wishes."""

    def ask(self, extension: str, fields: Mapping[str, Any], what: str, done: Done) -> bool: ...
    def change(self, extension: str, edit: Edit, what: str, done: Done) -> bool: ...


class Codes:
    """Star codes that change something."""

    def __init__(self, queues: Queues, wishes: Wishing | None) -> None:
        """`wishes`: None if nothing can be set by phone."""
        self._queues, self._wishes = queues, wishes
        self._door = Doorkeeper()

    def dial(self, visit: Visit, by: str, dialled: Dialled) -> None:
        """Extension `by` dialled a code; `visit` is its call."""
        code, argument = dialled.code, dialled.argument
        if code.needs is Needs.OWN:
            return self._agent(visit, by, code.action, argument)
        if code.needs is Needs.DISPOSITION and argument:
            return self._note(visit, by, argument)
        if code.needs in (Needs.NUMBER, Needs.DISPOSITION) and not argument:
            return speak(visit, ["box-number-missing"], f"{code.digits} without a number")
        if code.action in _SETTINGS:
            field, value, prompt = _SETTINGS[code.action]
            return self._set(visit, by, {field: value}, code.words, [prompt])
        field = FIELDS[code.action]
        prompts = [_FORWARDED[field], *digits(argument)] if argument else ["box-forward-off"]
        words = f"{code.words}: {argument}" if argument else code.words
        self._set(visit, by, {field: argument}, words, prompts)

    def _set(
        self, visit: Visit, by: str, fields: Mapping[str, Any], words: str, prompts: list[str]
    ) -> None:
        done = partial(self._is_set, visit, fields, words, prompts)
        if self._wishes is None or not self._wishes.ask(by, fields, words, done):
            speak(visit, ["box-not-saved"], f"not saved, nothing more can be now: {words}")

    def _is_set(
        self,
        visit: Visit,
        fields: Mapping[str, Any],
        words: str,
        prompts: list[str],
        error: ConfigError | None,
    ) -> None:
        match error:
            case None:
                speak(visit, prompts, f"set by phone: {words}")
            case InvalidOffice(problems=problems):
                number = "".join(str(value) for value in fields.values())
                why = "; ".join(problem.what for problem in problems)
                speak(visit, ["box-number-wrong", *digits(number)], f"not set: {words}: {why}")
            case _:
                speak(visit, ["box-not-saved"], f"not set: {words}: {error}")

    # -- queues --------------------------------------------------------------------------------

    def _agent(self, visit: Visit, by: str, action: Action, argument: str) -> None:
        """`by`: the phone. Who sits there is another thing: the agent logged in at it."""
        if action is Action.LOG_IN and (sits := agent_and_pin(argument)) is not None:
            return self._sit_down(visit, by, *sits)
        who = self._queues.core.sitting_at(by) or by
        reason = "by phone"
        if action is Action.PAUSE and len(argument) == 1 and argument.isdecimal():
            reasons = visit.desk.office.pause_reasons
            if not 1 <= int(argument) <= len(reasons):
                return speak(visit, ["box-no-such-code"], f"there is no pause reason {argument}")
            reason = reasons[int(argument) - 1]
        elif argument not in ("", by, who):
            return speak(visit, ["box-only-your-own"], f"asked for extension {argument}")
        if action is Action.LOG_IN:
            who = argument or by
        self._carry_out(visit, who, self._steps(who, by, action, reason), action.value)

    def _sit_down(self, visit: Visit, by: str, agent: str, pin: str) -> None:
        """An agent logs in at this phone, whosever it is."""
        if why := self._door.refuses(visit.desk.office, by, agent, pin, visit.now):
            return speak(visit, ["box-only-your-own"], why)
        log_in = (partial(self._queues.log_in, agent, by), "box-logged-in")
        self._carry_out(visit, agent, [log_in], f"log in at the phone of {by}")

    def _note(self, visit: Visit, by: str, argument: str) -> None:
        """`by`: the phone, as above."""
        who, dispositions = self._queues.core.sitting_at(by) or by, visit.desk.dispositions
        code = int(argument) if argument.isdecimal() and len(argument) < 3 else -1
        try:
            if dispositions is None:
                raise NoSuchDisposition(code, ())
            handled = dispositions.note(who, code)
        except NoQueueCall as why:
            return speak(visit, ["box-no-queue-call"], str(why))
        except NoSuchDisposition as why:
            return speak(visit, ["box-no-such-code"], str(why))
        if handled.set is None:
            return speak(visit, ["box-not-noted"], f"nothing is noted for call {handled.call}")
        prompts = ["box-noted", disposition_name(handled.set.name).id]
        speak(visit, prompts, f"noted for call {handled.call}: {handled.set.name}")

    def _carry_out(
        self, visit: Visit, who: str, steps: list[tuple[Callable[[], None], str]], what: str
    ) -> None:
        try:
            for step, _ in steps:
                step()
        except UnknownAgent:
            return speak(visit, ["box-in-no-queue"], f"extension {who} is in no queue")
        except NotNow as why:
            return speak(visit, ["box-no-more-time"], str(why))
        speak(visit, [prompt for _, prompt in steps], f"{who} asked by phone: {what}")

    def _steps(
        self, by: str, at: str, action: Action, reason: str
    ) -> list[tuple[Callable[[], None], str]]:
        """What agent `by` asks for at the phone `at`."""
        queues = self._queues
        agent = queues.core.agents.get(by)
        is_out = agent is None or agent.presence is Presence.OUT
        is_paused = agent is not None and agent.presence is Presence.PAUSED
        log_in = (partial(queues.log_in, by, at), "box-logged-in")
        log_out = (partial(queues.log_out, by), "box-logged-out")
        pause = (partial(queues.pause, by, reason), "box-paused")
        ready = (partial(queues.ready, by), "box-ready")
        match action:
            case Action.LOG_IN:
                return [log_in]
            case Action.LOG_OUT:
                return [log_out]
            case Action.TOGGLE_LOG_IN:
                return [log_in if is_out else log_out]
            case Action.PAUSE if is_out:
                return [log_out]
            case Action.TOGGLE_PAUSE if is_out:
                return [log_out]
            case Action.PAUSE:
                return [pause]
            case Action.MORE_TIME:
                return [(partial(queues.extend_wrap_up, by), "box-more-time")]
            case Action.TOGGLE_PAUSE:
                return [ready if is_paused else pause]
            case _:
                return [ready]
