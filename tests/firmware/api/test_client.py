"""Client and server together, over a real Unix socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from firmware.api.client import ApiClient, CoreAway, Refused
from firmware.api.schema import (
    AgentAction,
    ConfigChange,
    DispositionOrder,
    FirstAccount,
    LineTestRequest,
    RingRequest,
)
from firmware.api.sip_schema import AllowRequest, TraceRequest
from firmware.records.messages import EventRow

T = TypeVar("T")


async def ask(method: Callable[..., T], *args: Any) -> T:
    """Call the synchronous client beside the server's loop."""
    return await asyncio.to_thread(method, *args)


def change(box: Any, **site: str) -> ConfigChange:
    office = box.config.office.model_dump(mode="json")
    office["site"] |= site
    return ConfigChange(generation=box.config.generation, who="anna", what="site", office=office)


async def test_live(client: ApiClient, box: Any) -> None:
    assert await ask(client.live) == box.live()


async def test_the_signalling_of_phones(client: ApiClient, box: Any) -> None:
    assert await ask(client.sip) == box.sip.now()
    assert (await ask(client.trace_phones, TraceRequest(seconds=5))).is_running
    assert not (await ask(client.trace_phones, TraceRequest(seconds=0))).is_running
    assert box.sip.traced == [5, 0]
    await ask(client.allow_sign_ins, AllowRequest(address="203.0.113.9"))
    with pytest.raises(Refused, match="expected one that is shut out"):
        await ask(client.allow_sign_ins, AllowRequest(address="203.0.113.8"))


async def test_an_agent_pauses_with_a_reason(client: ApiClient) -> None:
    agent = await ask(client.agent_action, "201", "pause", AgentAction(who="anna", reason="lunch"))
    assert (agent.state, agent.reason) == ("paused", "lunch")


