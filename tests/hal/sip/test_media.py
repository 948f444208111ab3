"""One call's audio: which codec, whose keys, and how two calls come to one codec."""

from __future__ import annotations

import base64

import pytest

from hal.leg import PortId
from hal.sip.audio import find_audio
from hal.sip.errors import NoCommonMedia
from hal.sip.flow import Flow
from hal.sip.media import Media, keeps_rate, match
from hal.sip.sdes import SUITES, Crypto
from hal.sip.sdp import Sdp
from hal.sip.secrecy import MAX_PHONES, Encryption, Secrecy
from hal.switch.face import Codec, PortCounters, SrtpKeys
from tests.hal.fake_switch import FakeSwitch

THEIR_KEY = bytes(range(30))
NUMBERS = {"opus/48000/2": 111, "G722/8000": 9, "PCMA/8000": 8, "PCMU/8000": 0}
ALL = tuple(NUMBERS)


def description(*encodings: str, proto: str = "RTP/AVP", more: str = "", version: int = 1) -> bytes:
    """What a phone writes."""
    formats = " ".join(str(NUMBERS[e]) for e in encodings)
    rows = "".join(f"a=rtpmap:{NUMBERS[e]} {e}\r\n" for e in encodings)
    return (
        f"v=0\r\no=- 1 {version} IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
        f"m=audio 40000 {proto} {formats} 97\r\n{rows}a=rtpmap:97 telephone-event/8000\r\n{more}"
    ).encode()


def crypto_row(tag: int = 1, suite: str = SUITES[0], key: bytes = THEIR_KEY) -> str:
    return f"a=crypto:{Crypto(tag, suite, key)}\r\n"


def formats(offer: bytes) -> tuple[str, ...]:
    return Sdp.parse(offer).streams[0].formats


def keys(offer: bytes) -> list[str]:
    return Sdp.parse(offer).streams[0].attributes("crypto")


@pytest.fixture
def media(switch: FakeSwitch) -> Media:
    return Media(switch, "127.0.0.1")


@pytest.fixture
def other(switch: FakeSwitch) -> Media:
    return Media(switch, "127.0.0.1")


# -- codecs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "answered"),
    [(ALL, "9"), (("PCMU/8000", "opus/48000/2"), "111"), (("PCMU/8000", "PCMA/8000"), "8")],
)
def test_a_menu_answers_ready_for_wideband(
    media: Media, offered: tuple[str, ...], answered: str
) -> None:
    assert formats(media.answer(description(*offered))) == (answered, "97")


def test_a_line_is_heard_in_what_costs_least(switch: FakeSwitch, media: Media) -> None:
    media.is_plain = True
    assert formats(media.answer(description(*ALL))) == ("8", "97")
    assert media.codec is Codec.PCMA
    assert switch.rtp[media.port]["dtmf_payload"] == 97


def test_before_the_answer_a_match_decides(switch: FakeSwitch, media: Media) -> None:
    """The phone that was called took Opus: the one that waits is answered in that."""
    media.know(find_audio(Sdp.parse(description(*ALL))))
    other = Media(switch, "127.0.0.1", media)
    other.offer()
    other.take_answer(description("opus/48000/2", "PCMA/8000"))
    match(media, other)
    assert not other.is_to_offer
    assert formats(media.answer(description(*ALL))) == ("111", "97")


def test_an_offer_in_the_name_of_another(switch: FakeSwitch, media: Media) -> None:
    media.know(find_audio(Sdp.parse(description("G722/8000", "PCMU/8000"))))
    called = Media(switch, "127.0.0.1", media)
    assert formats(called.offer()) == ("9", "0", "8", "107", "101")


def test_what_is_spoken_is_offered_first_in_the_name_of_another(
    switch: FakeSwitch, media: Media
) -> None:
    """Whoever was answered by a menu in G.722 need not change for a phone that has it too."""
    media.answer(description(*ALL))
    called = Media(switch, "127.0.0.1", media)
    assert formats(called.offer())[:2] == ("9", "107")


