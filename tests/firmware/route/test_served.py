"""A caller who finds what they wanted behind a key that the menu marks."""

from __future__ import annotations

from typing import Any

from firmware.config.validate import office_from
from hal.leg import Digit, Direction, Kind, Party


def test_a_marked_key_is_told_before_what_it_leads_to(branch: Any) -> None:
    document = branch.desk.office.model_dump(mode="json")
    document["prompts"].append({"id": "law", "name": "Law", "texts": {"en": "law"}})
    menu = document["menus"][0]
    menu["options"]["4"] = {"to": "message", "id": "law"}
    menu["served"] = ["4"]
    document["lines"] = [
        {"number": 1, "name": "Main", "destination": {"to": "menu", "id": menu["id"]}}
    ]
    branch.attendant.configure(office_from(document))
    leg = branch.make_leg(Kind.LINE, Direction.INCOMING, caller=Party("0215557788"))
    branch.attendant.line_offered(leg, 1)
    leg.far(Digit("4", "inband"))
    kinds = branch.kinds()
    assert kinds.count("menu.served") == 1
    after = kinds[kinds.index("menu.served") + 1 :]
    assert after[0] == "route.to"
    assert "found it behind key 4" in branch.texts()
