"""The call-center itself. `python -m firmware` is the core process; `box` assembles it.

Rooms, lowest first: call (legs joined, recorded, told), acd (queue), ivr (menus), route (where a
call goes), api and console (how people reach it); beside them config, records and voice.
"""
