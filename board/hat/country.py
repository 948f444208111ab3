"""Line terminations by country: what the DAA must look like to each telephone network.

Keyed by ISO 3166 alpha-2. Values are those of DAHDI's fxo_modes.h (dahdi-linux), columns
ohs, ohs2, rz, rt, ilim, dcv, mini, acim: on-hook speeds, ringer impedance and threshold, current
limit (TBR 21), tip-ring voltage, minimum current, ac termination (Si3050 data sheet, Table 18).
Where DAHDI sets no voltage (Japan, Brazil and their like) dcv 0 is the data sheet's low-voltage
setting. Left out: battery thresholds (fxo.py has one set for all).
Tests: tests/board/hat/test_driver.py.
"""

#        ohs ohs2 rz rt ilim dcv mini acim
OPEN_600 = (0, 0, 0, 0, 0, 3, 0, 0)  # 600 ohm, low ring threshold
TBR21 = (0, 1, 0, 0, 1, 3, 0, 2)  # 270 ohm + (750 ohm || 150 nF), 3 ms on-hook
TBR21_SLOW = (0, 0, 0, 0, 1, 3, 0, 2)  # the same with the fast on-hook
GERMAN = (0, 1, 0, 0, 1, 3, 0, 3)  # 220 ohm + (820 ohm || 120 nF)
LOW_VOLTAGE = (0, 0, 0, 0, 0, 0, 3, 0)  # 600 ohm, loops that want more current

COUNTRIES = {
    "AE": OPEN_600, "AR": OPEN_600, "AT": GERMAN, "BE": TBR21, "BH": TBR21_SLOW,
    "BR": LOW_VOLTAGE, "CA": OPEN_600, "CH": TBR21, "CL": OPEN_600, "CO": OPEN_600,
    "CY": TBR21_SLOW, "CZ": TBR21_SLOW, "DE": GERMAN, "DK": TBR21, "EC": OPEN_600,
    "EG": LOW_VOLTAGE, "ES": TBR21, "FI": TBR21, "FR": TBR21, "GR": TBR21, "GU": OPEN_600,
    "HK": OPEN_600, "HR": TBR21_SLOW, "HU": OPEN_600, "ID": OPEN_600, "IE": TBR21,
    "IL": TBR21_SLOW, "IS": TBR21, "IT": TBR21, "JO": LOW_VOLTAGE, "JP": LOW_VOLTAGE,
    "KR": OPEN_600, "KW": OPEN_600, "KZ": OPEN_600, "LB": TBR21_SLOW, "LU": TBR21,
    "LV": TBR21_SLOW, "MA": TBR21_SLOW, "MO": OPEN_600, "MT": TBR21_SLOW, "MX": OPEN_600,
    "MY": LOW_VOLTAGE, "NG": TBR21_SLOW, "NL": TBR21, "NO": TBR21, "OM": LOW_VOLTAGE,
    "PE": OPEN_600, "PH": LOW_VOLTAGE, "PK": LOW_VOLTAGE, "PT": TBR21, "RO": OPEN_600,
    "RU": LOW_VOLTAGE, "SA": OPEN_600, "SE": TBR21, "SG": OPEN_600, "SV": OPEN_600,
    "SY": LOW_VOLTAGE, "TH": LOW_VOLTAGE, "TW": LOW_VOLTAGE, "US": OPEN_600, "YE": OPEN_600,
    "AU": (1, 0, 0, 0, 0, 0, 3, 3),
    "BG": (0, 0, 0, 0, 1, 3, 0, 3),
    "CN": (0, 0, 0, 0, 0, 0, 3, 15),
    "GB": (0, 1, 0, 0, 1, 3, 0, 5),
    "IN": (0, 0, 0, 0, 0, 3, 0, 4),
    "NZ": (0, 0, 0, 0, 0, 3, 0, 4),
    "PL": (0, 0, 1, 1, 0, 3, 0, 0),
    "SI": (0, 0, 0, 0, 0, 3, 0, 2),
    "SK": (0, 0, 0, 0, 0, 3, 0, 3),
    "ZA": (1, 0, 1, 0, 0, 3, 0, 3),
}  # fmt: skip


def mode(country):
    """The termination of `country`; `ValueError` for one that is not in the table."""
    try:
        return COUNTRIES[country]
    except KeyError:
        raise ValueError("country %s: no line terminations known for it" % country) from None
