"""Mailboxes and the office's mail, as they may be set."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from firmware.config.mailboxes import Mail, Mailbox


@pytest.mark.parametrize("address", ["", "anna@example.com", "first.last+tag@mail.example.co.za"])
def test_mail_addresses(address: str) -> None:
    assert Mailbox(id="201", name="Anna", mail_to=address).mail_to == address


@pytest.mark.parametrize(
    "address", ["anna", "@example.com", "a@b@c", "a b@c.com", "a@c.com\nBcc: x@y.com"]
)
def test_what_is_no_address_is_refused_by_its_value(address: str) -> None:
    with pytest.raises(ValidationError, match=r"expected a mail address such as anna@example\.com"):
        Mail(sender=address)
