"""How the office wants its figures counted.

Pure. The threshold T of the service level and the limit of a short abandon are each queue's own
(`service_level_s`, `short_abandon_s`). What each formula says: firmware.records.figures.

Tests: tests/firmware/config/test_reporting.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from firmware.config.part import Part

Formula = Literal["SL-F1", "SL-F2", "SL-F3", "SL-F4", "SL-F5", "SL-F6"]


class Reporting(Part):
    """Reports are made like this unless somebody asks for another."""

    formula: Formula = "SL-F3"
    """Of the service level."""
    interval: Literal["offered", "decided"] = "offered"
    """A call belongs to the half-hour in which it joined the queue, or in which it was answered,
    given up or left."""
    again_days: int = Field(7, ge=1, le=60)
    """Who calls again within so many days was not helped by the first call."""
