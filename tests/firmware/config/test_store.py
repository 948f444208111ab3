"""The configuration store: whole changes, audit, undo, and damaged media."""

import copy
import multiprocessing
import os
import resource
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware.config.demo import demo_office
from firmware.config.errors import (
    ConfigInUse,
    InvalidOffice,
    NothingToUndo,
    NotStored,
    StaleGeneration,
    UnknownVersion,
)
from firmware.config.schema import Office, User
from firmware.config.storage import KEEP, GenerationStorage, pack, unpack
from firmware.config.store import GROUPS, PLAIN, SINGLE, ConfigStore
from firmware.trouble import Troubles


def named(name: str) -> dict[str, Any]:
    document = Office().model_dump(mode="json")
    document["site"]["name"] = name
    return document


@pytest.fixture
def store(tmp_path: Path):
    with ConfigStore(tmp_path, initial=demo_office) as opened:
        yield opened


def test_a_new_folder_begins_with_the_initial_office(tmp_path: Path) -> None:
    with ConfigStore(tmp_path, initial=demo_office) as store:
        assert store.office.site.name == "Demo office"
        assert store.generation == 1
        first = store.office
    with ConfigStore(tmp_path) as again:
        assert again.office == first


def test_every_part_of_an_office_is_stored(tmp_path: Path) -> None:
    assert {*GROUPS, *SINGLE, *PLAIN, "version"} == set(Office.model_fields)
    document = Office().model_dump(mode="json") | {"pause_reasons": ["Lunch", "Training"]}
    with ConfigStore(tmp_path) as store:
        store.change(document, 1, "anna")
    with ConfigStore(tmp_path) as again:
        assert again.office.pause_reasons == ("Lunch", "Training")