def test_wideband_that_both_speak_is_good_enough(media: Media, other: Media) -> None:
    media.answer(description(*ALL))
    other.answer(description(*ALL))
    match(media, other)
    assert media.codec is other.codec is Codec.G722
    assert not media.is_to_offer
    assert not other.is_to_offer


def test_both_change_if_both_gain(media: Media, other: Media) -> None:
    """They talked with lines, and were transferred to each other."""
    media.is_plain = other.is_plain = True
    media.answer(description(*ALL))
    other.answer(description("PCMU/8000", "opus/48000/2"))
    match(media, other)
    assert media.is_to_offer
    assert other.is_to_offer
    # nothing but this codec, by the number the phone gave it (RFC 3264 clause 8.3.2)
    assert formats(media.offer()) == ("111", "97")
    media.take_answer(description("opus/48000/2"))
    other.offer()
    other.take_answer(description("opus/48000/2"))
    match(other, media)
    assert not media.is_to_offer
    assert not other.is_to_offer
    assert media.codec is other.codec is Codec.OPUS


def test_only_who_speaks_another_is_asked(media: Media, other: Media) -> None:
    media.answer(description("PCMU/8000", "PCMA/8000"))
    other.answer(description("PCMU/8000"))
    match(media, other)
    assert media.is_to_offer
    assert not other.is_to_offer
    assert formats(media.offer()) == ("0", "97")


@pytest.mark.parametrize("is_first", [True, False])
def test_a_phone_that_cannot_change_its_rate_is_left_alone(
    media: Media, other: Media, is_first: bool
) -> None:
    media.is_plain = other.is_plain = True
    media.keeps_rate = True
    media.answer(description(*ALL))
    other.answer(description(*ALL))
    match(*((media, other) if is_first else (other, media)))
    assert not media.is_to_offer
    assert not other.is_to_offer


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("baresip v1.0.0 (x86_64/linux)", True),
        ("Yealink SIP-T46G 28.83.0.35", False),
        (None, False),
    ],
)
def test_phones_that_cannot_change_their_rate(name: str | None, is_one: bool) -> None:
    assert keeps_rate(name) is is_one


def test_nothing_in_common_changes_nothing(media: Media, other: Media) -> None:
    media.answer(description("PCMU/8000"))
    other.answer(description("G722/8000"))
    match(media, other)
    assert not media.is_to_offer
    assert not other.is_to_offer


def test_of_who_said_nothing_only_what_the_other_speaks_is_asked(
    media: Media, other: Media
) -> None:
    """An INVITE without an offer: ours lists the codec of the other first, and the other stays."""
    other.is_plain = True
    other.answer(description(*ALL))
    match(media, other)
    assert not other.is_to_offer
    assert formats(media.offer())[0] == "8"


def test_a_refused_change_is_not_asked_again(media: Media, other: Media) -> None:
    media.is_plain = True
    media.answer(description(*ALL))
    other.answer(description("G722/8000", "PCMA/8000"))
    match(media, other)
    media.offer()
    media.refused()
    assert media.codec is Codec.PCMA
    match(media, other)
    assert not media.is_to_offer
    assert formats(media.offer()) == ("8", "97")


def test_the_codec_stays_through_holds(media: Media) -> None:
    media.know(find_audio(Sdp.parse(description(*ALL))))
    media.wish(Codec.G722)
    media.answer(description(*ALL))
    media.is_held_by_us = True
    assert formats(media.offer()) == ("9", "97")
    assert formats(media.answer(description(*ALL, more="a=sendonly\r\n"))) == ("9", "97")
    assert media.is_held_by_party


def test_a_phone_may_change_its_codec_and_address(switch: FakeSwitch, media: Media) -> None:
    media.answer(description(*ALL))
    moved = description("opus/48000/2").replace(b"192.0.2.7", b"198.51.100.9")
    media.answer(moved.replace(b"audio 40000", b"audio 50000"))
    heard = switch.rtp[media.port]
    assert (heard["remote"], heard["codec"]) == (("198.51.100.9", 50000), Codec.OPUS)
    assert heard["payload"] == 111


