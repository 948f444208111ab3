"""Session timers by the text of RFC 4028, on a fake clock."""

from __future__ import annotations

import pytest

from hal.sip.errors import BadMessage
from hal.sip.message import Request, Response
from hal.sip.session import Refresher, Session, SessionExpires, too_brief
from hal.sip.timers import Timers
from hal.sip.uri import SipUri


class Bench:
    """A session, and what it asked for at which second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers = Timers(lambda: self.now)
        self.renewed: list[float] = []
        self.expired: list[tuple[float, str]] = []
        self.session = Session(
            self.timers,
            lambda: self.renewed.append(self.now),
            lambda why: self.expired.append((self.now, why)),
        )

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while (at := self.timers.next_at) is not None and at <= end:
            self.now = at
            self.timers.fire()
        self.now = end


def invite(*headers: tuple[str, str]) -> Request:
    return Request("INVITE", SipUri("h"), headers)


def ok(*headers: tuple[str, str]) -> Response:
    return Response(200, "OK", headers)


def expires(text: str) -> tuple[str, str]:
    return "Session-Expires", text


TIMER = ("Supported", "100rel, Timer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4000;refresher=uac", SessionExpires(4000, Refresher.UAC)),  # clause 4
        ("1800", SessionExpires(1800)),
        (" 90 ; Refresher=UAS;x=y", SessionExpires(90, Refresher.UAS)),
    ],
)
def test_session_expires_is_read(text: str, expected: SessionExpires) -> None:
    assert SessionExpires.parse(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-1", "90;refresher=me", "99999999999"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        SessionExpires.parse(text)


# -- clause 9, table 2: what the called side answers ----------------------------------------------


@pytest.mark.parametrize(
    ("request_headers", "granted", "required"),
    [
        ((expires("3000"),), "1800;refresher=uas", False),  # a proxy asked; row 1
        ((TIMER, expires("1200;refresher=uac")), "1200;refresher=uac", True),
        ((TIMER, expires("1200;refresher=uas")), "1200;refresher=uas", True),
        ((TIMER, expires("1200")), "1200;refresher=uac", True),  # row 4: our choice
        ((TIMER,), "1800;refresher=uas", True),
        ((TIMER, expires("4000"), ("Min-SE", "3600")), "3600;refresher=uac", True),
        ((TIMER, expires("4000"), ("Min-SE", "60")), "1800;refresher=uac", True),
        ((expires("30"),), None, False),  # may not be told 422, may not be raised: none at all
        ((), None, False),
    ],
)
def test_what_we_grant(
    request_headers: tuple[tuple[str, str], ...], granted: str | None, required: bool
) -> None:
    headers = dict(Bench().session.granting(invite(*request_headers)))
    assert headers.get("Session-Expires") == granted
    assert (headers.get("Require") == "timer") is required
    assert headers["Supported"].split(", ")[0] == "timer"


def test_422_only_for_who_understands_it() -> None:
    assert too_brief(invite(TIMER, expires("89")))
    assert not too_brief(invite(TIMER, expires("90")))
    assert not too_brief(invite(expires("89")))
    assert not too_brief(invite(TIMER))


# -- clauses 7.2 and 10: the clock -----------------------------------------------------------------


def test_the_refresher_renews_at_half_time() -> None:
    bench = Bench()
    bench.session.agreed(ok(expires("4000;refresher=uac")))
    bench.run(1999)
    assert bench.renewed == []
    bench.run(1)
    assert bench.renewed == [2000]
    bench.session.agreed(ok(expires("4000;refresher=uac")))
    bench.run(2000)
    assert bench.renewed == [2000, 4000]
    assert bench.expired == []


def test_a_renewal_that_fails_is_tried_again_until_the_end() -> None:
    bench = Bench()
    bench.session.agreed(ok(expires("1800;refresher=uac")))
    bench.run(1767)
    assert bench.renewed[:3] == [900, 1334, 1551]
    assert bench.expired == []
    bench.run(1)  # 1800 - min(32, 1800/3)
    ((at, why),) = bench.expired
    assert at == 1768
    assert "did not confirm within 1800 s" in why
    count = len(bench.renewed)
    assert count < 10
    bench.run(5000)
    assert len(bench.renewed) == count


@pytest.mark.parametrize(("interval", "ends_at"), [(1800, 1768), (90, 60)])
def test_without_a_renewal_it_ends_a_little_early(interval: int, ends_at: float) -> None:
    bench = Bench()
    bench.session.agreed(ok(expires(f"{interval};refresher=uas")))
    bench.run(ends_at - 1)
    assert bench.expired == []
    bench.run(1)
    assert bench.renewed == []
    assert [at for at, _ in bench.expired] == [ends_at]
    assert f"did not renew the call within {interval} s" in bench.expired[0][1]


def test_their_renewal_starts_the_clock_anew() -> None:
    bench = Bench()
    bench.session.granting(invite(TIMER, expires("90;refresher=uac")))
    for _ in range(5):
        bench.run(45)
        bench.session.granting(invite(TIMER, expires("90;refresher=uac")))
    assert bench.expired == []
    bench.run(60)
    assert len(bench.expired) == 1


@pytest.mark.parametrize("headers", [(), (expires("soon"),)])
def test_an_answer_without_interval_ends_the_timer(headers: tuple[tuple[str, str], ...]) -> None:
    bench = Bench()
    bench.session.agreed(ok(expires("1800;refresher=uac")))
    bench.session.agreed(ok(*headers))
    bench.run(1e6)
    assert (bench.renewed, bench.expired) == ([], [])


def test_an_answer_below_the_least_is_taken_as_the_least() -> None:
    bench = Bench()
    bench.session.agreed(ok(expires("1;refresher=uac")))
    bench.run(44)
    assert bench.renewed == []
    bench.run(1)
    assert bench.renewed == [45]


# -- clause 7.4: roles stay ------------------------------------------------------------------------


def test_roles_stay_in_our_later_requests() -> None:
    bench = Bench()
    assert dict(bench.session.asking())["Session-Expires"] == "1800"
    bench.session.agreed(ok(expires("1200;refresher=uas")))
    assert dict(bench.session.asking())["Session-Expires"] == "1200;refresher=uas"
    bench.session.granting(invite(TIMER, expires("1200")))  # theirs, role left open
    assert dict(bench.session.asking())["Session-Expires"] == "1200;refresher=uas"
    bench.session.granting(invite(TIMER, expires("1200;refresher=uas")))
    assert dict(bench.session.asking())["Session-Expires"] == "1200;refresher=uac"


# -- clause 7.3 and the call of clause 13: too brief, twice ---------------------------------------


def test_422_raises_the_interval() -> None:
    bench = Bench()
    assert bench.session.raised(Response(422, "", (("Min-SE", "3600"),)))
    assert dict(bench.session.asking())["Session-Expires"] == "3600"
    assert dict(bench.session.asking())["Min-SE"] == "3600"
    assert bench.session.raised(Response(422, "", (("Min-SE", "4000"),)))
    assert dict(bench.session.asking())["Session-Expires"] == "4000"
    assert dict(bench.session.asking())["Min-SE"] == "4000"


@pytest.mark.parametrize("least", ["1800", "60", "86401", "nonsense"])
def test_422_that_makes_no_sense_is_a_refusal(least: str) -> None:
    assert not Bench().session.raised(Response(422, "", (("Min-SE", least),)))


def test_422_for_ever_is_a_refusal_in_the_end() -> None:
    bench = Bench()
    answers = [
        bench.session.raised(Response(422, "", (("Min-SE", f"{2000 + n}"),))) for n in range(9)
    ]
    assert answers == [True] * 3 + [False] * 6
