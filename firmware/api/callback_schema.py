"""Callers who are to be called back, as the control API speaks of them.

Pure. What is kept now is shown by `Callback` of schema.py, in `Live` too.

    GET  /callbacks                       [Callback]
    POST /callbacks                       CallbackOrder -> Callback (409 not possible)
    POST /callbacks/{caller}/cancel       Who -> 204 (404; 409 is on the line already)
"""

from __future__ import annotations

from pydantic import Field

from firmware.api.schema import View


class CallbackOrder(View):
    """Somebody wants a number to be called back; its place in line begins now."""

    who: str = Field(min_length=1, max_length=64)
    queue: str
    number: str = Field(max_length=24, pattern=r"^\+?[0-9]+$")
    name: str = Field("", max_length=64)
