"""Codes typed in a call: what each row of the table asks for, slowly, wrongly and not at all."""

from __future__ import annotations

import pytest

from firmware.call.keys import (
    CODES,
    FIRST_S,
    KEY_S,
    LONGEST,
    NEXT_S,
    Asked,
    Begun,
    Code,
    Heard,
    NeverMind,
    Typing,
)


def typed(keys: str) -> list[Heard]:
    """What is asked for; `_` is a pause."""
    typing = Typing()
    heard = (typing.pause() if key == "_" else typing.press(key) for key in keys)
    return [one for one in heard if one is not None]


TRANSFER, CONSULT = Begun(Code.TRANSFER), Begun(Code.CONSULT)


@pytest.mark.parametrize(
    ("keys", "heard"),
    [
        ("##203#", [TRANSFER, Asked(Code.TRANSFER, "203")]),
        ("##203_", [TRANSFER, Asked(Code.TRANSFER, "203")]),
        ("*2203#", [CONSULT, Asked(Code.CONSULT, "203")]),
        ("*1", [Asked(Code.BACK)]),
        ("*3", [Asked(Code.CONFERENCE)]),
        ("##_", [TRANSFER, NeverMind()]),
        ("###", [TRANSFER, NeverMind()]),
        ("##20*", [TRANSFER, NeverMind()]),
        ("##*1", [TRANSFER, NeverMind()]),
        ("#_#", []),
        ("*_2", []),
        ("1#2*4", []),
        ("#*2203#", [CONSULT, Asked(Code.CONSULT, "203")]),
        ("**3", [Asked(Code.CONFERENCE)]),
        ("##203#*1", [TRANSFER, Asked(Code.TRANSFER, "203"), Asked(Code.BACK)]),
        ("##A", [TRANSFER, NeverMind()]),
    ],
)
def test_typed(keys: str, heard: list[Heard]) -> None:
    assert typed(keys) == heard


def test_a_number_has_an_end_however_long_it_is_typed() -> None:
    assert typed("##" + "1" * (LONGEST + 1)) == [TRANSFER, NeverMind()]
    assert typed("##" + "1" * LONGEST + "#")[1] == Asked(Code.TRANSFER, "1" * LONGEST)


def test_who_hangs_up_instead_of_the_last_key_has_said_enough() -> None:
    typing = Typing()
    for key in "##203":
        typing.press(key)
    assert typing.stop() == Asked(Code.TRANSFER, "203")
    assert typing.stop() is None


def test_how_long_the_next_key_is_waited_for() -> None:
    typing = Typing()
    waits = [typing.wait_s]
    for key in "##20#":
        typing.press(key)
        waits.append(typing.wait_s)
    assert waits == [None, KEY_S, FIRST_S, NEXT_S, NEXT_S, None]


def test_every_code_is_in_the_table_for_people() -> None:
    table = " ".join(row.keys for row in CODES)
    assert [code.value for code in Code if code.value not in table] == []
