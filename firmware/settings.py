"""How this box is built: what the core was started with, which no office changes.

Pure. Read from the command line by firmware.__main__. Tests: tests/firmware/test_main.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths of what is not there are empty."""

    run: Path
    hat: str = ""
    tdm: str = ""
    simulator: str = ""
    recorder: Path | None = None
    records: str = ""
    recordings: Path | None = None
    """Where the recorder keeps them; default: recordings in the run folder."""
    sip_host: str = "0.0.0.0"
    sip_port: int = 5060
    sip_tls_port: int | None = None
    """None: no TLS for phones."""
    is_demo: bool = False
