"""Release causes: Q.850 to SIP and back, and the Reason header.

RFC 3398 clauses 7.2.4.1 and 8.2.6.1, RFC 3326. Pure. Where RFC 3398 has no row the nearest in
meaning was taken and says so.
Tests: tests/hal/sip/test_small_rooms.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hal.leg import Cause
from hal.sip.errors import BadMessage
from hal.sip.headers import Reason
from hal.sip.message import Message

STATUS_FOR: Final[Mapping[Cause, int]] = {
    Cause.UNALLOCATED: 404,
    Cause.NORMAL: 480,  # RFC 3398 sends BYE or CANCEL; before an answer a server needs a status
    Cause.USER_BUSY: 486,
    Cause.NO_USER_RESPONSE: 408,
    Cause.NO_ANSWER: 480,
    Cause.SUBSCRIBER_ABSENT: 480,
    Cause.REJECTED: 403,  # RFC 3398: 403 from the network side, 603 only if the user said so
    Cause.ANSWERED_ELSEWHERE: 404,  # RFC 3398 "non-selected user clearing"
    Cause.DESTINATION_OUT_OF_ORDER: 502,
    Cause.INVALID_NUMBER: 484,
    Cause.NORMAL_UNSPECIFIED: 480,
    Cause.NO_CIRCUIT: 503,
    Cause.NETWORK_OUT_OF_ORDER: 503,
    Cause.TEMPORARY_FAILURE: 503,
    Cause.CONGESTION: 503,
    Cause.NOT_IMPLEMENTED: 501,
    Cause.TIMER_EXPIRED: 504,
    Cause.INTERWORKING: 500,
}
CAUSE_FOR: Final[Mapping[int, Cause]] = {
    400: Cause.TEMPORARY_FAILURE,
    401: Cause.REJECTED,
    402: Cause.REJECTED,
    403: Cause.REJECTED,
    404: Cause.UNALLOCATED,
    405: Cause.NOT_IMPLEMENTED,  # RFC 3398: 63, not among our causes
    407: Cause.REJECTED,
    408: Cause.NO_ANSWER,  # RFC 3398: 102; for a phone that rang it means nobody came
    410: Cause.UNALLOCATED,  # RFC 3398: 22 number changed
    413: Cause.INTERWORKING,
    414: Cause.INTERWORKING,
    415: Cause.NOT_IMPLEMENTED,  # RFC 3398: 79
    416: Cause.INTERWORKING,
    420: Cause.INTERWORKING,
    421: Cause.INTERWORKING,
    423: Cause.INTERWORKING,
    480: Cause.NO_ANSWER,  # RFC 3398: 18; phones send it when their ringing ends
    481: Cause.TEMPORARY_FAILURE,
    482: Cause.TEMPORARY_FAILURE,  # RFC 3398: 25 exchange routing error
    483: Cause.TEMPORARY_FAILURE,  # RFC 3398: 25
    484: Cause.INVALID_NUMBER,
    485: Cause.UNALLOCATED,
    486: Cause.USER_BUSY,
    487: Cause.NORMAL,
    488: Cause.NOT_IMPLEMENTED,  # no codec in common: Q.850 65/79, bearer not implemented
    500: Cause.TEMPORARY_FAILURE,
    501: Cause.NOT_IMPLEMENTED,
    502: Cause.NETWORK_OUT_OF_ORDER,
    503: Cause.TEMPORARY_FAILURE,
    504: Cause.TIMER_EXPIRED,
    505: Cause.INTERWORKING,
    513: Cause.INTERWORKING,
    600: Cause.USER_BUSY,
    603: Cause.REJECTED,
    604: Cause.UNALLOCATED,
    606: Cause.NOT_IMPLEMENTED,
}


def cause_for(status: int, has_rung: bool = True) -> Cause:
    """The cause of a final response that is no success; a phone that gives up without having
    rung is absent rather than unanswered."""
    if status in (408, 480) and not has_rung:
        return Cause.SUBSCRIBER_ABSENT
    if 300 <= status < 400:
        return Cause.REJECTED  # diverted by the phone; this box does its own diverting
    return CAUSE_FOR.get(status, Cause.NORMAL_UNSPECIFIED)


def reason_header(cause: Cause) -> tuple[str, str]:
    """`Reason: Q.850;cause=...`."""
    return "Reason", str(Reason("Q.850", int(cause)))


ELSEWHERE: Final = ("Reason", str(Reason("SIP", 200, "Call completed elsewhere")))
"""Keeps the losing phones from showing a missed call (RFC 3326 clause 3.1)."""


def stated_cause(message: Message) -> Cause | None:
    """The Q.850 cause in a Reason header, if there is one we know."""
    try:
        reasons = [Reason.parse(value) for value in message.values("Reason")]
    except BadMessage:
        return None
    for reason in reasons:
        if reason.protocol.upper() == "Q.850" and reason.cause in Cause._value2member_map_:
            return Cause(reason.cause)
    return None
