"""Subscriptions as phones make them: raw requests over a network on a fake clock."""

from __future__ import annotations

import random
from collections import Counter
from xml.etree import ElementTree

import pytest

from hal.leg import Cause, Party
from hal.sip.flow import Flow
from hal.sip.message import Request
from hal.sip.subscription import IGNORED, TABLE, Event, State, UnexpectedEvent, advance
from hal.sip.subscriptions import MAX_IN_ALL, MAX_OF_ONE
from hal.sip.uri import SipUri
from hal.sip.watch import Messages, Status, Talk, TalkState
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.watcher import DIALOG_INFO, People, Watcher, lamp
from tests.hal.sip.wire import Box, Net, Phone

LIT = Status((Talk("lamp", TalkState.CONFIRMED),))


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def box(net: Net, switch: FakeSwitch, people: People) -> Box:
    return Box(net, switch, watched=people)


@pytest.fixture
def watcher(net: Net, box: Box) -> Watcher:
    return Watcher(net, "203", 5073)


@pytest.fixture
def phone(net: Net, box: Box) -> Phone:
    made = Phone(net, "201", 5071)
    made.register()
    return made


def figures(box: Box) -> tuple[int, int]:
    """Subscriptions, and things watched."""
    snapshot = box.agent.subscriptions.snapshot()
    return snapshot.subscriptions, snapshot.entities


# -- beginning, renewing, ending (RFC 6665 clauses 4.1.2 and 4.2.1) ------------------------------


def test_an_unknown_package_is_a_bad_event(watcher: Watcher) -> None:
    answer = watcher.subscribe("202", "tea-time")
    assert (answer.status, answer.reason) == (489, "Bad Event")
    assert answer.first("Allow-Events") == "dialog, message-summary, presence"


def test_it_must_be_signed(box: Box, watcher: Watcher) -> None:
    watcher.secret = "wrong"
    assert watcher.subscribe("201").status == 403
    assert figures(box) == (0, 0)
    assert not watcher.notified


def test_begins_with_200_and_a_notify_of_everything(box: Box, watcher: Watcher) -> None:
    answer = watcher.subscribe("201", "dialog;id=7", ("Accept", "application/dialog-info+xml"))
    assert (answer.status, answer.first("Expires")) == (200, "600")
    assert answer.to.tag
    assert answer.contacts
    (notify,) = watcher.notified
    assert str(notify.uri) == "sip:203@192.0.2.77:5073"
    assert (notify.call_id, notify.from_.tag) == (answer.call_id, answer.to.tag)
    assert notify.to.tag == watcher.tag
    assert notify.first("Event") == "dialog;id=7"
    assert notify.first("Subscription-State") == "active;expires=600"
    assert notify.content_type == "application/dialog-info+xml"
    assert lamp(notify) == "terminated"
    assert figures(box) == (1, 1)


def test_more_is_asked_for_than_is_granted(watcher: Watcher) -> None:
    assert watcher.subscribe("201", expires_s=3600).first("Expires") == "900"


def test_too_brief(box: Box, watcher: Watcher) -> None:
    answer = watcher.subscribe("201", expires_s=5)
    assert (answer.status, answer.first("Min-Expires")) == (423, "60")
    assert figures(box) == (0, 0)


def test_nobody_to_watch(watcher: Watcher) -> None:
    assert watcher.subscribe("299").status == 404


def test_a_type_that_is_not_accepted(watcher: Watcher) -> None:
    answer = watcher.subscribe("201", "dialog", ("Accept", "text/html"))
    assert answer.status == 406
    assert answer.first("Accept") == "application/dialog-info+xml"


def test_fetching(box: Box, watcher: Watcher) -> None:
    """RFC 6665 clause 4.4.3: Expires 0 asks once."""
    answer = watcher.subscribe("201", expires_s=0)
    assert (answer.status, answer.first("Expires")) == (200, "0")
    assert watcher.last.first("Subscription-State") == "terminated;reason=timeout"
    assert lamp(watcher.last) == "terminated"
    assert figures(box) == (0, 0)


