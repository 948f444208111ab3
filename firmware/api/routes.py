"""The routes of the control API as data, and the OpenAPI document made from them.

Pure. One row per route; `resources.Resources` has a method of each row's name. The document is
OpenAPI 3.1, its schemas are pydantic's own of firmware.api.schema.

Tests: tests/firmware/api/test_routes.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from firmware.api import advice_schema as advice
from firmware.api import callback_schema as back
from firmware.api import phone_schema as p
from firmware.api import report_schema as reports
from firmware.api import routing_schema as routing
from firmware.api import schema as s
from firmware.api import sip_schema as sip
from firmware.api import voicemail_schema as voice
from firmware.config.schema import User

WAV: Final = "audio/wav"
NDJSON: Final = "application/x-ndjson"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `answer` None: 204. `is_list`: the answer is a list of it."""

    method: str
    path: str
    name: str
    summary: str
    answer: type[BaseModel] | None = None
    is_list: bool = False
    body: type[BaseModel] | None = None
    refusals: tuple[int, ...] = ()
    query: tuple[str, ...] = ()
    body_type: str = JSON
    answer_type: str = JSON


ROUTES: Final = (
    Route("GET", "/live", "live", "The whole box at one moment", s.Live),
    Route(
        "GET",
        "/events",
        "events",
        "What happens, as it happens: one JSON object per line, kept open; empty lines while quiet",
        s.Event,
        query=("after",),
        answer_type=NDJSON,
    ),
    Route(
        "GET",
        "/events/last",
        "last_events",
        "The newest events, oldest first",
        s.Event,
        is_list=True,
        query=("n",),
    ),
    Route(
        "POST",
        "/agents/{extension}/disposition",
        "set_disposition",
        "How a call of the agent ended, in their words",
        s.Agent,
        body=s.DispositionOrder,
        refusals=(404, 409),
    ),
    Route(
        "POST",
        "/agents/{extension}/{action}",
        "agent",
        "login, logout, pause or ready",
        s.Agent,
        body=s.AgentAction,
        refusals=(404, 409),
    ),
    Route("POST", "/calls/{id}/hangup", "hang_up", "End a call", refusals=(404,)),
    Route(
        "POST",
        "/lines/{number}/test",
        "test_line",
        "Test a line",
        s.LineTest,
        body=s.LineTestRequest,
        refusals=(404, 409, 503),
    ),
    Route(
        "POST",
        "/simulator/ring",
        "ring",
        "A test call from the simulated exchange",
        s.RingAccepted,
        body=s.RingRequest,
        refusals=(409, 503),
    ),
    Route("GET", "/config", "config", "The configuration in force", s.ConfigDocument),
    Route(
        "PUT",
        "/config",
        "change_config",
        "Replace the configuration",
        s.ConfigDocument,
        body=s.ConfigChange,
        refusals=(409, 507),
    ),
    Route(
        "GET",
        "/config/history",
        "config_history",
        "Every change, newest first",
        s.ConfigGeneration,
        is_list=True,
    ),
    Route(
        "POST",
        "/config/undo",
        "undo_config",
        "Back to the configuration before the last change",
        s.ConfigDocument,
        body=s.Who,
        refusals=(409, 507),
    ),
    Route("GET", "/setup", "setup", "Whether the first account is still to be made", s.Setup),
    Route(
        "POST",
        "/setup",
        "create_first_account",
        "Make the first account",
        body=s.FirstAccount,
        refusals=(403, 409, 507),
    ),
    Route("GET", "/accounts/{name}", "account", "One account", User, refusals=(404,)),
    Route(
        "PUT",
        "/prompts/{id}/{language}",
        "put_prompt",
        "Upload a recorded prompt",
        refusals=(404, 507),
        body_type=WAV,
    ),
    Route(
        "GET",
        "/prompts/{id}/{language}",
        "prompt",
        "A prompt as the caller would hear it",
        refusals=(404,),
        answer_type=WAV,
    ),
    Route("GET", "/sip", "sip", "The signalling of phones: tables, shut-outs, trace", sip.SipNow),
    Route(
        "POST",
        "/sip/allow",
        "allow_sign_ins",
        "Listen again to sign-ins from an address",
        body=sip.AllowRequest,
        refusals=(404,),
    ),
    Route(
        "POST",
        "/sip/trace",
        "trace_phones",
        "Write the phones' messages into a pcap file for a while; 0 seconds: end that",
        sip.TraceNow,
        body=sip.TraceRequest,
        refusals=(409, 503),
    ),
    Route("GET", "/phone-sets", "phone_sets", "Phones that ask or are set up", p.PhoneSetsNow),
    Route(
        "POST",
        "/phone-sets/ask",
        "ask_phone",
        "A phone asks for its file",
        p.PhoneAnswer,
        body=p.PhoneAsk,
        refusals=(503,),
    ),
    Route(
        "POST",
        "/phone-sets/app",
        "invite_app",
        "A code for a softphone, good once",
        p.AppInvite,
        body=p.AppInvitation,
        refusals=(503, 507),
    ),
    Route(
        "POST",
        "/phone-sets/{mac}/approve",
        "approve_phone",
        "Say whose a phone is; its file may be given once",
        p.PhoneSetState,
        body=p.PhoneApproval,
        refusals=(503, 507),
    ),
    Route(
        "POST",
        "/phone-sets/{mac}/remove",
        "remove_phone",
        "Cut a phone off",
        body=s.Who,
        refusals=(404, 503, 507),
    ),
    Route(
        "GET", "/schedules", "schedules", "Whether it is open", routing.ScheduleNow, is_list=True
    ),
    Route(
        "POST",
        "/schedules/{id}/switch",
        "switch_schedule",
        "Open or close by hand, or let the hours decide again",
        routing.ScheduleNow,
        body=routing.SwitchOrder,
        refusals=(404, 409),
    ),
    Route(
        "GET",
        "/holidays",
        "holidays",
        "The public holidays of the coming year",
        routing.Holiday,
        is_list=True,
        refusals=(409,),
    ),
    Route(
        "POST",
        "/path",
        "path",
        "What happens to a call from a number, on a line, at a day and hour",
        routing.PathNow,
        body=routing.PathAsked,
    ),
    Route("GET", "/blacklist", "blacklist", "Blocked numbers", routing.BlockedNow, is_list=True),
    Route(
        "POST",
        "/blacklist",
        "propose_block",
        "Propose a number to be blocked",
        body=routing.BlockProposal,
        refusals=(507,),
    ),
    Route(
        "POST",
        "/blacklist/{caller}/approve",
        "approve_block",
        "Turn calls from a proposed number away, for a while",
        body=routing.BlockApproval,
        refusals=(403, 404, 507),
    ),
    Route(
        "POST",
        "/blacklist/{caller}/remove",
        "remove_block",
        "Take calls from a number again",
        body=s.Who,
        refusals=(403, 404, 507),
    ),
    Route("GET", "/callbacks", "callbacks", "Who is to be called back", s.Callback, is_list=True),
    Route(
        "POST",
        "/callbacks",
        "add_callback",
        "Have a number called back in its turn",
        s.Callback,
        body=back.CallbackOrder,
        refusals=(409,),
    ),
    Route(
        "POST",
        "/callbacks/{caller}/cancel",
        "cancel_callback",
        "Call nobody back at a number",
        body=s.Who,
        refusals=(404, 409),
    ),
    Route("GET", "/voicemail", "voicemail", "Voice messages", voice.VoiceMailbox, is_list=True),
    Route(
        "GET",
        "/voicemail/{id}",
        "voice_message",
        "A voice message as it was left",
        refusals=(404, 503),
        answer_type=WAV,
    ),
    Route(
        "POST", "/voicemail/{id}/heard", "message_heard", "It is not new any more", refusals=(404,)
    ),
    Route(
        "POST", "/voicemail/{id}/delete", "delete_message", "Delete it for good", refusals=(404,)
    ),
    Route(
        "POST",
        "/advice",
        "advise",
        "Staff for next week by half-hours, and lines, with last week's error",
        advice.Advice,
        body=advice.AdviceRequest,
        refusals=(409, 503),
    ),
    Route(
        "POST",
        "/replay",
        "replay",
        "Past days through the queues again, with agents or lines more or fewer",
        advice.Replay,
        body=advice.ReplayRequest,
        refusals=(409, 503),
    ),
    Route(
        "GET",
        "/reports",
        "report",
        "The figures of some days, by queue, day, half-hour, agent and line",
        reports.ReportView,
        refusals=(404, 503),
        query=("first", "last", "queue", "agent", "line", "formula", "rule"),
    ),
    Route(
        "GET",
        "/reports/calls",
        "calls_behind",
        "The very calls that make a figure of a report",
        reports.CallsView,
        refusals=(404, 503),
        query=(
            *("figure", "first", "last", "queue", "agent", "line", "half_hour", "cause", "rule"),
            "limit",
        ),
    ),
    Route(
        "GET",
        "/reports/lost",
        "lost_callers",
        "Callers who gave up, and what became of them",
        reports.LostView,
        refusals=(503,),
        query=("days",),
    ),
    Route(
        "GET",
        "/calls/{id}/story",
        "call_story",
        "A call in plain words: what was heard and pressed, who rang and why, who hung up",
        reports.StoryView,
        refusals=(404, 503),
    ),
    Route("GET", "/openapi.json", "openapi", "This description"),
)


