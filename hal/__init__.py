"""What the box is made of, in the words of telephony: legs, lines, phones, the switch, the HAT.

`leg` is the one shape of anything that can carry a call; everything above this package speaks
to that and never asks which kind it has. Rooms: `switch` (audio, C), `tdm` (timeslot stream),
`hat` (link to the line board), `lines` (analog supervision), `sip` (phones).
"""
