"""libopus, called through its public ABI: two-channel speech encoder for recordings.

8 kHz, two uncoupled mono streams (RFC 7845 mapping family 1), low-delay application (CELT only),
complexity 0, 28 kbit/s together, frames of 60 ms. Why, measured with libopus 1.3.1 and two
synthetic voices: correlation of each channel with its source while both speak, what leaks of the
left voice into a silent (noisy) right channel, octets, and CPU relative to the first row:

    application         kbit/s  streams    correlation    leak     kB/s  CPU
    VOIP (SILK)           24    coupled    0.925 0.923    -94 dB   2.8   1
    VOIP (SILK)           28    2 mono     0.958 0.957    -94 dB   3.1   1.1
    AUDIO (CELT)          28    coupled    0.968 0.970    -23 dB   3.6   0.3
    AUDIO (mixed)         28    2 mono     0.978 0.984    -97 dB   3.1   1.2
    low delay (CELT)      28    2 mono     0.963 0.971   -102 dB   3.5   0.5

A coupled CELT stream shares what it thinks alike at this rate: the caller is then heard on the
agent's side, which a recording used as evidence must not do. The last row is the cheapest without
that, stays below 4 kB/s, and its lookahead is 2.5 ms. ffmpeg, opusdec and Chromium play it.

Leaves out: decoding (players do it), other rates. Tests: tests/recorder/test_opus_file.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import cffi

from recorder.errors import LibraryError

RATE_HZ: Final = 8_000
CHANNELS: Final = 2
MAPPING: Final = (0, 1)
"""Stream of each channel: caller left, everything the caller heard right, apart."""
FRAME_SAMPLES: Final = 480
"""Samples per channel in one packet: 60 ms."""
BITRATE: Final = 28_000
_PACKET_LIMIT: Final = 1_500  # a 60 ms packet at 28 kbit/s is about 210 octets

# opus_defines.h
_APPLICATION_LOW_DELAY: Final = 2051
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_GET_LOOKAHEAD: Final = 4027
_SET_PREDICTION_DISABLED: Final = 4042

_ABI: Final = """
typedef struct OpusMSEncoder OpusMSEncoder;
OpusMSEncoder *opus_multistream_encoder_create(int32_t rate, int channels, int streams,
    int coupled_streams, const unsigned char *mapping, int application, int *error);
int opus_multistream_encode(OpusMSEncoder *, const int16_t *, int samples, unsigned char *,
    int32_t limit);
int opus_multistream_encoder_ctl(OpusMSEncoder *, int request, ...);
void opus_multistream_encoder_destroy(OpusMSEncoder *);
const char *opus_strerror(int error);
const char *opus_get_version_string(void);
"""
_ffi: Any = cffi.FFI()  # C structures have no Python types
_ffi.cdef(_ABI)


@cache
def _library() -> Any:  # cffi gives no types for a dlopened library
    try:
        return _ffi.dlopen("libopus.so.0")
    except OSError as error:
        raise LibraryError("libopus.so.0", f"{error}; install the package libopus0") from None


def version() -> str:
    """For the OpusTags vendor field."""
    return str(_ffi.string(_library().opus_get_version_string()), "ascii")


def _check(call: str, code: int) -> int:
    if code < 0:
        raise LibraryError(call, str(_ffi.string(_library().opus_strerror(code)), "ascii"))
    return code


class Encoder:
    """One encoder. Calls into libopus run without the interpreter lock."""

    def __init__(self) -> None:
        lib = _library()
        error = _ffi.new("int *")
        state = lib.opus_multistream_encoder_create(
            RATE_HZ, CHANNELS, CHANNELS, 0, bytes(MAPPING), _APPLICATION_LOW_DELAY, error
        )
        _check("opus_multistream_encoder_create", error[0])
        self._lib = lib
        self._state = _ffi.gc(state, lib.opus_multistream_encoder_destroy)
        self._packet = _ffi.new(f"unsigned char[{_PACKET_LIMIT}]")
        self._view = _ffi.buffer(self._packet)
        for request, value in ((_SET_BITRATE, BITRATE), (_SET_COMPLEXITY, 0)):
            self._set(request, value)

    @property
    def lookahead(self) -> int:
        """Samples by which decoded audio lags behind what was fed."""
        value = _ffi.new("int32_t *")
        _check(
            "opus_encoder_ctl",
            self._lib.opus_multistream_encoder_ctl(self._state, _GET_LOOKAHEAD, value),
        )
        return int(value[0])

    def predict(self, is_on: bool) -> None:
        """Off: the next packets lean on nothing before them (first packet after a splice)."""
        self._set(_SET_PREDICTION_DISABLED, 0 if is_on else 1)

    def encode(self, linear: bytearray) -> list[bytes]:
        """Packets for interleaved 16-bit samples: a whole number of frames."""
        samples = _ffi.from_buffer("int16_t[]", linear)
        step = FRAME_SAMPLES * CHANNELS
        call, state, packet = self._lib.opus_multistream_encode, self._state, self._packet
        packets: list[bytes] = []
        for start in range(0, len(linear) // 2, step):
            size = call(state, samples + start, FRAME_SAMPLES, packet, _PACKET_LIMIT)
            packets.append(self._view[0 : _check("opus_encode", size)])
        return packets

    def _set(self, request: int, value: int) -> None:
        outcome = self._lib.opus_multistream_encoder_ctl(
            self._state, request, _ffi.cast("int", value)
        )
        _check(f"opus_encoder_ctl {request}={value}", outcome)
