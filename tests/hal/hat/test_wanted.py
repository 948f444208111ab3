"""What is wanted of the HAT: checked, kept, and said again in a safe order."""

from __future__ import annotations

import pytest

from hal.hat.codec import Type
from hal.hat.wanted import Wanted, flash


def kinds(wanted: Wanted, *ports: int) -> list[tuple[Type, int]]:
    return [(command.kind, command.port) for command in wanted.commands(ports)]


def test_wishes_check_their_values() -> None:
    wanted = Wanted()
    with pytest.raises(ValueError, match="port 9: expected 1 to 8"):
        wanted.hook(9, True)
    with pytest.raises(ValueError, match="port 0: expected 1 to 8"):
        flash(0, 100)
    with pytest.raises(ValueError, match="slot 32: expected 1 to 31"):
        wanted.configure(1, "GB", 32, 0, 0)
    with pytest.raises(ValueError, match="country 'GBR': expected two letters"):
        wanted.configure(1, "GBR", 1, 0, 0)
    with pytest.raises(ValueError, match="LED 'line9' 'on'"):
        wanted.led("line9", "on")
    assert kinds(wanted, 1) == [(Type.LIFELINE, 0)]


def test_a_port_is_configured_before_its_hook_moves() -> None:
    wanted = Wanted()
    wanted.hook(2, True)
    wanted.led("status", "on")
    wanted.configure(2, "gb", 2, 0.0, 0.0)
    said = kinds(wanted, 1, 2)
    assert said == [(Type.CONFIGURE, 2), (Type.LIFELINE, 0), (Type.LED, 0), (Type.HOOK, 2)]
    assert b"GB" in wanted.commands([2])[0].payload


def test_only_ports_that_are_fitted_are_spoken_of_and_the_last_wish_counts() -> None:
    wanted = Wanted()
    wanted.hook(1, True)
    wanted.hook(1, False)
    wanted.hook(3, True)
    hooks = [command for command in wanted.commands([1, 2]) if command.kind is Type.HOOK]
    assert [(command.port, command.what) for command in hooks] == [(1, "on hook")]


def test_going_off_hook_ends_listening_on_hook() -> None:
    wanted = Wanted()
    wanted.onhook_listen(1, True)
    assert (Type.MONITOR, 1) in kinds(wanted, 1)
    wanted.hook(1, True)
    assert (Type.MONITOR, 1) not in kinds(wanted, 1)


def test_a_reset_board_is_not_told_to_take_a_line_again() -> None:
    wanted = Wanted()
    wanted.hook(1, True)
    wanted.hook(2, False)
    wanted.forget_hooks()
    assert [port for kind, port in kinds(wanted, 1, 2) if kind is Type.HOOK] == [2]


def test_each_saying_has_its_own_number_and_tries() -> None:
    wanted = Wanted()
    first = wanted.hook(1, False)
    first.tries, first.seq = 8, 200
    again = wanted.commands([1])[-1]
    assert (again.kind, again.tries, again.seq) == (Type.HOOK, 0, 0)