def test_renewing_and_ending(box: Box, net: Net, watcher: Watcher) -> None:
    first = watcher.subscribe("201")
    net.run(400)
    assert watcher.renew(first).status == 200
    assert watcher.last.first("Subscription-State") == "active;expires=600"
    net.run(400)
    assert figures(box) == (1, 1)
    assert watcher.renew(first, 0).status == 200
    assert watcher.last.first("Subscription-State") == "terminated;reason=timeout"
    assert figures(box) == (0, 0)
    assert watcher.renew(first).status == 481


def test_expiring(box: Box, net: Net, watcher: Watcher) -> None:
    watcher.subscribe("201")
    net.run(602)
    assert watcher.last.first("Subscription-State") == "terminated;reason=timeout"
    assert figures(box) == (0, 0)


def test_renewing_what_a_restart_forgot(watcher: Watcher, net: Net, switch: FakeSwitch) -> None:
    answer = watcher.subscribe("201")
    again = Box(net, switch, watched=People())
    assert watcher.renew(answer).status == 481
    assert watcher.subscribe("201").status == 200
    assert figures(again) == (1, 1)


def test_renewing_another_ones(watcher: Watcher, net: Net) -> None:
    answer = watcher.subscribe("201")
    thief = Watcher(net, "202", 5079)
    assert thief.renew(answer, 0).status == 481


def test_renewing_out_of_order(watcher: Watcher) -> None:
    answer = watcher.subscribe("201")
    watcher.cseq = 0
    assert watcher.renew(answer).status == 500


def test_renewing_as_another_package(watcher: Watcher) -> None:
    answer = watcher.subscribe("201")
    assert watcher.renew(answer, package="presence").status == 481


def test_an_orderly_stop_asks_to_come_back(box: Box, net: Net, watcher: Watcher) -> None:
    watcher.subscribe("201")
    box.agent.subscriptions.close()
    net.run(1)
    assert watcher.last.first("Subscription-State") == "terminated;reason=deactivated"
    assert figures(box) == (0, 0)


# -- what is told --------------------------------------------------------------------------------


def test_a_call_from_ringing_to_its_end(box: Box, net: Net, watcher: Watcher, phone: Phone) -> None:
    watcher.subscribe("201")
    leg = box.agent.dial("201", Party("5551234", 'Ann & "Co" <1>'), timeout_s=20)
    net.run(2)
    dialog = ElementTree.fromstring(watcher.last.body).find(f"{DIALOG_INFO}dialog")
    assert dialog is not None
    # What the watcher needs for an INVITE with Replaces (RFC 3891): the dialog of the phone.
    invite = phone.invites[-1].request
    assert dialog.attrib["call-id"] == invite.call_id
    assert dialog.attrib["remote-tag"] == invite.from_.tag
    assert dialog.attrib["local-tag"] == phone.tag
    assert dialog.attrib["direction"] == "recipient"
    identity = dialog.find(f"{DIALOG_INFO}remote/{DIALOG_INFO}identity")
    assert identity is not None
    assert (identity.text, identity.attrib) == (
        "sip:5551234@192.0.2.1",
        {"display": 'Ann & "Co" <1>'},
    )
    phone.pick_up()
    net.run(2)
    leg.hold()
    net.run(2)
    held = ElementTree.fromstring(watcher.last.body)
    param = held.find(f".//{DIALOG_INFO}local/{DIALOG_INFO}target/{DIALOG_INFO}param")
    assert param is not None
    assert param.attrib == {"pname": "+sip.rendering", "pvalue": "no"}
    leg.release()
    net.run(2)
    assert watcher.lamps() == [
        "terminated",
        "early 5551234",
        "confirmed 5551234",
        "confirmed 5551234",
        "terminated",
    ]
    versions = [ElementTree.fromstring(r.body).attrib["version"] for r in watcher.notified]
    assert versions == ["0", "1", "2", "3", "4"]


def test_a_call_that_the_watched_phone_makes(
    box: Box, net: Net, watcher: Watcher, phone: Phone
) -> None:
    watcher.subscribe("201")
    phone.call("600")
    net.run(1)
    (leg,) = box.offered
    leg.answer()
    net.run(2)
    leg.release(Cause.NORMAL)
    net.run(2)
    assert watcher.lamps() == ["terminated", "proceeding 600", "confirmed 600", "terminated"]


