"""Where one is, in the menu at the top of every page."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

PAGES = ("", "/accounts", "/parking", "/codes", "/dispositions", "/hours", "/callers")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_settings_says_that_it_is_one(owner: FlaskClient, page: str) -> None:
    answer = owner.get(f"/settings{page}", follow_redirects=True)
    assert answer.status_code == 200
    assert re.findall(r'href="([^"]+)" aria-current="page"', answer.text) == ["/settings"]
