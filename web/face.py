"""What the pages need of the core and of the records, as protocols; tests inject fakes.

The real ones are `firmware.api.client.ApiClient` and `firmware.records.store.Records`. Every
`Core` method may raise `CoreAway` (nobody answers) or `Refused` (the answer was no).
"""

from __future__ import annotations

from typing import Protocol

from firmware.api.errors import CoreAway, Refused
from firmware.api.schema import (
    Agent,
    AgentAction,
    ConfigChange,
    ConfigDocument,
    ConfigGeneration,
    FirstAccount,
    Live,
    RingAccepted,
    RingRequest,
    Setup,
)
from firmware.config.schema import User
from firmware.records.messages import CallRow, EventRow, RecordingRow, Search

__all__ = ["CallStore", "Core", "CoreAway", "Refused"]


class Core(Protocol):
    """The control API, one method per request."""

    def live(self) -> Live: ...
    def agent_action(self, extension: str, action: str, body: AgentAction) -> Agent: ...
    def ring(self, request: RingRequest) -> RingAccepted: ...
    def config(self) -> ConfigDocument: ...
    def change_config(self, change: ConfigChange) -> ConfigDocument: ...
    def config_history(self) -> list[ConfigGeneration]: ...
    def undo_config(self, who: str) -> ConfigDocument: ...
    def setup(self) -> Setup: ...
    def create_first_account(self, account: FirstAccount) -> None: ...
    def account(self, name: str) -> User: ...


class CallStore(Protocol):
    """The records, read only."""

    def calls(self, search: Search) -> list[CallRow]: ...
    def count(self, search: Search) -> int: ...
    def call(self, call_id: str) -> CallRow | None: ...
    def timeline(self, call_id: str) -> list[EventRow]: ...
    def recording_of(self, call_id: str) -> RecordingRow | None: ...
