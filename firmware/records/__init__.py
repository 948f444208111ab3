"""What happened: append-only events, call summaries and recordings, in SQL.

`messages` are the rows, `schema` the tables, `store` writes and searches, `writer_task` keeps the
event loop away from the disk.
"""
