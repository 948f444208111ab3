"""A dialog: what two ends remember so that they can go on talking (RFC 3261 clause 12).

Pure. Made from the INVITE we got or the response we got; makes requests with the right tags,
route set and CSeq, and refuses requests that come out of order. Requests travel along the flow the
peer was last heard on, which for phones behind NAT or on TCP is the only way that works; the
remote target and route set are written as the standard says. Left out: strict routing (12.2.1.1
for RFC 2543 proxies). Tests: tests/hal/sip/test_small_rooms.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hal.sip.errors import OutOfOrder
from hal.sip.flow import Flow
from hal.sip.headers import NameAddr
from hal.sip.message import Message, Request, Response
from hal.sip.uri import Uri

DialogId = tuple[str, str, str]
"""Call-ID, our tag, their tag."""
MAX_FORWARDS = ("Max-Forwards", "70")


@dataclass(slots=True)
class Dialog:
    """State shared with one peer. Changes only by its own methods."""

    call_id: str
    local: NameAddr
    """We, with our tag."""
    remote: NameAddr
    """They, with their tag (RFC 2543 phones may have none)."""
    target: Uri
    """Their Contact: what goes into the Request-URI."""
    flow: Flow
    routes: tuple[str, ...] = ()
    local_cseq: int = 0
    remote_cseq: int = -1
    allows: frozenset[str] = frozenset()
    """The methods they say they take; empty while they have not said."""
    is_ours: bool = field(default=False)
    """True when we chose the Call-ID (decides who waits longer after glare, 14.1)."""

    @property
    def id(self) -> DialogId:
        return self.call_id, self.local.tag, self.remote.tag

    @staticmethod
    def from_invite(request: Request, tag: str, flow: Flow) -> Dialog:
        """The dialog of a call we were offered (12.1.1)."""
        target = request.contacts[0].uri if request.contacts else request.from_.uri
        return Dialog(
            request.call_id,
            request.to.with_tag(tag),
            request.from_,
            target,
            flow,
            tuple(request.values("Record-Route")),
            remote_cseq=request.cseq.number,
            allows=frozenset(request.values("Allow")),
        )

    @staticmethod
    def from_response(invite: Request, response: Response, flow: Flow) -> Dialog:
        """The dialog of a call we offered (12.1.2); each To tag makes one."""
        target = response.contacts[0].uri if response.contacts else invite.uri
        return Dialog(
            invite.call_id,
            invite.from_,
            response.to,
            target,
            flow,
            tuple(reversed(response.values("Record-Route"))),
            local_cseq=invite.cseq.number,
            allows=frozenset(response.values("Allow")),
            is_ours=True,
        )

    def request(self, method: str, *more: tuple[str, str], body: bytes = b"") -> Request:
        """The next request to the peer, without Via (12.2.1.1)."""
        self.local_cseq += 1
        return self._make(method, self.local_cseq, more, body)

    def ack(self, cseq: int, body: bytes = b"") -> Request:
        """The ACK of a 2xx: the INVITE's number, the route set of the dialog (13.2.2.4)."""
        more = (("Content-Type", "application/sdp"),) if body else ()
        return self._make("ACK", cseq, more, body)

    def _make(
        self, method: str, cseq: int, more: tuple[tuple[str, str], ...], body: bytes
    ) -> Request:
        headers = (
            MAX_FORWARDS,
            *(("Route", route) for route in self.routes),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
            *more,
        )
        return Request(method, self.target, headers, body)

    def accept(self, request: Request, flow: Flow) -> None:
        """Note a request of the peer; `OutOfOrder` if a later one was already seen (12.2.2)."""
        if request.cseq.number <= self.remote_cseq:
            raise OutOfOrder(request.cseq.number, self.remote_cseq)
        self.remote_cseq = request.cseq.number
        self.flow = flow
        if request.method in ("INVITE", "UPDATE"):
            self.refresh(request)

    def refresh(self, message: Message) -> None:
        """A re-INVITE, an UPDATE (RFC 3311) or their answers may move the remote target
        (12.2.1.2, 12.2.2)."""
        if allows := message.values("Allow"):
            self.allows = frozenset(allows)
        if message.contacts:
            self.target = message.contacts[0].uri