def test_a_change_outlives_the_process_with_its_audit(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    with ConfigStore(tmp_path, now=lambda: at) as store:
        assert store.change(named("Bakery"), 1, "anna", "new name").generation == 2
    with ConfigStore(tmp_path) as store:
        assert store.office.site.name == "Bakery"
        newest = store.history()[0]
        assert (newest.generation, newest.at, newest.who, newest.what) == (
            2,
            at,
            "anna",
            "new name",
        )


def test_a_stale_change_is_refused_and_says_so(store: ConfigStore) -> None:
    store.change(named("One"), 1, "anna")
    with pytest.raises(StaleGeneration, match=r"generation 1.*now at generation 2"):
        store.change(named("Two"), 1, "ben")
    assert store.office.site.name == "One"


def test_everything_wrong_is_named_with_its_place(store: ConfigStore) -> None:
    document = store.office.model_dump(mode="json")
    document["menus"][0]["timeout_s"] = 99
    document["lines"][2]["nmae"] = "typo"
    with pytest.raises(InvalidOffice) as refused:
        store.change(document, 1, "anna")
    places = {p.where: p.what for p in refused.value.problems}
    assert places.keys() == {"menus/main/timeout_s", "lines/3/nmae"}
    assert places["menus/main/timeout_s"].startswith("99: ")
    assert store.generation == 1


def test_a_configuration_that_does_not_hang_together_is_refused(store: ConfigStore) -> None:
    document = store.office.model_dump(mode="json")
    document["menus"][0]["options"]["3"] = {"to": "queue", "id": "nowhere"}
    with pytest.raises(InvalidOffice) as refused:
        store.change(document, 1, "anna")
    [problem] = refused.value.problems
    assert problem.where == "menus/main/options/3"
    assert "nowhere" in problem.what


def test_undo_goes_back_step_by_step(store: ConfigStore) -> None:
    for number, name in enumerate(("One", "Two", "Three"), start=1):
        store.change(named(name), number, "anna")
    assert store.undo("ben").office.site.name == "Two"
    assert store.undo("ben").office.site.name == "One"
    assert store.undo("ben").office.site.name == "Demo office"
    with pytest.raises(NothingToUndo):
        store.undo("ben")
    assert store.history()[0].who == "ben"


def test_a_change_after_an_undo_is_undone_to_the_undone_state(store: ConfigStore) -> None:
    store.change(named("One"), 1, "anna")
    store.change(named("Two"), 2, "anna")
    store.undo("anna")
    store.change(named("Three"), 4, "anna")
    assert store.undo("anna").office.site.name == "One"


def test_undo_never_takes_an_account_away(store: ConfigStore) -> None:
    owner = User(name="anna", password_hash="$argon2id$v=19$...")
    office = store.office.model_copy(update={"users": (owner,)})
    store.change(office, 1, "anna", "first account")
    assert store.undo("anna").office.users == (owner,)


def test_ten_generations_are_kept(store: ConfigStore, tmp_path: Path) -> None:
    for number in range(1, 15):
        store.change(named(f"Name {number}"), number, "anna")
    assert len(list(tmp_path.glob("office-*.json"))) == KEEP
    assert len(store.history()) == 15


def test_secrets_are_for_the_owner_only(store: ConfigStore, tmp_path: Path) -> None:
    [path] = tmp_path.glob("office-*.json")
    assert path.stat().st_mode & 0o077 == 0


def test_two_processes_cannot_hold_one_folder(store: ConfigStore, tmp_path: Path) -> None:
    with pytest.raises(ConfigInUse, match=rf"process {os.getpid()}\): stop it first"):
        ConfigStore(tmp_path)
    store.close()
    ConfigStore(tmp_path).close()


DAMAGE = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "zeroes": lambda data: bytes(len(data)),
    "garbage": lambda data: b"\xff\xfe not a configuration" * 10,
    "one bit": lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_gives_way_to_the_one_before(tmp_path: Path, damage: Any) -> None:
    with ConfigStore(tmp_path) as store:
        store.change(named("Good"), 1, "anna")
        store.change(named("Newest"), 2, "anna")
    newest = tmp_path / "office-000003.json"
    bad = damage(newest.read_bytes())
    newest.write_bytes(bad)
    troubles = Troubles()
    with ConfigStore(tmp_path, troubles) as store:
        assert store.office.site.name == "Good"
        assert (tmp_path / "office-000003.json.bad").read_bytes() == bad
        [(_, trouble)] = troubles.standing()
        assert trouble.code == "config.damaged"
        assert "office-000003.json" in trouble.why
        assert store.change(named("After"), 2, "anna").generation == 4
        assert troubles.standing() == []


def test_when_all_is_damaged_the_box_still_starts_and_says_so(tmp_path: Path) -> None:
    with ConfigStore(tmp_path) as store:
        store.change(named("Lost"), 1, "anna")
    for path in tmp_path.glob("office-*.json"):
        path.write_bytes(b"?")
    troubles = Troubles()
    with ConfigStore(tmp_path, troubles, demo_office) as store:
        assert store.office.site.name == "Demo office"
        assert store.generation == 3
        assert "config.lost" in {t.code for _, t in troubles.standing()}
    assert len(list(tmp_path.glob("*.bad"))) == 2


def test_a_whole_file_that_can_no_longer_run_is_set_aside(tmp_path: Path) -> None:
    with ConfigStore(tmp_path) as store:
        store.change(named("Good"), 1, "anna")
        tables = GenerationStorage(tmp_path, Troubles()).load(2)
    tables["site"]["1"]["country"] = "Zed"
    (tmp_path / "office-000003.json").write_bytes(pack(tables))
    troubles = Troubles()
    with ConfigStore(tmp_path, troubles) as store:
        assert store.office.site.name == "Good"
    assert "two-letter country" in troubles.standing()[0][1].why


def test_a_newer_version_is_refused_not_guessed(tmp_path: Path) -> None:
    ConfigStore(tmp_path).close()
    path = tmp_path / "office-000001.json"
    tables = copy.deepcopy(unpack(path.read_bytes()))
    tables["version"]["1"]["version"] = 2
    path.write_bytes(pack(tables))
    with pytest.raises(UnknownVersion, match="version 2: this Callbox reads versions 1 to 1"):
        ConfigStore(tmp_path)
    assert path.exists()


def _full_disk(folder: Path, answer: Any) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with ConfigStore(folder) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
        try:
            store.change(named("Too much"), 1, "anna")
        except NotStored as error:
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            after = store.change(named("Room again"), 1, "anna").office.site.name
            answer.put((str(error), after))


def test_a_full_disk_changes_nothing_and_heals(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    answer = spawn.Queue()
    process = spawn.Process(target=_full_disk, args=(tmp_path, answer))
    process.start()
    said, after = answer.get(timeout=20)
    process.join(20)
    assert "could not be stored" in said
    assert "in force is unchanged" in said
    assert after == "Room again"
    assert not list(tmp_path.glob(".office-*"))
