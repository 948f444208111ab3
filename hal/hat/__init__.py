"""Host side of the HAT link.

messages.py      what the HAT says and is told (pure)
session.py       the box's end: octets and wishes in, octets and events out (pure)
conversation.py  where the conversation stands, as one table (pure)
outbox.py        commands under way: numbered, in order, sent until answered (pure)
inbox.py         events under way: each told once and in order (pure)
wanted.py        what lasts: said again to a HAT that was reset (pure)
faults.py        what is wrong with the link, in words (pure)
codec.py         payloads (pure); the frames are board.hat.wire's
disabled.py      no HAT fitted
link_task.py     the shell: the serial port
"""