@pytest.mark.parametrize(
    ("extension", "action", "status", "says"),
    [
        ("999", "ready", 404, "no agent '999': expected 201"),
        ("201", "dance", 404, "no action 'dance': expected login, logout, pause, ready"),
        ("201", "pause", 409, "needs a reason"),
        ("20/1", "ready", 404, "no agent '20/1'"),
    ],
)
async def test_what_the_box_refuses_is_said_in_its_words(
    client: ApiClient, extension: str, action: str, status: int, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        await ask(client.agent_action, extension, action, AgentAction())
    assert refused.value.status == status


async def test_how_a_call_ended(client: ApiClient) -> None:
    order = DispositionOrder(who="anna", code=7, call="c/9")
    agent = await ask(client.set_disposition, "201", order)
    assert agent.noted is not None
    assert (agent.noted.call, agent.noted.code) == ("c/9", 7)
    for extension, code, says in (
        ("999", 7, "no agent '999'"),
        ("201", 100, "code: Input should be less than or equal to 99"),
    ):
        wrong = DispositionOrder.model_construct(who="anna", code=code, call="")
        with pytest.raises(Refused, match=says):
            await ask(client.set_disposition, extension, wrong)


async def test_hang_up_takes_any_call_id(client: ApiClient, box: Any) -> None:
    await ask(client.hang_up, "c/1")
    assert box.hung_up == ["c/1"]


async def test_line_test(client: ApiClient) -> None:
    result = await ask(client.test_line, 2, LineTestRequest(kind="level"))
    assert (result.is_ok, result.words, result.figures) == (True, "line 2: level", {"volts": 48.1})
    with pytest.raises(Refused, match="line '9': expected a whole number, 1 to 8"):
        await ask(client.test_line, 9, LineTestRequest(kind="level"))


async def test_a_test_call(client: ApiClient, box: Any) -> None:
    request = RingRequest(line=2, number="0821234567", press="2")
    assert (await ask(client.ring, request)).line == 2
    assert box.rung == [request]
    box.is_real = True
    with pytest.raises(Refused, match="the lines are real"):
        await ask(client.ring, request)


async def test_a_change_is_stored_and_applied(client: ApiClient, box: Any) -> None:
    after = await ask(client.change_config, change(box, name="Bakery"))
    assert after.generation == 2
    assert after.office.site.name == "Bakery"
    assert box.applied == [after.office]
    assert await ask(client.config) == after
    newest, _ = await ask(client.config_history)
    assert (newest.who, newest.what, newest.generation) == ("anna", "site", 2)
    undone = await ask(client.undo_config, "ben")
    assert undone.office.site.name == "Demo office"
    assert box.applied[-1] == undone.office
    with pytest.raises(Refused, match="nothing to undo"):
        await ask(client.undo_config, "ben")


async def test_a_stale_change_is_a_conflict(client: ApiClient, box: Any) -> None:
    stale = change(box, name="Late")
    await ask(client.change_config, change(box, name="First"))
    with pytest.raises(Refused, match="now at generation 2") as refused:
        await ask(client.change_config, stale)
    assert refused.value.status == 409


async def test_problems_come_with_their_places(client: ApiClient, box: Any) -> None:
    with pytest.raises(Refused) as refused:
        await ask(client.change_config, change(box, country="Zed", timezone="x" * 10, language="!"))
    assert refused.value.status == 422
    places = {problem.where for problem in refused.value.refusal.problems}
    assert places == {"site/country", "site/language", "site/timezone"}
    assert box.applied == []


async def test_the_first_account_needs_the_code_and_comes_once(client: ApiClient, box: Any) -> None:
    anna = FirstAccount(code="k7p29qxm", name="anna", password_hash="$argon2id$...")
    assert (await ask(client.setup)).is_needed
    with pytest.raises(Refused, match="not the setup code") as wrong:
        await ask(client.create_first_account, anna.model_copy(update={"code": "K7P29QXN"}))
    assert wrong.value.status == 403
    await ask(client.create_first_account, anna)
    assert not (await ask(client.setup)).is_needed
    user = await ask(client.account, "ANNA")
    assert (user.name, user.role, user.password_hash) == ("anna", "owner", "$argon2id$...")
    with pytest.raises(Refused, match="already") as again:
        await ask(client.create_first_account, anna)
    assert again.value.status == 409
    with pytest.raises(Refused, match="no account 'ben'"):
        await ask(client.account, "ben")


async def test_an_account_name_that_cannot_be_is_refused(client: ApiClient) -> None:
    bad = FirstAccount(code="K7P29QXM", name="anna smith", password_hash="x")
    with pytest.raises(Refused, match="users/anna smith/name") as refused:
        await ask(client.create_first_account, bad)
    assert refused.value.status == 422


async def test_a_prompt_is_uploaded_and_heard(client: ApiClient, box: Any) -> None:
    await ask(client.put_prompt, "greeting", "en", b"RIFF....WAVE")
    [greeting] = [p for p in box.config.office.prompts if p.id == "greeting"]
    assert greeting.files == {"en": "greeting-en.wav"}
    assert await ask(client.prompt_wav, "greeting", "en") == b"RIFF....WAVE"
    with pytest.raises(Refused, match="expected a WAV file") as refused:
        await ask(client.put_prompt, "greeting", "en", b"ID3 an mp3")
    assert refused.value.refusal.problems[0].where == "prompts/greeting"
    with pytest.raises(Refused, match="no prompt 'none'"):
        await ask(client.put_prompt, "none", "en", b"RIFF")


async def test_events_are_followed_from_any_number(client: ApiClient, box: Any) -> None:
    for n in range(3):
        box.events.add(EventRow(box.live().at, "line.state", f"event {n}"))
    stream = client.events(after=1)
    assert [(await ask(next, stream)).text for _ in range(2)] == ["event 1", "event 2"]
    box.events.add(EventRow(box.live().at, "call.started", "rings", data={"line": 3}))
    live = await ask(next, stream)
    assert (live.seq, live.kind, live.data) == (4, "call.started", {"line": 3})
    stream.close()
    assert [e.seq for e in await ask(client.last_events, 2)] == [3, 4]


async def test_a_follower_is_told_when_the_core_stops(folder: Path, box: Any) -> None:
    from firmware.api.resources import Resources
    from firmware.api.server_task import ApiServer

    server = ApiServer(Resources(box, "0"), folder / "stop.sock")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run())
        await server.ready.wait()
        box.events.add(EventRow(box.live().at, "a", "a"))
        stream = ApiClient(folder / "stop.sock").events(after=0)
        assert (await ask(next, stream)).seq == 1
        task.cancel()
    with pytest.raises(CoreAway, match="it stopped"):
        await ask(next, stream)
    assert not (folder / "stop.sock").exists()
    assert box.events.listeners == set()


def test_no_core_says_what_why_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CoreAway) as away:
        ApiClient(tmp_path / "core.sock").live()
    assert away.value.what == "the call core is not running"
    assert "core.sock" in away.value.why
    assert "callbox up" in away.value.do


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "is not running"),
        (b"rubbish\r\n\r\n", "is not running"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "is not running"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}', "speaks another version"),
    ],
    ids=["closed", "not HTTP", "cut short", "another version"],
)
def test_a_core_that_answers_nonsense_is_away(folder: Path, answer: bytes, says: str) -> None:
    path = str(folder / "odd.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(CoreAway, match=says):
            ApiClient(path).live()
        thread.join()


def test_a_core_that_hangs_is_away_in_time(folder: Path) -> None:
    path = str(folder / "hang.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with pytest.raises(CoreAway, match="no answer in time"):
            ApiClient(path, timeout_s=0.05).live()


def test_a_refusal_without_a_body_is_still_a_refusal(folder: Path) -> None:
    path = str(folder / "proxy.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\noh!")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Refused, match="answered 502 b'oh!'"):
            ApiClient(path).live()
        thread.join()
