"""The audio switch: ports, who hears whom, recording taps, tone and digit receivers.

`face.py` is what the rest of the box sees, `switch.py` the real one over the C core (`*.c`,
`*.h`, built by `build.py`), `g711.py`, `tones.py` and `callerid.py` pure companions.
"""
