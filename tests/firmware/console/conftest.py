"""A box to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firmware.api.schema import Agent, Box, Call, Callback, Event, Line, Live, Phone, Queue, Trouble

NOON = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def live() -> Live:
    began = NOON - timedelta(seconds=75)
    trouble = Trouble(
        code="hat.away",
        what="the line board does not answer",
        why="no heartbeat for 3 s on /dev/ttyAMA0",
        do="check that the HAT sits firmly on the pins, then restart the box",
        since=began,
    )
    return Live(
        at=NOON,
        seq=7,
        box=Box(
            name="Demo",
            version="0.1.0",
            is_simulated=True,
            uptime_s=8000,
            state="trouble",
            troubles=[trouble],
            storage_free_octets=12_345_678_901,
        ),
        lines=[
            Line(number=1, name="Line 1", state="idle", words="idle, 48.1 V", volts=48.1),
            Line(
                number=2, name="Fax", state="unplugged", words="unplugged", volts=0.2, trouble="x"
            ),
        ],
        queues=[
            Queue(id="sales", name="Sales", waiting=2, longest_wait_s=63, agents_logged_in=1),
        ],
        agents=[
            Agent(
                extension="201",
                name="Anna",
                state="on_call",
                since=began,
                queues=["sales", "support"],
                calls_answered=4,
            )
        ],
        callbacks=[
            Callback(
                number="0215557788",
                name="Alice",
                queue="sales",
                state="resting",
                words="was not reached (busy tone), is tried again",
                position=1,
                asked_at=began,
                held_since=began,
                tries=1,
                expires_at=NOON,
            )
        ],
        calls=[
            Call(
                id="20260302-095845-7f3a",
                direction="incoming",
                stage="waiting",
                words="waiting in Sales, first in line",
                started_at=began,
                since=began,
                line=1,
                caller_number="0215557788",
                caller_name="Alice\x1b[2J",
            )
        ],
        phones=[Phone(extension="202", name="Ben", is_registered=False)],
    )


@pytest.fixture
def many_events() -> list[Event]:
    return [Event(seq=n, at=NOON, kind="line.state", text=f"event {n}") for n in range(1, 31)]
