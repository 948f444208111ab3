"""One method per route of the control API: check the request, ask the box, answer with a model.

Leaves out: sockets and the form of refusals (server_task.py), what the routes are (routes.py).
Changes of the configuration go one after the other, off the event loop because they wait for
the disk, and are applied before they are answered.

Tests: tests/firmware/api/test_server_task.py.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, get_args

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from firmware.api.advice_schema import AdviceRequest, ReplayRequest
from firmware.api.callback_schema import CallbackOrder
from firmware.api.errors import conflict, forbidden, invalid, not_found
from firmware.api.events_task import Follower
from firmware.api.face import Action, Box
from firmware.api.phone_schema import AppInvitation, PhoneApproval, PhoneAsk
from firmware.api.report_schema import CallsAsked, LostAsked, ReportAsked
from firmware.api.routes import NDJSON, WAV, openapi
from firmware.api.routing_schema import BlockApproval, BlockProposal, PathAsked, SwitchOrder
from firmware.api.saved import saved
from firmware.api.schema import (
    AgentAction,
    ConfigChange,
    ConfigDocument,
    ConfigGeneration,
    DispositionOrder,
    FirstAccount,
    LineTestRequest,
    Problem,
    RingRequest,
    Setup,
    Who,
)
from firmware.api.sip_schema import AllowRequest, TraceRequest
from firmware.config.errors import StaleGeneration
from firmware.config.schema import Mac, Prompt
from firmware.config.store import Document

JSON_LIMIT: Final = 2 << 20
"""Largest JSON body, octets."""
WAV_LIMIT: Final = 16 << 20
"""Largest prompt: 60 s at 48 kHz, 16 bit, stereo is 11.5 MB."""
QUIET_S: Final = 10.0
"""An empty line is sent after so long without an event, so that a dead reader is noticed."""
WRONG_CODE_S: Final = 1.0
"""Wait after a wrong setup code; attempts go one after the other, so guessing takes for ever."""

Model = TypeVar("Model", bound=BaseModel)
Answer = BaseModel | Sequence[BaseModel] | web.StreamResponse | None


class Resources:
    """The routes, carried out on a box."""

    def __init__(self, box: Box, version: str, wrong_code_s: float = WRONG_CODE_S) -> None:
        self._box = box
        self._version = version
        self._wrong_code_s = wrong_code_s
        self._changing = asyncio.Lock()
        self._guessing = asyncio.Lock()
        self._followers: set[Follower] = set()

    def close(self) -> None:
        """End the event streams, so that the server can stop."""
        for follower in self._followers:
            follower.close()

    # The box now

    async def live(self, request: web.Request) -> Answer:
        return self._box.live()

    async def events(self, request: web.Request) -> Answer:
        after = _number(request.query.get("after", str(self._box.events.seq)), "after", 0)
        response = web.StreamResponse(headers={"Content-Type": NDJSON})
        with Follower(self._box.events, after) as follower:
            self._followers.add(follower)
            try:
                await response.prepare(request)
                while not follower.is_closed:
                    events = await follower.next(QUIET_S)
                    lines = "".join(event.model_dump_json() + "\n" for event in events)
                    await response.write((lines or "\n").encode())
                await response.write_eof()
            except ConnectionError:
                pass  # the reader went away: the usual end of a stream
            finally:
                self._followers.discard(follower)
        return response

    async def last_events(self, request: web.Request) -> Answer:
        return self._box.events.last(_number(request.query.get("n", "50"), "n", 0, 2000))

    async def agent(self, request: web.Request) -> Answer:
        action = request.match_info["action"]
        if action not in get_args(Action):
            raise not_found(f"action {action!r}", ", ".join(get_args(Action)))
        body = await _body(request, AgentAction, empty=AgentAction)
        return self._box.agent(request.match_info["extension"], action, body)  # type: ignore[arg-type]  # checked above

    async def set_disposition(self, request: web.Request) -> Answer:
        order = await _body(request, DispositionOrder)
        return self._box.set_disposition(request.match_info["extension"], order)

    async def hang_up(self, request: web.Request) -> Answer:
        self._box.hang_up(request.match_info["id"])
        return None

    async def test_line(self, request: web.Request) -> Answer:
        number = _number(request.match_info["number"], "line", 1, 8)
        return await self._box.test_line(number, await _body(request, LineTestRequest))

    async def ring(self, request: web.Request) -> Answer:
        body = await _body(request, RingRequest, empty=RingRequest)
        return await self._box.ring_simulator(body)

    # Configuration

    async def config(self, request: web.Request) -> Answer:
        return _document(self._box.config.document)

    async def change_config(self, request: web.Request) -> Answer:
        body = await _body(request, ConfigChange)
        config = self._box.config
        return await self._change(
            lambda: config.change(body.office, body.generation, body.who, body.what)
        )

    async def config_history(self, request: web.Request) -> Answer:
        history = await asyncio.to_thread(self._box.config.history)
        return [
            ConfigGeneration(generation=c.generation, at=c.at, who=c.who, what=c.what)
            for c in history
        ]

    async def undo_config(self, request: web.Request) -> Answer:
        body = await _body(request, Who)
        return await self._change(lambda: self._box.config.undo(body.who))

    # Accounts

    async def setup(self, request: web.Request) -> Answer:
        return Setup(is_needed=not self._box.config.office.users)

    async def create_first_account(self, request: web.Request) -> Answer:
        body = await _body(request, FirstAccount)
        async with self._guessing:
            if self._box.config.office.users:
                raise conflict("the first account has been made already: sign in with it")
            if not _same(body.code, self._box.setup_code):
                await asyncio.sleep(self._wrong_code_s)
                raise forbidden(
                    "that is not the setup code: it was printed when Callbox started "
                    "(on the box: on the label and on the serial console)"
                )
            await self._change(lambda: self._first_account(body))
        return None

    async def account(self, request: web.Request) -> Answer:
        name = request.match_info["name"]
        for user in self._box.config.office.users:
            if user.name.lower() == name.lower():
                return user
        raise not_found(f"account {name!r}")

    # Prompts

    async def put_prompt(self, request: web.Request) -> Answer:
        prompt = self._prompt(request)
        language = request.match_info["language"]
        wav = await _octets(request, WAV_LIMIT)
        try:
            file = await self._box.prompts.accept(prompt.id, language, wav)
        except ValueError as error:
            raise invalid(
                str(error), [Problem(where=f"prompts/{prompt.id}", what=str(error))]
            ) from None
        await self._change(lambda: self._set_file(prompt.id, language, file))
        return None

    async def prompt(self, request: web.Request) -> Answer:
        prompt = self._prompt(request)
        wav = await self._box.prompts.wav(prompt, request.match_info["language"])
        return web.Response(body=wav, content_type=WAV)

    # What leads callers

    async def schedules(self, request: web.Request) -> Answer:
        return self._box.routing.schedules()

    async def switch_schedule(self, request: web.Request) -> Answer:
        order = await _body(request, SwitchOrder)
        return self._box.routing.switch(request.match_info["id"], order)

    async def holidays(self, request: web.Request) -> Answer:
        return await asyncio.to_thread(self._box.routing.holidays)

    async def path(self, request: web.Request) -> Answer:
        return self._box.routing.path(await _body(request, PathAsked))

    async def blacklist(self, request: web.Request) -> Answer:
        return self._box.routing.blacklist()

    async def propose_block(self, request: web.Request) -> Answer:
        body, routing = await _body(request, BlockProposal), self._box.routing
        what = f"{body.number} proposed for the blacklist"
        await self._edit(lambda office: routing.propose(office, body), body.who, what)
        return None

    async def approve_block(self, request: web.Request) -> Answer:
        number, body = request.match_info["caller"], await _body(request, BlockApproval)
        routing, what = self._box.routing, f"{number} blocked"
        await self._edit(lambda office: routing.approve(office, number, body), body.who, what)
        return None

    async def remove_block(self, request: web.Request) -> Answer:
        number, body = request.match_info["caller"], await _body(request, Who)
        routing, what = self._box.routing, f"{number} off the blacklist"
        await self._edit(lambda office: routing.remove(office, number, body.who), body.who, what)
        return None

    # Callbacks

    async def callbacks(self, request: web.Request) -> Answer:
        return self._box.callbacks.now()

    async def add_callback(self, request: web.Request) -> Answer:
        return self._box.callbacks.add(await _body(request, CallbackOrder))

    async def cancel_callback(self, request: web.Request) -> Answer:
        body = await _body(request, Who)
        self._box.callbacks.cancel(request.match_info["caller"], body.who)
        return None

    # Voice messages

    async def voicemail(self, request: web.Request) -> Answer:
        return self._box.voicemail.now()

    async def voice_message(self, request: web.Request) -> Answer:
        wav = await self._box.voicemail.wav(request.match_info["id"])
        return web.Response(body=wav, content_type=WAV)

    async def message_heard(self, request: web.Request) -> Answer:
        self._box.voicemail.heard(request.match_info["id"])
        return None

    async def delete_message(self, request: web.Request) -> Answer:
        self._box.voicemail.delete(request.match_info["id"])
        return None

    # The signalling of phones

    async def sip(self, request: web.Request) -> Answer:
        return self._box.sip.now()

    async def allow_sign_ins(self, request: web.Request) -> Answer:
        self._box.sip.allow(await _body(request, AllowRequest))
        return None

    async def trace_phones(self, request: web.Request) -> Answer:
        return await self._box.sip.trace(await _body(request, TraceRequest, empty=TraceRequest))

    # Phones that the box sets up

    async def phone_sets(self, request: web.Request) -> Answer:
        return self._box.phone_sets.now()

    async def ask_phone(self, request: web.Request) -> Answer:
        return await self._box.phone_sets.ask(await _body(request, PhoneAsk))

    async def approve_phone(self, request: web.Request) -> Answer:
        mac, body = _mac(request), await _body(request, PhoneApproval)
        sets = self._box.phone_sets
        what = f"phone {mac} for {body.extension}"
        await self._edit(lambda office: sets.put(office, mac, body), body.who, what)
        return await sets.allow(mac)

    async def invite_app(self, request: web.Request) -> Answer:
        body = await _body(request, AppInvitation)
        sets = self._box.phone_sets
        macs: list[str] = []
        what = f"app for {body.extension}"
        await self._edit(
            lambda office: macs.append(sets.put_app(office, body.extension)), body.who, what
        )
        return await sets.invite(macs[-1])

    async def remove_phone(self, request: web.Request) -> Answer:
        mac, body = _mac(request), await _body(request, Who)
        sets = self._box.phone_sets
        await self._edit(lambda office: sets.take_out(office, mac), body.who, f"no phone {mac}")
        await sets.removed(mac)
        return None

    # Planning

    async def advise(self, request: web.Request) -> Answer:
        return await self._box.adviser.advise(await _body(request, AdviceRequest, AdviceRequest))

    async def report(self, request: web.Request) -> Answer:
        return await self._box.reports.report(_query(request, ReportAsked))

    async def calls_behind(self, request: web.Request) -> Answer:
        return await self._box.reports.calls(_query(request, CallsAsked))

    async def lost_callers(self, request: web.Request) -> Answer:
        return await self._box.reports.lost(_query(request, LostAsked))

    async def call_story(self, request: web.Request) -> Answer:
        return await self._box.reports.story(request.match_info["id"])

    async def replay(self, request: web.Request) -> Answer:
        return await self._box.adviser.replay(await _body(request, ReplayRequest))

    async def openapi(self, request: web.Request) -> Answer:
        return web.json_response(openapi(self._version))

    # Parts of the above

    async def _change(self, change: Callable[[], Document]) -> ConfigDocument:
        async with self._changing:
            before = self._box.config.office
            document = await asyncio.to_thread(change)
            await self._box.apply(document.office)
            return await asyncio.to_thread(saved, before, document, datetime.now(UTC))

    async def _edit(self, edit: Callable[[dict[str, Any]], None], who: str, what: str) -> None:
        """Change the configuration in force, whatever its generation is. Codes dialled on phones
        change it too: then once more, on what is in force by now."""
        async with self._changing:
            for is_last in (False, False, True):
                before = self._box.config.document
                office = before.office.model_dump(mode="json")
                edit(office)
                try:
                    document = await asyncio.to_thread(
                        self._box.config.change, office, before.generation, who, what
                    )
                except StaleGeneration:
                    if is_last:
                        raise
                    continue
                await self._box.apply(document.office)
                return

    def _first_account(self, body: FirstAccount) -> Document:
        before = self._box.config.document
        user = {"name": body.name, "password_hash": body.password_hash, "role": "owner"}
        office = before.office.model_dump(mode="json") | {"users": [user]}
        return self._box.config.change(office, before.generation, body.name, "first account")

    def _set_file(self, prompt_id: str, language: str, file: str) -> Document:
        before = self._box.config.document
        office = before.office.model_dump(mode="json")
        for prompt in office["prompts"]:
            if prompt["id"] == prompt_id:
                prompt["files"][language] = file
        what = f"recording for prompt {prompt_id} ({language})"
        return self._box.config.change(office, before.generation, "api", what)

    def _prompt(self, request: web.Request) -> Prompt:
        wanted = request.match_info["id"]
        for prompt in self._box.config.office.prompts:
            if prompt.id == wanted:
                return prompt
        raise not_found(f"prompt {wanted!r}")


def _document(document: Document) -> ConfigDocument:
    return ConfigDocument(generation=document.generation, office=document.office)


def _same(given: str, expected: str) -> bool:
    """Codes are read aloud and typed: letter case and spaces do not matter."""

    def plain(code: str) -> bytes:
        return "".join(code.split()).upper().encode()

    return bool(expected) and hmac.compare_digest(plain(given), plain(expected))


def _mac(request: web.Request) -> str:
    try:
        return TypeAdapter(Mac).validate_python(request.match_info["mac"])
    except ValidationError as error:
        raise _refuse_fields(error) from None


def _number(text: str, name: str, least: int, most: int = 1 << 62) -> int:
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    upper = f" to {most}" if most < 1 << 62 else " or more"
    sentence = f"{name} {text[:40]!r}: expected a whole number, {least}{upper}"
    raise invalid(sentence, [Problem(where=name, what=sentence)])


def _query(request: web.Request, model: type[Model]) -> Model:
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise _refuse_fields(error) from None


async def _body(
    request: web.Request, model: type[Model], empty: Callable[[], Model] | None = None
) -> Model:
    data = await _octets(request, JSON_LIMIT)
    if not data and empty is not None:
        return empty()
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise _refuse_fields(error) from None


def _refuse_fields(error: ValidationError) -> Exception:
    problems = [
        Problem(where="/".join(map(str, entry["loc"])), what=entry["msg"])
        for entry in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    said = "; ".join(f"{p.where}: {p.what}" if p.where else p.what for p in problems)
    return invalid(f"the request is not understood: {said}", problems)


async def _octets(request: web.Request, limit: int) -> bytes:
    data = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        data += chunk
        if len(data) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(data))
    return bytes(data)
