"""kill -9 in the middle of writing: what was acknowledged is there, what is there is whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from firmware.config.store import ConfigStore
from firmware.trouble import Troubles

WRITER = """
import sys
from pathlib import Path
from firmware.config.store import ConfigStore

with ConfigStore(Path(sys.argv[1])) as store:
    while True:
        document = store.office.model_dump(mode="json")
        document["site"]["name"] = f"Name {store.generation + 1}"
        done = store.change(document, store.generation, "writer")
        print(done.generation, flush=True)
"""
ROUNDS = 8


def test_nothing_acknowledged_is_lost_to_kill_9(tmp_path: Path) -> None:
    acknowledged = 0
    for round_ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        ) as writer:
            assert writer.stdout is not None
            for _ in range(5 + 3 * round_):  # a different moment each time
                acknowledged = int(writer.stdout.readline())
            os.kill(writer.pid, signal.SIGKILL)
            for line in writer.stdout.read().split():
                acknowledged = int(line)
        troubles = Troubles()
        with ConfigStore(tmp_path, troubles) as store:
            assert store.generation >= acknowledged
            assert store.office.site.name == f"Name {store.generation}"
            assert troubles.standing() == []
    assert acknowledged > 5 * ROUNDS
