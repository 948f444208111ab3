"""Planning over the API: asked by the client, refused in words."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from firmware.api.advice_schema import AdviceRequest, ReplayRequest
from firmware.api.client import ApiClient
from firmware.api.errors import Refused
from firmware.api.routes import openapi

MONDAY = date(2026, 3, 2)


async def test_advice_is_asked_for(client: ApiClient) -> None:
    advice = await asyncio.to_thread(client.advise, AdviceRequest(method="trend"))
    assert (advice.monday, advice.words) == (date(2026, 3, 9), ["trend"])


async def test_a_replay_is_asked_for(client: ApiClient) -> None:
    asked = ReplayRequest(first=MONDAY, last=MONDAY, queue="sales", agents=-1)
    assert (await asyncio.to_thread(client.replay, asked)).words == ["-1 agents"]


async def test_what_cannot_be_is_refused_by_name(client: ApiClient) -> None:
    percent = AdviceRequest.model_construct(service_level=80.0)
    with pytest.raises(Refused, match="service_level: Input should be less than 1"):
        await asyncio.to_thread(client.advise, percent)
    backwards = ReplayRequest.model_construct(first=MONDAY, last=MONDAY - timedelta(days=1))
    with pytest.raises(Refused, match="0 days: expected 1 to 31"):
        await asyncio.to_thread(client.replay, backwards)
    nowhere = ReplayRequest.model_construct(first=MONDAY, last=MONDAY, agents=1)
    with pytest.raises(Refused, match="expected the queue they would be in"):
        await asyncio.to_thread(client.replay, nowhere)


def test_both_are_described() -> None:
    paths = openapi("0")["paths"]
    assert paths["/advice"]["post"]["operationId"] == "advise"
    assert paths["/replay"]["post"]["operationId"] == "replay"
