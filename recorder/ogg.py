"""Ogg pages (RFC 3533 clause 6): writing them one by one, and finding the last good one.

No I/O. Packets are never split over pages here: a page holds whole packets. Reading is only what
a salvager needs: walk the pages from the start, check each CRC, stop at the first bad one. The
CRC is libogg's (through its public ABI). Tests: tests/recorder/test_ogg.py.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from typing import Any, Final

import cffi

from recorder.errors import LibraryError

_HEADER: Final = struct.Struct("<4sBBqIIIB")
_CRC_AT: Final = 22
_CAPTURE: Final = b"OggS"
MAX_SEGMENTS: Final = 255

_ABI: Final = """
typedef struct { unsigned char *header; long header_len; unsigned char *body; long body_len; }
    ogg_page;
void ogg_page_checksum_set(ogg_page *page);
"""
_ffi: Any = cffi.FFI()  # C structures have no Python types
_ffi.cdef(_ABI)


class Flag(IntFlag):
    """Header type flags (RFC 3533 clause 6, field 3)."""

    NONE = 0
    CONTINUED = 1
    FIRST = 2
    LAST = 4


@dataclass(frozen=True, slots=True)
class Page:
    """One good page found in a file."""

    start: int
    """Octets from the start of the file."""
    end: int
    flags: Flag
    granule: int
    serial: int
    sequence: int
    body: bytes
    segments: int


@cache
def _library() -> Any:  # cffi gives no types for a dlopened library
    try:
        return _ffi.dlopen("libogg.so.0")
    except OSError as error:
        raise LibraryError("libogg.so.0", f"{error}; install the package libogg0") from None


def _seal(page: bytearray, header_octets: int) -> None:
    """Put the CRC into a page (libogg clears the field first)."""
    memory = _ffi.from_buffer("unsigned char[]", page, require_writable=True)
    both = _ffi.new("ogg_page *")
    both.header, both.header_len = memory, header_octets
    both.body, both.body_len = memory + header_octets, len(page) - header_octets
    _library().ogg_page_checksum_set(both)


def page(
    packets: Sequence[bytes], granule: int, serial: int, sequence: int, flags: Flag = Flag.NONE
) -> bytes:
    """One page of whole packets (none at all makes a nil page)."""
    lacing = b"".join(
        b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets
    )
    if len(lacing) > MAX_SEGMENTS:
        raise ValueError(f"{len(lacing)} segments on one page: expected at most {MAX_SEGMENTS}")
    head = _HEADER.pack(_CAPTURE, 0, flags, granule, serial, sequence, 0, len(lacing))
    whole = bytearray(head + lacing + b"".join(packets))
    _seal(whole, len(head) + len(lacing))
    return bytes(whole)


def pages(data: bytes | mmap.mmap) -> Iterator[Page]:
    """The good pages from the start; ends silently at the first octet that is not one."""
    at = 0
    while (found := _page_at(data, at)) is not None:
        yield found
        at = found.end


def _page_at(data: bytes | mmap.mmap, at: int) -> Page | None:
    if at + _HEADER.size > len(data):
        return None
    capture, version, flags, granule, serial, sequence, _crc, segments = _HEADER.unpack_from(
        data, at
    )
    if capture != _CAPTURE or version != 0:
        return None
    body_at = at + _HEADER.size + segments
    end = body_at + sum(data[at + _HEADER.size : body_at])
    if end > len(data) or body_at > len(data):
        return None
    whole = data[at:end]
    again = bytearray(whole)
    _seal(again, body_at - at)
    if again != whole:
        return None
    body = whole[body_at - at :]
    return Page(at, end, Flag(flags & 7), granule, serial, sequence, body, segments)
