"""The timeslot stream between the HAT and the switch: alignment, and the process that carries it.

frames.py     finds the frame in the stream (pure)
messages.py   what the pump process tells its parent, one JSON object a line (pure)
blocks.py     whole blocks over a socket, never a backlog
lock.py       one process per stream
source_task.py  the HAT's end: a Unix socket (simulated) or an ALSA device (the box)
pump_task.py  the process: `python -m hal.tdm`
tdm_task.py   the core's end: keeps the process alive and gives its stream to the switch
"""
