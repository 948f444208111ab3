"""People and their phones."""
