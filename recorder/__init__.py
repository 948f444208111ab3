"""The recorder: takes call audio from the core and keeps it on the box's own storage.

A process of its own: it may be killed and restarted in mid-call and nothing is lost (stream.py
says how). Knows only its stream format and firmware.records.
"""
