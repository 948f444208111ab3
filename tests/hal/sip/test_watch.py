"""The bodies of NOTIFY against the examples and schemas of RFC 4235, 3842 and 3863."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hal.leg import Party
from hal.sip.dialog_info import DialogInfo
from hal.sip.message_summary import Summary
from hal.sip.pidf import Presence
from hal.sip.watch import Messages, Nothing, Status, Talk, TalkState

D = "{urn:ietf:params:xml:ns:dialog-info}"
P = "{urn:ietf:params:xml:ns:pidf}"
ALICE = "sip:alice@example.com"

# RFC 4235 clause 4.4: the sequence inside <dialog>, and what its attributes may be.
ORDER = ["state", "duration", "replaces", "referred-by", "route-set", "local", "remote"]
ATTRIBUTES = {"id", "call-id", "local-tag", "remote-tag", "direction"}
STATES = {"trying", "proceeding", "early", "confirmed", "terminated"}


def dialogs(*talks: Talk, uri: str = ALICE, version: int = 0) -> ElementTree.Element:
    return ElementTree.fromstring(DialogInfo(talks).spell(uri, version))


def assert_valid(root: ElementTree.Element) -> None:
    """By the rules of the schema."""
    assert root.tag == f"{D}dialog-info"
    assert set(root.attrib) == {"version", "state", "entity"}
    assert int(root.attrib["version"]) >= 0
    assert root.attrib["state"] == "full"
    assert len({dialog.attrib["id"] for dialog in root}) == len(root)
    for dialog in root:
        assert dialog.tag == f"{D}dialog"
        assert set(dialog.attrib) <= ATTRIBUTES
        assert dialog.attrib.get("direction") in (None, "initiator", "recipient")
        names = [child.tag.removeprefix(D) for child in dialog]
        assert names == sorted(names, key=ORDER.index)
        assert names[0] == "state"
        assert dialog.findtext(f"{D}state") in STATES
        for end in (*dialog.findall(f"{D}local"), *dialog.findall(f"{D}remote")):
            assert [child.tag for child in end] == [f"{D}identity", f"{D}target"]
            assert set(end[0].attrib) <= {"display"}
            assert set(end[1].attrib) == {"uri"}


def test_as_in_the_example_of_rfc_4235() -> None:
    """Clause 6.1: the phone of alice rings, called by bob."""
    talk = Talk(
        "as7d900as8",
        TalkState.EARLY,
        remote=Party("bob"),
        call_id="a84b4c76e66710",
        local_tag="1928301774",
        remote_tag="456887766",
    )
    root = dialogs(talk, version=1)
    assert_valid(root)
    assert root.attrib == {"version": "1", "state": "full", "entity": ALICE}
    (dialog,) = root
    assert dialog.attrib == {
        "id": "as7d900as8",
        "call-id": "a84b4c76e66710",
        "local-tag": "1928301774",
        "remote-tag": "456887766",
        "direction": "recipient",
    }
    assert dialog.findtext(f"{D}state") == "early"
    assert dialog.findtext(f"{D}remote/{D}identity") == "sip:bob@example.com"


def test_idle_is_one_terminated_dialog() -> None:
    root = dialogs()
    assert_valid(root)
    assert [dialog.findtext(f"{D}state") for dialog in root] == ["terminated"]


def test_several_calls() -> None:
    talks = (
        Talk("1", TalkState.CONFIRMED, True, Party("600"), "c1", "a", "b", is_held=True),
        Talk("2", TalkState.EARLY, False, Party("", "hidden"), "c2", "c", "d"),
    )
    root = dialogs(*talks)
    assert_valid(root)
    assert [dialog.attrib["direction"] for dialog in root] == ["initiator", "recipient"]
    rendering = [p.attrib["pvalue"] for p in root.iter(f"{D}param")]
    assert rendering == ["no", "yes"]
    assert root[1].findtext(f"{D}remote/{D}identity") == "sip:anonymous@anonymous.invalid"


@pytest.mark.parametrize(
    "name",
    ["Ann & Bob", '"Ann"', "<b>", "O'Neil", "日本語", "\x00\x08 bell", "\udcff", "]]>", "a\r\nb"],
)
def test_names_cannot_spoil_the_document(name: str) -> None:
    root = dialogs(Talk("1", TalkState.EARLY, remote=Party("1", name)))
    assert_valid(root)
    shown = root[0][2][0].attrib["display"]
    assert shown == name or "\N{REPLACEMENT CHARACTER}" in shown or "\r" in name
    pidf = ElementTree.fromstring(Presence(True, False, name).spell(ALICE, 0))
    assert pidf.tag == f"{P}presence"


def test_numbers_cannot_spoil_the_address() -> None:
    root = dialogs(Talk("1", TalkState.EARLY, remote=Party("*45<@x>")))
    assert root.findtext(f".//{D}remote/{D}identity") == "sip:*45%3C%40x%3E@example.com"


def test_a_list_of_calls_has_an_end() -> None:
    talks = tuple(Talk(str(n), TalkState.CONFIRMED) for n in range(100))
    assert len(dialogs(*talks)) == 8


def test_pidf() -> None:
    """RFC 3863 clause 4.1: presence, tuple with an id, status, basic, note."""
    root = ElementTree.fromstring(Presence(False, False, "no phone").spell(ALICE, 0))
    assert (root.tag, root.attrib) == (f"{P}presence", {"entity": ALICE})
    (entry,) = root.findall(f"{P}tuple")
    assert entry.attrib["id"]
    assert [child.tag for child in entry] == [f"{P}status", f"{P}note"]
    assert entry.findtext(f"{P}status/{P}basic") == "closed"
    assert entry.findtext(f"{P}note") == "no phone"


def test_who_is_rung_is_not_on_the_phone() -> None:
    rung = Status((Talk("1", TalkState.EARLY),))
    calling = Status((Talk("1", TalkState.PROCEEDING, is_initiator=True),))
    assert not Presence.of(rung).is_talking
    assert Presence.of(calling).is_talking


def test_message_summary() -> None:
    """RFC 3842 clause 5.2, its example's figures."""
    body = Summary(Messages(4, 8, 1, 2)).spell(ALICE, 0)
    assert body.split(b"\r\n") == [
        b"Messages-Waiting: yes",
        b"Message-Account: sip:alice@example.com",
        b"Voice-Message: 4/8 (1/2)",
        b"",
    ]


def test_an_empty_mailbox() -> None:
    assert Summary(Messages()).spell(ALICE, 0).startswith(b"Messages-Waiting: no\r\n")


def test_a_box_with_nothing_to_watch() -> None:
    assert Nothing().status("201", "202", ()) is None
    assert Nothing().messages("201", "202") is None
