"""Past calls: list with search, one call with its timeline, its recording, CSV.

Tests: tests/web/calls/test_views.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from gettext import gettext as _

from flask import (
    Blueprint,
    Response,
    render_template,
    request,
    send_file,
    stream_with_context,
)
from werkzeug.wrappers import Response as AnyResponse

from firmware.api.schema import Call
from firmware.config.schema import Office
from firmware.records import again, explain
from firmware.records.disposition_books import of_calls
from firmware.records.dispositions import Disposed
from firmware.records.messages import CallRow, Outcome, Search
from web.access import Right, needs
from web.calls import export, query, sound
from web.errors import Gone, Notice
from web.face import CoreAway
from web.page import office_zone, today
from web.parts import parts
from web.words import OUTCOME

blueprint = Blueprint("calls", __name__)
MOST_EXPORTED = 50_000
BATCH = 500
SOUND = "leg.quality"
"""The event that keeps how one party's audio was; its data say so in figures."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the search form offers."""

    lines: list[tuple[str, str]]
    agents: list[tuple[str, str]]
    queues: list[tuple[str, str]]
    dispositions: list[tuple[str, str]]
    """Of the configuration as it is now."""


@blueprint.get("/calls")
@needs(Right.CALLS)
def search() -> str:
    """The calls that match, newest first."""
    asked = _named(query.parse(request.args, office_zone()))
    records = parts().records
    total = records.count(asked.search)
    rows = records.calls(asked.search)
    return render_template(
        "calls/list.html",
        query=asked,
        rows=rows,
        noted=_noted(rows),
        total=total,
        pages=max(1, -(-total // query.PER_PAGE)),
        choices=(choices := _choices()),
        queue_names=dict(choices.queues),
        outcomes=[(o.value, OUTCOME[o].words) for o in Outcome],
        today=today().date(),
    )


@blueprint.get("/calls.csv")
@needs(Right.CALLS)
def as_csv() -> Response:
    """The same search as a file for a spreadsheet."""
    asked = _named(query.parse(request.args, office_zone(), per_page=BATCH))
    lines = export.lines(_all(replace(asked.search, offset=0)), office_zone(), _noted)
    name = f"calls-{today():%Y-%m-%d}.csv"
    return Response(
        stream_with_context(lines),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/calls/<id>")
@needs(Right.CALLS)
def call(id: str) -> str:
    """One call: summary, recording, and what happened, in order."""
    records = parts().records
    row = records.call(id)
    events = records.timeline(id)
    running = _running(id) if row is None else None
    if row is None and running is None and not events:
        raise Gone(
            Notice(
                _("There is no such call."),
                _("The address may be mistyped, or the call is from before the records begin."),
                _("Look for it with the search."),
            )
        )
    choices = _choices()
    return render_template(
        "calls/call.html",
        queue_names=dict(choices.queues),
        line_names={int(number): name for number, name in choices.lines},
        id=id,
        row=row,
        running=running,
        events=[event for event in events if event.kind != SOUND],
        chapters=explain.chapters(events),
        story=explain.summary(events),
        sounds=[event for event in events if event.kind == SOUND],
        recording=records.recording_of(id),
        noted=_noted([row]).get(id) if row is not None else None,
    )


@blueprint.get("/calls/<id>/recording")
@needs(Right.CALLS)
def recording(id: str) -> AnyResponse:
    """The sound; parts of it on request (Range), so that the player can jump."""
    row = parts().records.recording_of(id)
    path = sound.locate(row, parts().config.shelves)
    return send_file(
        path,
        mimetype=sound.media_type(path),
        as_attachment="download" in request.args,
        download_name=f"call-{id}{path.suffix}",
        conditional=True,
    )


def _named(asked: query.Query) -> query.Query:
    """With the calls that only the records can name."""
    further = asked.again
    if further is None:
        return asked
    ids = parts().records.ask(lambda c: again.further_calls(c, further))
    return replace(asked, search=replace(asked.search, ids=tuple(ids)))


def _noted(rows: Sequence[CallRow]) -> dict[str, Disposed]:
    """How these calls ended in the agents' words, by call."""
    return parts().records.ask(lambda c: of_calls(c, [row.id for row in rows])) if rows else {}


def _all(search: Search) -> Iterator[list[CallRow]]:
    """All matching calls, read in batches so that memory stays small."""
    for offset in range(0, MOST_EXPORTED, BATCH):
        rows = parts().records.calls(replace(search, limit=BATCH, offset=offset))
        yield rows
        if len(rows) < BATCH:
            return


def _running(id: str) -> Call | None:
    """The call if it is still in progress."""
    try:
        return next((c for c in parts().live.get().calls if c.id == id), None)
    except CoreAway:
        return None


def _choices() -> Choices:
    """Names from the configuration; the form works with less while the core is away."""
    try:
        office = parts().office.get().office
    except CoreAway:
        last = parts().office.last()
        office = last.office if last else Office()
    return Choices(
        [(str(line.number), line.name) for line in office.lines],
        [(e.number, e.name) for e in office.extensions],
        [(q.id, q.name) for q in office.queues],
        [(str(one.code), one.name) for one in office.dispositions],
    )