def test_numbers_do_not_collide(media: Media) -> None:
    """The phone gave 107 to its events, which is what we call Opus."""
    text = description("PCMA/8000").replace(b"97", b"107")
    media.offer()
    media.take_answer(text)
    names = Sdp.parse(media.offer()).streams[0].attributes("rtpmap")
    assert "107 telephone-event/8000" in names
    assert sum(name.startswith("107 ") for name in names) == 1
    assert sum("opus" in name for name in names) == 1


def test_reports_go_where_the_phone_says(switch: FakeSwitch, media: Media) -> None:
    media.answer(description("PCMA/8000", more="a=rtcp:53020 IN IP4 126.16.64.4\r\n"))
    assert switch.rtp[media.port]["rtcp"] == ("126.16.64.4", 53020)


# -- keys -------------------------------------------------------------------------------------


def our_key(body: bytes, at: int = 0) -> bytes:
    return base64.b64decode(keys(body)[at].partition("inline:")[2])


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("proto", ["RTP/SAVP", "RTP/AVP"])
def test_who_asks_gets_encryption(switch: FakeSwitch, media: Media, suite: str, proto: str) -> None:
    reply = media.answer(description("PCMA/8000", proto=proto, more=crypto_row(7, suite)))
    assert keys(reply)[0].startswith(f"7 {suite} inline:")
    assert switch.rtp[media.port]["srtp"] == SrtpKeys(suite, our_key(reply), THEIR_KEY)
    assert our_key(reply) != THEIR_KEY


def test_every_call_has_keys_of_its_own(media: Media, other: Media) -> None:
    offers = [one.offer(Encryption.ALWAYS) for one in (media, other)]
    assert len({our_key(offer, at) for offer in offers for at in (0, 1)}) == 4


def test_our_offer_is_answered(switch: FakeSwitch, media: Media) -> None:
    offer = media.offer(Encryption.ALWAYS)
    assert Sdp.parse(offer).streams[0].proto == "RTP/SAVP"
    assert [line.split()[:2] for line in keys(offer)] == [["1", SUITES[0]], ["2", SUITES[1]]]
    media.take_answer(description("PCMA/8000", proto="RTP/SAVP", more=crypto_row(2, SUITES[1])))
    assert switch.rtp[media.port]["srtp"] == SrtpKeys(SUITES[1], our_key(offer, 1), THEIR_KEY)


def test_a_hold_keeps_the_keys(media: Media) -> None:
    offer = media.offer(Encryption.ALWAYS)
    media.take_answer(description("PCMA/8000", proto="RTP/SAVP", more=crypto_row(2, SUITES[1])))
    media.is_held_by_us = True
    again = media.offer()
    assert Sdp.parse(again).streams[0].proto == "RTP/SAVP"
    assert [line.split()[:2] for line in keys(again)] == [["2", SUITES[1]]]
    assert our_key(again) == our_key(offer, 1)
    reply = media.answer(description("PCMA/8000", proto="RTP/SAVP", more=crypto_row(1, SUITES[1])))
    assert our_key(reply) == our_key(offer, 1)


@pytest.mark.parametrize(
    ("offered", "answer", "why"),
    [
        (Encryption.ALWAYS, description("PCMA/8000"), "RTP/AVP"),
        (Encryption.ALWAYS, description("PCMA/8000", proto="RTP/SAVP"), "crypto"),
        (
            Encryption.ALWAYS,
            description("PCMA/8000", proto="RTP/SAVP", more=crypto_row(9)),
            "tag 9",
        ),
        (
            Encryption.ALWAYS,
            description("PCMA/8000", proto="RTP/SAVP", more=crypto_row(1, SUITES[1])),
            "tag 1",
        ),
        (
            Encryption.NEVER,
            description("PCMA/8000", proto="RTP/SAVP", more=crypto_row(1)),
            "RTP/SAVP",
        ),
    ],
)
def test_an_answer_of_another_kind_is_not_followed(
    switch: FakeSwitch, media: Media, offered: Encryption, answer: bytes, why: str
) -> None:
    media.offer(offered)
    with pytest.raises(NoCommonMedia, match=why):
        media.take_answer(answer)
    assert not switch.named("set_rtp")


