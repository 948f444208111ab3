"""The configuration of `make run`."""

from firmware.config.demo import demo_office
from firmware.config.schema import Office


def test_the_demo_office_takes_calls_on_eight_lines() -> None:
    office = demo_office()
    assert [line.number for line in office.lines] == list(range(1, 9))
    assert {(line.destination.to, line.destination.id) for line in office.lines} == {
        ("menu", "main")
    }
    assert {e.number: e.name for e in office.extensions} == {
        "201": "Anna",
        "202": "Ben",
        "203": "Front desk",
    }
    assert {d: to.id for d, to in office.menus[0].options.items()} == {
        "1": "sales",
        "2": "support",
    }
    greeting = next(p for p in office.prompts if p.id == "greeting")
    assert greeting.texts["en"] == "Welcome to Callbox. Press 1 for sales, press 2 for support."


def test_passwords_are_different_on_every_box() -> None:
    secrets = [e.secret for office in (demo_office(), demo_office()) for e in office.extensions]
    assert len(set(secrets)) == 6


def test_it_survives_being_written_down() -> None:
    office = demo_office()
    assert Office.model_validate_json(office.model_dump_json()) == office
