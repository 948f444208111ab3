"""The pages of the box, in a browser: live view, calls, people and phones, settings.

One Flask process of its own; it talks to the core by its control API and reads the records, so
stopping it never touches a call. `app.py` makes the application, `__main__.py` starts it,
`face.py` is all it knows of the other processes. One folder per page family.
"""
