"""Names on the keys of a telephone. The letters are those printed on it: ITU-T E.161, and
ISO/IEC 9995-8:2009."""

from __future__ import annotations

import pytest

from firmware.config.keypad import LETTERS, MOST_SPELLINGS, keys_of


def test_every_letter_is_on_one_key_as_printed() -> None:
    assert "".join(LETTERS.values()) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert [len(letters) for letters in LETTERS.values()] == [3, 3, 3, 3, 3, 4, 3, 4]
    assert list(LETTERS) == list("23456789")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Anna Smith", ("76484" + "2662",)),
        ("Anna", ("2662",)),
        ("Smith, Anna Maria", ("76484" + "2662" + "62742",)),
        ("Anna van Dyk", ("826395" + "2662", "395" + "2662" + "826")),
        ("Jean-Luc O'Brien", ("627436" + "5326" + "582",)),
        ("René Müller", ("685537" + "7363", "6835537" + "7363")),  # MULLER, MUELLER
        ("Łukasz Groß", ("47677" + "585279",)),
        ("Çelik", ("23545",)),
        ("Ångström", ("26478766", "264787636", "226478766", "2264787636")),
        ("Agent 7", ("724368",)),
        ("Иван Петров", ()),
        ("  ", ()),
        ("!", ()),
    ],
)  # fmt: skip
def test_what_is_dialled_for_a_name(name: str, keys: tuple[str, ...]) -> None:
    assert set(keys_of(name)) == set(keys)


def test_letters_spelt_in_two_ways_can_be_dialled_in_both() -> None:
    dialled = {"2376" + "76736", "276" + "76736", "23763" + "763736"}  # AERO, ARO, AEROE SOEREN
    assert dialled <= set(keys_of("Søren Ærø"))


def test_accents_written_as_signs_of_their_own_are_the_same() -> None:
    assert keys_of("Zoe\u0308 Dupre\u0301") == keys_of("Zoë Dupré")


def test_a_name_of_umlauts_alone_is_not_spelt_in_thousands_of_ways() -> None:
    assert len(keys_of("ü" * 60)) == MOST_SPELLINGS