def test_two_phones_of_one_person_ring(box: Box, net: Net, watcher: Watcher, phone: Phone) -> None:
    """Each has a dialog of its own; picking up either is picking up the call."""
    second = Phone(net, "201", 5078)
    second.register()
    second.policy = "silent"
    watcher.subscribe("201")
    leg = box.agent.dial("201", Party("600"), timeout_s=20)
    net.run(2)
    second.reply(180)
    net.run(2)
    dialogs = ElementTree.fromstring(watcher.last.body).findall(f"{DIALOG_INFO}dialog")
    assert {d.attrib["local-tag"] for d in dialogs} == {phone.tag, second.tag}
    assert {d.attrib["call-id"] for d in dialogs} == {phone.invites[-1].request.call_id}
    leg.release()


def test_the_other_party_changes(box: Box, net: Net, watcher: Watcher, phone: Phone) -> None:
    """After a transfer: the lamp shows with whom the phone talks now."""
    watcher.subscribe("201")
    phone.policy = "answer"
    leg = box.agent.dial("201", Party(), timeout_s=20)
    net.run(3)
    leg.identify(Party("700", "Eve"))
    net.run(3)
    assert watcher.lamps()[-2:] == ["confirmed anonymous", "confirmed 700"]
    leg.release()


def test_only_news_is_told(box: Box, net: Net, watcher: Watcher, people: People) -> None:
    watcher.subscribe("*45")
    box.agent.subscriptions.changed("*45", "201", "nobody")
    net.run(3)
    assert len(watcher.notified) == 1
    people.lamps["*45"] = LIT
    box.agent.subscriptions.changed("*45")
    net.run(3)
    assert watcher.lamps() == ["terminated", "confirmed"]


def test_a_change_that_nobody_reported(
    box: Box, net: Net, watcher: Watcher, people: People
) -> None:
    watcher.subscribe("*45")
    people.lamps["*45"] = LIT
    net.run(35)
    assert watcher.lamps() == ["terminated", "confirmed"]


def test_everything_may_have_changed(box: Box, net: Net, watcher: Watcher, people: People) -> None:
    watcher.subscribe("*45")
    watcher.subscribe("201")
    net.run(2)
    people.lamps["*45"] = LIT
    box.agent.subscriptions.all_changed()
    net.run(1)
    assert watcher.lamps() == ["terminated", "terminated", "confirmed"]


def test_changes_in_quick_succession_are_told_as_one(
    box: Box, net: Net, watcher: Watcher, people: People
) -> None:
    """RFC 4235 clause 3.10: once a second at most; what is told is what is true then."""
    watcher.subscribe("*45")
    net.run(2)
    for on in (True, False) * 5:
        people.lamps["*45"] = LIT if on else Status()
        box.agent.subscriptions.changed("*45")
        net.run(0.08)
    people.lamps["*45"] = LIT
    box.agent.subscriptions.changed("*45")
    net.run(3)
    assert len(watcher.notified) <= 4
    assert watcher.lamps()[-1] == "confirmed"


def test_what_is_watched_disappears(box: Box, net: Net, watcher: Watcher, people: People) -> None:
    watcher.subscribe("*45")
    people.lamps["*45"] = None
    box.agent.subscriptions.changed("*45")
    net.run(1)
    assert watcher.last.first("Subscription-State") == "terminated;reason=noresource"
    assert watcher.last.body == b""
    assert figures(box) == (0, 0)


def test_the_message_lamp(box: Box, net: Net, people: People) -> None:
    phone = Watcher(net, "201", 5074)
    answer = phone.subscribe("201", "message-summary")
    assert answer.status == 200
    assert phone.last.content_type == "application/simple-message-summary"
    assert b"Messages-Waiting: no\r\n" in phone.last.body
    net.run(2)
    people.mail["201"] = Messages(new=2, old=8, old_urgent=2)
    box.agent.subscriptions.changed("201")
    net.run(1)
    # The example of RFC 3842 clause 5.2, but for the account.
    assert b"Messages-Waiting: yes\r\n" in phone.last.body
    assert b"Voice-Message: 2/8 (0/2)\r\n" in phone.last.body


