"""libopus, called through its public ABI: two-channel speech encoder for recordings.

8 kHz, 2 channels, VOIP application, complexity 0, 24 kbit/s, DTX, frames of 60 ms. Why, measured
with libopus 1.3.1 and two synthetic voices on an x86-64 core:
  - one coupled stereo stream (mapping family 0): 0.0023-0.0031 s CPU per call-second, 2.8 kB/s;
    two uncoupled streams (family 1): 0.0035-0.0045 s, 1.5 kB/s. What leaks from the left into
    the right channel of the coupled stream: -47 dB (bursts of tone) to below -100 dB (speech)
    while the right is digitally silent, -65 dB with line noise on the right, -32 dB only while
    both speak at once (least-squares fit of the other source), masked by the louder voice.
    Limit was -30 dB; so: family 0, which every player knows.
  - 60 ms frames against 20 ms: same correlation with the source (0.902 to 0.901), 5 to 25 % less
    CPU, 4 % fewer octets. DTX: up to 20 % less CPU; packets stay in the file, so time is exact.
  - complexity 5 costs three times as much and is not heard on telephone audio.

Leaves out: decoding (players do it), other rates. Tests: tests/recorder/test_opus_file.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import cffi

from recorder.errors import LibraryError

RATE_HZ: Final = 8_000
CHANNELS: Final = 2
FRAME_SAMPLES: Final = 480
"""Samples per channel in one packet: 60 ms."""
BITRATE: Final = 24_000
_PACKET_LIMIT: Final = 1_500  # a 60 ms packet at 24 kbit/s is about 180 octets

# opus_defines.h
_APPLICATION_VOIP: Final = 2048
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_SET_DTX: Final = 4016
_GET_LOOKAHEAD: Final = 4027
_SET_PREDICTION_DISABLED: Final = 4042

_ABI: Final = """
typedef struct OpusEncoder OpusEncoder;
OpusEncoder *opus_encoder_create(int32_t rate, int channels, int application, int *error);
int32_t opus_encode(OpusEncoder *, const int16_t *, int samples, unsigned char *, int32_t limit);
int opus_encoder_ctl(OpusEncoder *, int request, ...);
void opus_encoder_destroy(OpusEncoder *);
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
        state = lib.opus_encoder_create(RATE_HZ, CHANNELS, _APPLICATION_VOIP, error)
        _check("opus_encoder_create", error[0])
        self._lib = lib
        self._state = _ffi.gc(state, lib.opus_encoder_destroy)
        self._packet = _ffi.new(f"unsigned char[{_PACKET_LIMIT}]")
        self._view = _ffi.buffer(self._packet)
        for request, value in ((_SET_BITRATE, BITRATE), (_SET_COMPLEXITY, 0), (_SET_DTX, 1)):
            self._set(request, value)

    @property
    def lookahead(self) -> int:
        """Samples by which decoded audio lags behind what was fed."""
        value = _ffi.new("int32_t *")
        _check("opus_encoder_ctl", self._lib.opus_encoder_ctl(self._state, _GET_LOOKAHEAD, value))
        return int(value[0])

    def predict(self, is_on: bool) -> None:
        """Off: the next packets lean on nothing before them (first packet after a splice)."""
        self._set(_SET_PREDICTION_DISABLED, 0 if is_on else 1)

    def encode(self, linear: bytearray) -> list[bytes]:
        """Packets for interleaved 16-bit samples: a whole number of frames."""
        samples = _ffi.from_buffer("int16_t[]", linear)
        step = FRAME_SAMPLES * CHANNELS
        call, state, packet = self._lib.opus_encode, self._state, self._packet
        packets: list[bytes] = []
        for start in range(0, len(linear) // 2, step):
            size = call(state, samples + start, FRAME_SAMPLES, packet, _PACKET_LIMIT)
            packets.append(self._view[0 : _check("opus_encode", size)])
        return packets

    def _set(self, request: int, value: int) -> None:
        outcome = self._lib.opus_encoder_ctl(self._state, request, _ffi.cast("int", value))
        _check(f"opus_encoder_ctl {request}={value}", outcome)
