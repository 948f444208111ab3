"""Lamp keys of a phone: a colleague's calls, an agent's log-in, a parking slot, and pick-up."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.scenario

D = "{urn:ietf:params:xml:ns:dialog-info}"
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8\r\n"
)


def field(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


class Keys(asyncio.DatagramProtocol):
    """A telephone written out by hand: it subscribes, answers every request, and dials."""

    def __init__(self, user: str, secret: str, server: str) -> None:
        self.user, self.secret, self.server = user, secret, server
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.dialogs: dict[str, ElementTree.Element] = {}
        """By entity: what was told last."""
        self.lamps: dict[str, str] = {}
        self._news = asyncio.Event()
        self._cseq = 0
        self._tag = secrets.token_hex(4)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        text = data.decode()
        if text.startswith("SIP/2.0"):
            if not text.startswith("SIP/2.0 1"):
                self.answers.put_nowait(text)
            return
        if text.startswith("ACK"):
            return
        copied = "".join(f"{n}: {field(text, n)}\r\n" for n in ("Via", "From", "To", "Call-ID"))
        cseq = f"CSeq: {field(text, 'CSeq')}\r\n"
        answer = f"SIP/2.0 200 OK\r\n{copied}{cseq}Content-Length: 0\r\n\r\n"
        self.transport.sendto(answer.encode(), source)
        if text.startswith("NOTIFY"):
            self._told(text.partition("\r\n\r\n")[2])

    def _told(self, body: str) -> None:
        root = ElementTree.fromstring(body.encode())
        entity = root.attrib["entity"].removeprefix("sip:").partition("@")[0]
        dialog = root.find(f"{D}dialog")
        assert dialog is not None
        self.dialogs[entity] = dialog
        remote = dialog.findtext(f"{D}remote/{D}identity") or ""
        number = remote.removeprefix("sip:").partition("@")[0]
        self.lamps[entity] = f"{dialog.findtext(f'{D}state')} {number}".strip()
        self._news.set()

    async def lamp(self, entity: str, shows: str) -> None:
        """Wait until a lamp shows something: its state, and with whom."""
        try:
            async with asyncio.timeout(20):
                while self.lamps.get(entity) != shows:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"lamp {entity} never showed {shows!r}: {self.lamps}") from None

    async def subscribe(self, entity: str) -> None:
        more = "Event: dialog\r\nExpires: 600\r\nAccept: application/dialog-info+xml\r\n"
        answer = await self.signed("SUBSCRIBE", entity, more)
        assert answer.startswith("SIP/2.0 200"), answer

    async def signed(self, method: str, number: str, more: str, body: str = "") -> str:
        """A request with its challenge answered; the final answer."""
        uri, call_id = f"sip:{number}@{self.server}", secrets.token_hex(8)
        answer = await self._ask(method, uri, call_id, more, body)
        if answer.startswith("SIP/2.0 401"):
            if method == "INVITE":
                self._ack(uri, answer)
            more += f"Authorization: {self._digest(method, uri, answer)}\r\n"
            answer = await self._ask(method, uri, call_id, more, body)
        return answer

    async def _ask(self, method: str, uri: str, call_id: str, more: str, body: str) -> str:
        self._cseq += 1
        ends = f"To: <{uri}>\r\nCall-ID: {call_id}\r\nCSeq: {self._cseq} {method}\r\n"
        self._send(f"{method} {uri} SIP/2.0", ends + more, body)
        async with asyncio.timeout(10):
            return await self.answers.get()

    def _ack(self, uri: str, answer: str) -> None:
        ends = "".join(f"{n}: {field(answer, n)}\r\n" for n in ("To", "Call-ID"))
        cseq = field(answer, "CSeq").partition(" ")[0]
        self._send(f"ACK {uri} SIP/2.0", f"{ends}CSeq: {cseq} ACK\r\n", "")

    def _send(self, line: str, headers: str, body: str) -> None:
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = (
            f"{line}\r\nVia: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch};rport\r\n"
            f"From: <sip:{self.user}@{self.server}>;tag={self._tag}\r\n{headers}"
            f"Contact: <sip:{self.user}@127.0.0.1:{self.port}>\r\nMax-Forwards: 70\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        host, port = self.server.rsplit(":", 1)
        self.transport.sendto(text.encode(), (host, int(port)))

    def _digest(self, method: str, uri: str, challenge: str) -> str:
        """RFC 7616 clause 3.4, for the MD5 challenge."""
        offers = re.findall(r"WWW-Authenticate: (.*?)\r\n", challenge)
        nonce = next(
            n[1]
            for offer in offers
            if "SHA-256" not in offer and (n := re.search('nonce="([^"]*)"', offer))
        )

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        ha1, ha2 = md5(f"{self.user}:callbox:{self.secret}"), md5(f"{method}:{uri}")
        response = md5(f"{ha1}:{nonce}:00000001:c0:auth:{ha2}")
        return (
            f'Digest username="{self.user}", realm="callbox", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c0"'
        )

    async def pick_up(self, entity: str) -> str:
        """What a lamp key does: an INVITE that replaces the call the lamp told of (RFC 3891)."""
        told = self.dialogs[entity].attrib
        replaces = (
            f"Replaces: {told['call-id']};to-tag={told['remote-tag']};"
            f"from-tag={told['local-tag']}\r\nRequire: replaces\r\n"
        )
        answer = await self.signed("INVITE", entity, replaces, SDP.format(port=self.port + 2))
        contact = re.search("<([^>]*)>", field(answer, "Contact"))
        if contact:
            self._ack(contact[1], answer)
        return answer


async def test_the_lamps_of_a_phone(box: Any, settings: Any, office: Any) -> None:
    await settings.staff("201", "202")
    config = await asyncio.to_thread(box.api.config)
    desk = next(e for e in config.office.extensions if e.number == "203")
    anna = await office.phone("201", answers="manual")
    ben = await office.phone("202", answers="manual")
    loop = asyncio.get_running_loop()
    transport, keys = await loop.create_datagram_endpoint(
        lambda: Keys("203", desk.secret, box.sip), local_addr=("127.0.0.1", 0)
    )
    for entity in ("201", "71", "*45201"):
        await keys.subscribe(entity)
        await keys.lamp(entity, "terminated")

    # Anna logs in to her queues, and out again.
    await box.agent("201", "login")
    await keys.lamp("*45201", "confirmed")
    await box.agent("201", "logout")
    await keys.lamp("*45201", "terminated")

    # Ben calls her; she answers and parks him; he gives up.
    await ben.command("dial", "201")
    await keys.lamp("201", "early 202")
    await anna.wait_for("CALL_INCOMING")
    await anna.command("accept")
    await keys.lamp("201", "confirmed 202")
    await anna.command("transfer", "70")
    await keys.lamp("71", "confirmed 202")
    await keys.lamp("201", "terminated")
    await ben.command("hangup")
    await keys.lamp("71", "terminated")

    # He calls again: the front desk's lamp key picks the call up.
    await box.until("nobody talks", lambda live: not live.calls)
    mark = len(anna.events)
    await ben.command("dial", "201")
    await keys.lamp("201", "early 202")
    answer = await keys.pick_up("201")
    assert answer.startswith("SIP/2.0 200"), answer
    await anna.wait_for("CALL_CLOSED", since=mark)
    await keys.lamp("201", "terminated")
    call = await box.reaches("202", "talking")
    assert call.agent == "203"
    await ben.command("hangup")
    await box.until("nobody talks", lambda live: not live.calls)
    transport.close()
