"""Every row against libtonezone (Debian libtonezone2.0), which carries ITU-T E.180 Suppl. 2."""

import ctypes

import pytest

from hal.lines.countries import COUNTRIES, CallerIdWay, country, parse_tone
from hal.lines.tones import Tone, ToneKind

ZONE_NAMES = {"GB": "uk"}
DIAL, BUSY, RINGBACK, CONGESTION = 0, 1, 2, 3  # the library's tone numbers


class ZoneTone(ctypes.Structure):
    _fields_ = (("id", ctypes.c_int), ("data", ctypes.c_char * 256))


class Zone(ctypes.Structure):
    _fields_ = (
        ("zone", ctypes.c_int),
        ("country", ctypes.c_char * 10),
        ("description", ctypes.c_char * 40),
        ("ringcadence", ctypes.c_int * 16),
        ("tones", ZoneTone * 16),
    )


def zone(code):
    try:
        library = ctypes.CDLL("libtonezone.so.2")
    except OSError:
        pytest.skip("libtonezone2.0 is not installed")
    library.tone_zone_find.restype = ctypes.POINTER(Zone)
    library.tone_zone_find.argtypes = [ctypes.c_char_p]
    return library.tone_zone_find(ZONE_NAMES.get(code, code.lower()).encode()).contents


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_tones_and_ring_are_those_of_the_published_table(code):
    row, theirs = COUNTRIES[code], zone(code)
    tones = {tone.id: tone.data.decode() for tone in theirs.tones if tone.data}
    assert row.dial == tones[DIAL]
    assert row.busy == tones[BUSY]
    assert row.ringback == tones[RINGBACK]
    assert row.congestion == tones[CONGESTION]
    assert list(row.ring_ms) == [ms for ms in theirs.ringcadence if ms]


def test_the_countries_that_were_asked_for_are_there():
    assert " ".join(COUNTRIES) == "ZA GB US DE FR NL IT ES SE DK BR IN AU NZ CH AT BE PL GR PT"


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_every_row_is_fit_for_use(code):
    row = COUNTRIES[code]
    assert [tone.kind for tone in row.tones()] == [
        ToneKind.DIAL,
        ToneKind.BUSY,
        ToneKind.CONGESTION,
        ToneKind.RINGBACK,
    ]
    assert all(len(tone.cadence_ms) % 2 == 0 for tone in row.tones())
    assert row.caller_id
    assert 800 <= row.guard_ms <= 1000
    assert 2000 <= row.ring_gap_ms <= 5000


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("GB", CallerIdWay.V23_AFTER_REVERSAL),  # BT SIN 227
        ("US", CallerIdWay.BELL202_AFTER_RING),  # GR-30-CORE
        ("NL", CallerIdWay.DTMF_BEFORE_RING),  # EN 300 659-1 annex B
        ("DE", CallerIdWay.V23_AFTER_RING),
    ],
)
def test_the_first_way_of_caller_id(code, way):
    assert COUNTRIES[code].caller_id[0] is way


def test_a_country_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="country 'XX': expected one of AT, AU"):
        country("XX")


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("425", Tone(ToneKind.BUSY, (425,))),
        ("480+620/500,0/500", Tone(ToneKind.BUSY, (480, 620), (500, 500))),
        ("400*33/400,0/200", Tone(ToneKind.BUSY, (400,), (400, 200), 33)),
    ],
)
def test_the_written_form_of_a_tone(text, tone):
    assert parse_tone(ToneKind.BUSY, text) == tone


def test_what_is_not_a_tone_is_named():
    with pytest.raises(ValueError, match="'4x5' is not of the form"):
        parse_tone(ToneKind.BUSY, "425/500,4x5")
