"""Star codes as they are dialled. The digits of forwarding, do not disturb, call waiting, pick-up,
intercom and queues are FreePBX's defaults (Feature Codes module)."""

from pathlib import Path

import pytest

from firmware.config.codes import TABLE, Action, find


@pytest.mark.parametrize(
    ("dialled", "action", "argument"),
    [
        ("*72202", Action.FORWARD_ALWAYS, "202"),
        ("*7200215557788#", Action.FORWARD_ALWAYS, "00215557788"),
        ("*72", Action.FORWARD_ALWAYS, ""),
        ("*73", Action.FORWARD_ALWAYS_OFF, ""),
        ("*78", Action.DND_ON, ""),
        ("*79", Action.DND_OFF, ""),
        ("*8", Action.PICK_UP_GROUP, ""),
        ("*8201", Action.PICK_UP, "201"),
        ("**201", Action.PICK_UP, "201"),
        ("*80201", Action.INTERCOM, "201"),
        ("*80", Action.INTERCOM, ""),
        ("*45", Action.TOGGLE_LOG_IN, ""),
        ("*51201", Action.LOG_IN, "201"),
        ("*70", Action.WAITING_ON, ""),
    ],
)
def test_found(dialled: str, action: Action, argument: str) -> None:
    found = find(dialled)
    assert found is not None
    assert (found.code.action, found.argument) == (action, argument)


@pytest.mark.parametrize("dialled", ["", "201", "#71", "*", "*73201", "*99", "72202"])
def test_no_code(dialled: str) -> None:
    assert find(dialled) is None


def test_every_action_can_be_dialled_and_no_code_hides_another() -> None:
    assert {code.action for code in TABLE} == set(Action)
    for code in TABLE:
        argument = "201" if code.needs.value in ("extension", "number") else ""
        found = find(code.digits + argument)
        assert found is not None
        assert found.code is code


def test_the_readme_lists_every_code() -> None:
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert [code.digits for code in TABLE if f"`{code.digits}`" not in text] == []