def test_keys_that_bind_nobody(switch: FakeSwitch, media: Media, other: Media) -> None:
    media.offer(Encryption.IF_POSSIBLE)
    media.take_answer(description("PCMA/8000"))
    assert switch.rtp[media.port]["srtp"] is None
    offer = other.offer(Encryption.IF_POSSIBLE)
    assert Sdp.parse(offer).streams[0].proto == "RTP/AVP"
    other.take_answer(description("PCMA/8000", more=crypto_row(1)))
    assert switch.rtp[other.port]["srtp"] == SrtpKeys(SUITES[0], our_key(offer), THEIR_KEY)


def test_nobody_is_talked_out_of_encryption(switch: FakeSwitch, media: Media) -> None:
    media.answer(description("PCMA/8000", proto="RTP/SAVP", more=crypto_row()))
    with pytest.raises(NoCommonMedia, match="encrypted as before"):
        media.answer(description("PCMA/8000"))
    assert switch.rtp[media.port]["srtp"] is not None


def flow(ip: str, transport: str = "udp") -> Flow:
    return Flow(transport, ip, 5060)


def test_how_a_phone_is_offered_audio() -> None:
    secrecy = Secrecy()
    assert secrecy.expects("201", flow("192.0.2.7")) is Encryption.NEVER
    assert secrecy.expects("201", flow("192.0.2.7", "tls")) is Encryption.IF_POSSIBLE
    secrecy.learn("201", flow("192.0.2.7"), Encryption.ALWAYS)
    assert secrecy.expects("201", flow("192.0.2.7", "tls")) is Encryption.ALWAYS
    assert secrecy.expects("201", flow("192.0.2.8")) is Encryption.NEVER


def test_a_phone_is_remembered_as_it_wrote() -> None:
    for proto, how in (
        ("RTP/AVP", Encryption.IF_POSSIBLE),
        ("RTP/AVPF", Encryption.IF_POSSIBLE),
        ("RTP/SAVP", Encryption.ALWAYS),
        ("RTP/SAVPF", Encryption.WITH_FEEDBACK),
    ):
        text = description("PCMA/8000", proto=proto, more=crypto_row())
        assert Encryption.of(find_audio(Sdp.parse(text))) is how
    assert Encryption.of(find_audio(Sdp.parse(description("PCMA/8000")))) is Encryption.NEVER


def test_every_other_way_is_tried_once() -> None:
    tried = [Encryption.IF_POSSIBLE]
    while (other := Encryption.after(tried)) is not None:
        tried.append(other)
    assert sorted(one.name for one in tried) == ["ALWAYS", "IF_POSSIBLE", "NEVER", "WITH_FEEDBACK"]


def test_what_is_known_of_phones_is_bounded() -> None:
    secrecy = Secrecy()
    for n in range(MAX_PHONES + 1):
        secrecy.learn(str(n), flow("192.0.2.7"), Encryption.ALWAYS)
    assert secrecy.expects("0", flow("192.0.2.7")) is Encryption.NEVER
    assert secrecy.expects("1", flow("192.0.2.7")) is Encryption.ALWAYS


# -- quality ----------------------------------------------------------------------------------


def counted(port: PortId, packets: int) -> PortCounters:
    return PortCounters(
        port, "rtp", packets, packets, 0, 0, 0, 0, 1.5, -21.0, -22.0, 0.0, codec=Codec.PCMA
    )


def test_quality_is_kept_when_the_port_is_given_back(switch: FakeSwitch, media: Media) -> None:
    assert media.quality() is None
    media.answer(description("PCMA/8000"))
    assert media.quality() is None  # nothing was sent or heard yet
    switch.measured[media.port] = counted(media.port, 500)
    media.close()
    switch.measured.clear()
    quality = media.quality()
    assert quality is not None
    assert (quality.codec, quality.packets_in, quality.jitter_ms) == ("PCMA", 500, 1.5)
