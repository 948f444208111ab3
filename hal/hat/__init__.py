"""Host side of the HAT link: `messages` (typed), `session` (pure), `link_task` (serial port)."""