def openapi(version: str) -> dict[str, Any]:
    """The OpenAPI document of all routes."""
    models = {m for r in ROUTES for m in (r.answer, r.body) if m} | {s.Refusal}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Callbox control API", "version": version},
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(route: Route) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", route.path)
    parameters = [_parameter(name, "path") for name in names]
    parameters += [_parameter(name, "query") for name in route.query]
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters,
        "responses": _responses(route),
    }
    if route.body is not None or route.body_type != JSON:
        schema = _ref(route.body) if route.body else {"type": "string", "format": "binary"}
        operation["requestBody"] = {
            "required": True,
            "content": {route.body_type: {"schema": schema}},
        }
    return operation


def _parameter(name: str, where: str) -> dict[str, Any]:
    kind = "integer" if name in {"number", "after", "n"} else "string"
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": kind}}


def _responses(route: Route) -> dict[str, Any]:
    refused = {"application/json": {"schema": _ref(s.Refusal)}}
    checked = (422,) if route.body or route.query or "{" in route.path else ()
    return _success(route) | {
        str(code): {"description": HTTPStatus(code).phrase, "content": refused}
        for code in sorted({*route.refusals, *checked, 500})
    }


def _success(route: Route) -> dict[str, Any]:
    if route.answer is not None:
        one = _ref(route.answer)
        schema = {"type": "array", "items": one} if route.is_list else one
        return {"200": {"description": "OK", "content": {route.answer_type: {"schema": schema}}}}
    if route.answer_type == WAV or route.name == "openapi":
        return {"200": {"description": "OK", "content": {route.answer_type: {}}}}
    return {"204": {"description": "Done"}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
