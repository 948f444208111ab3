"""HAT end of the link: hello, heartbeat, commands in, events out.

Commands carry a sequence number and are done once, in order; an answer (ACK or REFUSED) is given
again when its command comes again. Events are numbered and sent until the box acknowledges them,
at most eight under way; up to 64 more wait, then the oldest is dropped and that is said. When
nothing was heard from the box for ten seconds, `board.host_lost()` puts the lines on hook.

Pure: octets go in by `receive`, out by the `write` callable; the time is an argument (ms since
start). Messages: board/PROTOCOL.md. The box's end: hal/hat/session.py. Shell: main.py.
Tests: tests/hal/hat/test_session.py runs both ends over a wire that loses and reorders.
"""

import struct

import protocol as p
import wire

PENDING_MAX = 64
ANSWERS_KEPT = 16  # twice the window: what the box may still send again


class Link:
    """`board` has command(kind, payload, now) -> refusal or None, host_lost(now),
    host_back(now) and announce(now, is_new_box), which queues the present state of every port."""

    def __init__(self, write, board, identity, silent_ms=p.HOST_SILENT_MS):
        self._write = write
        self._board = board
        self._identity = identity
        self._silent_ms = silent_ms
        self._decoder = wire.Decoder()
        self._session = 0  # the box's number for this conversation; 0: none
        self._known_session = 0
        self._expected = 1  # next command's seq
        self._answers = []  # (seq, refusal or None), newest last
        self._heard = 0
        self._beat_due = 0
        self._number = 1  # of the next event that gets one
        self._first = 1  # first event of this session
        self._window = []  # [number, kind, body, sent_at]: on the way, not acknowledged
        self._pending = []  # (kind, body) without a number yet
        self._dropped = 0

    @property
    def has_host(self):
        return self._session != 0

    @property
    def garbage(self):
        """Spoilt frames so far."""
        return self._decoder.bad

    # --- in

    def receive(self, data, now):
        for kind, seq, payload in self._decoder.feed(data):
            self._heard = now
            if kind == p.HELLO:
                self._hello(payload, now)
            elif self._session == 0:
                pass  # a conversation we do not know (we were reset): our heartbeat says so
            elif kind == p.ACK:
                self._acknowledged(seq, now)
            elif kind != p.HEARTBEAT:
                self._command(kind, seq, payload, now)

    def _hello(self, payload, now):
        if len(payload) < 13:
            return
        protocol, session, boot, last = struct.unpack_from("<BIII", payload)
        if protocol == self._identity.protocol and session and session != self._known_session:
            self._open(session, boot, last, now)
        self._send(p.HAT_HELLO, 0, self._identity.hello(self._known_session, self._first, now))
        self._flush(now)

    def _open(self, session, boot, last, now):
        """A new conversation: number afresh; forget what the box has or cannot want any more."""
        self._session = self._known_session = session
        self._expected = 1
        self._answers = []
        is_known = boot == self._identity.boot
        if is_known:
            self._window = [entry for entry in self._window if entry[0] > last]
        else:
            # Another box, or the box was restarted: old rings mean nothing to it, faults do.
            kept = [(entry[1], entry[2]) for entry in self._window] + self._pending
            self._window = []
            self._pending = [e for e in kept if e[0] in (p.FAULT, p.HOST_SILENT)]
        self._first = self._window[0][0] if self._window else self._number
        for entry in self._window:
            entry[3] = None  # to be sent at once
        self._board.host_back(now)
        self._board.announce(now, not is_known)

    def _command(self, kind, seq, payload, now):
        if seq == self._expected:
            self._expected = (seq + 1) & 0xFF
            refusal = self._board.command(kind, payload, now)
            self._answers.append((seq, refusal))
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.pop(0)
            self._answer(seq, refusal)
            return
        for known, refusal in self._answers:
            if known == seq:
                self._answer(seq, refusal)
                return
        # Ahead of its turn: one before it was lost, the box will send both again.

    def _answer(self, seq, refusal):
        if refusal is None:
            self._send(p.HAT_ACK, seq, b"")
        else:
            self._send(p.REFUSED, seq, refusal.encode()[: wire.MAX_PAYLOAD])

    def _acknowledged(self, seq, now):
        self._window = [entry for entry in self._window if entry[0] & 0xFF != seq]
        self._flush(now)

    # --- out

    def event(self, kind, body, now):
        """Queue an event; `body` is what follows number and time in PROTOCOL.md."""
        if len(self._pending) >= PENDING_MAX:
            self._pending.pop(0)
            self._dropped += 1
        self._pending.append((kind, struct.pack("<I", now & 0xFFFFFFFF) + body))
        self._flush(now)

    def has_pending(self, kind, port):
        """Whether such an event of the port waits already (periodic ones need not pile up)."""
        for waiting, body in self._pending:
            if waiting == kind and body[4] == port:
                return True
        return False

    def tick(self, now):
        """To be called every 10 ms or so; returns nothing, writes what is due."""
        if self._session and now - self._heard >= self._silent_ms:
            silent = now - self._heard
            self._session = self._known_session = 0
            self.event(p.HOST_SILENT, struct.pack("<I", silent), now)
            self._board.host_lost(now)
        if now >= self._beat_due:
            self._beat_due = now + p.HEARTBEAT_MS
            self._send(p.HAT_HEARTBEAT, 0, struct.pack("<II", now & 0xFFFFFFFF, self._session))
        if self._window:
            self._flush(now)

    def _flush(self, now):
        if self._session == 0:
            return
        if self._dropped and len(self._pending) < PENDING_MAX:
            text = "%d events thrown away: the box took none" % self._dropped
            self._dropped = 0
            self.event(p.FAULT, bytes((0, p.FAULT_DROPPED)) + text.encode(), now)
        while self._pending and len(self._window) < p.WINDOW:
            if self._window and self._number - self._window[0][0] >= p.WINDOW:
                break  # keep the seqs under way within one window of each other
            kind, body = self._pending.pop(0)
            self._window.append([self._number, kind, body, None])
            self._number += 1
        for entry in self._window:
            if entry[3] is None or now - entry[3] >= p.RETRY_MS:
                entry[3] = now
                number = entry[0]
                self._send(entry[1], number & 0xFF, struct.pack("<I", number) + entry[2])

    def _send(self, kind, seq, payload):
        self._write(wire.encode(kind, seq, payload))


class Identity:
    """What this HAT is; everything in HAT_HELLO that does not change while it runs."""

    def __init__(self, protocol, build, serial, boot, ports, reset_cause):
        self.protocol = protocol
        self.build = build
        self.serial = serial
        self.boot = boot  # random, non-zero, new at every start
        self.ports = ports  # bit n-1: port n is fitted
        self.reset_cause = reset_cause

    def hello(self, session, first, now):
        serial = self.serial.encode()[:32]
        build = self.build.encode()[:64]
        head = struct.pack(
            "<BIIIIBB",
            self.protocol,
            session,
            self.boot,
            first,
            now & 0xFFFFFFFF,
            self.ports,
            self.reset_cause,
        )
        return head + bytes((len(serial),)) + serial + bytes((len(build),)) + build
