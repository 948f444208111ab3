"""What the office set up: one pydantic schema for store, API, web pages and console.

Pure. A configuration is valid only as a whole: `Office` checks every reference (no two people on
one extension, no destination that does not exist, no menu that only leads back to itself), so a
configuration that was accepted can run. Versions and migrations: `migrate.py`; storage:
`store.py`; who changed what: `store.py` history.

Tests: tests/firmware/config/test_schema.py.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from firmware.config.check import problems
from firmware.config.destination import HANG_UP as HANG_UP
from firmware.config.destination import Destination as Destination
from firmware.config.dispositions import Disposition as Disposition
from firmware.config.dispositions import Notes as Notes
from firmware.config.document import DIGITS as DIGITS
from firmware.config.document import MOST_SLOTS as MOST_SLOTS
from firmware.config.document import VERSION as VERSION
from firmware.config.document import Brand as Brand
from firmware.config.document import Document
from firmware.config.document import Extension as Extension
from firmware.config.document import Line as Line
from firmware.config.document import MemberRule as MemberRule
from firmware.config.document import Menu as Menu
from firmware.config.document import PageGroup as PageGroup
from firmware.config.document import Parking as Parking
from firmware.config.document import PhoneKey as PhoneKey
from firmware.config.document import PhoneSet as PhoneSet
from firmware.config.document import Prompt as Prompt
from firmware.config.document import Queue as Queue
from firmware.config.document import Recording as Recording
from firmware.config.document import Site as Site
from firmware.config.document import User as User
from firmware.config.mailboxes import Mail as Mail
from firmware.config.mailboxes import Mailbox as Mailbox
from firmware.config.part import Country as Country
from firmware.config.part import ExtensionNumber as ExtensionNumber
from firmware.config.part import Forward as Forward
from firmware.config.part import Identifier as Identifier
from firmware.config.part import Language as Language
from firmware.config.part import Level as Level
from firmware.config.part import Mac as Mac
from firmware.config.part import Name as Name
from firmware.config.part import Part as Part
from firmware.config.part import Zone as Zone
from firmware.config.reporting import Reporting as Reporting
from firmware.config.waiting import Comfort as Comfort


class Office(Document):
    """The whole configuration."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if found := problems(self):
            raise ValueError("; ".join(f"{p.where}: {p.what}" for p in found))
        return self
