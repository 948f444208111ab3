"""Versions of the configuration."""

from typing import Any

import pytest

from firmware.config.errors import UnknownVersion
from firmware.config.migrate import migrate


def test_the_present_version_is_left_alone() -> None:
    assert migrate({"version": 1, "site": {}}) == {"version": 1, "site": {}}


def test_steps_are_taken_one_after_the_other() -> None:
    def rename(document: dict[str, Any]) -> dict[str, Any]:
        return {"office": document["site"]}

    def shout(document: dict[str, Any]) -> dict[str, Any]:
        return {"office": document["office"].upper()}

    done = migrate({"version": 1, "site": "cape"}, {1: rename, 2: shout}, newest=3)
    assert done == {"version": 3, "office": "CAPE"}


@pytest.mark.parametrize("version", [2, 0, -1, "1", None, True, 1.0])
def test_any_other_version_is_refused_by_value(version: object) -> None:
    with pytest.raises(UnknownVersion, match="reads versions 1 to 1"):
        migrate({"version": version})
