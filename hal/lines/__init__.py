"""Lines of the public network: analog FXO lines as legs.

analog.py      what a line can do, as one table (pure)
supervisor.py  one line: what was heard and measured in, commands out (pure)
ear.py         what the tones mean, the line's own hang-up tone learned from call to call (pure)
polarity.py    what a reversal means: caller ID, an answer, a hang-up (pure)
durations.py   how long each timer runs (pure)
endings.py     ends of calls and faults of lines, in words (pure)
tones.py       call-progress tones and cadences, learning included (pure)
callerid.py    caller identity, and why there is none (pure)
countries.py   cadences, caller identity and guard times by country (pure)
messages.py    what the supervisor asks for, and a line's status for people (pure)
config.py      what the office says about a line
line_leg.py    a call on a line as a Leg
line_task.py   the shell of one line: its effects, port and timers
lines_task.py  the shell of all: what HAT and switch report, dialling
"""
