"""Run the pages on made-up data, to look at them: `python tests/web/demo_server.py [--fresh]`.

Prints its address. Sign in as thandi, sam or anna (password in web_fakes.py); `--fresh` begins at
the first run (code in web_fakes.py). A placed test call rings, talks and ends within 3 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from web_fakes import FakeCore, demo_office, demo_records
from werkzeug.serving import BaseWSGIServer, make_server

from firmware.api.schema import Call, Live, RingAccepted, RingRequest
from firmware.config.schema import Office
from firmware.records.messages import CallId, CallRow, Outcome
from web.app import create_app
from web.parts import WebConfig


class DemoCore(FakeCore):
    """Test calls come, are answered and end."""

    def __init__(self, office: Office, records: object) -> None:
        super().__init__(office)
        self.records = records
        self.rung: list[tuple[datetime, RingRequest]] = []
        self.change_live = self.add_test_calls

    def ring(self, request: RingRequest) -> RingAccepted:
        accepted = super().ring(request)
        now = datetime.now(UTC)
        self.rung.append((now, request))
        row = CallRow(
            id=self._id(now), started_at=now, direction="incoming", outcome=Outcome.ANSWERED,
            ended_at=now + timedelta(seconds=6), ended_by="caller", cause=16, line=accepted.line,
            caller_number=request.number, caller_name=request.name, talk_s=4, total_s=6,
        )  # fmt: skip
        self.records.rows.insert(0, row)
        return accepted

    def add_test_calls(self, live: Live) -> Live:
        for at, asked in self.rung:
            age_s = (datetime.now(UTC) - at).total_seconds()
            if age_s > 3:
                continue
            stage = "ringing" if age_s < 1 else "talking"
            live.calls.append(
                Call(id=self._id(at), direction="incoming", stage=stage, words=f"{stage} (test)",
                     started_at=at, since=at, line=asked.line or 3,
                     caller_number=asked.number, caller_name=asked.name)
            )  # fmt: skip
        return live

    def _id(self, at: datetime) -> CallId:
        return CallId(f"{at:%Y%m%d-%H%M%S}-7e57")


def start(
    folder: Path, is_fresh: bool = False, is_quiet: bool = False
) -> tuple[str, DemoCore, BaseWSGIServer]:
    """Serve in a thread of this process; returns the address, the core behind it and the server."""
    records = demo_records(folder, datetime.now(UTC))
    office = demo_office()
    if is_fresh:
        office = office.model_copy(update={"users": ()})
    core = DemoCore(office, records)
    if is_quiet:
        core.show = lambda now, office: Live(
            at=now, seq=1, box=FakeCore(office).live().box.model_copy(update={"troubles": []})
        )
        records.rows.clear()
    config = WebConfig(
        b"d" * 32, (folder,), sip_host="192.168.1.20", sip_tls_port=5061, provision_port=8443
    )
    server = make_server("127.0.0.1", 0, create_app(config, core, records), threaded=True)
    Thread(target=server.serve_forever, daemon=True, name="demo").start()
    return f"http://127.0.0.1:{server.server_port}", core, server


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        address, _, _ = start(Path(folder), "--fresh" in sys.argv, "--quiet" in sys.argv)
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
