"""Asking a phone to answer by itself: paging and intercom.

There is one standard (RFC 5373) that hardly a desk phone obeys, and two habits that between them
nearly all do, each vendor's manual naming one or both:

    Call-Info: <...>;answer-after=0                 Grandstream, Yealink, Gigaset, linphone
    Alert-Info: <...>;info=alert-autoanswer;delay=0  Yealink, Snom, Aastra and Mitel, AudioCodes
    Answer-Mode: Auto                               RFC 5373 clause 4

They do not disturb one another, so all are sent. The owner of a phone decides there whether it
obeys. Pure. Left out: `intercom=true` behind the number, which some phones no longer take for their
own; plain words ("Ring Answer") that are no address and break the header's grammar.
Tests: tests/hal/sip/test_auto_answer.py.
"""

from __future__ import annotations

from typing import Final

from hal.sip.message import Headers

_NOWHERE: Final = "<http://callbox.invalid>"
"""The grammar wants an address (RFC 3261 clauses 20.4, 20.9); it must lead nowhere (RFC 2606)."""
AUTO_ANSWER: Final[Headers] = (
    ("Call-Info", f"{_NOWHERE};answer-after=0"),
    ("Alert-Info", f"{_NOWHERE};info=alert-autoanswer;delay=0"),
    ("Answer-Mode", "Auto"),
)
