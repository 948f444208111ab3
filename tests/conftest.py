"""How the tests share a small machine (`make test`).

The tests of the rooms run first, in two workers. The scenarios start whole boxes, which work in
real time: they run afterwards, two boxes at a time, which take a third of two cores together and
mostly wait.

A virtual machine may lose its processors to its host for a while; sound that was to be carried
then is lost to everybody in it. So a test that plays in real time (a scenario, or one marked
`client`: with somebody else's telephone) is played again if it fails, twice at most. If the
last try fails as well it is a failure, unless the kernel says that the host took more than a
twentieth of the processors' time during it: then it is skipped as not judged, with the share and
the failure in the summary.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "small machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # how long an example takes says how busy the machine is, not whether it is right
settings.load_profile("small machine")

RERUNS = 2
TOO_MUCH = 0.05
"""Share of the processors' time taken by the host beyond which real time is not to be had."""
_BEGAN = pytest.StashKey[tuple[int, int]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what plays in real time be played again."""
    for item in items:
        if _is_real_time(item):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS, reruns_delay=1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember what the host had taken so far."""
    item.stash[_BEGAN] = _processor_time()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Do not judge the last try in real time on a machine that had no processor to give."""
    outcome = yield
    report = outcome.get_result()
    is_last = getattr(item, "execution_count", 1) > RERUNS
    if not (report.failed and is_last and _is_real_time(item)):
        return
    taken_before, all_before = item.stash[_BEGAN]
    taken, all_time = _processor_time()
    share = (taken - taken_before) / max(1, all_time - all_before)
    if share > TOO_MUCH:
        why = str(call.excinfo.value)[:300] if call.excinfo else ""
        words = f"not judged: the host took {share:.0%} of the processors' time; failed with {why}"
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, words)


def _is_real_time(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(mark) is not None for mark in ("scenario", "client"))


def _processor_time() -> tuple[int, int]:
    """Ticks stolen by the host, and all ticks, of all processors (proc(5): /proc/stat)."""
    fields = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[7], sum(fields)
