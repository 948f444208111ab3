"""One give-out per approval."""

from __future__ import annotations

import json

import pytest

from firmware.phones.grants import WAIT_S, Grants, Taken

MAC = "001565a1b2c3"


def test_once() -> None:
    grants = Grants()
    grants.allow(MAC, "192.0.2.9", 0.0)
    assert grants.take(MAC, "192.0.2.9", 1.0)[0] is Taken.GIVEN
    assert grants.take(MAC, "192.0.2.9", 1.0)[0] is Taken.NONE


def test_only_to_the_address_that_asked() -> None:
    grants = Grants()
    grants.allow(MAC, "192.0.2.9", 0.0)
    assert grants.take(MAC, "192.0.2.66", 1.0)[0] is Taken.ELSEWHERE
    assert grants.take(MAC, "192.0.2.9", 1.0)[0] is Taken.GIVEN


def test_approved_before_it_was_plugged_in() -> None:
    grants = Grants()
    grants.allow(MAC, "", 0.0)
    assert grants.take(MAC, "192.0.2.66", 1.0)[0] is Taken.GIVEN


def test_in_time() -> None:
    grants = Grants()
    grants.allow(MAC, "192.0.2.9", 0.0)
    assert grants.take(MAC, "192.0.2.9", WAIT_S)[0] is Taken.NONE
    assert grants.of(MAC, 0.0) is None


def test_a_token_is_for_its_app_only() -> None:
    grants = Grants()
    grants.allow("020000000001", "", 0.0, "tok-1")
    assert grants.take("020000000001", "192.0.2.9", 1.0)[0] is Taken.NONE
    assert grants.take_token("tok-2", 1.0) is None
    assert grants.take_token("", 1.0) is None
    found = grants.take_token("tok-1", 1.0)
    assert found is not None
    assert found.mac == "020000000001"
    assert grants.take_token("tok-1", 1.0) is None


def test_what_was_not_used_outlives_a_restart_and_tokens_are_not_in_it() -> None:
    grants, again = Grants(), Grants()
    grants.allow(MAC, "192.0.2.9", 0.0)
    grants.allow("020000000001", "", 0.0, "tok-1")
    grants.allow("001565000009", "", -WAIT_S)
    saved = json.dumps(grants.save(100.0))
    assert "tok-1" not in saved
    again.restore(json.loads(saved), 7000.0)
    assert again.of("001565000009", 7000.0) is None
    left = again.of(MAC, 7000.0)
    assert left is not None
    assert left.until == 7000.0 + WAIT_S - 100.0
    assert again.take_token("tok-1", 7001.0) is not None


@pytest.mark.parametrize(
    "rows",
    [None, 7, "x", [None], [{}], [{"mac": MAC, "address": "", "seal": "", "left_s": "long"}],
     [{"mac": MAC, "address": "", "seal": "", "left_s": 1e99}],
     [{"mac": 7, "address": "", "seal": "", "left_s": 5}]],
)  # fmt: skip
def test_what_is_not_understood_gives_nothing(rows: object) -> None:
    grants = Grants()
    grants.restore(rows, 0.0)
    assert grants.save(0.0) == []
