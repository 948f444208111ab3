"""What a dialled number means."""

import pytest

from firmware.config.schema import Extension, Office, Site
from firmware.route.numbers import Nowhere, ToExtension, ToLine, resolve

ANNA = Extension(number="201", name="Anna", secret="secret-201")
BEN = Extension(number="202", name="Ben", secret="secret-202", may_dial_out=False)
OFFICE = Office(extensions=(ANNA, BEN))


@pytest.mark.parametrize(
    ("dialled", "by", "way"),
    [
        ("202", "201", ToExtension(BEN)),
        ("00215557788", "201", ToLine("0215557788")),
        ("0+27215557788", "201", Nowhere("'0+27215557788' is no number: expected digits")),
        ("299", "201", Nowhere("there is no extension 299; outside numbers begin with 0")),
        ("0", "201", Nowhere("there is no extension 0; outside numbers begin with 0")),
        ("00215557788", "202", Nowhere("extension 202 may not dial outside numbers")),
        ("00215557788", "999", Nowhere("extension 999 may not dial outside numbers")),
        ("a;b", "201", Nowhere("'a;b' is no number: expected digits")),
    ],
)
def test_dialled(dialled: str, by: str, way: object) -> None:
    assert resolve(OFFICE, dialled, by) == way


def test_without_a_prefix_any_number_that_is_no_extension_goes_outside() -> None:
    office = OFFICE.model_copy(update={"site": Site(outside_prefix="")})
    assert resolve(office, "0215557788", "201") == ToLine("0215557788")
    assert resolve(office, "201", "201") == ToExtension(ANNA)
