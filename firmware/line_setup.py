"""The lines as the office set them up, in the terms of hal.lines.

Pure. Tests: tests/firmware/test_line_setup.py.
"""

from __future__ import annotations

from typing import Final

from firmware.config.schema import Office
from firmware.memory import Learned
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.countries import CallerIdWay

_CALLER_ID: Final = {"country": None, "any": tuple(CallerIdWay), "none": ()}
"""Ways of caller ID by what the office set up for a line; None: the country's."""


def line_configs(office: Office, learned: Learned) -> list[LineConfig]:
    """One per line; `learned`: hang-up tones found on the lines in earlier calls."""
    return [
        LineConfig(
            line.number,
            office.site.country,
            line.name,
            rx_gain_db=line.rx_gain_db,
            tx_gain_db=line.tx_gain_db,
            answer_by=AnswerBy(line.answer_by),
            caller_id=_CALLER_ID[line.caller_id],
            listen_always=line.caller_id == "any",
            learned=learned.get(line.number, ()),
        )
        for line in office.lines
    ]
