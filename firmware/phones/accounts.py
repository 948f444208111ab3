"""What phones sign in with: each extension by itself, and each phone set by its own name.

Pure. Tests: tests/firmware/phones/test_accounts.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmware.config.schema import Office
from hal.sip.digest import Account

Accounts = Mapping[str, Account]
"""By user name."""


def accounts(office: Office) -> Accounts:
    """Every account that is good."""
    found = {e.number: Account(e.secret, e.number) for e in office.extensions}
    return found | {p.account: Account(p.secret, p.extension) for p in office.phone_sets}


def no_longer_good(before: Accounts, after: Accounts) -> list[str]:
    """User names whose phones are to be signed out."""
    return [user for user, account in before.items() if after.get(user) != account]
