"""More callers than lines, more lines than agents: a fair queue, and recordings not mixed up."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from firmware.records.messages import CallRow, Outcome

pytestmark = pytest.mark.scenario

AGENTS = ("201", "202", "203", "204")
CALLERS = {
    f"02155560{n:02}": (f"Caller {n}", voice, words)
    for n, (voice, words) in enumerate(
        (
            ("en-gb", "Hello, my parcel has not arrived, it should have come on Monday."),
            ("en-us+f3", "Good afternoon, please tell me what two new windows would cost."),
            ("en-gb+m2", "I want to change the address on all of our invoices at once."),
            ("en-us+f4", "The machine stopped this morning and shows a red light in front."),
            ("de", "Guten Tag, ich möchte gerne zehn Kisten Äpfel für morgen bestellen."),
            ("fr", "Bonjour, je voudrais savoir si vous êtes ouverts demain après-midi."),
            ("en-gb+m7", "Could somebody call me back about the offer of the third of May?"),
            ("it", "Buongiorno, vorrei sapere quando arriva il tecnico domani mattina."),
            ("en-us+f1", "We received twelve chairs, but we had ordered fourteen of them."),
            ("es", "Buenas tardes, quisiera hablar con alguien sobre mi última factura."),
        ),
        1,
    )
}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each caller says, in a voice of their own."""
    folder = tmp_path_factory.mktemp("voices")
    found = {}
    for number, (_, voice, words) in CALLERS.items():
        found[number] = folder / f"{number}.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-w", str(found[number]), words], check=True)
    return found


async def test_ten_callers_on_eight_lines_with_four_agents(
    box: Any, settings: Any, network: Any, office: Any, sound: Any, voices: dict[str, Path]
) -> None:
    await settings.staff(*AGENTS, wrap_up_s=0)
    for agent in AGENTS:
        await office.agent(agent, keep=False)
    turned_away, unknown = set[str](), set[str]()

    async def call(number: str) -> CallRow:
        asked = {"name": CALLERS[number][0], "press": "1", "press_after_s": 0.5}
        caller = await network.ring(number, **asked)
        while await caller.next() == "all_busy":
            turned_away.add(number)
            await asyncio.sleep(0.5)
            caller = await network.ring(number, **asked)
        line = caller.events[0]["line"]
        talk = await box.on_line(line, "talking", 90)
        await caller.say(do="say", line=line, play=str(voices[number]))
        await network.pass_by(voices[number])
        await caller.hang_up(line)
        row: CallRow = await box.row_of(talk.id)
        assert (row.line, row.digits) == (line, "1")
        assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, "caller")
        if row.caller_number:
            assert (row.caller_number, row.caller_name) == (number, CALLERS[number][0])
            assert row.agent == office.answered_by(number)
        else:  # it is said once, in less than a second of audio, which a busy machine may tear
            unknown.add(number)
        return row

    rows = dict(zip(CALLERS, await asyncio.gather(*map(call, CALLERS)), strict=True))
    assert len(turned_away) == 2
    assert len(unknown) <= 2

    in_order = sorted(rows.values(), key=lambda row: row.queued_at or row.ended_at)
    offers = [box.told(row.id, "queue.offered")[0].seq for row in in_order]
    assert offers == sorted(offers)  # whoever came first was offered to an agent first

    said = {number: sound.samples(path) for number, path in voices.items()}
    for number, row in rows.items():
        recording = sound.channels(await box.recording(row))
        assert sound.is_as_long(recording, row.talk_s, await network.torn_s())
        for other, words in said.items():
            if other == number:
                assert sound.mostly(words, recording[:, 0]) > 0.9, number
            else:
                match = sound.find(words, recording[:, 0])
                assert match.correlation < 0.3, (number, other, match)
