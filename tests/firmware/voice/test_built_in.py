"""The box's own sentences."""

from firmware.config.places import Directory
from firmware.config.schema import Extension, Office, Prompt
from firmware.voice.built_in import BUILT_IN, built_in, digits


def test_numbers_are_spoken_digit_by_digit() -> None:
    assert digits("+72*0") == ("box-digit-7", "box-digit-2", "box-digit-0")
    known = {prompt.id for prompt in BUILT_IN}
    assert set(digits("0123456789")) <= known


def test_every_sentence_is_there_in_every_language_and_once() -> None:
    assert len({prompt.id for prompt in BUILT_IN}) == len(BUILT_IN)
    assert {frozenset(prompt.texts) for prompt in BUILT_IN} == {frozenset({"en", "af", "fr"})}
    assert all(text.strip() for prompt in BUILT_IN for text in prompt.texts.values())


def test_people_who_can_be_dialled_by_name_are_named() -> None:
    people = tuple(
        Extension(number=n, name=name, secret="secret-xx")
        for n, name in (("201", "Anna Smith"), ("202", "Ben Poole"))
    )
    assert not [p for p in built_in(Office(extensions=people)) if "Anna" in p.name]
    listed = Directory(id="staff", name="Staff", members=("201",))
    named = built_in(Office(extensions=people, directories=(listed,)))[len(BUILT_IN) :]
    assert [(p.id, p.texts["fr"]) for p in named] == [("box-name-201", "Anna Smith")]


def test_the_offices_own_sentence_wins() -> None:
    own = Prompt(id="box-dnd-on", name="Quiet", texts={"en": "Peace"})
    left = {prompt.id for prompt in built_in(Office(prompts=(own,)))}
    assert "box-dnd-on" not in left
    assert len(left) == len(BUILT_IN) - 1
