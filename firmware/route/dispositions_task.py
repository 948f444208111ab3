"""Takes down how a call ended in the agent's words, tells it in the call's story, and ends the
wrap-up where the queue wants that.

Shell of dispositions.py. Listens to the story for who answers which call. Setting again overwrites;
the records keep the last one (firmware.records.disposition_books) and the story all of them. With
`Notes.end_wrap_up` a disposition ends the wrap-up of its call, and one that was set while talking
leaves none.

Tests: tests/firmware/route/test_dispositions.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from firmware.acd.queue_task import Queues
from firmware.call.story import Story
from firmware.config.dispositions import Disposition, of_queue
from firmware.config.schema import Office
from firmware.records.before_start import BeforeStart
from firmware.records.disposition_books import DISPOSED
from firmware.records.dispositions import Disposed
from firmware.records.messages import EventRow
from firmware.route.dispositions import NONE, Handled, HandledCalls, chosen


class Dispositions:
    """What agents say about their calls."""

    def __init__(self, office: Callable[[], Office], story: Story, queues: Queues) -> None:
        """`office`: the configuration in force."""
        self._office, self._story, self._queues = office, story, queues
        self._handled = HandledCalls()
        story.listen(self._hear)

    def configure(self, office: Office) -> None:
        """Who is not of the office any more has no calls."""
        self._handled.keep_only(frozenset(e.number for e in office.extensions))

    def resume(self, before: BeforeStart | None, noted: Mapping[str, Disposed]) -> None:
        """Who had which calls before the core began, and what was `noted`, by call."""
        stays = [s for s in before.stays if s.agent] if before is not None else []
        for stay in sorted(stays, key=lambda s: s.decided_at or s.offered_at):
            handled = self._handled.answered(stay.agent, stay.call, stay.queue)
            one = noted.get(stay.call)
            if one is not None and one.agent == stay.agent:
                handled.set = Disposition.model_construct(
                    code=one.code, name=one.name, is_resolved=one.is_resolved
                )
        self.configure(self._office())

    def last(self, agent: str) -> Handled | None:
        """The queue call an agent has or had last; None: none yet."""
        return self._handled.last(agent)

    def open_for(self, agent: str) -> Handled | None:
        """The same, if there is anything that may be set for it."""
        handled = self._handled.last(agent)
        fits = handled is not None and of_queue(self._office(), handled.queue)
        return handled if fits else None

    def note(self, agent: str, code: int, *, by: str = "", call: str = "") -> Handled:
        """An agent says how a call ended: the one they have or had last, or `call` of their last
        few. `by`: who says so, if not they; code 0 takes back. Raise `NotNoted`."""
        handled = self._handled.find(agent, call)
        before, handled.set = handled.set, chosen(self._office(), handled.queue, code)
        self._tell(handled, before, agent, by)
        if handled.set is not None and handled is self._handled.last(agent):
            self._end_wrap_up(agent, handled)
        return handled

    def _tell(self, handled: Handled, before: Disposition | None, agent: str, by: str) -> None:
        now = handled.set
        who = self._name(agent) if by in ("", agent) else f"{by} for {self._name(agent)}"
        words = f"took back how the call ended{_named(before)}"
        if now is not None:
            words = f"noted how the call ended{_named(now)}"
            words += f", instead of {before.name}" if before not in (None, now) else ""
        self._story.tell(
            DISPOSED,
            f"{who} {words}",
            call=handled.call,
            code=now.code if now is not None else NONE,
            name=now.name if now is not None else "",
            is_resolved=now.is_resolved if now is not None else None,
            queue=handled.queue,
            agent=agent,
            by=by or agent,
        )

    def _name(self, agent: str) -> str:
        person = next((e for e in self._office().extensions if e.number == agent), None)
        return f"{person.name} ({agent})" if person is not None else agent

    # -- what happens beside it ----------------------------------------------------------------

    def _hear(self, event: EventRow) -> None:
        agent = str(event.data.get("agent") or "")
        match event.kind:
            case "queue.answered" if event.call is not None:
                self._handled.answered(agent, event.call, str(event.data.get("queue") or ""))
            case "agent.state" if event.data.get("state") == "wrap_up":
                if (handled := self._handled.last(agent)) is not None and handled.set is not None:
                    self._end_wrap_up(agent, handled)

    def _end_wrap_up(self, agent: str, handled: Handled) -> None:
        queue = next((q for q in self._office().queues if q.id == handled.queue), None)
        if queue is None or not queue.notes.end_wrap_up:
            return
        if agent in self._queues.core.agents:  # or: somebody who picked it up
            self._queues.end_wrap_up(agent)


def _named(one: Disposition | None) -> str:
    return f": {one.name} ({one.code})" if one is not None else ""
