"""Voice messages: listen, mark as heard, delete. People see the mailboxes that are theirs; who may
listen to recordings sees all.

Tests: tests/web/desk/test_voicemail.py.
"""

from __future__ import annotations

from gettext import gettext as _
from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from firmware.api.voicemail_schema import VoiceMailbox
from web.access import Right, is_mine, needs
from web.errors import Gone, Notice
from web.parts import parts

blueprint = Blueprint("voicemail", __name__, url_prefix="/voicemail")
Page = str | Response


@blueprint.get("")
@needs(Right.OWN_STATE)
def messages() -> Page:
    """Every mailbox of the visitor, the newest message first."""
    return render_template("desk/voicemail.html", boxes=_mine())


@blueprint.get("/<id>.wav")
@needs(Right.OWN_STATE)
def sound(id: str) -> Response:
    """A message as it was left; parts of it on request (Range), so that the player can jump."""
    _check(id)
    wav = BytesIO(parts().core.voice_message_wav(id))
    return send_file(
        wav,
        mimetype="audio/wav",
        as_attachment="download" in request.args,
        download_name=f"message-{id}.wav",
        conditional=True,
        etag=False,
    )


@blueprint.post("/<id>/heard")
@needs(Right.OWN_STATE)
def heard(id: str) -> Page:
    """It is not new any more; the lamp of the phone goes out with the last."""
    _check(id)
    parts().core.message_heard(id)
    if "application/json" in request.accept_mimetypes.values():
        return Response(status=204)
    return redirect(url_for("voicemail.messages"))


@blueprint.post("/<id>/delete")
@needs(Right.OWN_STATE)
def delete(id: str) -> Page:
    """Remove it for good."""
    _check(id)
    parts().core.delete_message(id)
    flash(_("The message is deleted."))
    return redirect(url_for("voicemail.messages"))


def _mine() -> list[VoiceMailbox]:
    return [box for box in parts().core.voicemail() if is_mine(box)]


def _check(id: str) -> None:
    """Somebody else's message is as little there as one that was deleted."""
    if id not in {message.id for box in _mine() for message in box.messages}:
        raise Gone(
            Notice(
                _("There is no such voice message."),
                _("It may have been deleted, by you or at a phone."),
                _("Look at the list."),
            )
        )
