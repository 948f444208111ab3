"""People found by the letters of their names. Which letters are on which key: ITU-T E.161."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.config.places import Directory
from firmware.config.schema import Destination, Extension, Office
from firmware.ivr.dialogue import (
    Begin,
    Event,
    Play,
    PlayAll,
    Pressed,
    PromptEnded,
    StartTimer,
    StopPlaying,
    StopTimer,
    TimedOut,
)
from firmware.ivr.directory import IGNORED, TABLE, Command, Led, Run, State, listed

BACK = Destination(to="menu", id="main")
STAFF = Directory(id="staff", name="Staff", otherwise=BACK, timeout_s=4)
NAMES = {
    "201": "Anna Smith",
    "202": "Ben Smith",
    "203": "Carla Müller",
    "204": "Dan Poole",
    "205": "Иван Петров",
}
SMITH, POOLE, MULLER = "76484", "76653", "685537"


def office(names: dict[str, str]) -> Office:
    people = (Extension(number=n, name=name, secret="secret-xx") for n, name in names.items())
    return Office.model_construct(extensions=tuple(people))


def begun(directory: Directory = STAFF, names: dict[str, str] | None = None) -> Run:
    run = Run(directory, listed(office(names or NAMES), directory))
    assert run.advance(Begin()) == [StopTimer(), PlayAll(("box-name-ask",))]
    return run


def press(run: Run, keys: str) -> list[Command]:
    last: list[Command] = []
    for key in keys:
        last = run.advance(Pressed(key))
    return last


def rings(extension: str, name: str) -> list[Command]:
    to = Destination(to="extension", id=extension)
    return [StopTimer(), StopPlaying(), Led(to, f"asked for {name}")]


def choice(*people: str) -> list[Command]:
    said: list[str] = []
    for key, extension in enumerate(people, start=1):
        said += ["box-name-for", f"box-name-{extension}", "box-name-press", f"box-digit-{key}"]
    return [StopTimer(), PlayAll((*said, "box-name-back"))]


def test_everybody_with_letters_is_listed_in_order() -> None:
    assert [one.extension for one in listed(office(NAMES), STAFF)] == ["201", "202", "203", "204"]
    few = STAFF.model_copy(update={"members": ("204", "203")})
    assert [one.extension for one in listed(office(NAMES), few)] == ["203", "204"]


def test_one_who_is_left_after_three_letters_is_named_and_rung() -> None:
    run = begun()
    assert press(run, "68") == [StopPlaying(), StartTimer(4)]
    assert press(run, "5") == [StopTimer(), Play("box-name-203")]
    assert run.advance(PromptEnded()) == rings("203", "Carla Müller")


def test_hash_or_a_pause_is_the_end_of_the_letters() -> None:
    assert press(begun(), "6#") == [StopTimer(), Play("box-name-203")]
    run = begun()
    press(run, "6")
    assert run.advance(TimedOut()) == [StopTimer(), Play("box-name-203")]


def test_of_several_each_has_a_key() -> None:
    run = begun()
    press(run, SMITH)
    assert run.advance(TimedOut()) == choice("201", "202")
    assert press(run, "2") == rings("202", "Ben Smith")


def test_the_first_name_behind_the_family_name_tells_them_apart() -> None:
    assert press(begun(), SMITH + "2") == [StopPlaying(), StartTimer(4)]  # ANNA or BEN
    assert press(begun(), SMITH + "26") == [StopTimer(), Play("box-name-201")]


def test_two_who_are_dialled_alike_are_both_named() -> None:
    run = begun()
    assert press(run, "76#") == choice("201", "202", "204")  # SMith, SMith, POole


def test_star_goes_back_step_by_step() -> None:
    run = begun()
    press(run, "764#")
    assert press(run, "*") == [StopTimer(), PlayAll(("box-name-ask",))]
    press(run, "76")
    assert press(run, "*") == [StopTimer(), PlayAll(("box-name-ask",))]
    assert press(run, "*") == [StopTimer(), StopPlaying(), Led(BACK, "pressed * to go back")]


def test_star_while_the_name_is_heard_is_no() -> None:
    run = begun()
    press(run, MULLER[:3])
    assert press(run, "5") == []
    assert press(run, "*") == [StopTimer(), PlayAll(("box-name-ask",))]


def test_nobody_of_this_name_is_said_and_asked_again_until_the_tries_are_over() -> None:
    run = begun()
    assert press(run, "9664#") == [StopTimer(), PlayAll(("box-name-none", "box-name-ask"))]
    assert press(run, "9664") == [StopPlaying(), StartTimer(4)]
    assert run.advance(TimedOut()) == [StopTimer(), PlayAll(("box-name-none", "box-name-ask"))]
    assert press(run, "1#")[-1] == Led(BACK, "found nobody by name in 3 tries")


def test_silence_repeats_the_question_and_ends_in_the_other_way() -> None:
    run = begun()
    for _ in range(2):
        assert run.advance(PromptEnded()) == [StartTimer(4)]
        assert run.advance(TimedOut()) == [StopTimer(), PlayAll(("box-name-ask",))]
    run.advance(PromptEnded())
    assert run.advance(TimedOut())[-1] == Led(BACK, "found nobody by name in 3 tries")


def test_too_many_to_name_want_more_letters() -> None:
    names = {str(n): f"{chr(ord('A') + n - 301)}x Smith" for n in range(301, 311)}
    run = begun(names=names)
    assert press(run, "7#") == [StopTimer(), Play("box-name-more")]
    press(run, SMITH[1:] + "29")  # AX, BX, CX; the letters before count
    assert run.advance(TimedOut()) == choice("301", "302", "303")


def test_a_choice_nobody_makes_is_repeated() -> None:
    run = begun()
    press(run, "764#")
    assert run.advance(PromptEnded()) == [StartTimer(4)]
    assert run.advance(TimedOut()) == choice("201", "202")
    assert press(run, "9") == choice("201", "202")
    assert press(run, "#")[-1] == Led(BACK, "found nobody by name in 3 tries")


def test_the_offices_own_question() -> None:
    run = Run(STAFF.model_copy(update={"prompt": "ask"}), ())
    assert run.advance(Begin())[-1] == PlayAll(("ask",))


def test_the_table_is_whole() -> None:
    assert not TABLE.keys() & IGNORED
    assert {state for state, _ in TABLE} | {State.DONE} == set(State)
    later = {event for _, event in TABLE} - {Begin}
    handled = TABLE.keys() | IGNORED
    missing = [(s, e) for s in State for e in later if s is not State.NEW and (s, e) not in handled]
    assert missing == []


@pytest.mark.parametrize("tries", [1, 9])
@given(
    st.lists(
        st.one_of(
            st.sampled_from("0123456789*#").map(Pressed),
            st.sampled_from([PromptEnded(), TimedOut()]),
        ),
        max_size=80,
    )
)
def test_whatever_is_pressed_the_caller_leaves_once_and_not_too_late(
    tries: int, events: list[Event]
) -> None:
    run = begun(STAFF.model_copy(update={"tries": tries}))
    commands: list[Any] = []
    for event in events:
        commands += run.advance(event)
    assert sum(isinstance(c, Led) for c in commands) == (run.state is State.DONE)
    pressed = sum(isinstance(event, Pressed) for event in events)
    assert run.state is State.DONE or pressed <= 40
