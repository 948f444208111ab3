"""The technician's menu over the serial port: plain text, 80 by 24, no sign-in.

`menu` is the pure core, `screens` what each screen shows, `keys` the line being typed, `table`
plain tables (the command line uses them too), `console_task` the shell. Knows the box through
firmware.api.client only, so it works when the core does not: it says so and what to do.
"""
