"""The lock is the kernel's: a second owner is refused and told who has it."""

import os

import pytest

from hal.tdm.lock import SourceInUse, lock_path, take


def test_the_second_is_refused_and_told_who_has_it(tmp_path):
    held = take("unix:/run/tdm.sock", tmp_path / "lock")
    with pytest.raises(SourceInUse) as refused:
        take("unix:/run/tdm.sock", tmp_path / "lock")
    os.close(held)
    words = str(refused.value)
    assert words.startswith(f"line audio unix:/run/tdm.sock is in use by process {os.getpid()} (")
    assert words.endswith("): stop that first")


def test_a_lock_left_by_a_process_that_ended_is_free(tmp_path):
    os.close(take("unix:/run/tdm.sock", tmp_path / "lock"))
    os.close(take("unix:/run/tdm.sock", tmp_path / "lock"))
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_lock_file_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        take("unix:/run/tdm.sock", tmp_path / "lock")
    assert (tmp_path / "victim").read_text() == "precious"


def test_the_lock_of_a_socket_is_beside_it():
    assert str(lock_path("unix:/run/callbox/tdm.sock")) == "/run/callbox/tdm.sock.lock"


def test_the_lock_of_a_card_has_its_name():
    assert lock_path("alsa:hw:CallboxHAT,0").name == "callbox-tdm-hw-CallboxHAT-0.lock"
