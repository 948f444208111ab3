"""The benchmarks' own arithmetic: quantiles, tables, marks."""

from __future__ import annotations

import os
import subprocess

import pytest

from tools.bench.lines import MARKS, Marks
from tools.bench.processes import Spread, cpu_s, has_children, quantile, table, until_alone


def test_quantile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert quantile(values, 0.5) == 51
    assert quantile(values, 0.99) == 100
    assert quantile([7.0], 1) == 7


def test_spread_shows_median_and_ends() -> None:
    assert f"{Spread.of([3.0, 1.0, 2.0]):.1f}" == "2.0 (1.0-3.0)"


def test_table_lines_up() -> None:
    assert table(("a", "long"), [("12", "x"), ("3", "")]) == " a  long\n12     x\n 3      "


def test_cpu_of_a_process_grows_with_its_work() -> None:
    before = cpu_s(os.getpid())
    sum(range(100_000))
    assert cpu_s(os.getpid()) > before


def test_who_has_others_at_work_is_not_alone() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        assert has_children(os.getpid())
        with pytest.raises(SystemExit, match="still busy with others"):
            until_alone(os.getpid(), quiet_s=0.2, timeout_s=0.1)
        other.kill()


def test_a_mark_counts_once_and_by_its_first_octet() -> None:
    marks = Marks()
    octet = marks.send(0, at=1.0)
    for at in (1.015, 1.016):
        marks.hear(octet, at)
    assert marks.took_s == [pytest.approx(0.015)]


def test_a_lost_mark_does_not_disturb_the_next() -> None:
    marks = Marks()
    marks.send(0, at=1.0)
    later = marks.send(1, at=1.02)
    marks.hear(0xD5, 1.03)  # silence in its place
    marks.hear(later, 1.04)
    assert marks.took_s == [pytest.approx(0.02)]


def test_marks_differ_from_each_other_and_from_silence() -> None:
    assert len({*MARKS, 0xD5}) == len(MARKS) + 1
