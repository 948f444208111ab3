"""Deleting what a shelf need not keep any longer: the rule of retention.py carried out.

Blocking file work; storage_task.py calls it from the syncing thread at start and once an hour.
Unfinished recordings are not even looked at, and one with `"hold": true` in its description
stays. Tests: tests/recorder/test_shelf.py.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from recorder.messages import RecordingResult
from recorder.retention import Kept, Rule, to_delete
from recorder.shelf import Shelf
from recorder.writer import remove

logger = logging.getLogger(__name__)


def tidy(shelf: Shelf, rule: Rule, now_s: float) -> list[RecordingResult]:
    """Delete what `rule` says; returns what is gone."""
    if not rule.keep_days and not rule.free_octets:
        return []
    results = {result.path: result for result in shelf.results()}
    kept = [_kept(result) for result in results.values()]
    gone: list[RecordingResult] = []
    for one in to_delete(kept, rule, now_s, shelf.free_octets()):
        try:
            remove(Path(one.path))
        except OSError as error:
            logger.warning("! %s cannot be deleted: %s", one.path, error)
            continue
        logger.info("= %s deleted: %.0f days old", one.path, (now_s - one.started_s) / 86_400)
        gone.append(results[one.path])
    return gone


def _kept(result: RecordingResult) -> Kept:
    started_s = datetime.fromisoformat(result.started_at).timestamp()
    is_held = result.meta.get("hold") is True
    return Kept(result.path, started_s, result.octets, is_held=is_held)
