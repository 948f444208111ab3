"""A call told in plain words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from firmware.records.explain import Part, chapters, summary
from firmware.records.messages import CallId, EventRow

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def event(second: float, kind: str, text: str, **data: Any) -> EventRow:
    return EventRow(BEGAN + timedelta(seconds=second), kind, text, CallId("c"), data=data)


CALL = [
    event(0, "call.started", "line 1 rings: 0215557788 Alice"),
    event(3, "call.answered", "the box answered"),
    event(3, "menu.entered", "hears the menu Main"),
    event(9, "menu.key", "pressed 1", digit="1"),
    event(9, "queue.joined", "waits in the queue Sales", queue="sales"),
    event(
        9, "queue.offered",
        "Sipho (202) rings: idle longest, 300 s; not ringing: Anna (201) on call, Ben (203) paused",
        agent="202",
    ),
    event(29, "queue.withdrawn", "stopped ringing Sipho (202): did not answer for 20 s"),
    event(34, "queue.offered", "Anna (201) rings: idle longest, 2 s", agent="201"),
    event(41, "queue.answered", "Anna (201) answered after 32.0 s in the queue Sales", waited_s=32),
    event(41, "call.joined", "talks with Anna"),
    event(90, "call.held", "put on hold by Anna (201)"),
    event(160, "leg.quality", "Anna: good"),
    event(161, "call.ended", "ended by caller", by="caller"),
]  # fmt: skip


def test_the_parts_in_order() -> None:
    found = chapters(CALL)
    assert [c.part for c in found] == [
        Part.ARRIVAL, Part.MENU, Part.WAITING, Part.TALKING, Part.END,
    ]  # fmt: skip
    assert sum(len(c.steps) for c in found) == len(CALL) - 1


def test_why_this_phone_rang_and_others_did_not() -> None:
    first, second = (s for s in chapters(CALL)[2].steps if s.kind == "queue.offered")
    assert first.text == "The phone of Sipho (202) rings"
    assert first.why == ("idle longest, 300 s. Not ringing: Anna (201) on call, Ben (203) paused")
    assert (second.text, second.why) == ("The phone of Anna (201) rings", "idle longest, 2 s")
    assert second.second == 34


def test_how_it_ended_in_the_agent_s_words_comes_last() -> None:
    noted = [
        event(150, "call.disposition", "Anna (201) noted how the call ended: Calls again (8)"),
        event(170, "call.disposition", "Anna (201) noted how the call ended: Order taken (7)"),
    ]
    assert summary([*CALL, *noted]).endswith(
        "The caller hung up. Anna (201) noted how the call ended: Order taken (7)."
    )
    assert chapters([*CALL, *noted])[-1].part is Part.END


def test_in_a_few_sentences() -> None:
    assert summary(CALL) == (
        "Line 1 rings: 0215557788 Alice. The caller heard the menu Main and pressed 1. "
        "Anna (201) answered after 32.0 s in the queue Sales; one phone rang in vain. "
        "The caller hung up."
    )


def test_given_up() -> None:
    told = [*CALL[:7], event(33, "queue.abandoned", "gave up waiting", waited_s=24),
            event(33, "call.ended", "ended by fault", by="fault")]  # fmt: skip
    assert summary(told).endswith(
        "The caller gave up after waiting 24 s; one phone rang in vain. A fault cut the call off."
    )


def test_nothing_kept() -> None:
    assert (summary([]), chapters([])) == ("", [])
