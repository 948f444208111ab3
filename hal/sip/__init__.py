"""SIP phones: our own sans-I/O stack (RFC 3261, 6026, 3262, 3311, 4028) and its shell.

    message, headers, uri, lex, sdp     octets and text
    stream, flow, transport_task        TCP framing, where to send, the sockets
    tls_task, certificate               TLS handshakes, and what the box shows in them
    tables, transactions, timers        repeats, time-outs, matching
    dialog, renegotiation, media        what two ends agreed
    session                             for how long, without a sign of life
    digest, registrar, qualify          who is signed in, and still there
    call, incoming, outgoing, causes, info, stack   legs (hal.leg)
    calls, replaces, refer, referral    one call in the place of another, and transfer
    identity, auto_answer, probe        what phones show, whether they answer by themselves, or live
    reliable                            ringing for phones that insist on PRACK
    agent, phones_task                  all of it together, and the way in: `Phones`

Left out: SRTP, WebSocket, trunks, SUBSCRIBE.
"""
