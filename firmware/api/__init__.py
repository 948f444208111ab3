"""The control API: one HTTP + JSON face of the core on a Unix socket, and its client.

`schema` is what is spoken, `face` what the server needs of the box, `events` the numbered story,
`resources` one method per route, `server_task` the shell; `client` is for web, console and tools.
"""
