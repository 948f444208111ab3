"""Calls: legs joined, recorded and told. `call` is pure; `audio`, `tape_task` and `ship_task`
carry it out on the switch and towards the recorder."""