def test_presence(box: Box, net: Net, watcher: Watcher, phone: Phone) -> None:
    watcher.subscribe("201", "presence")
    assert watcher.last.content_type == "application/pidf+xml"
    leg = box.agent.dial("201", Party("5551234"), timeout_s=20)
    net.run(6)
    phone.pick_up()
    net.run(6)
    assert b"<basic>open</basic>" in watcher.last.body
    assert b"<rpid:on-the-phone/>" in watcher.last.body
    assert len(watcher.notified) == 2  # that it rings is no news in this package
    leg.release()


# -- peers that fail -------------------------------------------------------------------------------


def test_a_notify_is_refused(box: Box, net: Net, watcher: Watcher, people: People) -> None:
    watcher.subscribe("*45")
    watcher.notify_status = 481
    people.lamps["*45"] = LIT
    box.agent.subscriptions.changed("*45")
    net.run(1)
    assert figures(box) == (0, 0)
    assert box.agent.subscriptions.snapshot().lost == 1


def test_a_notify_is_put_off(box: Box, net: Net, watcher: Watcher, people: People) -> None:
    watcher.subscribe("*45")
    watcher.notify_status, watcher.notify_headers = 503, (("Retry-After", "20 (busy)"),)
    people.lamps["*45"] = LIT
    box.agent.subscriptions.changed("*45")
    net.run(10)
    told = len(watcher.notified)
    watcher.notify_status = 200
    net.run(15)
    assert len(watcher.notified) == told + 1
    assert figures(box) == (1, 1)


def test_nobody_answers_a_notify(box: Box, net: Net, watcher: Watcher, people: People) -> None:
    watcher.subscribe("*45")
    watcher.notify_status = None
    people.lamps["*45"] = LIT
    box.agent.subscriptions.changed("*45")
    net.run(20)
    assert figures(box) == (1, 1)
    net.run(20)  # 64 * T1 have passed (RFC 3261 timer F)
    assert figures(box) == (0, 0)


def test_a_connection_closes(box: Box, net: Net) -> None:
    watcher = Watcher(net, "203", 5073, transport="tcp")
    watcher.subscribe("201")
    other = Watcher(net, "202", 5072, transport="tcp")
    other.subscribe("201")
    (gone,) = (s for s in box.agent.subscriptions._all.values() if s.watcher == "203")
    box.agent.flow_closed(gone.dialog.flow)
    assert figures(box) == (1, 1)


def test_the_watcher_signs_out(box: Box, watcher: Watcher) -> None:
    watcher.register()
    watcher.subscribe("201")
    assert figures(box) == (1, 1)
    watcher.register(0)
    assert figures(box) == (0, 0)


def test_the_watcher_goes_silent(box: Box, net: Net, watcher: Watcher) -> None:
    watcher.register()
    watcher.subscribe("201")
    watcher.policy = "silent"
    net.run(60)
    assert box.registered[-1] == ("203", False)
    assert figures(box) == (0, 0)


class Asked:
    """A server transaction that keeps the answers it is given."""

    def __init__(self, request: Request, statuses: Counter[int]) -> None:
        self.request, self.flow = request, Flow("udp", "192.0.2.77", 5073)
        self._statuses = statuses

    def answer(self, status: int, *more: tuple[str, str], tag: str = "") -> None:
        self._statuses[status] += 1


def test_a_phone_that_forgets_its_subscriptions(box: Box, net: Net, watcher: Watcher) -> None:
    """The one that would end first makes room; ten thousand leave no more than a phone may have."""
    watcher.subscribe("201")
    first = next(iter(box.agent.subscriptions._all.values()))
    box.agent.subscriptions._authenticate = lambda request, flow: "203"
    statuses: Counter[int] = Counter()
    for n in range(1, 10_000):
        request = Request(
            "SUBSCRIBE",
            SipUri("192.0.2.1", "201"),
            (
                ("From", "<sip:203@192.0.2.1>;tag=a"),
                ("To", "<sip:201@192.0.2.1>"),
                ("Call-ID", f"flood-{n}"),
                ("CSeq", "1 SUBSCRIBE"),
                ("Contact", watcher.contact),
                ("Event", "dialog"),
            ),
        )
        box.agent.subscriptions.receive(Asked(request, statuses))  # type: ignore[arg-type] # does
    assert statuses == {200: 9_999}
    assert figures(box) == (MAX_OF_ONE, 1)
    snapshot = box.agent.subscriptions.snapshot()
    assert snapshot.crowded_out == 10_000 - MAX_OF_ONE
    assert snapshot.waiting <= MAX_OF_ONE
    assert first.state is State.OVER
    net.run(5)
    assert box.agent.subscriptions.snapshot().notified < 300


