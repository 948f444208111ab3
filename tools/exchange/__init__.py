"""The simulated telephone network: subscriber lines of a chosen country, seen from the box.

`python -m tools.exchange` runs it; the module docstring of `__main__` says how. The parts:
`line.py` the line as one table, `subscriber.py` one line with its audio, `network.py` all lines
and the requests; `party.py` the simulated person; tones, fsk, dtmf, hybrid, g711, sound: signals;
`frames.py` the timeslot stream; `*_task.py` the three sockets. Nothing of the box is imported, so
that a mistake made there is not repeated here.
"""
