"""What callers hear from the box itself: spoken or recorded prompts, and music on hold.

`prompts` finds and keeps the sound of a prompt, `wave` reads WAV files, `level` brings them to
one loudness, `music` composes, `render` does the arithmetic in a process of its own.
"""
