"""How every page of the settings is answered: shown with its form, or left once it is saved.

Tests: tests/web/settings.
"""

from __future__ import annotations

from gettext import gettext as _

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from firmware.api.schema import ConfigDocument
from web.change import Trouble
from web.settings import forms


def render(template: str, document: ConfigDocument, trouble: Trouble, **more: object) -> str:
    """The page with the office as it is set up, and the trouble of the last try."""
    return render_template(
        template,
        office=document.office,
        generation=document.generation,
        trouble=trouble,
        destinations=forms.destinations(document.office),
        **more,
    )


def saved(endpoint: str) -> Response:
    """On to `endpoint`, which says so."""
    flash(_("Saved. It holds from the next call on."))
    return redirect(url_for(endpoint))