def test_too_many_in_all(
    box: Box, watcher: Watcher, monkeypatch: pytest.MonkeyPatch, net: Net
) -> None:
    assert MAX_IN_ALL == 5000
    monkeypatch.setattr("hal.sip.subscriptions.MAX_IN_ALL", 2)
    assert [watcher.subscribe("201").status for _ in range(3)] == [200, 200, 503]
    assert watcher.responses[-1].first("Retry-After") == "60"


def test_many_lamps_change_at_once(box: Box, net: Net, people: People) -> None:
    """Paced: nobody's call waits behind five hundred NOTIFYs."""
    watchers = [Watcher(net, user, port) for user, port in (("202", 5080), ("203", 5090))]
    for watcher in watchers:
        for _ in range(30):
            watcher.subscribe("*45")
    net.run(2)
    before = len(net.sent("NOTIFY"))
    people.lamps["*45"] = LIT
    box.agent.subscriptions.changed("*45")
    net.run(0.021)
    assert len(net.sent("NOTIFY")) - before <= 25
    net.run(1)
    assert len(net.sent("NOTIFY")) - before == 60


def test_a_lossy_network(switch: FakeSwitch, people: People) -> None:
    net = Net(seed=3, loss=0.2, repeat=0.1)
    box = Box(net, switch, watched=people)
    watcher = Watcher(net, "203", 5073)
    watcher.subscribe("*45")
    for on in (True, False, True):
        people.lamps["*45"] = LIT if on else Status()
        box.agent.subscriptions.changed("*45")
        net.run(20)
    assert watcher.lamps()[-1] == "confirmed"
    assert figures(box) == (1, 1)


def test_mutated_requests_neither_raise_nor_pile_up(box: Box, net: Net, watcher: Watcher) -> None:
    """Signed ones: what strangers send does not come this far."""
    box.agent.subscriptions._authenticate = lambda request, flow: "203"
    watcher.ask("sip:201@192.0.2.1", ("Event", "dialog;id=1"), ("Expires", "600"), call_id="whole")
    whole = next(data for _, data in net.log if b"whole" in data)
    chance = random.Random(11)
    for n in range(3000):
        data = bytearray(
            whole.replace(b"whole", b"part%d" % n).replace(b"z9hG4bK", b"z9hG4bK%d" % n)
        )
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(b' \t\r\n;,:<>@"=%\x00\xffA0')
        box.agent.receive(bytes(data), Flow("udp", "192.0.2.99", 5073))
    net.run(3)
    snapshot = box.agent.snapshot().subscriptions
    assert 1 < snapshot.subscriptions <= MAX_OF_ONE
    assert set(snapshot.by_package) == {"dialog"}


def test_figures_for_people(box: Box, watcher: Watcher) -> None:
    watcher.register()
    watcher.subscribe("201")
    watcher.subscribe("*45")
    watcher.subscribe("201", "presence")
    (registration,) = box.agent.registrations()
    assert registration.watches == 3
    snapshot = box.agent.snapshot().subscriptions
    assert (snapshot.subscriptions, snapshot.entities) == (3, 2)
    assert snapshot.by_package == {"dialog": 2, "presence": 1}
    assert ("subscriptions", 3, MAX_IN_ALL) in [
        (f.what, f.used, f.limit) for f in box.agent.fills()
    ]


# -- the table -------------------------------------------------------------------------------------


def test_table_and_ignored_are_disjoint_and_complete_for_what_can_come() -> None:
    assert not set(TABLE) & IGNORED
    assert {rule.to for rule in TABLE.values()} == set(State)
    assert {state for state, _ in TABLE} == set(State) - {State.OVER}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_advances_or_is_refused_by_name(state: State, event: Event) -> None:
    if (state, event) in TABLE or (state, event) in IGNORED:
        assert advance(state, event).to in State
    else:
        with pytest.raises(UnexpectedEvent, match=f"{state.name}.*{event.name}"):
            advance(state, event)
