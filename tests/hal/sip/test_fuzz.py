"""Thousands of broken messages through the whole agent: nothing is raised, nothing stays behind.

Valid messages of every method, the published torture messages and a call's own messages are changed
by a seeded generator: octets flipped, cut, doubled, swapped; headers repeated, lengthened, emptied;
numbers out of range. The same seed gives the same messages.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hal.leg import Party
from hal.sip import lex, uri
from hal.sip.audio import find_audio
from hal.sip.errors import BadMessage, NoCommonMedia
from hal.sip.flow import Flow
from hal.sip.message import MAX_HEADERS, MAX_MESSAGE, check, parse
from hal.sip.sdp import Sdp
from tests.hal.fake_switch import FakeSwitch
from tests.hal.sip.wire import Box, Net, Phone

VECTORS = Path(__file__).parents[2] / "vectors"
STRANGER = Flow("udp", "203.0.113.66", 5060)
ROUNDS = 700
NUMBERS = (b"0", b"-1", b"65535", b"65536", b"4294967296", b"99999999999999999999", b"1e9", b"")

Mutator = Callable[[random.Random, bytes], bytes]


def flip(pick: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(pick.choice((1, 1, 2, 8))):
        changed[pick.randrange(len(changed))] = pick.randrange(256)
    return bytes(changed)


def cut(pick: random.Random, data: bytes) -> bytes:
    return data[: pick.randrange(1, len(data))]


def remove(pick: random.Random, data: bytes) -> bytes:
    at = pick.randrange(len(data))
    return data[:at] + data[at + pick.randrange(1, 40) :]


def double(pick: random.Random, data: bytes) -> bytes:
    at = pick.randrange(len(data))
    piece = data[at : at + pick.randrange(1, 60)]
    return data[:at] + piece * pick.choice((2, 3, 300)) + data[at:]


def shuffle_lines(pick: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    one, two = pick.randrange(len(lines)), pick.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\r\n".join(lines)


def repeat_line(pick: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    at = pick.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * pick.choice((2, 5, 200)) + lines[at:])


def change_number(pick: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"[0-9]+", data))
    if not found:
        return data
    one = pick.choice(found)
    return data[: one.start()] + pick.choice(NUMBERS) + data[one.end() :]


def lengthen(pick: random.Random, data: bytes) -> bytes:
    at = pick.randrange(len(data))
    filler = pick.choice((b"a", b";", b",", b'"', b"<", b"\\", b" ", b"\r\n ", b"%", b"\xff", b":"))
    return data[:at] + filler * pick.choice((10, 1000, 9000)) + data[at:]


def empty_value(pick: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    at = pick.randrange(len(lines))
    lines[at] = lines[at].partition(b":")[0] + b":"
    return b"\r\n".join(lines)


MUTATORS: tuple[Mutator, ...] = (
    flip, cut, remove, double, shuffle_lines, repeat_line, change_number, lengthen, empty_value,
)  # fmt: skip


def mutated(seed: int, bases: list[bytes], rounds: int) -> Iterator[bytes]:
    pick = random.Random(seed)
    for _ in range(rounds):
        data = pick.choice(bases)
        for _ in range(pick.choice((1, 1, 1, 2, 3))):
            data = pick.choice(MUTATORS)(pick, data)[:MAX_MESSAGE] or b"x"
        yield data


def request(method: str, *more: str, body: str = "", to_tag: str = "") -> bytes:
    headers = (
        f"{method} sip:201@192.0.2.1 SIP/2.0",
        "Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bKfuzz;rport",
        "Max-Forwards: 70",
        'From: "A, \\"B\\"" <sip:201@192.0.2.1;user=phone>;tag=f1',
        f"To: <sip:201@192.0.2.1>{to_tag}",
        "Call-ID: fuzz@203.0.113.66",
        f"CSeq: 7 {method}",
        "Contact: <sip:201@203.0.113.66:5060;transport=udp>;expires=300;q=0.5",
        "User-Agent: Fuzz 1.0",
        *more,
        f"Content-Length: {len(body)}",
    )
    return ("\r\n".join(headers) + "\r\n\r\n" + body).encode()


SDP = (
    "v=0\r\no=- 1 1 IN IP4 203.0.113.66\r\ns=-\r\nc=IN IP4 203.0.113.66\r\nt=0 0\r\n"
    "m=audio 4000 RTP/SAVP 9 8 0 96 101\r\na=rtpmap:96 opus/48000/2\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
    "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4\r\na=sendrecv\r\n"
)
DIGEST = (
    'Authorization: Digest username="201", realm="callbox", nonce="1.2.3", uri="sip:192.0.2.1", '
    'response="0123456789abcdef0123456789abcdef", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"'
)
STRANGERS = [
    request("INVITE", "Content-Type: application/sdp", "Supported: timer, 100rel, replaces",
            "Session-Expires: 1800;refresher=uac", "Min-SE: 90", DIGEST, body=SDP),
    request("REGISTER", DIGEST, "Expires: 300", 'Contact: <sip:x@h>;+sip.instance="<urn:uuid:1>"'),
    request("REGISTER", "Contact: *", "Expires: 0"),
    request("SUBSCRIBE", DIGEST, "Event: dialog", "Accept: application/dialog-info+xml"),
    request("SUBSCRIBE", "Event: message-summary;id=3", "Expires: 600"),
    request("REFER", "Refer-To: <sip:202@192.0.2.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"),
    request("NOTIFY", "Event: refer", "Subscription-State: active;expires=60"),
    request("OPTIONS", "Accept: application/sdp", "Require: timer"),
    request("INFO", "Content-Type: application/dtmf-relay", body="Signal=5\r\nDuration=160\r\n"),
    request("MESSAGE", "Content-Type: text/plain", body="hello"),
    request("CANCEL"),
    request("ACK", to_tag=";tag=t1"),
    request("PRACK", "RAck: 1 7 INVITE", to_tag=";tag=t1"),
    request("INVITE", "Replaces: a@b;to-tag=1;from-tag=2;early-only", DIGEST),
]  # fmt: skip
TORTURE = [
    path.read_bytes()
    for folder in ("rfc4475", "rfc5118")
    for path in sorted((VECTORS / folder).iterdir())
    if path.suffix != ".md"
]


def answers_options(net: Net, box: Box, flow: Flow) -> bool:
    """Still there for a well-formed question."""
    net.log.clear()
    question = request("OPTIONS").replace(b"z9hG4bKfuzz", b"z9hG4bKstill-there")
    box.agent.receive(question, flow)
    return [to for to, data in net.log if data.startswith(b"SIP/2.0 200")] == [(flow.ip, flow.port)]


def assert_nothing_left(net: Net, box: Box) -> None:
    """After the longest of all transactions."""
    net.run(200)
    assert box.agent.snapshot().transactions == 0
    assert all(fill.used <= fill.limit for fill in box.agent.fills())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bases", [STRANGERS, TORTURE], ids=["strangers", "torture"])
def test_broken_messages_of_strangers(switch: FakeSwitch, seed: int, bases: list[bytes]) -> None:
    net = Net()
    box = Box(net, switch)
    for data in mutated(seed, bases, ROUNDS):
        box.agent.receive(data, STRANGER)
    net.run(1)
    assert box.offered == []
    assert box.agent.registrations() == ()
    assert answers_options(net, box, STRANGER)
    assert_nothing_left(net, box)
    assert not switch.ports


@pytest.mark.parametrize("seed", range(3))
def test_broken_messages_within_calls(switch: FakeSwitch, seed: int) -> None:
    """What phones said to sign in and in two calls, changed, while they are in these calls."""
    net = Net(seed)
    box = Box(net, switch)
    spoken: list[bytes] = []
    hear = box.agent.receive

    def listen(data: bytes, flow: Flow) -> None:
        spoken.append(data)
        hear(data, flow)

    net.endpoints[("192.0.2.1", 5060)] = listen
    phone, other = Phone(net, "201", 5071), Phone(net, "202", 5072)
    assert phone.register().status == other.register().status == 200
    other.policy = "answer"
    phone.call("600")
    box.offered[-1].answer()
    leg = box.agent.dial("202", Party("1", "A"), timeout_s=10)
    net.run(1)
    leg.hold()
    net.run(1)
    net.endpoints.clear()  # the phones read no answers: these may lack what was broken
    own = Flow("udp", *other.address)
    for data in mutated(seed, spoken, ROUNDS):
        hear(data, own)
    net.run(1)
    assert answers_options(net, box, STRANGER)
    for leg in box.agent.calls:
        leg.release()
    net.run(400)
    assert box.agent.snapshot().calls == ()
    assert not switch.ports


def test_random_octets(switch: FakeSwitch) -> None:
    net, pick = Net(), random.Random(7)
    box = Box(net, switch)
    for _ in range(3000):
        box.agent.receive(pick.randbytes(pick.randrange(1, 1500)), STRANGER)
    assert box.agent.snapshot().messages_refused == 3000
    assert net.log == []
    assert answers_options(net, box, STRANGER)


# -- work is bounded ------------------------------------------------------------------------------

BIG = MAX_MESSAGE - 600
HEAVY = {
    "many Via": "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n" * (BIG // 40),
    "Via list": "Via: " + ", ".join(["SIP/2.0/UDP h;branch=z9hG4bK1"] * (BIG // 32)) + "\r\n",
    "many contacts": "Contact: <sip:a@h>\r\n" * (BIG // 21),
    "contact list": "Contact: " + ",".join(["<sip:a@h>"] * (BIG // 10)) + "\r\n",
    "parameters": "Contact: <sip:a@h>" + ";a=b" * (BIG // 4) + "\r\n",
    "parameters of an address": "Contact: <sip:a@h" + ";a=b" * (BIG // 4) + ">\r\n",
    "quotes": 'Contact: "' + '\\"' * (BIG // 2) + "\r\n",
    "open brackets": "Contact: " + "<" * BIG + "\r\n",
    "folds": "Subject: a" + "\r\n " * (BIG // 3) + "\r\n",
    "colons": ":" * BIG + "\r\n",
    "digest fields": "Authorization: Digest " + ",".join(["a=b"] * (BIG // 4)) + "\r\n",
}


@pytest.mark.parametrize("what", HEAVY)
def test_a_heavy_message_costs_little(switch: FakeSwitch, what: str) -> None:
    """In calls of functions: what grows with the number of headers, values or parameters ends at
    its limit. Each function goes over its text once (lex.py)."""
    box = Box(Net(), switch)
    usual = request("OPTIONS")
    heavy = usual.replace(b"Content-Length", HEAVY[what].encode() + b"Content-Length", 1)
    assert len(heavy) <= MAX_MESSAGE

    def steps(data: bytes) -> int:
        count = 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(note)
        try:
            box.agent.receive(data, STRANGER)
        finally:
            sys.setprofile(None)
        return count

    usual_steps = steps(usual)
    assert usual_steps > 50
    assert steps(heavy) < 50 * usual_steps
    assert answers_options(box.net, box, STRANGER)


def test_a_message_is_read_up_to_its_limits() -> None:
    """Lists and parameters end at what lex.py allows, headers at MAX_HEADERS."""
    with pytest.raises(BadMessage, match="headers"):
        parse(b"OPTIONS sip:a@b SIP/2.0\r\n" + b"A: b\r\n" * (MAX_HEADERS + 1) + b"\r\n")
    with pytest.raises(BadMessage, match="list"):
        lex.split_commas("a," * lex.MAX_LIST + "a", "Contact")
    with pytest.raises(BadMessage, match="parameters"):
        lex.parse_params(";a" * (lex.MAX_PARAMS + 1), "Contact")
    with pytest.raises(BadMessage):
        uri.parse_uri("sip:" + "a" * uri.MAX_URI)


@pytest.mark.parametrize("seed", range(3))
def test_broken_descriptions(seed: int) -> None:
    """Nothing but these two comes out of a session description; some are still good."""
    good = 0
    for data in mutated(seed, [SDP.encode()], 2000):
        try:
            find_audio(Sdp.parse(data))
        except (BadMessage, NoCommonMedia):
            continue
        good += 1
    assert 0 < good < 2000


def test_what_was_read_can_be_written_and_read_again() -> None:
    for data in mutated(11, STRANGERS, 3000):
        try:
            message = parse(data)
            check(message)
        except BadMessage:
            continue
        again = parse(bytes(message))
        assert (again.headers, again.body) == (message.headers, message.body)
