"""A telephone with lamps: it subscribes, and keeps the NOTIFYs it gets."""

from __future__ import annotations

import re
import secrets
from xml.etree import ElementTree

from hal.sip.message import Request, Response
from hal.sip.transactions import Transaction
from hal.sip.uri import parse_uri
from hal.sip.watch import Messages, Status, Talk
from tests.hal.sip.wire import SECRETS, Net, Phone

DIALOG_INFO = "{urn:ietf:params:xml:ns:dialog-info}"


class People:
    """A source: the extensions 201 to 203, one code, and lamps that tests switch on."""

    def __init__(self) -> None:
        self.lamps: dict[str, Status | None] = {"*45": Status()}
        self.mail: dict[str, Messages] = {"201": Messages()}

    def status(self, entity: str, watcher: str, talks: tuple[Talk, ...]) -> Status | None:
        if entity in self.lamps:
            return self.lamps[entity]
        return Status(talks) if entity in SECRETS else None

    def messages(self, entity: str, watcher: str) -> Messages | None:
        return self.mail.get(entity)


class Watcher(Phone):
    """A phone whose keys watch others."""

    def __init__(self, net: Net, user: str, port: int, **more: str) -> None:
        super().__init__(net, user, port, **more)
        self.notified: list[Request] = []
        self.notify_status: int | None = 200
        """What a NOTIFY gets; None: nothing."""
        self.notify_headers: tuple[tuple[str, str], ...] = ()

    def _serve(self, transaction: Transaction) -> None:
        if transaction.request.method != "NOTIFY":
            return super()._serve(transaction)
        self.notified.append(transaction.request)
        if self.notify_status is not None:
            transaction.answer(self.notify_status, *self.notify_headers)

    def ask(
        self,
        uri: str,
        *more: tuple[str, str],
        call_id: str,
        to: str = "",
        target: str = "",
        is_signed: bool = False,
    ) -> Response:
        """One SUBSCRIBE and its answer."""
        self.cseq += 1
        headers: tuple[tuple[str, str], ...] = (
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.user}@192.0.2.1>;tag={self.tag}"),
            ("To", to or f"<{uri}>"),
            ("Call-ID", call_id),
            ("CSeq", f"{self.cseq} SUBSCRIBE"),
            ("Contact", self.contact),
            *more,
        )
        if is_signed:
            headers = (*headers, ("Authorization", self.digest("SUBSCRIBE", uri)))
        request = Request("SUBSCRIBE", parse_uri(target or uri), headers)
        before = len(self.responses)
        self.layer.request(request, self.flow, self._answered)
        while len(self.responses) == before:
            self.net.run(0.05)
        return self.responses[-1]

    def subscribe(
        self, entity: str, package: str = "dialog", *more: tuple[str, str], expires_s: int = 600
    ) -> Response:
        """Begin a subscription, the challenge answered; the final answer."""
        uri, call_id = f"sip:{entity}@192.0.2.1", secrets.token_hex(8)
        fields = (("Event", package), ("Expires", str(expires_s)), *more)
        answer = self.ask(uri, *fields, call_id=call_id)
        if answer.status == 401:
            answer = self.ask(uri, *fields, call_id=call_id, is_signed=True)
        self.net.run(0.1)
        return answer

    def renew(self, answer: Response, expires_s: int = 600, package: str = "dialog") -> Response:
        """A SUBSCRIBE in the dialog that `answer` began."""
        fields = (("Event", package), ("Expires", str(expires_s)))
        renewed = self.ask(
            str(answer.to.uri),
            *fields,
            call_id=answer.call_id,
            to=str(answer.to),
            target=str(answer.contacts[0].uri),
        )
        self.net.run(0.1)
        return renewed

    @property
    def last(self) -> Request:
        return self.notified[-1]

    def lamps(self) -> list[str]:
        """What each dialog-info told: `early 5551234`, `terminated`, ..."""
        return [lamp(request) for request in self.notified]


def lamp(request: Request) -> str:
    """The first dialog in a NOTIFY, in words."""
    dialog = ElementTree.fromstring(request.body).find(f"{DIALOG_INFO}dialog")
    assert dialog is not None
    state = dialog.findtext(f"{DIALOG_INFO}state") or ""
    remote = dialog.findtext(f"{DIALOG_INFO}remote/{DIALOG_INFO}identity") or ""
    found = re.match("sip:([^@]*)@", remote)
    return f"{state} {found[1] if found else ''}".strip()
