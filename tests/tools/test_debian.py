"""tools/debian.sh on a machine made of stand-ins: what is installed, asked and said."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "debian.sh"


@dataclass(frozen=True, slots=True)
class Machine:
    """A PATH of its own: stand-ins for apt and dpkg, nothing else."""

    folder: Path

    def has(self, command: str, body: str) -> None:
        path = self.folder / command
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def install(self, *packages: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("sh") or "/bin/sh", str(SCRIPT), *packages],
            env={"PATH": str(self.folder)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def asked(self) -> list[str]:
        """What apt-get was told, without its options."""
        told = self.folder / "told"
        lines = told.read_text().splitlines() if told.exists() else []
        return [line.replace("-o DPkg::Lock::Timeout=300 ", "") for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    (tmp_path / "env").symlink_to(shutil.which("env") or "/usr/bin/env")
    made.has("dpkg-query", 'case "$4" in gcc|make) printf installed;; *) exit 1;; esac')
    made.has("apt-cache", '[ "$2" = ffmpeg ] || exit 100')
    made.has("apt-get", f'echo "$@" >> {tmp_path}/told')
    made.has("id", "echo 0")
    return made


def test_nothing_missing_asks_nobody(machine: Machine) -> None:
    done = machine.install("gcc", "make")
    assert (done.returncode, done.stdout, machine.asked()) == (0, "", [])


def test_only_what_is_missing_is_installed(machine: Machine) -> None:
    done = machine.install("gcc", "sox", "baresip", "--optional", "ffmpeg", "make")
    assert done.returncode == 0, done.stderr
    assert machine.asked() == ["update", "install -y --no-install-recommends sox baresip ffmpeg"]
    assert "sox baresip ffmpeg" in done.stdout


def test_an_optional_package_the_archive_lacks_is_left_out_with_a_word(machine: Machine) -> None:
    done = machine.install("gcc", "--optional", "chromium")
    assert done.returncode == 0
    assert machine.asked() == ["update"]
    assert "left out: chromium" in done.stdout


def test_a_failed_update_does_not_stop_the_installation(machine: Machine) -> None:
    machine.has("apt-get", f'echo "$@" >> {machine.folder}/told; [ "$3" != update ]')
    done = machine.install("sox")
    assert done.returncode == 0
    assert machine.asked()[-1] == "install -y --no-install-recommends sox"
    assert "could not be renewed" in done.stderr


def test_a_failed_installation_says_what_to_type(machine: Machine) -> None:
    machine.has("apt-get", '[ "$3" != install ]')
    done = machine.install("sox")
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends sox" in done.stderr


def test_others_than_root_use_sudo(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    machine.has("sudo", f'echo sudo >> {machine.folder}/told; "$@"')
    assert machine.install("sox").returncode == 0
    assert machine.asked()[:2] == ["sudo", "update"]


def test_without_root_and_sudo_it_says_what_to_type(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    done = machine.install("gcc", "sox")
    assert done.returncode == 1
    assert "no sudo" in done.stderr
    assert "apt-get update && apt-get install --no-install-recommends sox" in done.stderr


def test_elsewhere_than_on_debian_it_names_what_is_needed(tmp_path: Path) -> None:
    done = Machine(tmp_path).install("sox")
    assert done.returncode == 1
    assert "not Debian" in done.stderr
    assert "sox" in done.stderr
