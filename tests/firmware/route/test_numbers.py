"""What a dialled number means."""

import pytest

from firmware.config.codes import TABLE, Dialled
from firmware.config.schema import Extension, Menu, Office, PageGroup, Prompt, Queue, Site
from firmware.route.numbers import (
    Nowhere,
    ToCode,
    ToExtension,
    ToLine,
    ToMenu,
    ToPage,
    ToPark,
    ToQueue,
    ToSlot,
    resolve,
)

ANNA = Extension(number="201", name="Anna", secret="secret-201")
BEN = Extension(number="202", name="Ben", secret="secret-202", may_dial_out=False)
SALES = Queue(id="sales", name="Sales", number="300")
MAIN = Menu(id="main", name="Main", number="400", greeting="hello")
ALL = PageGroup(number="500", name="All", members=("201", "202"))
DND = next(code for code in TABLE if code.digits == "*78")
OFFICE = Office(
    extensions=(ANNA, BEN),
    queues=(SALES,),
    menus=(MAIN,),
    page_groups=(ALL,),
    prompts=(Prompt(id="hello", name="Hello", texts={"en": "Hello"}),),
)


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
        ("*99", "201", Nowhere("there is no code *99")),
        ("70", "201", ToPark()),
        ("71", "201", ToSlot("71")),
        ("300", "201", ToQueue(SALES)),
        ("400", "201", ToMenu(MAIN)),
        ("500", "201", ToPage(ALL)),
        ("*78", "201", ToCode(Dialled(DND))),
        ("a;b", "201", Nowhere("'a;b' is no number: expected digits")),
    ],
)
def test_dialled(dialled: str, by: str, way: object) -> None:
    assert resolve(OFFICE, dialled, by) == way


def test_without_a_prefix_any_number_that_is_no_extension_goes_outside() -> None:
    office = OFFICE.model_copy(update={"site": Site(outside_prefix="")})
    assert resolve(office, "0215557788", "201") == ToLine("0215557788")
    assert resolve(office, "201", "201") == ToExtension(ANNA)
